/* Recordings of programs that start while a debugger wants them, with the yes for contents: it is sent a file's bytes as they are
 * made. */
#include <string.h>

#include "server/auth/sessions.h"
#include "server/base/config.h"
#include "server/base/events.h"
#include "server/base/gateway.h"
#include "internal.h"

enum { RECORDING_UNSENT_MAX = 16 << 20 };

bool recordings_wanted(void)
{
	for (const struct debugger *debugger = debuggers_first(); debugger; debugger = debugger->next)
		if (debugger->records && debugger->conn->session->sees_data && debugger->recorded_count < RECORDED_MAX)
			return true;
	return false;
}

void recordings_order(struct debugger *debugger, bool on)
{
	const struct session *session = debugger->conn->session;

	if (!session->sees_data)
		return conn_close(debugger->conn, CLOSE_SESSION, "this debugger may not see what programs read and write");
	if (on && !debugger->records)
		events_warn(debugger->conn->gateway, "the debugger in %s at %s records programs that start from now on: all that they read is in it",
		            *session->browser ? session->browser : "a browser", session->address);
	debugger->records = on;
}

static void part_send(struct debugger *debugger, uint32_t program, enum recorded_part part, const void *bytes, size_t length)
{
	struct message *message = debugger_message(DEBUG_RECORDING, 0, 0, 8 + 4 + length);

	if (message)
		codec_put_string(codec_put_u32(codec_put_u32(message->bytes + FRAME_HEAD, program), part), bytes, length);
	outlet_send(debugger, message);
}

static struct recorded *recorded_of(struct debugger *debugger, uint32_t program)
{
	for (size_t i = 0; i < debugger->recorded_count; i++)
		if (debugger->recorded[i].program == program)
			return &debugger->recorded[i];
	return NULL;
}

static void recorded_forget(struct debugger *debugger, struct recorded *recorded)
{
	*recorded = debugger->recorded[--debugger->recorded_count];
}

/* False: it has no room for more of it, and was told. */
static bool has_room(struct debugger *debugger, struct recorded *recorded, size_t length)
{
	recorded->bytes += length;
	if (recorded->bytes <= debugger->conn->gateway->config->limits.record &&
	    debugger->conn->unsent + length <= RECORDING_UNSENT_MAX)
		return true;
	part_send(debugger, recorded->program, RECORDED_CUT, NULL, 0);
	recorded_forget(debugger, recorded);
	return false;
}

bool recordings_part(uint32_t program, enum recorded_part part, const void *bytes, size_t length)
{
	bool wanted = false;

	for (struct debugger *debugger = debuggers_first(); debugger; debugger = debugger->next) {
		struct recorded *recorded = recorded_of(debugger, program);

		if (!debugger->conn->session->sees_data)
			continue;
		if (part == RECORDED_NOT && debugger->records)
			part_send(debugger, program, part, bytes, length);
		if (part == RECORDED_FIRST && debugger->records && debugger->recorded_count < RECORDED_MAX) {
			recorded = &debugger->recorded[debugger->recorded_count++];
			*recorded = (struct recorded){ .program = program };
		}
		if (!recorded || (length && !has_room(debugger, recorded, length)))
			continue;
		part_send(debugger, program, part, bytes, length);
		wanted |= part != RECORDED_END;
		if (part == RECORDED_END)
			recorded_forget(debugger, recorded);
	}
	return wanted;
}
