/* A request, from the socket to the handler: its head (only looked at, so that an upgrade can be handed on untouched), then
 * perhaps a body. */
#include "conn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "server/base/gateway.h"
#include "server/tls/conn.h"
#include "internal.h"
#include "long_head.h"

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

static void head_refused(struct http_conn *conn, int status, const char *problem)
{
	conn->keep_alive = conn->is_head = false;
	wake_at(conn, 1);
	http_conn_refuse(conn, status, problem, false, true);
}

static void head_ready(struct http_conn *conn, const struct head *head)
{
	conn->keep_alive = head->keep_alive;
	conn->is_head = head->method == METHOD_HEAD;
	conn->owes_body = head->content_length > 0;
	conn->handler->head(conn, head);
}

/* The whole head was taken, and is handed on with what was kept of it. */
static void long_head_ready(struct http_conn *conn)
{
	struct long_head *kept = conn->long_head;
	struct head head;

	conn->long_head = NULL;
	conn->head_taken = true;
	if (head_read(&head, kept->kept, kept->length) == HEAD_READY)
		head_ready(conn, &head);
	else
		head_refused(conn, head.status ? head.status : 400, head.problem ? head.problem : "not an HTTP request");
	free(kept);
}

/* A piece of a head that is too long to be only looked at. */
static void read_long_head(struct http_conn *conn, bool other_side_is_done)
{
	static char bytes[HEAD_BYTES_MAX];
	ssize_t have = recv(conn->fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
	enum head_verdict verdict;
	size_t taken;

	if (have < 0 && (errno == EAGAIN || errno == EINTR)) {
		if (other_side_is_done)
			http_conn_end(conn, true);
		return;
	}
	if (have <= 0) {
		http_conn_end(conn, true);
		return;
	}
	verdict = long_head_take(conn->long_head, bytes, (size_t)have, &taken);
	if (recv(conn->fd, bytes, taken, MSG_DONTWAIT) != (ssize_t)taken)
		http_conn_end(conn, true);
	else if (verdict == HEAD_READY)
		long_head_ready(conn);
	else if (verdict == HEAD_REFUSED)
		head_refused(conn, conn->long_head->status, conn->long_head->problem);
}

/* From here on it is taken piece by piece. What follows a long head may lie in the kernel's buffer with little else, as a part of
 * a large one that counts as full: nothing more would come to a reader that only looks. */
static void read_long(struct http_conn *conn)
{
	conn->had_long_head = true;
	conn->long_head = calloc(1, sizeof *conn->long_head);
	wake_at(conn, 1);
	if (conn->long_head)
		read_long_head(conn, false);
	else
		head_refused(conn, 503, "no memory");
}

/* Without taking it, so that an upgrade can be handed on untouched. */
static void head_look(struct http_conn *conn, bool other_side_is_done)
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
	conn->fresh = conn->head_taken = false;
	switch (head_read(&head, bytes, (size_t)have)) {
	case HEAD_MORE:
		if (other_side_is_done)
			http_conn_end(conn, true);
		else if (conn->had_long_head)
			read_long(conn);
		else
			wake_at(conn, (size_t)have + 1);
		break;
	case HEAD_REFUSED:
		head_refused(conn, head.status, head.problem);
		break;
	case HEAD_READY:
		head_ready(conn, &head);
		break;
	case HEAD_LONG:
		read_long(conn);
		break;
	}
}

void http_conn_read_head(struct http_conn *conn, bool other_side_is_done)
{
	if (conn->long_head) {
		read_long_head(conn, other_side_is_done);
		return;
	}
	head_look(conn, other_side_is_done);
}

void http_conn_take_head(struct http_conn *conn, const struct head *head)
{
	static char nowhere[HEAD_BYTES_MAX];

	if (conn->head_taken)
		return;
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
