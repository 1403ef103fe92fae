#include "conn.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/auth/sessions.h"
#include "server/base/events.h"
#include "server/base/gateway.h"

/* lws keeps the name to itself (lib/roles/ws/private-lib-roles-ws.h); the value is part of lws_write()'s since 1.0. */
enum { WRITE_CLOSE = 4 };

enum { PIECE = 256 << 10, CUT = 256 << 10, HELLO_DEADLINE_S = 10, CLOSE_DEADLINE_S = 5, IN_KEPT = 64 << 10, FRAGMENTS_MAX = 1024 };

static const struct conn_handler *handlers[CONN_KINDS];
static struct conn *conns;
static unsigned count;

void conn_handle(enum conn_kind kind, const struct conn_handler *handler)
{
	handlers[kind] = handler;
}

struct conn *conn_new(struct gateway *gateway, struct session *session, const char *address)
{
	struct conn *conn = calloc(1, sizeof *conn);

	if (!conn)
		return NULL;
	conn->gateway = gateway;
	conn->handler = handlers[session->scope == SCOPE_RUN ? CONN_PROGRAM : CONN_DEBUGGER];
	conn->session = session_hold(session);
	conn->session->connections++;
	conn->out_tail = &conn->out;
	conn->opened_ns = codec_clock_ns(CLOCK_MONOTONIC);
	snprintf(conn->address, sizeof conn->address, "%s", address);
	conn->next = conns;
	conn->link = &conns;
	if (conns)
		conns->link = &conn->next;
	conns = conn;
	count++;
	return conn;
}

unsigned conn_count(void)
{
	return count;
}

void conn_open(struct conn *conn, struct lws *wsi)
{
	conn->wsi = wsi;
	if (conn->session->revoked) /* between ticket and upgrade */
		conn_close(conn, CLOSE_SESSION, "the session was revoked");
}

void conn_free(struct conn *conn)
{
	conn->wsi = NULL;
	count--;
	conn->handler->gone(conn);
	while (conn->out) {
		struct message *message = conn->out;

		conn->out = message->next;
		message_free(message);
	}
	*conn->link = conn->next;
	if (conn->next)
		conn->next->link = conn->link;
	conn->session->connections--;
	session_drop(conn->session);
	free(conn->in.bytes);
	free(conn);
}

/* ---- in ---- */

static void message_take(struct conn *conn, const uint8_t *bytes, size_t length)
{
	const uint8_t *at = bytes, *end = bytes + length;
	struct frame frame;

	conn->session->bytes += length;
	if (conn->counters)
		conn->counters->bytes_received += length;
	while (!conn->closing && codec_frame_next(&at, end, &frame))
		conn->handler->frame(conn, &frame);
	if (!conn->closing && at != end)
		conn_close(conn, CLOSE_PROTOCOL, "a frame's length isn't that of its bytes");
}

static bool in_append(struct conn *conn, const uint8_t *bytes, size_t length, size_t announced)
{
	size_t need = conn->in.length + length;

	if (need > conn->in.capacity) {
		/* Grown by what has come, never by what was announced. */
		size_t capacity = need * 2 < need + announced ? need * 2 : need + announced;
		uint8_t *grown = realloc(conn->in.bytes, capacity);

		if (!grown)
			return false;
		conn->in.bytes = grown;
		conn->in.capacity = capacity;
	}
	memcpy(conn->in.bytes + conn->in.length, bytes, length);
	conn->in.length = need;
	return true;
}

bool conn_receive(struct conn *conn, const uint8_t *bytes, size_t length, bool first, bool final, size_t left)
{
	bool whole = final && left == 0;

	if (conn->closing)
		return true; /* what still comes while our close is on its way is of no use */
	if (conn->in.length + length + left > conn->handler->message_max) {
		conn_close(conn, CLOSE_BOUND, "message too long");
		return true;
	}
	if (first)
		conn->in.fragments = 0;
	if (left == 0 && ++conn->in.fragments > FRAGMENTS_MAX) {
		conn_close(conn, CLOSE_BOUND, "message in too many fragments");
		return true;
	}
	if (whole && conn->in.length == 0) {
		message_take(conn, bytes, length);
	} else if (!in_append(conn, bytes, length, left)) {
		conn_close(conn, CLOSE_BOUND, "no memory for the message");
	} else if (whole) {
		message_take(conn, conn->in.bytes, conn->in.length);
		conn->in.length = 0;
		if (conn->in.capacity > IN_KEPT) {
			free(conn->in.bytes);
			conn->in.bytes = NULL;
			conn->in.capacity = 0;
		}
	}
	return true;
}

/* ---- out ---- */

