#include "stream.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"
#include "internal.h"
#include "server/base/gateway.h"

/* A chunk's length in hex digits and a newline stand before its bytes, a newline behind. */
enum { PIECE = 256 << 10, SIZE_ROOM = 10, MOVES_AT_ONCE = 4, IDLE_MS = 1000 };

enum filled { FILLED, DRY, BROKEN };

struct http_stream {
	struct http_conn *conn;
	struct http_source source;
	uv_poll_t poll;   /* of the source, while the answer waits for more */
	bool is_over;     /* what ends the answer is in bytes */
	size_t at, end;   /* of bytes: not sent yet */
	char bytes[SIZE_ROOM + PIECE + 2];
};

static void on_closed(uv_handle_t *handle) { free(handle->data); }

size_t http_stream_size(void) { return sizeof(struct http_stream); }

struct http_stream *http_stream_new(struct http_conn *conn, const struct http_source *source)
{
	struct http_stream *stream = malloc(sizeof *stream);

	if (!stream || uv_poll_init(conn->gateway->loop, &stream->poll, source->fd) != 0) {
		close(source->fd);
		source->gone(source->context);
		free(stream);
		return NULL;
	}
	stream->conn = conn;
	stream->source = *source;
	stream->poll.data = stream;
	stream->is_over = false;
	stream->at = stream->end = 0;
	return stream;
}

void http_stream_free(struct http_stream *stream)
{
	uv_poll_stop(&stream->poll);
	uv_close((uv_handle_t *)&stream->poll, on_closed);
	close(stream->source.fd);
	stream->source.gone(stream->source.context);
}

static enum filled finish(struct http_stream *stream)
{
	static const char last[] = "0\r\n\r\n";

	memcpy(stream->bytes, last, sizeof last - 1);
	stream->at = 0;
	stream->end = sizeof last - 1;
	stream->is_over = true;
	return FILLED;
}

/* An error would be told once, and the end of a connection that was reset looks like any other then: who asks by a call is to
 * hear it. */
static bool has_failed(int fd)
{
	struct pollfd look = { fd, POLLIN, 0 };

	return poll(&look, 1, 0) > 0 && look.revents & (POLLERR | POLLNVAL);
}

static enum filled fill(struct http_stream *stream)
{
	struct http_source *source = &stream->source;
	size_t room = source->most < PIECE ? (size_t)source->most : PIECE;
	char size[SIZE_ROOM + 1];
	ssize_t got;
	int length;

	if (!room || !source->goes_on(source->context, 0) || has_failed(source->fd))
		return finish(stream);
	got = recv(source->fd, stream->bytes + SIZE_ROOM, room, MSG_DONTWAIT);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? DRY : BROKEN;
	if (!got)
		return finish(stream);
	source->most -= (uint64_t)got;
	if (!source->goes_on(source->context, (size_t)got))
		source->most = 0;
	length = snprintf(size, sizeof size, "%zx\r\n", (size_t)got);
	stream->at = SIZE_ROOM - (size_t)length;
	memcpy(stream->bytes + stream->at, size, (size_t)length);
	stream->end = SIZE_ROOM + (size_t)got + 2;
	memcpy(stream->bytes + stream->end - 2, "\r\n", 2);
	return FILLED;
}

static void on_source(uv_poll_t *poll, int status, int events)
{
	struct http_stream *stream = poll->data;

	http_stream_move(stream->conn);
}

static void wait_for_source(struct http_conn *conn)
{
	if (conn->state == HTTP_CONN_STREAMS)
		return;
	if (uv_poll_start(&conn->stream->poll, UV_READABLE, on_source) != 0)
		http_conn_end(conn, true);
	else
		http_conn_turn(conn, HTTP_CONN_STREAMS);
}

static void wait_for_client(struct http_conn *conn)
{
	if (conn->state == HTTP_CONN_SENDS)
		return;
	uv_poll_stop(&conn->stream->poll);
	http_conn_turn(conn, HTTP_CONN_SENDS);
}

void http_stream_move(struct http_conn *conn)
{
	struct http_stream *stream = conn->stream;
	enum filled filled;
	ssize_t count;

	for (int moves = 0; moves < MOVES_AT_ONCE; moves++) {
		if (stream->at == stream->end) {
			if (stream->is_over) {
				conn->stream = NULL;
				http_stream_free(stream);
				http_conn_is_sent(conn);
				return;
			}
			filled = fill(stream);
			if (filled == DRY)
				wait_for_source(conn);
			else if (filled == BROKEN)
				http_conn_end(conn, true);
			if (filled != FILLED)
				return;
		}
		if (!http_conn_send_some(conn, stream->bytes + stream->at, stream->end - stream->at, 0, &count)) {
			if (conn->state != HTTP_CONN_GONE)
				wait_for_client(conn);
			return;
		}
		stream->at += (size_t)count;
		conn->since_ms = uv_now(conn->gateway->loop);
	}
	wait_for_client(conn);
}

void http_stream_sweep(struct http_conn *conn, uint64_t now_ms)
{
	struct http_stream *stream = conn->stream;

	if (conn->state != HTTP_CONN_STREAMS ||
	    (now_ms <= conn->since_ms + IDLE_MS && stream->source.goes_on(stream->source.context, 0)))
		return;
	finish(stream);
	http_stream_move(conn);
}
