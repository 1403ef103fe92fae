/* A request, from the socket to the handler: its head (only looked at, so that an upgrade can be handed on untouched), then perhaps a body. */
#include "conn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "server/base/gateway.h"
#include "server/tls/conn.h"
#include "internal.h"

enum { BODY_AT_ONCE = 256 << 10 };

static void on_more(void *context)
{
	struct http_conn *conn = context;

	http_conn_wake(conn, UV_READABLE | UV_DISCONNECT);
}

/* Makes poll(2) report only more than what was peeked at: else a head that comes slowly would keep the loop spinning. */
static void wake_at(struct http_conn *conn, size_t bytes)
{
	int mark = (int)bytes;

	if (conn->tls) { /* SO_RCVLOWAT doesn't work on a socketpair: its writer tells us */
		if (bytes > 1 && http_conn_wake(conn, UV_DISCONNECT))
			tls_conn_tell(conn->tls, on_more, conn);
		return;
	}
	setsockopt(conn->fd, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof mark);
}

void http_conn_read_head(struct http_conn *conn, bool other_side_is_done)
{
	static char bytes[HEAD_BYTES_MAX];
	ssize_t have = recv(conn->fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
	struct head head;

	if (have < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (have <= 0) {
		http_conn_end(conn, true);
		return;
	}
	if (conn->fresh)
		conn->since_ms = uv_now(conn->gateway->loop);
	conn->fresh = false;
	switch (head_read(&head, bytes, (size_t)have)) {
	case HEAD_MORE:
		if (other_side_is_done)
			http_conn_end(conn, true);
		else
			wake_at(conn, (size_t)have + 1);
		break;
	case HEAD_REFUSED:
		conn->keep_alive = conn->is_head = false;
		wake_at(conn, 1);
		http_conn_refuse(conn, head.status, head.problem, false, true);
		break;
	case HEAD_READY:
		conn->keep_alive = head.keep_alive;
		conn->is_head = head.method == METHOD_HEAD;
		conn->owes_body = head.content_length > 0;
		conn->handler->head(conn, &head);
		break;
	}
}

void http_conn_take_head(struct http_conn *conn, const struct head *head)
{
	static char nowhere[HEAD_BYTES_MAX];

	wake_at(conn, 1);
	if (recv(conn->fd, nowhere, head->length, MSG_DONTWAIT) != (ssize_t)head->length)
		conn->keep_alive = false; /* it was peeked at before */
}

void http_conn_read_body(struct http_conn *conn, const struct head *head, uint64_t most)
{
	if (head->content_length > most) {
		http_conn_refuse(conn, 413, "the body is longer than this address accepts", true, true);
		return;
	}
	if (text_is_nocase(head->fields[HEAD_EXPECT], "100-continue"))
		send(conn->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_DONTWAIT | MSG_NOSIGNAL);
	conn->owes_body = false;
	conn->body_length = (size_t)head->content_length;
	conn->body_have = conn->body_room = 0;
	http_conn_turn(conn, HTTP_CONN_READS_BODY);
	if (!conn->body_length)
		conn->handler->body(conn);
}

void http_conn_give_memory(struct http_conn *conn)
{
	account_give(conn->memory, conn->charged);
	conn->charged = 0;
}

/* Allocates for the bytes that have come, not for those that were announced. */
static bool body_grow(struct http_conn *conn)
{
	size_t room = conn->body_room ? 2 * conn->body_room : 16 << 10;
	uint8_t *grown;

	if (conn->body_have < conn->body_room)
		return true;
	if (room > conn->body_length)
		room = conn->body_length;
	if (!account_take(conn->memory, room - conn->body_room))
		return false;
	conn->charged += room - conn->body_room;
	grown = realloc(conn->body, room);
	if (!grown)
		return false;
	conn->body = grown;
	conn->body_room = room;
	return true;
}

void http_conn_read_more(struct http_conn *conn)
{
	for (size_t taken = 0; conn->body_have < conn->body_length && taken < BODY_AT_ONCE; ) {
		ssize_t got;

		if (!body_grow(conn)) {
			http_conn_refuse(conn, 503, "no memory", true, true);
			return;
		}
		got = recv(conn->fd, conn->body + conn->body_have, conn->body_room - conn->body_have, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			http_conn_end(conn, true);
			return;
		}
		conn->body_have += (size_t)got;
		taken += (size_t)got;
		conn->since_ms = uv_now(conn->gateway->loop);
	}
	if (conn->body_have == conn->body_length)
		conn->handler->body(conn);
}

void http_conn_drain(struct http_conn *conn)
{
	static char nowhere[64 << 10];
	ssize_t got = recv(conn->fd, nowhere, sizeof nowhere, MSG_DONTWAIT);

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		http_conn_end(conn, true);
}
