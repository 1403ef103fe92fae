#include "conn.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/auth/sessions.h"
#include "server/base/clock.h"
#include "server/base/events.h"
#include "server/base/gateway.h"

/* lws keeps the name to itself (lib/roles/ws/private-lib-roles-ws.h); the value is part of lws_write()'s since 1.0. */
enum { WRITE_CLOSE = 4 };

enum { PIECE = 256 << 10, CUT = 256 << 10, CLOSE_DEADLINE_S = 5, IN_KEPT = 64 << 10, FRAGMENTS_MAX = 1024 };

static void go_on(void *context);

static const struct conn_handler *handlers[CONN_KINDS];
static struct conn *conns;
static unsigned count;

void conn_handle(enum conn_kind kind, const struct conn_handler *handler) { handlers[kind] = handler; }

struct conn *conn_new(struct gateway *gateway, struct session *session, const char *address)
{
	struct conn *conn = calloc(1, sizeof *conn);

	if (!conn)
		return NULL;
	conn->gateway = gateway;
	conn->handler = handlers[session->scope == SCOPE_RUN ? CONN_PROGRAM : CONN_DEBUGGER];
	conn->session = session_hold(session);
	conn->session->connections++;
	conn->go_on = (struct later){ .run = go_on, .context = conn };
	conn->opened_ns = now_ns();
	snprintf(conn->address, sizeof conn->address, "%s", address);
	conn->next = conns;
	conn->link = &conns;
	if (conns)
		conns->link = &conn->next;
	conns = conn;
	count++;
	return conn;
}

unsigned conn_count(void) { return count; }

struct conn *conns_first(void) { return conns; }

void conn_open(struct conn *conn, struct lws *wsi)
{
	conn->wsi = wsi;
	if (conn->session->revoked) /* between ticket and upgrade */
		conn_close(conn, CLOSE_SESSION, "you were removed at the gateway's terminal");
}

static void in_release(struct conn *conn)
{
	account_give(&conn->session->memory, conn->in.capacity);
	free(conn->in.bytes);
	conn->in.bytes = NULL;
	conn->in.capacity = 0;
}

/* Its socket is closed. Frames that arrived before are still handled, when their turn comes. */
void conn_free(struct conn *conn)
{
	conn->wsi = NULL;
	if (conn->in.is_whole && !conn->closing)
		return;
	later_remove(&conn->go_on);
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
	in_release(conn);
	session_drop(conn->session);
	free(conn);
}

/* ---- in ---- */

/* Stops lws from reading while the program can't take more, or still has frames to handle. A message that has begun is read to
 * its end. */
static void pause_or_not(struct conn *conn)
{
	bool paused = conn->in.is_whole || (conn->throttled && !conn->in.length);

	if (!conn->wsi || conn->paused == paused)
		return;
	conn->paused = paused;
	lws_rx_flow_control(conn->wsi, !paused);
	/* lws keeps what it has read already in a list, and 4.1.6 may not look there before the socket's next event. */
	if (!paused)
		lws_cancel_service(conn->gateway->lws);
}

static void in_clear(struct conn *conn)
{
	conn->in.length = conn->in.at = 0;
	conn->in.is_whole = false;
	if (conn->in.capacity > IN_KEPT)
		in_release(conn);
}

/* Handles frames in [bytes, bytes + length) until the turn is over; gives how many bytes these had. */
static size_t frames_take(struct conn *conn, const uint8_t *bytes, size_t length)
{
	const uint8_t *at = bytes, *end = bytes + length;
	struct frame frame;

	while (!conn->closing && codec_frame_next(&at, end, &frame)) {
		conn->handler->frame(conn, &frame);
		if (at != end && turn_is_over())
			return (size_t)(at - bytes);
	}
	if (!conn->closing && at != end)
		conn_close(conn, CLOSE_PROTOCOL, "a frame's length isn't that of its bytes");
	return length;
}

/* The frames that are left are for later. */
static void put_off(struct conn *conn)
{
	conn->in.is_whole = true;
	pause_or_not(conn);
	later_add(&conn->session->put_off, &conn->go_on);
}

/* Handles the frames of a whole message. */
static void go_on(void *context)
{
	struct conn *conn = context;

	conn->in.at += frames_take(conn, conn->in.bytes + conn->in.at, conn->in.length - conn->in.at);
	if (conn->in.at < conn->in.length && !conn->closing) {
		put_off(conn);
		return;
	}
	in_clear(conn);
	if (conn->wsi)
		pause_or_not(conn);
	else
		conn_free(conn);
}

static void message_count(struct conn *conn, size_t length)
{
	conn->session->bytes += length;
	if (conn->counters)
		conn->counters->bytes_received += length;
}

