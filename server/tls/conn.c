#include "conn.h"

#include <errno.h>
#include <mbedtls/error.h>
#include <mbedtls/ssl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "server/base/events.h"
#include "server/gateway.h"
#include "identity.h"

enum { RECORD = 16 << 10, ROUNDS = 16, PAIR_BYTES = 1 << 20, TLS_HANDSHAKE = 0x16 };

enum state { PEEKS /* at the first byte */, SHAKES, PASSES, REFUSES /* who spoke plain HTTP, and is given time to read why */, GONE };

/* Bytes on their way in one direction. */
struct way {
	uint8_t bytes[RECORD];
	size_t at, length;
	bool ended; /* no more will come; what is here is still delivered */
};

struct front {
	struct front_owner *owner;
	struct identity *identity;
	mbedtls_ssl_context ssl;
	uv_poll_t tcp, plain;
	int tcp_fd, plain_fd;
	enum state state;
	unsigned holds;               /* by us: the handles that aren't closed yet; by others: front_hold */
	bool told_shaken;
	bool read_wants_write, write_wants_read;
	bool plain_is_deaf;           /* nobody reads there any more: what comes is thrown away */
	bool notified;                /* our close_notify has left */
	uint64_t since_ms;            /* of the state, or of the last byte that the other machine took */
	struct way in, out;           /* to the plain end; to the other machine */
	void (*more)(void *context);
	void *more_context;
	const char *https;
	char address[64];
};

static void on_tcp(uv_poll_t *poll, int status, int events);
static void on_plain(uv_poll_t *poll, int status, int events);
static void watch(struct front *front);

/* ---- ends ---- */

void front_hold(struct front *front)
{
	front->holds++;
}

void front_drop(struct front *front)
{
	if (!--front->holds)
		free(front);
}

static void on_closed(uv_handle_t *handle)
{
	front_drop(handle->data);
}

static void shaken(struct front *front, int plain_fd)
{
	if (!front->told_shaken) {
		front->told_shaken = true;
		front->owner->shaken(front->owner, front, plain_fd);
	}
}

void front_end(struct front *front)
{
	if (front->state == GONE)
		return;
	front->state = GONE;
	front->more = NULL;
	uv_close((uv_handle_t *)&front->tcp, on_closed);
	close(front->tcp_fd);
	if (front->plain_fd >= 0) {
		uv_close((uv_handle_t *)&front->plain, on_closed);
		close(front->plain_fd);
	}
	mbedtls_ssl_free(&front->ssl);
	identity_drop(front->identity);
	memset(&front->in, 0, sizeof front->in);
	memset(&front->out, 0, sizeof front->out);
	shaken(front, -1);
	front->owner->gone(front->owner, front);
}

static void fail(struct front *front, const char *doing, int error)
{
	char why[100];

	mbedtls_strerror(error, why, sizeof why);
	events_verbose(front->owner->gateway, "TLS with %s: %s: %s", front->address, doing, error ? why : "cut off without a goodbye");
	front_end(front);
}

/* ---- what mbedTLS reads and writes ---- */

