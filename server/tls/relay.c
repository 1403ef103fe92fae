#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/gateway.h"
#include "conn.h"
#include "internal.h"

enum { PAIR_BYTES = 1 << 20 };

bool tls_relay_open(struct tls_conn *conn, int *theirs)
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

/* From the other machine to the plaintext socket. True: something moved. */
static bool relay_in(struct tls_conn *conn)
{
	struct tls_relay *in = &conn->in;
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
			/* TCP's end without close_notify (0) too: cutting the line mustn't end a request */
			tls_conn_fail(conn, "reading", got);
			return false;
		}
	}
	while (in->at < in->length) {
		ssize_t sent = conn->plain_is_closed ? (ssize_t)(in->length - in->at)
		             : send(conn->plain_fd, in->bytes + in->at, in->length - in->at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (sent < 0) {
			conn->plain_is_closed = true;
			continue;
		}
		in->at += (size_t)sent;
		moved = true;
		if (conn->more && !conn->plain_is_closed) {
			void (*more)(void *context) = conn->more;

			conn->more = NULL;
			more(conn->more_context);
		}
	}
	return moved;
}

/* From the plaintext socket to the other machine. True: something moved. */
static bool relay_out(struct tls_conn *conn)
{
	struct tls_relay *out = &conn->out;
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
		/* The same bytes until mbedTLS takes them: it has encrypted some of them already. */
		int sent = mbedtls_ssl_write(&conn->ssl, out->bytes + out->at, out->length - out->at);

		conn->write_wants_read = sent == MBEDTLS_ERR_SSL_WANT_READ;
		if (sent == MBEDTLS_ERR_SSL_WANT_READ || sent == MBEDTLS_ERR_SSL_WANT_WRITE)
			return moved;
		if (sent <= 0) {
			tls_conn_fail(conn, "writing", sent);
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
		shutdown(conn->tcp_fd, SHUT_WR); /* then wait for the other side's end: closing now could discard what it hasn't read */
	}
	return moved;
}

void tls_relay_turn(struct tls_conn *conn)
{
	bool moved = true;

	for (int rounds = 0; moved && rounds < TLS_ROUNDS; rounds++) {
		moved = relay_in(conn);
		if (conn->state != TLS_ENDED)
			moved |= relay_out(conn);
		if (conn->state == TLS_ENDED)
			return;
	}
	if (conn->in.ended && conn->in.at == conn->in.length && conn->notified)
		tls_conn_end(conn);
	else
		tls_conn_watch(conn);
}