/* Writes the next piece of the first message. One lws_write a turn; a message of lws' is at most CUT of ours. False: broken. */
static bool out_write(struct conn *conn)
{
	struct message *message = conn->out;
	size_t in_cut = message->sent % CUT, cut_end, piece = PIECE;
	int mode;

	cut_end = message->sent - in_cut + CUT;
	if (cut_end > message->length)
		cut_end = message->length;
	if (piece > cut_end - message->sent)
		piece = cut_end - message->sent;
	mode = in_cut ? LWS_WRITE_CONTINUATION : LWS_WRITE_BINARY;
	if (message->sent + piece < cut_end)
		mode |= LWS_WRITE_NO_FIN;
	if (lws_write(conn->wsi, message->bytes + message->sent, piece, mode) < (int)piece)
		return false;
	message->sent += piece;
	conn->unsent -= piece;
	if (message->sent == message->length) {
		conn->out = message->next;
		if (!conn->out)
			conn->out_tail = &conn->out;
		message_free(message);
	}
	return true;
}

/* The close frame as a write of ours: Debian's 4.1.6 is built so that under libuv a callback's -1 closes twice, and the second
 * time drops the frame that lws_close_reason() prepared. The peer answers with its own close, and lws ends the socket; or
 * conn_close()'s deadline does. */
static bool close_write(struct conn *conn)
{
	uint8_t frame[LWS_PRE + 2 + sizeof conn->close_reason], *payload = frame + LWS_PRE;
	size_t length = 2 + strlen(conn->close_reason);

	payload[0] = (uint8_t)(conn->close_code >> 8);
	payload[1] = (uint8_t)conn->close_code;
	memcpy(payload + 2, conn->close_reason, length - 2);
	conn->close_sent = true;
	return lws_write(conn->wsi, payload, length, (enum lws_write_protocol)WRITE_CLOSE) >= 0;
}

bool conn_send_next(struct conn *conn)
{
	if (conn->out && !lws_partial_buffered(conn->wsi) && !out_write(conn))
		return false;
	conn->in_turn = true; /* more answers may be made now; they leave in turns of their own */
	if (conn->handler->drained)
		conn->handler->drained(conn);
	conn->in_turn = false;
	if (conn->out)
		lws_callback_on_writable(conn->wsi);
	else if (conn->closing && !conn->close_sent && !lws_partial_buffered(conn->wsi))
		return close_write(conn);
	return true;
}

/* An answer so small is written without asking the kernel first whether it has room: lws keeps what didn't fit. */
enum { DIRECT_MAX = 64 << 10 };

void conn_send(struct conn *conn, struct message *message)
{
	if (!conn->wsi || conn->closing) {
		message_free(message);
		return;
	}
	conn->session->bytes += message->length;
	if (conn->counters)
		conn->counters->bytes_sent += message->length;
	conn->unsent += message->length;
	*conn->out_tail = message;
	conn->out_tail = &message->next;
	message->next = NULL;
	message->sent = 0;
	/* Straight out when nothing is in the way saves a turn of the loop; a failure shows in WRITEABLE, which may hang up. */
	if (conn->out == message && !conn->in_turn && !lws_partial_buffered(conn->wsi)
	    && (message->length <= DIRECT_MAX || !lws_send_pipe_choked(conn->wsi)) && out_write(conn) && !conn->out)
		return;
	lws_callback_on_writable(conn->wsi);
}

void conn_send_frame(struct conn *conn, enum frame_type type, const void *body, size_t length)
{
	struct message *message = message_new(FRAME_HEAD + length);

	if (!message) {
		conn_close(conn, CLOSE_BOUND, "no memory");
		return;
	}
	codec_put_frame(message->bytes, type, 0, 0, FRAME_HEAD + length);
	if (length)
		memcpy(message->bytes + FRAME_HEAD, body, length);
	message->length = FRAME_HEAD + length;
	conn_send(conn, message);
}

void conn_close(struct conn *conn, enum close_code code, const char *reason)
{
	if (conn->closing)
		return;
	conn->closing = true;
	conn->close_code = (uint16_t)code;
	snprintf(conn->close_reason, sizeof conn->close_reason, "%s", reason);
	if (conn->wsi) {
		lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_OK, CLOSE_DEADLINE_S);
		lws_callback_on_writable(conn->wsi);
	}
}

void conn_pause(struct conn *conn, bool paused)
{
	if (!conn->wsi || conn->paused == paused)
		return;
	conn->paused = paused;
	lws_rx_flow_control(conn->wsi, !paused);
	/* What lws had read already waits in its own list, and 4.1.6 may not look there until the socket stirs. */
	if (!paused)
		lws_cancel_service(conn->gateway->lws);
}

void conn_sweep(uint64_t now_ns)
{
	for (struct conn *conn = conns; conn; conn = conn->next)
		if (!conn->program && !conn->debugger && now_ns - conn->opened_ns > HELLO_DEADLINE_S * 1000000000ull)
			conn_close(conn, CLOSE_PROTOCOL, "no hello within ten seconds");
}

void conn_close_all(const struct session *session, enum close_code code, const char *reason)
{
	for (struct conn *conn = conns; conn; conn = conn->next)
		if (!session || conn->session == session)
			conn_close(conn, code, reason);
}
