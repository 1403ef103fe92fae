/* Carries out what debuggers ask for: control of programs, breakpoints, bytes for stdin, and more rights, which the user at the
 * terminal gives. */
#include <string.h>

#include "server/auth/sessions.h"
#include "server/base/events.h"
#include "debugger.h"
#include "internal.h"

/* ---- control ---- */

static struct debuggee *find(uint32_t id)
{
	for (struct program *program = programs_first(); program; program = program->next)
		if (program->id == id && program->debuggee && !program->ending)
			return program->debuggee;
	return NULL; /* the program has ended meanwhile, which is no fault of the debugger */
}

static void attach(struct debugger *debugger, struct debuggee *debuggee, bool on)
{
	if (on && !debuggee->controller)
		stop_control(debuggee, debugger);
	else if (!on && debuggee->controller == debugger)
		stop_control(debuggee, NULL);
	else
		outlet_state(debugger, debuggee);
}

/* A program that goes on may end: so each step begins at the list's head. */
void orders_release(struct debugger *debugger)
{
	for (struct program *program = programs_first(); program; program = program->next)
		if (program->debuggee && program->debuggee->controller == debugger) {
			stop_control(program->debuggee, NULL);
			orders_release(debugger);
			return;
		}
}

static void control(struct debugger *debugger, const struct debug_order *order)
{
	struct debuggee *debuggee = order->type == DEBUG_BREAK ? NULL : find(order->program);

	switch (order->type) {
	case DEBUG_BREAK:
		debuggee_lock();
		debugger->stops_starts = order->flags & 1;
		debugger->breakpoints_count = order->breakpoints_count;
		memcpy(debugger->breakpoints, order->breakpoints, sizeof debugger->breakpoints);
		debuggee_unlock();
		break;
	case DEBUG_ATTACH:
		if (debuggee)
			attach(debugger, debuggee, order->what);
		break;
	case DEBUG_GO:
		if (debuggee && debuggee->controller == debugger)
			stop_go(debuggee, (enum debug_go)order->what);
		break;
	case DEBUG_STDIN:
		if (debuggee)
			program_stdin(debuggee->program, (uint8_t)order->flags, order->bytes.at, order->bytes.length);
		break;
	case DEBUG_MEMORY:
		reach_memory(debugger, debuggee, order);
		break;
	case DEBUG_INJECT:
		reach_inject(debugger, debuggee, order);
		break;
	default:
		break;
	}
}

/* ---- asking the user ---- */

void debugger_answer(uint32_t question, uint32_t said)
{
	static const char *const words[] = {
		[SAID_NO] = "the user at the terminal said no", [SAID_YES] = "the user at the terminal said yes",
		[SAID_NOBODY] = "nobody could be asked: the gateway has no terminal",
		[SAID_BUSY] = "another question is asked at the terminal",
		[SAID_NOTHING] = "nobody at the terminal answered within a minute",
	};
	enum debug_ask what;
	struct debugger *debugger = ask_end(question, &what);

	if (!debugger || said > SAID_NOTHING)
		return;
	if (said == SAID_YES) {
		struct session *session = debugger->conn->session;

		if (what == ASK_CONTROL)
			session->scope = SCOPE_CONTROL;
		else
			session->sees_data = true;
		events_warn(debugger->conn->gateway, "the debugger in %s at %s may now %s",
		            *session->browser ? session->browser : "a browser", session->address,
		            what == ASK_CONTROL ? "stop programs and type into them" : "see what programs read and write");
		outlet_flush();
		debugger_data_changed();
	}
	outlet_scope(debugger, words[said]);
}

static void ask(struct debugger *debugger, enum debug_ask what)
{
	const struct session *session = debugger->conn->session;

	if (what == ASK_CONTROL ? session->scope == SCOPE_CONTROL : session->sees_data)
		outlet_scope(debugger, "you may already");
	else if (!ask_begin(debugger->conn->gateway, debugger, session, what))
		outlet_scope(debugger, "another question waits at the terminal");
}

/* ---- in ---- */

void orders_frame(struct conn *conn, const struct frame *frame)
{
	static struct debug_order order;
	const char *wrong = debug_order_read(frame, &order);

	if (wrong)
		return conn_close(conn, CLOSE_PROTOCOL, wrong);
	if (!conn->debugger == (order.type != DEBUG_HELLO))
		return conn_close(conn, CLOSE_PROTOCOL, conn->debugger ? "a second hello" : "the first frame isn't a hello");
	if (order.type == DEBUG_HELLO)
		return debugger_attach(conn, &order);
	if (order.type == DEBUG_RECORD)
		return recordings_order(conn->debugger, order.what);
	if (order.type != DEBUG_ASK && conn->session->scope != SCOPE_CONTROL)
		return conn_close(conn, CLOSE_SESSION, "this debugger may only watch");
	if (order.type == DEBUG_ASK)
		return ask(conn->debugger, (enum debug_ask)order.what);
	control(conn->debugger, &order);
}
