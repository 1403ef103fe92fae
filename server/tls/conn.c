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
#include "server/base/gateway.h"
#include "identity.h"

enum { RECORD = 16 << 10, ROUNDS = 16, PAIR_BYTES = 1 << 20, TLS_HANDSHAKE = 0x16 };

enum state { PEEKS /* at the first byte */, SHAKES, PASSES, REFUSES /* who spoke plain HTTP, and is given time to read why */, GONE };

/* Bytes on their way in one direction. */
struct way {
	uint8_t bytes[RECORD];
	size_t at, length;
	bool ended; /* no more will come; what is here is still delivered */
};

struct tls_conn {
	struct tls_conn_owner *owner;
	struct identity *identity;
	mbedtls_ssl_context ssl;
	uv_poll_t tcp, plain;
	int tcp_fd, plain_fd;
	enum state state;
	unsigned holds;               /* by us: the handles that aren't closed yet; by others: tls_conn_hold */
	bool told_handshake;
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
static void watch(struct tls_conn *conn);

/* ---- ends ---- */

void tls_conn_hold(struct tls_conn *conn)
{
	conn->holds++;
}

void tls_conn_drop(struct tls_conn *conn)
{
	if (!--conn->holds)
		free(conn);
}

static void on_closed(uv_handle_t *handle)
{
	tls_conn_drop(handle->data);
}

static void on_handshake(struct tls_conn *conn, int plain_fd)
{
	if (!conn->told_handshake) {
		conn->told_handshake = true;
		conn->owner->on_handshake(conn->owner, conn, plain_fd);
	}
}

void tls_conn_end(struct tls_conn *conn)
{
	if (conn->state == GONE)
		return;
	conn->state = GONE;
	conn->more = NULL;
	uv_close((uv_handle_t *)&conn->tcp, on_closed);
	close(conn->tcp_fd);
	if (conn->plain_fd >= 0) {
		uv_close((uv_handle_t *)&conn->plain, on_closed);
		close(conn->plain_fd);
	}
	mbedtls_ssl_free(&conn->ssl);
	identity_drop(conn->identity);
	memset(&conn->in, 0, sizeof conn->in);
	memset(&conn->out, 0, sizeof conn->out);
	on_handshake(conn, -1);
	conn->owner->gone(conn->owner, conn);
}

static void fail(struct tls_conn *conn, const char *doing, int error)
{
	char why[100];

	mbedtls_strerror(error, why, sizeof why);
	events_verbose(conn->owner->gateway, "TLS with %s: %s: %s", conn->address, doing, error ? why : "cut off without a goodbye");
	tls_conn_end(conn);
}

/* ---- what mbedTLS reads and writes ---- */

static int tcp_send(void *context, const unsigned char *bytes, size_t length)
{
	const struct tls_conn *conn = context;
	ssize_t sent = send(conn->tcp_fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent >= 0)
		return (int)sent;
	return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int tcp_receive(void *context, unsigned char *bytes, size_t length)
{
	const struct tls_conn *conn = context;
	ssize_t got = recv(conn->tcp_fd, bytes, length, MSG_DONTWAIT);

	if (got >= 0)
		return (int)got;
	return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_SSL_CONN_EOF;
}

/* ---- passing on ---- */

/* From the other machine to the plain end. True: something moved. */
static bool pass_in(struct tls_conn *conn)
{
	struct way *in = &conn->in;
	bool moved = false;

	if (in->at == in->length && !in->ended) {
		int got = mbedtls_ssl_read(&conn->ssl, in->bytes, sizeof in->bytes);

		conn->read_wants_write = got == MBEDTLS_ERR_SSL_WANT_WRITE;
		if (got > 0) {
			in->at = 0;
			in->length = (size_t)got;
			moved = true;
		} else if (got == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
			in->ended = moved = true;
			shutdown(conn->plain_fd, SHUT_WR);
		} else if (got != MBEDTLS_ERR_SSL_WANT_READ && got != MBEDTLS_ERR_SSL_WANT_WRITE) {
			fail(conn, "reading", got); /* a bare end of TCP, 0, too: who cuts the line mustn't be able to end a request */
			return false;
		}
	}
	while (in->at < in->length) {
		ssize_t sent = conn->plain_is_deaf ? (ssize_t)(in->length - in->at)
		             : send(conn->plain_fd, in->bytes + in->at, in->length - in->at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (sent < 0) {
			conn->plain_is_deaf = true;
			continue;
		}
		in->at += (size_t)sent;
		moved = true;
		if (conn->more && !conn->plain_is_deaf) {
			void (*more)(void *context) = conn->more;

			conn->more = NULL;
			more(conn->more_context);
		}
	}
	return moved;
}

/* From the plain end to the other machine. True: something moved. */
static bool pass_out(struct tls_conn *conn)
{
	struct way *out = &conn->out;
	bool moved = false;

	if (out->at == out->length && !out->ended) {
		ssize_t got = recv(conn->plain_fd, out->bytes, sizeof out->bytes, MSG_DONTWAIT);

		if (got > 0) {
			out->at = 0;
			out->length = (size_t)got;
			moved = true;
			conn->since_ms = uv_now(conn->owner->gateway->loop);
		} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
			out->ended = true;
		}
	}
	while (out->at < out->length) {
		/* The same bytes again until they are taken: what mbedTLS has encrypted already must follow. */
		int sent = mbedtls_ssl_write(&conn->ssl, out->bytes + out->at, out->length - out->at);

		conn->write_wants_read = sent == MBEDTLS_ERR_SSL_WANT_READ;
		if (sent == MBEDTLS_ERR_SSL_WANT_READ || sent == MBEDTLS_ERR_SSL_WANT_WRITE)
			return moved;
		if (sent <= 0) {
			fail(conn, "writing", sent);
			return false;
		}
		out->at += (size_t)sent;
		moved = true;
		conn->since_ms = uv_now(conn->owner->gateway->loop);
	}
	if (out->ended && !conn->notified) {
		int error = mbedtls_ssl_close_notify(&conn->ssl);

		if (error == MBEDTLS_ERR_SSL_WANT_READ || error == MBEDTLS_ERR_SSL_WANT_WRITE)
			return moved;
		conn->notified = moved = true;
		conn->since_ms = uv_now(conn->owner->gateway->loop);
		shutdown(conn->tcp_fd, SHUT_WR); /* and wait for the other side's end: a close now could take back what it hasn't read */
	}
	return moved;
}

static void pass(struct tls_conn *conn)
{
	bool moved = true;

	for (int rounds = 0; moved && rounds < ROUNDS; rounds++) {
		moved = pass_in(conn);
		if (conn->state != GONE)
			moved |= pass_out(conn);
		if (conn->state == GONE)
			return;
	}
	if (conn->in.ended && conn->in.at == conn->in.length && conn->notified)
		tls_conn_end(conn);
	else
		watch(conn);
}

/* ---- the handshake ---- */

static bool pair_open(struct tls_conn *conn, int *theirs)
{
	int pair[2], bytes = PAIR_BYTES;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	if (uv_poll_init(conn->owner->gateway->loop, &conn->plain, pair[0]) != 0) {
		close(pair[0]);
		close(pair[1]);
		return false;
	}
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	conn->plain.data = conn;
	conn->plain_fd = pair[0];
	conn->holds++;
	*theirs = pair[1];
	return true;
}

static void handshake(struct tls_conn *conn)
{
	int error = mbedtls_ssl_handshake(&conn->ssl), theirs;

	conn->read_wants_write = error == MBEDTLS_ERR_SSL_WANT_WRITE;
	if (error == MBEDTLS_ERR_SSL_WANT_READ || error == MBEDTLS_ERR_SSL_WANT_WRITE) {
		watch(conn);
		return;
	}
	if (error) {
		fail(conn, "handshake", error);
		return;
	}
	conn->state = PASSES;
	conn->since_ms = uv_now(conn->owner->gateway->loop);
	if (!pair_open(conn, &theirs)) {
		events_warn(conn->owner->gateway, "%s: no socket pair for a TLS connection", strerror(errno));
		tls_conn_end(conn);
		return;
	}
	on_handshake(conn, theirs);
	if (conn->state == PASSES)
		pass(conn);
}

/* Somebody typed http://. The bytes are thrown away unread: a close with unread ones would take our sentence back. */
static void refuse(struct tls_conn *conn)
{
	char sentence[300], answer[600], nothing[4096];
	int length;

	if (conn->state == PEEKS) {
		snprintf(sentence, sizeof sentence, "This address speaks TLS alone: open %s\n", conn->https);
		length = snprintf(answer, sizeof answer, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
		                  "Content-Length: %zu\r\nConnection: close\r\n\r\n%s", strlen(sentence), sentence);
		conn->state = REFUSES;
		conn->since_ms = uv_now(conn->owner->gateway->loop);
		if (send(conn->tcp_fd, answer, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL) != length) {
			tls_conn_end(conn);
			return;
		}
		shutdown(conn->tcp_fd, SHUT_WR);
		on_handshake(conn, -1); /* it holds nobody up any more */
	}
	for (int turns = 0; turns < ROUNDS; turns++) {
		ssize_t got = recv(conn->tcp_fd, nothing, sizeof nothing, MSG_DONTWAIT);

		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
			tls_conn_end(conn);
			return;
		}
		if (got < 0)
			break;
	}
	watch(conn);
}

static void peek(struct tls_conn *conn)
{
	uint8_t first;
	ssize_t got = recv(conn->tcp_fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
		watch(conn);
	} else if (got <= 0) {
		tls_conn_end(conn);
	} else if (first != TLS_HANDSHAKE) {
		refuse(conn);
	} else {
		conn->state = SHAKES;
		handshake(conn);
	}
}

/* ---- turns ---- */

static void watch(struct tls_conn *conn)
{
	int tcp = 0, plain = 0;

	switch (conn->state) {
	case PEEKS:
	case REFUSES:
		tcp = UV_READABLE;
		break;
	case SHAKES:
		tcp = conn->read_wants_write ? UV_WRITABLE : UV_READABLE;
		break;
	case PASSES:
		if (conn->in.at < conn->in.length)
			plain |= UV_WRITABLE; /* and nothing more is read meanwhile */
		else if (!conn->in.ended)
			tcp |= conn->read_wants_write ? UV_WRITABLE : UV_READABLE;
		if (conn->out.at < conn->out.length || (conn->out.ended && !conn->notified))
			tcp |= conn->write_wants_read ? UV_READABLE : UV_WRITABLE;
		else if (!conn->out.ended)
			plain |= UV_READABLE;
		break;
	case GONE:
		return;
	}
	if (tcp)
		uv_poll_start(&conn->tcp, tcp, on_tcp);
	else
		uv_poll_stop(&conn->tcp);
	if (conn->plain_fd >= 0 && plain)
		uv_poll_start(&conn->plain, plain, on_plain);
	else if (conn->plain_fd >= 0)
		uv_poll_stop(&conn->plain);
}

static void turn(struct tls_conn *conn, int status)
{
	if (status < 0) {
		tls_conn_end(conn);
		return;
	}
	switch (conn->state) {
	case PEEKS:
		peek(conn);
		break;
	case REFUSES:
		refuse(conn);
		break;
	case SHAKES:
		handshake(conn);
		break;
	case PASSES:
		pass(conn);
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

void tls_conn_sweep(struct tls_conn *conn, uint64_t now_ms)
{
	uint64_t age = now_ms > conn->since_ms ? now_ms - conn->since_ms : 0;
	bool is_stuck = conn->state == PASSES && conn->out.at < conn->out.length && age > STUCK_DEADLINE_MS;

	if (((conn->state == PEEKS || conn->state == SHAKES) && age > HANDSHAKE_DEADLINE_MS) || (conn->state == REFUSES && age > LINGER_MS) ||
	    (conn->notified && age > LINGER_MS))
		tls_conn_end(conn);
	else if (is_stuck)
		fail(conn, "it takes nothing", 0);
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

struct tls_conn *tls_conn_new(struct tls_conn_owner *owner, struct identity *identity, int tcp_fd, const char *address, const char *https)
{
	struct tls_conn *conn = calloc(1, sizeof *conn);

	if (!conn || uv_poll_init(owner->gateway->loop, &conn->tcp, tcp_fd) != 0) {
		close(tcp_fd);
		free(conn);
		return NULL;
	}
	conn->owner = owner;
	conn->tcp_fd = tcp_fd;
	conn->plain_fd = -1;
	conn->holds = 1;
	conn->https = https;
	conn->tcp.data = conn;
	conn->since_ms = uv_now(owner->gateway->loop);
	conn->identity = identity_hold(identity);
	snprintf(conn->address, sizeof conn->address, "%s", address);
	tcp_set(tcp_fd);
	mbedtls_ssl_init(&conn->ssl);
	if (mbedtls_ssl_setup(&conn->ssl, identity_config(identity)) != 0) {
		conn->told_handshake = true; /* nobody has heard of it */
		uv_close((uv_handle_t *)&conn->tcp, on_closed);
		close(tcp_fd);
		mbedtls_ssl_free(&conn->ssl);
		identity_drop(identity);
		return NULL;
	}
	mbedtls_ssl_set_bio(&conn->ssl, conn, tcp_send, tcp_receive, NULL);
	return conn;
}

void tls_conn_start(struct tls_conn *conn)
{
	watch(conn);
}

const char *tls_conn_address(const struct tls_conn *conn)
{
	return conn->address;
}

bool tls_conn_in_handshake(const struct tls_conn *conn)
{
	return !conn->told_handshake;
}

void tls_conn_tell(struct tls_conn *conn, void more(void *context), void *context)
{
	if (conn->state == GONE)
		return;
	conn->more = more;
	conn->more_context = context;
}