static bool in_append(struct conn *conn, const uint8_t *bytes, size_t length, size_t announced)
{
	size_t need = conn->in.length + length;

	if (need > conn->in.capacity) {
		/* Grows by the bytes that came, never by the announced length. */
		size_t capacity = need * 2 < need + announced ? need * 2 : need + announced;
		size_t more = capacity - conn->in.capacity;
		uint8_t *grown;

		if (!account_take(&conn->session->memory, more))
			return false;
		grown = realloc(conn->in.bytes, capacity);
		if (!grown) {
			account_give(&conn->session->memory, more);
			return false;
		}
		conn->in.bytes = grown;
		conn->in.capacity = capacity;
	}
	if (length) /* an empty fragment may be the first */
		memcpy(conn->in.bytes + conn->in.length, bytes, length);
	conn->in.length = need;
	conn->in.since_ns = now_ns();
	return true;
}

bool conn_receive(struct conn *conn, const uint8_t *bytes, size_t length, bool first, bool final, size_t left)
{
	bool whole = final && left == 0;

	while (conn->in.is_whole && !conn->closing) /* lws gave more than it should: keep the order */
		go_on(conn);
	if (conn->closing)
		return true; /* what arrives while our close is under way is ignored */
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
	if (whole)
		message_count(conn, conn->in.length + length);
	if (whole && conn->in.length == 0 && !turn_is_over()) { /* handled in lws' buffer; only the rest is copied */
		size_t taken = frames_take(conn, bytes, length);

		if (taken == length || conn->closing)
			return true;
		bytes += taken;
		length -= taken;
	}
	if (!in_append(conn, bytes, length, left))
		conn_close(conn, CLOSE_BOUND, CONN_NO_ROOM);
	else if (whole && !turn_is_over())
		go_on(conn);
	else if (whole)
		put_off(conn);
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
	conn->in_turn = true; /* more answers may be made now; they leave in a turn of their own */
	if (conn->handler->drained)
		conn->handler->drained(conn);
	conn->in_turn = false;
	if (conn->out)
		lws_callback_on_writable(conn->wsi);
	else if (conn->closing && !conn->close_sent && !lws_partial_buffered(conn->wsi))
		return close_write(conn);
	return true;
}

/* An answer this small is written without asking the kernel for room first: lws keeps what didn't fit. */
enum { DIRECT_MAX = 64 << 10 };

void conn_send(struct conn *conn, struct message *message)
{
	if (conn->wsi && !conn->closing && !message_charge(message, &conn->session->memory))
		conn_close(conn, CLOSE_BOUND, CONN_NO_ROOM);
	if (!conn->wsi || conn->closing) {
		message_free(message);
		return;
	}
	conn->session->bytes += message->length;
	if (conn->counters)
		conn->counters->bytes_sent += message->length;
	conn->unsent += message->length;
	if (conn->in_turn && conn->out == conn->out_last && message_join(&conn->out, message, DIRECT_MAX)) {
		conn->out_last = conn->out;
		return;
	}
	if (conn->out)
		message_fit(&message);
	*(conn->out ? &conn->out_last->next : &conn->out) = message;
	conn->out_last = message;
	message->next = NULL;
	message->sent = 0;
	if (conn->in_turn)
		return; /* whoever has the turn sends it */
	/* Writes at once if nothing is queued, which saves a turn of the loop. A failure shows in WRITEABLE, which may hang up. */
	if (conn->out == message && !lws_partial_buffered(conn->wsi)
	    && (message->length <= DIRECT_MAX || !lws_send_pipe_choked(conn->wsi)) && out_write(conn) && !conn->out)
		return;
	lws_callback_on_writable(conn->wsi);
}

/* For clients that don't read: of these types only the newest frame is kept, since it says all. */
static bool takes_place(struct conn *conn, enum frame_type type, const void *body, size_t length)
{
	struct message *last = conn->out ? conn->out_last : NULL;

	if ((type != FRAME_ACK && type != FRAME_TAKEN && type != FRAME_BROKEN && type != FRAME_RECORDED) || !last || last->sent ||
	    last->length != FRAME_HEAD + length || last->bytes[4] != type)
		return false;
	if (length)
		memcpy(last->bytes + FRAME_HEAD, body, length);
	return true;
}

void conn_send_frame(struct conn *conn, enum frame_type type, const void *body, size_t length)
{
	struct message *message;

	if (takes_place(conn, type, body, length))
		return;
	message = message_new(FRAME_HEAD + length);
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
	conn->throttled = paused;
	pause_or_not(conn);
}

void conn_close_all(const struct session *session, enum close_code code, const char *reason)
{
	for (struct conn *conn = conns; conn; conn = conn->next)
		if (!session || conn->session == session)
			conn_close(conn, code, reason);
}
