#include "tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HANDSHAKE_MS = 30000, PAIR_BYTES = 1 << 20, RELAY_BYTES = 32 << 10, ROUNDS = 16 };

struct direction {
	unsigned char bytes[RELAY_BYTES];
	size_t at, length;
	bool ended, told; /* nothing more comes; the other side has been told */
};

struct tls_client {
	SSL *ssl;
	uv_poll_t tcp, plain;
	uv_timer_t deadline;
	int tcp_fd, plain_fd;
	unsigned handles; /* libuv handles that aren't closed yet */
	bool relays, ended;
	bool read_wants_write, write_wants_read, plain_gone;
	bool out_moved; /* the server has read something since on_stuck() last looked */
	tls_done *done; /* NULL: called or cancelled */
	void *context;
	struct direction in, out;
};

static size_t count;
unsigned tls_linger_ms = 30000;

size_t tls_client_count(void)
{
	return count;
}

static void on_closed(uv_handle_t *handle)
{
	struct tls_client *client = handle->data;

	if (--client->handles == 0) {
		SSL_free(client->ssl);
		free(client);
		count--;
	}
}

static void client_end(struct tls_client *client)
{
	if (client->ended)
		return;
	client->ended = true;
	uv_close((uv_handle_t *)&client->tcp, on_closed);
	uv_close((uv_handle_t *)&client->deadline, on_closed);
	close(client->tcp_fd);
	if (client->plain_fd >= 0) {
		uv_close((uv_handle_t *)&client->plain, on_closed);
		close(client->plain_fd);
	}
}

static void tell(struct tls_client *client, int error, const char *text, size_t length, int plain_fd)
{
	tls_done *done = client->done;

	client->done = NULL;
	if (done)
		done(client->context, error, text, length, plain_fd);
	else if (plain_fd >= 0)
		close(plain_fd);
}

static void fail(struct tls_client *client, int error, const char *text)
{
	tell(client, error, text, strlen(text), -1);
	client_end(client);
}

static void on_ready(uv_poll_t *poll, int status, int events);
static void on_stuck(uv_timer_t *timer);

static void watch(struct tls_client *client)
{
	int tcp = 0, plain = 0;

	if (client->ended)
		return;
	if (!client->relays) {
		tcp = client->read_wants_write ? UV_WRITABLE : UV_READABLE;
	} else {
		if (client->in.at < client->in.length)
			plain |= UV_WRITABLE; /* the server isn't read until the program has taken these */
		else if (!client->in.ended)
			tcp |= client->read_wants_write ? UV_WRITABLE : UV_READABLE;
		if (client->out.at < client->out.length || (client->out.ended && !client->out.told))
			tcp |= client->write_wants_read ? UV_READABLE : UV_WRITABLE;
		if (client->out.at < client->out.length && !uv_is_active((uv_handle_t *)&client->deadline))
			uv_timer_start(&client->deadline, on_stuck, tls_linger_ms, 0);
		if (client->out.at == client->out.length && !client->out.ended)
			plain |= UV_READABLE;
	}
	if (tcp)
		uv_poll_start(&client->tcp, tcp, on_ready);
	else
		uv_poll_stop(&client->tcp);
	if (client->plain_fd < 0)
		return;
	if (plain)
		uv_poll_start(&client->plain, plain, on_ready);
	else
		uv_poll_stop(&client->plain);
}

/* ---- handshake ---- */

/* Makes the plaintext socket pair. Returns the program's end, or -1 with errno set. */
static int open_pair(struct tls_client *client)
{
	int pair[2], bytes = PAIR_BYTES;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
		return -1;
	if (uv_poll_init(client->tcp.loop, &client->plain, pair[0]) != 0) {
		close(pair[0]);
		close(pair[1]);
		errno = ENOMEM;
		return -1;
	}
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	client->plain.data = client;
	client->plain_fd = pair[0];
	client->handles++;
	return pair[1];
}

