/* Sends to debuggers: frames for one or for all of them, and the gathered calls, except to one that doesn't keep up. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/auth/sessions.h"
#include "server/base/clock.h"
#include "server/base/gateway.h"
#include "before.h"
#include "feed.h"
#include "internal.h"

struct message *debugger_message(enum debug_frame type, uint8_t flags, uint16_t count, size_t length)
{
	struct message *message = message_new(FRAME_HEAD + length);

	if (!message)
		return NULL;
	codec_put_frame(message->bytes, (enum frame_type)type, flags, count, FRAME_HEAD + length);
	message->length = FRAME_HEAD + length;
	return message;
}

void outlet_send(struct debugger *debugger, struct message *message)
{
	if (message)
		conn_send(debugger->conn, message);
	else
		conn_close(debugger->conn, CLOSE_BOUND, "no memory");
}

static struct message *copy_of(const uint8_t *bytes, size_t length)
{
	struct message *message = message_new(length);

	if (!message)
		return NULL;
	memcpy(message->bytes, bytes, length);
	message->length = length;
	return message;
}

struct message *outlet_copy(const struct message *message) { return copy_of(message->bytes, message->length); }

void outlet_broadcast(const struct message *message)
{
	for (struct debugger *debugger = debuggers_first(); debugger; debugger = debugger->next)
		outlet_send(debugger, copy_of(message->bytes, message->length));
}

void outlet_handles(struct debugger *debugger)
{
	for (const struct program *program = programs_first(); program; program = program->next)
		if (program->debuggee) {
			outlet_send(debugger, debuggee_snapshot(program->debuggee));
			sockets_all(debugger, program);
		}
}

void outlet_dropped(struct debugger *debugger)
{
	struct message *message = debugger->dropped ? debugger_message(DEBUG_DROPPED, 0, 0, 8) : NULL;

	if (!message)
		return;
	codec_put_u64(message->bytes + FRAME_HEAD, debugger->dropped);
	debugger->dropped = 0;
	outlet_send(debugger, message);
}

/* Sends what was gathered to one of them; leaves it out if that doesn't keep up. */
static void hand_over(struct debugger *debugger, const struct feed_taken *taken, uint64_t dropped)
{
	if (debugger->conn->unsent > DEBUGGER_UNSENT_MAX) {
		debugger->dropped += dropped + feed_calls_of(taken);
		debugger->stale |= taken->length > 0;
		return;
	}
	outlet_dropped(debugger);
	if (taken->length)
		outlet_send(debugger, copy_of(taken->bytes, taken->length));
	debugger->dropped += dropped; /* they found no room behind those */
	outlet_dropped(debugger);
	if (debugger->stale)
		outlet_handles(debugger);
	debugger->stale = false;
}

void outlet_flush(void)
{
	struct feed_taken taken[FEED_VIEWS];
	uint64_t dropped;

	if (feed_take(taken, &dropped))
		for (struct debugger *debugger = debuggers_first(); debugger; debugger = debugger->next)
			hand_over(debugger, &taken[debugger->conn->session->sees_data && taken[FEED_FULL].length ? FEED_FULL : FEED_BARE],
			          dropped);
	for (int i = 0; i < FEED_VIEWS; i++)
		free(taken[i].bytes);
}

void outlet_state(struct debugger *debugger, const struct debuggee *debuggee)
{
	size_t length = strlen(debuggee->stop.text);
	struct message *message = debugger_message(DEBUG_STATE, 0, 0, 5 * 4 + 4 + length);
	uint8_t *at;

	if (message) {
		at = codec_put_u32(message->bytes + FRAME_HEAD, debuggee->program->id);
		at = codec_put_u32(at, !debuggee->controller ? 1 : debuggee->controller == debugger ? 2 : 3);
		at = codec_put_u32(at, debuggee->stop.state);
		at = codec_put_u32(at, debuggee->stop.why);
		at = codec_put_u32(at, debuggee->stop.breakpoint);
		codec_put_string(at, debuggee->stop.text, length);
	}
	outlet_send(debugger, message);
}

void outlet_state_all(const struct debuggee *debuggee)
{
	for (struct debugger *debugger = debuggers_first(); debugger; debugger = debugger->next)
		outlet_state(debugger, debuggee);
}

void outlet_scope(struct debugger *debugger, const char *text)
{
	const struct session *session = debugger->conn->session;
	struct message *message = debugger_message(DEBUG_SCOPE, 0, 0, 12 + strlen(text));

	if (message)
		codec_put_string(codec_put_u32(codec_put_u32(message->bytes + FRAME_HEAD, session->scope == SCOPE_CONTROL ? 2 : 1),
		                               session->sees_data), text, strlen(text));
	outlet_send(debugger, message);
}

void outlet_announcement(struct debugger *debugger, const struct debuggee *debuggee)
{
	struct message *before = before_frame(debuggee->program);

	outlet_send(debugger, copy_of(debuggee->announcement->bytes, debuggee->announcement->length));
	if (before)
		outlet_send(debugger, before);
}

void outlet_new(struct debuggee *debuggee)
{
	struct message *snapshot = debuggee_snapshot(debuggee), *before = before_frame(debuggee->program);

	outlet_flush();
	outlet_broadcast(debuggee->announcement);
	if (before)
		outlet_broadcast(before);
	if (snapshot)
		outlet_broadcast(snapshot);
	message_free(before);
	message_free(snapshot);
	sockets_all(NULL, debuggee->program);
	outlet_state_all(debuggee);
}

void outlet_welcome(struct debugger *debugger)
{
	const struct session *session = debugger->conn->session;
	const struct gateway *gateway = debugger->conn->gateway;
	const char *name = gateway->grants.args_count ? gateway->grants.args[0] : "";
	struct message *message = debugger_message(DEBUG_WELCOME, 0, 0, 12 + 16 + 8 + strlen(name) + strlen(gateway->origin));
	uint8_t *at;

	if (!message)
		return outlet_send(debugger, NULL);
	at = codec_put_u32(message->bytes + FRAME_HEAD, DEBUG_VERSION);
	at = codec_put_u32(at, session->scope == SCOPE_CONTROL ? 2 : 1);
	at = codec_put_u32(at, session->sees_data);
	at = codec_put_u64(at, clock_ns(CLOCK_REALTIME));
	at = codec_put_u64(at, now_ns());
	at = codec_put_string(at, name, strlen(name));
	codec_put_string(at, gateway->origin, strlen(gateway->origin));
	outlet_send(debugger, message);
}
