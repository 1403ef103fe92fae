#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "server/base/events.h"
#include "server/base/gateway.h"
#include "conn.h"
#include "internal.h"

enum { HANDSHAKE_RECORD = 0x16 /* the first byte of every TLS connection */ };

void tls_handshake_go_on(struct tls_conn *conn)
{
	int error = mbedtls_ssl_handshake(&conn->ssl), theirs;

	conn->read_wants_write = error == MBEDTLS_ERR_SSL_WANT_WRITE;
	if (error == MBEDTLS_ERR_SSL_WANT_READ || error == MBEDTLS_ERR_SSL_WANT_WRITE) {
		tls_conn_watch(conn);
		return;
	}
	if (error) {
		tls_conn_fail(conn, "handshake", error);
		return;
	}
	conn->state = TLS_RELAY;
	conn->since_ms = uv_now(conn->owner->gateway->loop);
	if (!tls_relay_open(conn, &theirs)) {
		events_warn(conn->owner->gateway, "%s: cannot make a socket pair for a TLS connection", strerror(errno));
		tls_conn_end(conn);
		return;
	}
	tls_conn_tell_handshake(conn, theirs);
	if (conn->state == TLS_RELAY)
		tls_relay_turn(conn);
}

/* Answers a plain HTTP request, then reads and drops its bytes: closing with unread bytes would discard our answer. */
void tls_handshake_refuse(struct tls_conn *conn)
{
	char sentence[300], answer[600], nothing[4096];
	int length;

	if (conn->state == TLS_PEEK) {
		snprintf(sentence, sizeof sentence, "This address speaks TLS alone: open %s\n", conn->https);
		length = snprintf(answer, sizeof answer, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
		                  "Content-Length: %zu\r\nConnection: close\r\n\r\n%s", strlen(sentence), sentence);
		conn->state = TLS_REFUSE;
		conn->since_ms = uv_now(conn->owner->gateway->loop);
		if (send(conn->tcp_fd, answer, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL) != length) {
			tls_conn_end(conn);
			return;
		}
		shutdown(conn->tcp_fd, SHUT_WR);
		tls_conn_tell_handshake(conn, -1); /* so that the next connection isn't held up */
	}
	for (int turns = 0; turns < TLS_ROUNDS; turns++) {
		ssize_t got = recv(conn->tcp_fd, nothing, sizeof nothing, MSG_DONTWAIT);

		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
			tls_conn_end(conn);
			return;
		}
		if (got < 0)
			break;
	}
	tls_conn_watch(conn);
}

void tls_handshake_peek(struct tls_conn *conn)
{
	uint8_t first;
	ssize_t got = recv(conn->tcp_fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
		tls_conn_watch(conn);
	} else if (got <= 0) {
		tls_conn_end(conn);
	} else if (first != HANDSHAKE_RECORD) {
		tls_handshake_refuse(conn);
	} else {
		conn->state = TLS_HANDSHAKE;
		tls_handshake_go_on(conn);
	}
}