static void negotiated(struct tls_client *client)
{
	const unsigned char *alpn;
	unsigned alpn_length;
	char text[2 * TLS_ALPN_MAX];
	int theirs = open_pair(client), length;

	if (theirs < 0) {
		fail(client, errno, "the dialer has no socket left");
		return;
	}
	SSL_get0_alpn_selected(client->ssl, &alpn, &alpn_length);
	length = snprintf(text, sizeof text, "%s%c%s%c%.*s", SSL_get_version(client->ssl), 0, SSL_get_cipher_name(client->ssl), 0,
		(int)alpn_length, alpn ? (const char *)alpn : "");
	client->relays = true;
	client->read_wants_write = false;
	uv_timer_stop(&client->deadline);
	tell(client, 0, text, (size_t)length + 1, theirs);
}

static void handshake_failed(struct tls_client *client, int kind)
{
	unsigned long error = ERR_peek_error();
	long verdict = SSL_get_verify_result(client->ssl);
	const char *reason = error ? ERR_reason_error_string(error) : NULL;
	char text[300];

	if (verdict != X509_V_OK)
		snprintf(text, sizeof text, "the server's certificate isn't valid: %s", X509_verify_cert_error_string(verdict));
	else if (reason)
		snprintf(text, sizeof text, "TLS: %s", reason);
	else
		snprintf(text, sizeof text, "the server ended the TLS handshake");
	ERR_clear_error();
	fail(client, verdict == X509_V_OK && kind == SSL_ERROR_SYSCALL ? ECONNRESET : EPROTO, text);
}

static void handshake(struct tls_client *client)
{
	int got, kind;

	ERR_clear_error();
	got = SSL_connect(client->ssl);
	kind = got == 1 ? SSL_ERROR_NONE : SSL_get_error(client->ssl, got);
	client->read_wants_write = kind == SSL_ERROR_WANT_WRITE;
	if (kind == SSL_ERROR_NONE)
		negotiated(client);
	else if (kind != SSL_ERROR_WANT_READ && kind != SSL_ERROR_WANT_WRITE)
		handshake_failed(client, kind);
}

/* ---- relay ---- */

/* From the server to the program. True: something moved. */
static bool relay_in(struct tls_client *client)
{
	struct direction *in = &client->in;
	bool moved = false;

	if (in->at == in->length && !in->ended) {
		int got, kind;

		ERR_clear_error();
		got = SSL_read(client->ssl, in->bytes, sizeof in->bytes);
		kind = got > 0 ? SSL_ERROR_NONE : SSL_get_error(client->ssl, got);
		client->read_wants_write = kind == SSL_ERROR_WANT_WRITE;
		if (got > 0) {
			in->at = 0;
			in->length = (size_t)got;
			moved = true;
		} else if (kind != SSL_ERROR_WANT_READ && kind != SSL_ERROR_WANT_WRITE) {
			in->ended = moved = true;
			if (kind != SSL_ERROR_ZERO_RETURN) /* reset, or a violation of TLS: nothing can be sent any more */
				client->out = (struct direction){ .ended = true, .told = true };
		}
	}
	while (in->at < in->length) {
		ssize_t sent = client->plain_gone ? (ssize_t)(in->length - in->at) :
			send(client->plain_fd, in->bytes + in->at, in->length - in->at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			return moved;
		if (sent < 0) {
			client->plain_gone = true;
			continue;
		}
		in->at += (size_t)sent;
		moved = true;
	}
	if (in->ended && !in->told) {
		in->told = true;
		shutdown(client->plain_fd, SHUT_WR);
	}
	return moved;
}

/* From the program to the server. True: something moved. */
static bool relay_out(struct tls_client *client)
{
	struct direction *out = &client->out;
	bool moved = false;

	if (out->at == out->length && !out->ended) {
		ssize_t got = recv(client->plain_fd, out->bytes, sizeof out->bytes, MSG_DONTWAIT);

		if (got > 0) {
			out->at = 0;
			out->length = (size_t)got;
			moved = true;
		} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
			out->ended = true;
		}
	}
	while (out->at < out->length) {
		int sent, kind;

		ERR_clear_error();
		sent = SSL_write(client->ssl, out->bytes + out->at, (int)(out->length - out->at));
		kind = sent > 0 ? SSL_ERROR_NONE : SSL_get_error(client->ssl, sent);
		client->write_wants_read = kind == SSL_ERROR_WANT_READ;
		if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE)
			return moved;
		if (sent <= 0) {
			client_end(client); /* the bytes are lost: the program's next write fails */
			return false;
		}
		out->at += (size_t)sent;
		client->out_moved = moved = true;
	}
	if (out->ended && !out->told) {
		out->told = moved = true;
		ERR_clear_error();
		SSL_shutdown(client->ssl);
		shutdown(client->tcp_fd, SHUT_WR); /* closing now could discard what the server hasn't read: wait for its end */
	}
	return moved;
}

