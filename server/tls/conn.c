#include "conn.h"

#include <errno.h>
#include <mbedtls/error.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/events.h"
#include "server/base/gateway.h"
#include "identity.h"
#include "internal.h"

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

void tls_conn_tell_handshake(struct tls_conn *conn, int plain_fd)
{
	if (!conn->told_handshake) {
		conn->told_handshake = true;
		conn->owner->on_handshake(conn->owner, conn, plain_fd);
	}
}

void tls_conn_end(struct tls_conn *conn)
{
	if (conn->state == TLS_ENDED)
		return;
	conn->state = TLS_ENDED;
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
	tls_conn_tell_handshake(conn, -1);
	conn->owner->gone(conn->owner, conn);
}

void tls_conn_fail(struct tls_conn *conn, const char *doing, int error)
{
	char why[100];

	mbedtls_strerror(error, why, sizeof why);
	events_verbose(conn->owner->gateway, "TLS with %s: %s: %s", conn->address, doing,
	               error ? why : "cut off without close_notify");
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

/* ---- turns ---- */

static void on_ready(uv_poll_t *poll, int status, int events);

void tls_conn_watch(struct tls_conn *conn)
{
	int tcp = 0, plain = 0;

	switch (conn->state) {
	case TLS_PEEK:
	case TLS_REFUSE:
		tcp = UV_READABLE;
		break;
	case TLS_HANDSHAKE:
		tcp = conn->read_wants_write ? UV_WRITABLE : UV_READABLE;
		break;
	case TLS_RELAY:
		if (conn->in.at < conn->in.length)
			plain |= UV_WRITABLE; /* nothing more is read until then */
		else if (!conn->in.ended)
			tcp |= conn->read_wants_write ? UV_WRITABLE : UV_READABLE;
		if (conn->out.at < conn->out.length || (conn->out.ended && !conn->notified))
			tcp |= conn->write_wants_read ? UV_READABLE : UV_WRITABLE;
		else if (!conn->out.ended)
			plain |= UV_READABLE;
		break;
	case TLS_ENDED:
		return;
	}
	if (tcp)
		uv_poll_start(&conn->tcp, tcp, on_ready);
	else
		uv_poll_stop(&conn->tcp);
	if (conn->plain_fd >= 0 && plain)
		uv_poll_start(&conn->plain, plain, on_ready);
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
	case TLS_PEEK:
		tls_handshake_peek(conn);
		break;
	case TLS_REFUSE:
		tls_handshake_refuse(conn);
		break;
	case TLS_HANDSHAKE:
		tls_handshake_go_on(conn);
		break;
	case TLS_RELAY:
		tls_relay_turn(conn);
		break;
	case TLS_ENDED:
		break;
	}
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	turn(poll->data, status);
}

void tls_conn_sweep(struct tls_conn *conn, uint64_t now_ms)
{
	uint64_t age = now_ms > conn->since_ms ? now_ms - conn->since_ms : 0;
	bool is_stuck = conn->state == TLS_RELAY && conn->out.at < conn->out.length && age > STUCK_DEADLINE_MS;

	if (((conn->state == TLS_PEEK || conn->state == TLS_HANDSHAKE) && age > HANDSHAKE_DEADLINE_MS) ||
	    (conn->state == TLS_REFUSE && age > LINGER_MS) || (conn->notified && age > LINGER_MS))
		tls_conn_end(conn);
	else if (is_stuck) {
		events_verbose(conn->owner->gateway, "TLS with %s: cut off: it took nothing for %d s", conn->address,
		               STUCK_DEADLINE_MS / 1000);
		tls_conn_end(conn);
	}
}

/* A machine that went to sleep sends no FIN: the kernel probes after 20 idle seconds, and gives up when sent bytes stay
 * unacknowledged for 30. */
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

struct tls_conn *tls_conn_new(struct tls_conn_owner *owner, struct identity *identity, int tcp_fd, const char *address,
                              const char *https)
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
		conn->told_handshake = true; /* the owner doesn't know it yet */
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
	tls_conn_watch(conn);
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
	if (conn->state == TLS_ENDED)
		return;
	conn->more = more;
	conn->more_context = context;
}