static int tcp_send(void *context, const unsigned char *bytes, size_t length)
{
	const struct front *front = context;
	ssize_t sent = send(front->tcp_fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent >= 0)
		return (int)sent;
	return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int tcp_receive(void *context, unsigned char *bytes, size_t length)
{
	const struct front *front = context;
	ssize_t got = recv(front->tcp_fd, bytes, length, MSG_DONTWAIT);

	if (got >= 0)
		return (int)got;
	return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_SSL_CONN_EOF;
}

/* ---- passing on ---- */

/* From the other machine to the plain end. True: something moved. */
static bool pass_in(struct front *front)
{
	struct way *in = &front->in;
	bool moved = false;

	if (in->at == in->length && !in->ended) {
		int got = mbedtls_ssl_read(&front->ssl, in->bytes, sizeof in->bytes);

		front->read_wants_write = got == MBEDTLS_ERR_SSL_WANT_WRITE;
		if (got > 0) {
			in->at = 0;
			in->length = (size_t)got;
			moved = true;
		} else if (got == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
			in->ended = moved = true;
			shutdown(front->plain_fd, SHUT_WR);
		} else if (got != MBEDTLS_ERR_SSL_WANT_READ && got != MBEDTLS_ERR_SSL_WANT_WRITE) {
			fail(front, "reading", got); /* a bare end of TCP, 0, too: who cuts the line mustn't be able to end a request */
			return false;
		}
	}
	while (in->at < in->length) {
		ssize_t sent = front->plain_is_deaf ? (ssize_t)(in->length - in->at)
		             : send(front->plain_fd, in->bytes + in->at, in->length - in->at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (sent < 0) {
			front->plain_is_deaf = true;
			continue;
		}
		in->at += (size_t)sent;
		moved = true;
		if (front->more && !front->plain_is_deaf) {
			void (*more)(void *context) = front->more;

			front->more = NULL;
			more(front->more_context);
		}
	}
	return moved;
}

/* From the plain end to the other machine. True: something moved. */
static bool pass_out(struct front *front)
{
	struct way *out = &front->out;
	bool moved = false;

	if (out->at == out->length && !out->ended) {
		ssize_t got = recv(front->plain_fd, out->bytes, sizeof out->bytes, MSG_DONTWAIT);

		if (got > 0) {
			out->at = 0;
			out->length = (size_t)got;
			moved = true;
			front->since_ms = uv_now(front->owner->gateway->loop);
		} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
			out->ended = true;
		}
	}
	while (out->at < out->length) {
		/* The same bytes again until they are taken: what mbedTLS has encrypted already must follow. */
		int sent = mbedtls_ssl_write(&front->ssl, out->bytes + out->at, out->length - out->at);

		front->write_wants_read = sent == MBEDTLS_ERR_SSL_WANT_READ;
		if (sent == MBEDTLS_ERR_SSL_WANT_READ || sent == MBEDTLS_ERR_SSL_WANT_WRITE)
			return moved;
		if (sent <= 0) {
			fail(front, "writing", sent);
			return false;
		}
		out->at += (size_t)sent;
		moved = true;
		front->since_ms = uv_now(front->owner->gateway->loop);
	}
	if (out->ended && !front->notified) {
		int error = mbedtls_ssl_close_notify(&front->ssl);

		if (error == MBEDTLS_ERR_SSL_WANT_READ || error == MBEDTLS_ERR_SSL_WANT_WRITE)
			return moved;
		front->notified = moved = true;
		front->since_ms = uv_now(front->owner->gateway->loop);
		shutdown(front->tcp_fd, SHUT_WR); /* and wait for the other side's end: a close now could take back what it hasn't read */
	}
	return moved;
}

static void pass(struct front *front)
{
	bool moved = true;

	for (int rounds = 0; moved && rounds < ROUNDS; rounds++) {
		moved = pass_in(front);
		if (front->state != GONE)
			moved |= pass_out(front);
		if (front->state == GONE)
			return;
	}
	if (front->in.ended && front->in.at == front->in.length && front->notified)
		front_end(front);
	else
		watch(front);
}

/* ---- the handshake ---- */

static bool pair_open(struct front *front, int *theirs)
{
	int pair[2], bytes = PAIR_BYTES;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	if (uv_poll_init(front->owner->gateway->loop, &front->plain, pair[0]) != 0) {
		close(pair[0]);
		close(pair[1]);
		return false;
	}
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	front->plain.data = front;
	front->plain_fd = pair[0];
	front->holds++;
	*theirs = pair[1];
	return true;
}

static void shake(struct front *front)
{
	int error = mbedtls_ssl_handshake(&front->ssl), theirs;

	front->read_wants_write = error == MBEDTLS_ERR_SSL_WANT_WRITE;
	if (error == MBEDTLS_ERR_SSL_WANT_READ || error == MBEDTLS_ERR_SSL_WANT_WRITE) {
		watch(front);
		return;
	}
	if (error) {
		fail(front, "handshake", error);
		return;
	}
	front->state = PASSES;
	front->since_ms = uv_now(front->owner->gateway->loop);
	if (!pair_open(front, &theirs)) {
		events_warn(front->owner->gateway, "%s: no socket pair for a TLS connection", strerror(errno));
		front_end(front);
		return;
	}
	shaken(front, theirs);
	if (front->state == PASSES)
		pass(front);
}

/* Somebody typed http://. The bytes are thrown away unread: a close with unread ones would take our sentence back. */
static void refuse(struct front *front)
{
	char sentence[300], answer[600], nothing[4096];
	int length;

	if (front->state == PEEKS) {
		snprintf(sentence, sizeof sentence, "This address speaks TLS alone: open %s\n", front->https);
		length = snprintf(answer, sizeof answer, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
		                  "Content-Length: %zu\r\nConnection: close\r\n\r\n%s", strlen(sentence), sentence);
		front->state = REFUSES;
		front->since_ms = uv_now(front->owner->gateway->loop);
		if (send(front->tcp_fd, answer, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL) != length) {
			front_end(front);
			return;
		}
		shutdown(front->tcp_fd, SHUT_WR);
		shaken(front, -1); /* it holds nobody up any more */
	}
	for (int turns = 0; turns < ROUNDS; turns++) {
		ssize_t got = recv(front->tcp_fd, nothing, sizeof nothing, MSG_DONTWAIT);

		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
			front_end(front);
			return;
		}
		if (got < 0)
			break;
	}
	watch(front);
}

