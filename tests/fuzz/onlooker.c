#include "onlooker.h"

#include "page.h"
#include "server/program/hooks.h"
#include "server/program/program.h"

static bool stop_before, stop_after; /* the next call, or the next answer */

enum { STANDS = 2 };

static uint32_t debugger_mode(const struct program *program) { return 0; }
static bool debugger_report(struct program *program, const struct frame *frame) { return true; }
static bool debugger_console(struct program *program, const struct frame *frame) { return true; }
static void debugger_stdin(struct program *program, const uint8_t *bytes, size_t length) {}
static void debugger_program_began(struct program *program) { program->debuggee = (struct debuggee *)program; }
static void debugger_program_ended(struct program *program) { program->debuggee = NULL; }

static bool debugger_memory(struct program *program, const struct frame *frame) { return true; }
static bool debugger_stops_before(struct batch *batch, const struct call *call)
{
	if (!stop_before || call->flags & CALL_QUIET)
		return false;
	stop_before = false;
	batch->program->stands = STANDS;
	return true;
}

static bool debugger_stops_after(struct batch *batch)
{
	if (batch->program->stands == STANDS)
		return true;
	if (!stop_after || !batch->waits)
		return false;
	stop_after = false;
	batch->program->stands = STANDS;
	return true;
}

static bool debugger_wants_recording(void)
{
	return false;
}

static bool debugger_recorded(uint32_t program, enum recorded_part part, const void *bytes, size_t length)
{
	return false;
}

static const struct debugger_hooks looks_on = {
	debugger_program_began, debugger_program_ended, debugger_report, debugger_console, debugger_memory, debugger_mode,
	debugger_stops_before, debugger_stops_after, debugger_stdin, debugger_wants_recording, debugger_recorded,
};

/* One that says nothing that its room would understand. */
static void debugger_frame(struct conn *conn, const struct frame *frame)
{
	conn_close(conn, CLOSE_PROTOCOL, "no debugger's frame");
}
static void debugger_conn_gone(struct conn *conn) {}
static const struct conn_handler debuggers = { 64 << 10, debugger_frame, NULL, debugger_conn_gone };

void onlooker_resumes(void)
{
	for (int i = 0; i < WIRES; i++) {
		struct program *program = wires[i].conn ? wires[i].conn->program : NULL;

		if (!program || program->stands != STANDS)
			continue;
		program->stands = 0;
		dispatch_resume(program);
	}
}

void onlooker_stops_before(void) { stop_before = true; }
void onlooker_stops_after(void) { stop_after = true; }
void onlooker_forget(void) { stop_before = stop_after = false; }

void onlooker_start(void)
{
	hooks_debugger(&looks_on);
	conn_handle(CONN_DEBUGGER, &debuggers);
}