/* Both directions have ended, or the last bytes were sent and the program has closed its end: nobody reads what else comes. */
static bool is_over(const struct tls_client *client)
{
	char byte;

	if (!client->out.told)
		return false;
	if (client->in.ended && client->in.at == client->in.length)
		return true;
	return client->plain_gone || (send(client->plain_fd, &byte, 0, MSG_DONTWAIT | MSG_NOSIGNAL) != 0 && errno == EPIPE);
}

static void relay(struct tls_client *client)
{
	bool moved = true;

	for (int rounds = 0; moved && rounds < ROUNDS && !client->ended; rounds++) {
		moved = relay_in(client);
		moved |= relay_out(client);
	}
	if (!client->ended && is_over(client))
		client_end(client);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct tls_client *client = poll->data;

	if (client->ended)
		return;
	if (status < 0 && !client->relays) {
		fail(client, ECONNRESET, "the connection was reset");
		return;
	}
	if (client->relays)
		relay(client);
	else
		handshake(client);
	watch(client);
}

/* The server has read nothing for tls_linger_ms, and the program has closed its end: only this timer can end the relay. */
static void on_stuck(uv_timer_t *timer)
{
	struct tls_client *client = timer->data;
	struct pollfd plain = { .fd = client->plain_fd };

	if (!client->out_moved && client->out.at < client->out.length &&
	    (client->plain_gone || (poll(&plain, 1, 0) == 1 && plain.revents & POLLHUP))) {
		client_end(client);
		return;
	}
	client->out_moved = false;
	watch(client);
}

static void on_deadline(uv_timer_t *timer)
{
	fail(timer->data, ETIMEDOUT, "no TLS handshake within 30 seconds");
}

/* Sets the name or address that the certificate must be for. */
static bool name_set(SSL *ssl, const char *name)
{
	unsigned char address[16];
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

struct tls_client *tls_client_begin(uv_loop_t *loop, struct tls_trust *trust, int tcp_fd, const struct tls_wish *wish,
	tls_done *done, void *context)
{
	struct tls_client *client = calloc(1, sizeof *client);
	SSL *ssl = client ? SSL_new((SSL_CTX *)trust) : NULL;
	bool good = ssl && SSL_set_fd(ssl, tcp_fd) && name_set(ssl, wish->name) &&
	            (!wish->alpn_length || SSL_set_alpn_protos(ssl, wish->alpn, wish->alpn_length) == 0);

	if (!good || uv_poll_init(loop, &client->tcp, tcp_fd) != 0) {
		SSL_free(ssl);
		free(client);
		close(tcp_fd);
		return NULL;
	}
	count++;
	client->ssl = ssl;
	client->tcp_fd = tcp_fd;
	client->plain_fd = -1;
	client->done = done;
	client->context = context;
	client->tcp.data = client->deadline.data = client;
	client->handles = 2;
	uv_timer_init(loop, &client->deadline);
	uv_timer_start(&client->deadline, on_deadline, HANDSHAKE_MS, 0);
	client->read_wants_write = true; /* the client sends first */
	watch(client);
	return client;
}

void tls_client_cancel(struct tls_client *client)
{
	client->done = NULL;
	client_end(client);
}
