#include "conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/gateway.h"
#include "server/tls/conn.h"
#include "internal.h"

enum {
	HEAD_DEADLINE_MS = 10000, BODY_DEADLINE_MS = 30000, SEND_DEADLINE_MS = 30000, IDLE_DEADLINE_MS = 60000,
	DRAIN_DEADLINE_MS = 1000,
	IDLE_ENOUGH_MS = 1000,
};

static struct http_conn *http_conns;
static unsigned unauthenticated, remote_unauthenticated, admitted, all;
static void (*on_room)(struct gateway *gateway);

/* ---- the end ---- */

static void on_closed(uv_handle_t *handle)
{
	struct http_conn *conn = handle->data;

	all--;
	free(conn->long_head);
	free(conn);
}

static void unauthenticated_less(struct http_conn *conn)
{
	if (conn->tls) {
		remote_unauthenticated--;
		return;
	}
	unauthenticated--;
	if (on_room)
		on_room(conn->gateway);
}

void http_conn_end(struct http_conn *conn, bool closes_socket)
{
	if (conn->state == HTTP_CONN_GONE)
		return;
	conn->state = HTTP_CONN_GONE;
	http_conn_give_memory(conn);
	conn->handler->gone(conn);
	if (conn->admitted)
		admitted--;
	else
		unauthenticated_less(conn);
	*conn->link = conn->next;
	if (conn->next)
		conn->next->link = conn->link;
	if (conn->tls) {
		tls_conn_tell(conn->tls, NULL, NULL);
		tls_conn_drop(conn->tls);
	}
	uv_poll_stop(&conn->poll);
	uv_close((uv_handle_t *)&conn->poll, on_closed);
	if (conn->file >= 0)
		close(conn->file);
	if (conn->stream)
		http_stream_free(conn->stream);
	free(conn->body);
	free(conn->out);
	if (closes_socket)
		close(conn->fd);
}

int http_conn_give_socket(struct http_conn *conn)
{
	int fd = conn->fd, one = 1;

	setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof one);
	http_conn_end(conn, false);
	return fd;
}

/* ---- bounds ---- */

static bool is_idle(const struct http_conn *conn)
{
	return conn->fresh && conn->state == HTTP_CONN_READS_HEAD && uv_now(conn->gateway->loop) - conn->since_ms > IDLE_ENOUGH_MS;
}

/* Closes a connection that a browser keeps for later, to make room. True: one was closed. */
static bool idlest_end(bool is_admitted, bool is_remote)
{
	struct http_conn *idlest = NULL;

	for (struct http_conn *conn = http_conns; conn; conn = conn->next)
		if (conn->admitted == is_admitted && (is_admitted || !conn->tls == !is_remote) && is_idle(conn) &&
		    (!idlest || conn->since_ms < idlest->since_ms))
			idlest = conn;
	if (idlest)
		http_conn_end(idlest, true);
	return idlest != NULL;
}

bool http_conns_have_room(void)
{
	return unauthenticated < HTTP_UNAUTHENTICATED_MAX || idlest_end(false, false);
}

/* Other machines have a bound of their own, so that they can't use up this machine's, and each has a share of it. */
static bool remote_has_room(const char *address)
{
	unsigned same = 0;

	for (const struct http_conn *conn = http_conns; conn; conn = conn->next)
		same += conn->tls && !conn->admitted && !strcmp(conn->address, address);
	return same < HTTP_REMOTE_EACH_MAX && (remote_unauthenticated < HTTP_REMOTE_MAX || idlest_end(false, true));
}

void http_conns_on_room(void has_room(struct gateway *gateway))
{
	on_room = has_room;
}

void http_conn_admit(struct http_conn *conn)
{
	if (conn->admitted)
		return;
	conn->admitted = true;
	admitted++;
	unauthenticated_less(conn);
}

unsigned http_conns_admitted(void)
{
	return admitted;
}

bool http_conns_close_idlest(void)
{
	return idlest_end(true, false);
}

unsigned http_conns_count(void)
{
	return all;
}

