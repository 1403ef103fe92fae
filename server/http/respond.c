/* An answer, from struct reply to the socket: its head, then bytes or a file, as fast as the other side takes them. */
#include "conn.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/gateway.h"
#include "internal.h"
#include "stream.h"

enum { SEND_AT_ONCE = 256 << 10 };

static size_t head_write(const struct http_conn *conn, const struct reply *reply, char *to, size_t size)
{
	size_t at = 0;

#define PUT(...) at += (size_t)snprintf(to + at, size - at, __VA_ARGS__)
	PUT("HTTP/1.1 %d %s\r\n", reply->status, status_text(reply->status));
	if (reply->source)
		PUT("Transfer-Encoding: chunked\r\n");
	else if (reply->status != 304)
		PUT("Content-Length: %llu\r\n", (unsigned long long)reply->length);
	if (reply->type)
		PUT("Content-Type: %s\r\n", reply->type);
	PUT("%s", reply->headers);
	at += conn->handler->policy(conn, reply, to + at, size - at);
	PUT("%s\r\n", conn->keep_alive ? "" : "Connection: close\r\n");
#undef PUT
	assert(at < size);
	return at;
}

/* Waits for the next request. After an answer to a request whose body wasn't read, waits until the other side has read that
 * answer. */
void http_conn_is_sent(struct http_conn *conn)
{
	free(conn->out);
	conn->out = NULL;
	http_conn_give_memory(conn);
	if (conn->file >= 0)
		close(conn->file);
	conn->file = -1;
	if (conn->keep_alive && !conn->gateway->stopping) {
		conn->fresh = true;
		http_conn_turn(conn, HTTP_CONN_READS_HEAD);
	} else {
		shutdown(conn->fd, SHUT_WR);
		http_conn_turn(conn, HTTP_CONN_DRAINS);
	}
}

bool http_conn_send_some(struct http_conn *conn, const void *bytes, size_t length, int flags, ssize_t *count)
{
	*count = send(conn->fd, bytes, length, flags | MSG_DONTWAIT | MSG_NOSIGNAL);
	if (*count >= 0)
		return true;
	if (errno != EAGAIN && errno != EINTR)
		http_conn_end(conn, true);
	return false;
}

void http_conn_send_more(struct http_conn *conn)
{
	ssize_t count;

	if (conn->stream && conn->out_sent == conn->out_length) {
		http_stream_move(conn);
		return;
	}
	if (conn->out_sent < conn->out_length) {
		if (!http_conn_send_some(conn, conn->out + conn->out_sent, conn->out_length - conn->out_sent,
		                         conn->rest_length || conn->file_left ? MSG_MORE : 0, &count))
			return;
		conn->out_sent += (size_t)count;
	} else if (conn->rest_length) {
		if (!http_conn_send_some(conn, conn->rest, conn->rest_length < SEND_AT_ONCE ? conn->rest_length : SEND_AT_ONCE, 0,
		                         &count))
			return;
		conn->rest += count;
		conn->rest_length -= (size_t)count;
	} else if (conn->file_left) {
		off_t at = (off_t)conn->file_at;

		count = sendfile(conn->fd, conn->file, &at, conn->file_left < SEND_AT_ONCE ? conn->file_left : SEND_AT_ONCE);
		if (count < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (count <= 0) { /* the file became shorter, so the announced length can't be sent */
			http_conn_end(conn, true);
			return;
		}
		conn->file_at += (uint64_t)count;
		conn->file_left -= (uint64_t)count;
	}
	conn->since_ms = uv_now(conn->gateway->loop);
	if (conn->out_sent == conn->out_length && !conn->rest_length && !conn->file_left && !conn->stream)
		http_conn_is_sent(conn);
}

void http_conn_reply(struct http_conn *conn, struct reply *reply)
{
	bool has_body = !conn->is_head && reply->status != 304 && reply->length;
	size_t copied = has_body && reply->lent ? reply->length : 0, room = 2048 + copied + (reply->source ? http_stream_size() : 0);

	assert(conn->state != HTTP_CONN_GONE && !conn->out);
	free(conn->body);
	conn->body = NULL;
	http_conn_give_memory(conn);
	conn->handler->answered(conn);
	/* An unread body would be taken for the next request. */
	conn->keep_alive = conn->keep_alive && !reply->closes && !conn->owes_body && !conn->gateway->stopping;
	conn->out = account_take(conn->memory, room) ? malloc(2048 + copied) : NULL;
	if (conn->out)
		conn->charged += room;
	if (conn->out && reply->source && !(conn->stream = http_stream_new(conn, reply->source))) {
		http_conn_end(conn, true);
		return;
	}
	if (!conn->out) {
		if (reply->source) {
			close(reply->source->fd);
			reply->source->gone(reply->source->context);
		}
		if (reply->fd >= 0)
			close(reply->fd);
		http_conn_end(conn, true);
		return;
	}
	conn->out_sent = 0;
	conn->out_length = head_write(conn, reply, conn->out, 2048);
	if (copied)
		memcpy(conn->out + conn->out_length, reply->bytes, copied);
	conn->out_length += copied;
	conn->rest = has_body && !reply->lent && reply->fd < 0 ? reply->bytes : NULL;
	conn->rest_length = conn->rest ? reply->length : 0;
	conn->file = reply->fd;
	conn->file_at = reply->offset;
	conn->file_left = has_body && reply->fd >= 0 ? reply->length : 0;
	http_conn_turn(conn, HTTP_CONN_SENDS);
	http_conn_send_more(conn);
}

void http_conn_refuse(struct http_conn *conn, int status, const char *sentence, bool as_json, bool closes)
{
	struct reply reply;
	char *text = NULL;

	reply_init(&reply, status);
	reply.closes = closes;
	reply.lent = true;
	reply_header(&reply, "Cache-Control: no-store");
	if (as_json) {
		cJSON *error = cJSON_CreateObject();

		cJSON_AddStringToObject(error, "error", sentence);
		text = cJSON_PrintUnformatted(error);
		cJSON_Delete(error);
		reply.type = "application/json";
	} else {
		reply.type = "text/plain; charset=utf-8";
		if (asprintf(&text, "%s\n", sentence) < 0)
			text = NULL;
	}
	if (status == 405)
		reply_header(&reply, "Allow: GET, HEAD, POST");
	reply.bytes = text;
	reply.length = text ? strlen(text) : 0;
	http_conn_reply(conn, &reply);
	if (as_json)
		cJSON_free(text);
	else
		free(text);
}
