#include "debugger.h"

#include <stdlib.h>

#include "server/auth/sessions.h"
#include "server/base/events.h"
#include "server/base/gateway.h"
#include "server/program/hooks.h"
#include "before.h"
#include "feed.h"
#include "internal.h"

enum { FLUSH_MS = 16, STUCK_MS = 5000, DEBUGGERS_MAX = 8 };

static struct gateway *gateway;
static struct debugger *debuggers;
static uv_timer_t flush_timer;

struct debugger *debuggers_first(void)
{
	return debuggers;
}

struct debugger *debugger_starter(void)
{
	struct debugger *debugger = debuggers;

	while (debugger && !debugger->stops_starts)
		debugger = debugger->next;
	return debugger;
}

bool debugger_shows_data(void)
{
	for (const struct debugger *debugger = debuggers; debugger; debugger = debugger->next)
		if (debugger->conn->session->sees_data)
			return true;
	return false;
}

void debugger_data_changed(void)
{
	feed_shows_data(debugger_shows_data());
	for (struct program *program = programs_first(); program; program = program->next)
		if (program->debuggee)
			debuggee_tell_page(program);
}

/* ---- coming and going ---- */

/* On the terminal, for each that comes or goes. */
static void who_say(const struct conn *conn, const char *what)
{
	events_warn(gateway, "the debugger in %s at %s %s", *conn->session->browser ? conn->session->browser : "a browser",
	            conn->session->address, what);
}

static void debugger_gone(struct debugger *debugger)
{
	struct debugger **link = &debuggers;

	ask_withdraw(gateway, debugger);
	debugger->stops_starts = false;
	orders_release(debugger);
	while (*link != debugger)
		link = &(*link)->next;
	*link = debugger->next;
	debugger->conn->debugger = NULL;
	who_say(debugger->conn, "is detached");
	free(debugger);
	if (debuggers) {
		debugger_data_changed();
		return;
	}
	feed_shows_data(false);
	uv_timer_stop(&flush_timer);
	debuggee_stop();
	feed_clear();
}

/* A debugger that doesn't read is detached at once; its connection closes when it can. */
static void stuck_look(struct debugger *debugger)
{
	size_t unsent = debugger->conn->unsent;
	uint64_t now = uv_now(gateway->loop);

	if (unsent == 0 || unsent < debugger->unsent_before || (unsent > debugger->unsent_before && unsent <= DEBUGGER_UNSENT_MAX))
		debugger->moved_ms = now;
	debugger->unsent_before = unsent;
	if (now - debugger->moved_ms <= STUCK_MS)
		return;
	conn_close(debugger->conn, CLOSE_BOUND, "too slow: nothing was taken for five seconds");
	debugger_gone(debugger);
}

static void on_flush(uv_timer_t *timer)
{
	uint32_t overdue = ask_overdue(gateway, uv_now(gateway->loop));

	if (overdue)
		debugger_answer(overdue, SAID_NOTHING);
	debuggee_look(outlet_new);
	outlet_flush();
	sockets_flush();
	for (struct debugger *debugger = debuggers, *next; debugger; debugger = next) {
		next = debugger->next;
		if (debugger->conn->closing) { /* revoked, or wrong */
			debugger_gone(debugger);
			continue;
		}
		if (debugger->dropped && debugger->conn->unsent <= DEBUGGER_UNSENT_MAX)
			outlet_dropped(debugger);
		stuck_look(debugger);
	}
}

static size_t debuggers_count(void)
{
	size_t count = 0;

	for (const struct debugger *debugger = debuggers; debugger; debugger = debugger->next)
		count++;
	return count;
}

void debugger_attach(struct conn *conn, const struct debug_order *order)
{
	struct debugger *debugger;
	bool first = debuggers == NULL;

	if (order->version != DEBUG_VERSION || order->hash != syscalls_hash())
		return conn_close(conn, CLOSE_VERSION, "the page is of another version of the gateway: reload it");
	if (debuggers_count() >= DEBUGGERS_MAX || !(debugger = calloc(1, sizeof *debugger)))
		return conn_close(conn, CLOSE_BOUND, "as many debuggers as this gateway takes are attached");
	outlet_flush(); /* for debuggers that are connected already */
	debugger->conn = conn;
	debugger->moved_ms = uv_now(gateway->loop);
	conn->debugger = debugger;
	debugger->next = debuggers;
	debuggers = debugger;
	who_say(conn, "is attached: it sees every call");
	outlet_welcome(debugger);
	sockets_welcome(debugger);
	for (const struct program *program = programs_first(); program; program = program->next)
		if (program->debuggee)
			outlet_announcement(debugger, program->debuggee);
	outlet_handles(debugger);
	debugger_data_changed(); /* a session with control connects again */
	for (const struct program *program = programs_first(); program; program = program->next)
		if (program->debuggee)
			outlet_state(debugger, program->debuggee);
	if (!first)
		return;
	debuggee_start();
	uv_timer_start(&flush_timer, on_flush, FLUSH_MS, FLUSH_MS);
	debuggee_look(outlet_new);
}

static void on_conn_gone(struct conn *conn)
{
	if (conn->debugger)
		debugger_gone(conn->debugger);
}

void debugger_start(struct gateway *its)
{
	static const struct conn_handler debuggers_conns = { DEBUG_MESSAGE_MAX, orders_frame, NULL, on_conn_gone };
	static const struct debugger_hooks hooks = {
		.program_began = debuggee_program_began, .program_ended = debuggee_program_ended, .report = debuggee_report,
		.console = debuggee_console, .memory = reach_answer,
		.mode = debuggee_mode, .stops_before = stop_before_call, .stops_after = stop_after_batch, .stdin_fed = debuggee_stdin,
		.wants_recording = recordings_wanted, .recorded = recordings_part,
	};

	gateway = its;
	conn_handle(CONN_DEBUGGER, &debuggers_conns);
	hooks_debugger(&hooks);
	before_start();
	uv_timer_init(its->loop, &flush_timer);
}

void debugger_stop(void)
{
	while (debuggers)
		debugger_gone(debuggers);
	uv_close((uv_handle_t *)&flush_timer, NULL);
}