/* ---- turns ---- */

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct http_conn *conn = poll->data;

	if (status < 0) {
		http_conn_end(conn, true);
		return;
	}
	switch (conn->state) {
	case HTTP_CONN_READS_HEAD:
		http_conn_read_head(conn, events & UV_DISCONNECT);
		break;
	case HTTP_CONN_READS_BODY:
		http_conn_read_more(conn);
		break;
	case HTTP_CONN_WAITS:
	case HTTP_CONN_STREAMS:
		http_conn_end(conn, true);
		break;
	case HTTP_CONN_SENDS:
		http_conn_send_more(conn);
		break;
	case HTTP_CONN_DRAINS:
		http_conn_drain(conn);
		break;
	case HTTP_CONN_GONE:
		break;
	}
}

bool http_conn_wake(struct http_conn *conn, int events)
{
	return uv_poll_start(&conn->poll, events, on_poll) == 0;
}

void http_conn_turn(struct http_conn *conn, enum http_conn_state state)
{
	static const int wanted[] = {
		[HTTP_CONN_READS_HEAD] = UV_READABLE | UV_DISCONNECT, [HTTP_CONN_READS_BODY] = UV_READABLE,
		[HTTP_CONN_WAITS] = UV_DISCONNECT,
		[HTTP_CONN_SENDS] = UV_WRITABLE, [HTTP_CONN_STREAMS] = UV_DISCONNECT, [HTTP_CONN_DRAINS] = UV_READABLE,
	};

	conn->state = state;
	conn->since_ms = uv_now(conn->gateway->loop);
	if (!http_conn_wake(conn, wanted[state]))
		http_conn_end(conn, true);
}

void http_conn_wait(struct http_conn *conn)
{
	http_conn_turn(conn, HTTP_CONN_WAITS);
}

bool http_conn_new(struct gateway *gateway, const struct http_handler *handler, int fd, const char *address, struct tls_conn *tls,
                   void *owner)
{
	struct http_conn *conn = tls && !remote_has_room(address) ? NULL : calloc(1, sizeof *conn);
	int on = 1;

	if (!conn || uv_poll_init(gateway->loop, &conn->poll, fd) != 0) {
		close(fd);
		free(conn);
		return false;
	}
	conn->gateway = gateway;
	conn->handler = handler;
	conn->owner = owner;
	conn->fd = fd;
	conn->file = -1;
	conn->fresh = true;
	conn->tls = tls;
	conn->poll.data = conn;
	snprintf(conn->address, sizeof conn->address, "%s", address);
	conn->next = http_conns;
	conn->link = &http_conns;
	if (http_conns)
		http_conns->link = &conn->next;
	http_conns = conn;
	all++;
	if (tls) {
		tls_conn_hold(tls);
		remote_unauthenticated++;
	} else {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		unauthenticated++;
	}
	http_conn_turn(conn, HTTP_CONN_READS_HEAD);
	return true;
}

/* ---- deadlines ---- */

/* 0: no deadline. A request that waits for a program may wait forever. */
static uint64_t deadline_ms(const struct http_conn *conn)
{
	switch (conn->state) {
	case HTTP_CONN_READS_HEAD:
		return conn->fresh && conn->keep_alive ? IDLE_DEADLINE_MS : HEAD_DEADLINE_MS;
	case HTTP_CONN_READS_BODY:
		return conn->admitted ? BODY_DEADLINE_MS : HEAD_DEADLINE_MS;
	case HTTP_CONN_SENDS:
		return SEND_DEADLINE_MS;
	case HTTP_CONN_DRAINS:
		return DRAIN_DEADLINE_MS;
	default:
		return 0;
	}
}

void http_conns_sweep(uint64_t now_ms)
{
	for (struct http_conn *conn = http_conns, *next; conn; conn = next) {
		next = conn->next;
		if (conn->stream) /* its client may read as slowly as it likes: it pays for the buffer */
			http_stream_sweep(conn, now_ms);
		else if (deadline_ms(conn) && now_ms > conn->since_ms + deadline_ms(conn))
			http_conn_end(conn, true);
	}
}

void http_conns_close(void)
{
	for (struct http_conn *conn = http_conns, *next; conn; conn = next) {
		next = conn->next;
		if (conn->stream || (conn->state != HTTP_CONN_SENDS && conn->state != HTTP_CONN_DRAINS))
			http_conn_end(conn, true);
	}
}