static void peek(struct front *front)
{
	uint8_t first;
	ssize_t got = recv(front->tcp_fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
		watch(front);
	} else if (got <= 0) {
		front_end(front);
	} else if (first != TLS_HANDSHAKE) {
		refuse(front);
	} else {
		front->state = SHAKES;
		shake(front);
	}
}

/* ---- turns ---- */

static void watch(struct front *front)
{
	int tcp = 0, plain = 0;

	switch (front->state) {
	case PEEKS:
	case REFUSES:
		tcp = UV_READABLE;
		break;
	case SHAKES:
		tcp = front->read_wants_write ? UV_WRITABLE : UV_READABLE;
		break;
	case PASSES:
		if (front->in.at < front->in.length)
			plain |= UV_WRITABLE; /* and nothing more is read meanwhile */
		else if (!front->in.ended)
			tcp |= front->read_wants_write ? UV_WRITABLE : UV_READABLE;
		if (front->out.at < front->out.length || (front->out.ended && !front->notified))
			tcp |= front->write_wants_read ? UV_READABLE : UV_WRITABLE;
		else if (!front->out.ended)
			plain |= UV_READABLE;
		break;
	case GONE:
		return;
	}
	if (tcp)
		uv_poll_start(&front->tcp, tcp, on_tcp);
	else
		uv_poll_stop(&front->tcp);
	if (front->plain_fd >= 0 && plain)
		uv_poll_start(&front->plain, plain, on_plain);
	else if (front->plain_fd >= 0)
		uv_poll_stop(&front->plain);
}

static void turn(struct front *front, int status)
{
	if (status < 0) {
		front_end(front);
		return;
	}
	switch (front->state) {
	case PEEKS:
		peek(front);
		break;
	case REFUSES:
		refuse(front);
		break;
	case SHAKES:
		shake(front);
		break;
	case PASSES:
		pass(front);
		break;
	case GONE:
		break;
	}
}

static void on_tcp(uv_poll_t *poll, int status, int events)
{
	turn(poll->data, status);
}

static void on_plain(uv_poll_t *poll, int status, int events)
{
	turn(poll->data, status);
}

void front_sweep(struct front *front, uint64_t now_ms)
{
	uint64_t age = now_ms > front->since_ms ? now_ms - front->since_ms : 0;
	bool is_stuck = front->state == PASSES && front->out.at < front->out.length && age > STUCK_DEADLINE_MS;

	if (((front->state == PEEKS || front->state == SHAKES) && age > HANDSHAKE_DEADLINE_MS) || (front->state == REFUSES && age > LINGER_MS) ||
	    (front->notified && age > LINGER_MS))
		front_end(front);
	else if (is_stuck)
		fail(front, "it takes nothing", 0);
}

/* A machine that went to sleep says nothing: the kernel asks for it after 20 s, and gives up 30 s after what we sent went unanswered. */
static void tcp_set(int fd)
{
	int on = 1, idle_s = 20, every_s = 5, count = 3;
	unsigned patience_ms = STUCK_DEADLINE_MS;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof every_s);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience_ms, sizeof patience_ms);
}

struct front *front_new(struct front_owner *owner, struct identity *identity, int tcp_fd, const char *address, const char *https)
{
	struct front *front = calloc(1, sizeof *front);

	if (!front || uv_poll_init(owner->gateway->loop, &front->tcp, tcp_fd) != 0) {
		close(tcp_fd);
		free(front);
		return NULL;
	}
	front->owner = owner;
	front->tcp_fd = tcp_fd;
	front->plain_fd = -1;
	front->holds = 1;
	front->https = https;
	front->tcp.data = front;
	front->since_ms = uv_now(owner->gateway->loop);
	front->identity = identity_hold(identity);
	snprintf(front->address, sizeof front->address, "%s", address);
	tcp_set(tcp_fd);
	mbedtls_ssl_init(&front->ssl);
	if (mbedtls_ssl_setup(&front->ssl, identity_config(identity)) != 0) {
		front->told_shaken = true; /* nobody has heard of it */
		uv_close((uv_handle_t *)&front->tcp, on_closed);
		close(tcp_fd);
		mbedtls_ssl_free(&front->ssl);
		identity_drop(identity);
		return NULL;
	}
	mbedtls_ssl_set_bio(&front->ssl, front, tcp_send, tcp_receive, NULL);
	return front;
}

void front_start(struct front *front)
{
	watch(front);
}

const char *front_address(const struct front *front)
{
	return front->address;
}

bool front_shakes(const struct front *front)
{
	return !front->told_shaken;
}

void front_tell(struct front *front, void more(void *context), void *context)
{
	if (front->state == GONE)
		return;
	front->more = more;
	front->more_context = context;
}
