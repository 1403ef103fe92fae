#include "debugger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/auth/sessions.h"
#include "server/base/events.h"
#include "server/base/gateway.h"
#include "ask.h"
#include "feed.h"
#include "debuggee.h"

enum { FLUSH_MS = 16, UNSENT_MAX = 1 << 20, STUCK_MS = 5000, WATCHERS_MAX = 8 };

struct debugger {
	struct conn *conn;
	bool stale;           /* it missed changes of handles */
	uint64_t dropped;     /* calls that it wasn't told of, nor of that */
	uint64_t moved_ms;    /* when it last took something, or had nothing to take */
	size_t unsent_before;
	bool stops_starts;
	size_t breakpoints_count;
	struct breakpoint breakpoints[BREAKPOINTS_MAX];
	struct debugger *next;
};

static struct gateway *gateway;
static struct debugger *debuggers;
static uv_timer_t flush_timer;

/* ---- out ---- */

/* Takes message; NULL: there was no memory for it. */
static void say(struct debugger *debugger, struct message *message)
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

void debugger_broadcast(const struct message *message)
{
	for (struct debugger *debugger = debuggers; debugger; debugger = debugger->next)
		say(debugger, copy_of(message->bytes, message->length));
}

static void handles_say(struct debugger *debugger)
{
	for (const struct program *program = programs_first(); program; program = program->next)
		if (program->debuggee)
			say(debugger, debuggee_snapshot(program->debuggee));
}

static void dropped_say(struct debugger *debugger)
{
	struct message *message = debugger->dropped ? debugger_message(DEBUG_DROPPED, 0, 0, 8) : NULL;

	if (!message)
		return;
	codec_put_u64(message->bytes + FRAME_HEAD, debugger->dropped);
	debugger->dropped = 0;
	say(debugger, message);
}

/* What was gathered, for one of them; left out where it doesn't keep up. */
static void hand_over(struct debugger *debugger, const struct feed_taken *taken, uint64_t dropped)
{
	debugger->dropped += dropped;
	if (debugger->conn->unsent > UNSENT_MAX) {
		debugger->dropped += feed_calls_of(taken);
		debugger->stale |= taken->length > 0;
		return;
	}
	dropped_say(debugger);
	if (taken->length)
		say(debugger, copy_of(taken->bytes, taken->length));
	if (debugger->stale)
		handles_say(debugger);
	debugger->stale = false;
}

void debugger_flush(void)
{
	struct feed_taken taken[FEED_VIEWS];
	uint64_t dropped;

	if (feed_take(taken, &dropped))
		for (struct debugger *debugger = debuggers; debugger; debugger = debugger->next)
			hand_over(debugger, &taken[debugger->conn->session->sees_data && taken[FEED_FULL].length ? FEED_FULL : FEED_BARE], dropped);
	for (int i = 0; i < FEED_VIEWS; i++)
		free(taken[i].bytes);
}

bool debugger_shows_data(void)
{
	for (const struct debugger *debugger = debuggers; debugger; debugger = debugger->next)
		if (debugger->conn->session->sees_data)
			return true;
	return false;
}

/* ---- control ---- */

struct breakpoint *debugger_breakpoints(struct debugger *debugger, size_t *count)
{
	*count = debugger->breakpoints_count;
	return debugger->breakpoints;
}

struct debugger *debugger_starter(void)
{
	struct debugger *debugger = debuggers;

	while (debugger && !debugger->stops_starts)
		debugger = debugger->next;
	return debugger;
}

const struct conn *debugger_conn(const struct debugger *debugger)
{
	return debugger->conn;
}

static void state_say(struct debugger *debugger, const struct debuggee *debuggee)
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
	say(debugger, message);
}

void debugger_state(const struct debuggee *debuggee)
{
	for (struct debugger *debugger = debuggers; debugger; debugger = debugger->next)
		state_say(debugger, debuggee);
}

static struct debuggee *find(uint32_t id)
{
	for (struct program *program = programs_first(); program; program = program->next)
		if (program->id == id && program->debuggee && !program->ending)
			return program->debuggee;
	return NULL; /* it has ended meanwhile: no fault of the debugger's */
}

static void attach(struct debugger *debugger, struct debuggee *debuggee, bool on)
{
	if (on && !debuggee->controller)
		stop_control(debuggee, debugger);
	else if (!on && debuggee->controller == debugger)
		stop_control(debuggee, NULL);
	else
		state_say(debugger, debuggee);
}

/* Programs may end when they go on: the list is looked at anew each time. */
static void controls_end(struct debugger *debugger)
{
	for (struct program *program = programs_first(); program; program = program->next)
		if (program->debuggee && program->debuggee->controller == debugger) {
			stop_control(program->debuggee, NULL);
			controls_end(debugger);
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
	default:
		break;
	}
}

/* ---- asking the person ---- */

static void scope_say(struct debugger *debugger, const char *text)
{
	const struct session *session = debugger->conn->session;
	struct message *message = debugger_message(DEBUG_SCOPE, 0, 0, 12 + strlen(text));

	if (message)
		codec_put_string(codec_put_u32(codec_put_u32(message->bytes + FRAME_HEAD, session->scope == SCOPE_CONTROL ? 2 : 1), session->sees_data), text,
		                 strlen(text));
	say(debugger, message);
}

static void data_changed(void)
{
	feed_shows_data(debugger_shows_data());
	for (struct program *program = programs_first(); program; program = program->next)
		if (program->debuggee)
			debuggee_tell_page(program);
}

void debugger_answer(uint32_t question, uint32_t said)
{
	static const char *const words[] = {
		[SAID_NO] = "the person at the terminal said no", [SAID_YES] = "the person at the terminal said yes",
		[SAID_NOBODY] = "nobody could be asked: the gateway has no terminal", [SAID_BUSY] = "another question is asked at the terminal",
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
		events_warn(gateway, "the debugger in %s at %s may now %s", *session->browser ? session->browser : "a browser", session->address,
		            what == ASK_CONTROL ? "stop programs and type into them" : "see what programs read and write");
		debugger_flush();
		data_changed();
	}
	scope_say(debugger, words[said]);
}

static void ask(struct debugger *debugger, enum debug_ask what)
{
	const struct session *session = debugger->conn->session;

	if (what == ASK_CONTROL ? session->scope == SCOPE_CONTROL : session->sees_data)
		scope_say(debugger, "you may already");
	else if (!ask_begin(gateway, debugger, session, what))
		scope_say(debugger, "another question waits at the terminal");
}

/* ---- coming and going ---- */

static void program_tell(struct debuggee *debuggee)
{
	struct message *snapshot = debuggee_snapshot(debuggee);

	debugger_flush();
	debugger_broadcast(debuggee->announcement);
	if (snapshot)
		debugger_broadcast(snapshot);
	message_free(snapshot);
	debugger_state(debuggee);
}

/* On the terminal, for each that comes or goes. */
static void who_say(const struct conn *conn, const char *what)
{
	events_warn(gateway, "the debugger in %s at %s %s", *conn->session->browser ? conn->session->browser : "a browser", conn->session->address, what);
}

static void debugger_gone(struct debugger *debugger)
{
	struct debugger **link = &debuggers;

	ask_withdraw(gateway, debugger);
	debugger->stops_starts = false;
	controls_end(debugger);
	while (*link != debugger)
		link = &(*link)->next;
	*link = debugger->next;
	debugger->conn->debugger = NULL;
	who_say(debugger->conn, "is detached");
	free(debugger);
	if (debuggers) {
		data_changed();
		return;
	}
	feed_shows_data(false);
	uv_timer_stop(&flush_timer);
	debuggee_stop();
	feed_clear();
}

/* Who takes nothing is cut, at once for us; its connection closes when it can. */
static void stuck_look(struct debugger *debugger)
{
	size_t unsent = debugger->conn->unsent;
	uint64_t now = uv_now(gateway->loop);

	if (unsent == 0 || unsent < debugger->unsent_before || (unsent > debugger->unsent_before && unsent <= UNSENT_MAX))
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
	debuggee_look(program_tell);
	debugger_flush();
	for (struct debugger *debugger = debuggers, *next; debugger; debugger = next) {
		next = debugger->next;
		if (debugger->conn->closing) { /* revoked, or wrong */
			debugger_gone(debugger);
			continue;
		}
		if (debugger->dropped && debugger->conn->unsent <= UNSENT_MAX)
			dropped_say(debugger);
		stuck_look(debugger);
	}
}

static struct message *welcome_new(const struct session *session)
{
	const char *name = gateway->grants.args_count ? gateway->grants.args[0] : "";
	struct message *message = debugger_message(DEBUG_WELCOME, 0, 0, 12 + 16 + 8 + strlen(name) + strlen(gateway->origin));
	uint8_t *at;

	if (!message)
		return NULL;
	at = codec_put_u32(message->bytes + FRAME_HEAD, DEBUG_VERSION);
	at = codec_put_u32(at, session->scope == SCOPE_CONTROL ? 2 : 1);
	at = codec_put_u32(at, session->sees_data);
	at = codec_put_u64(at, codec_clock_ns(CLOCK_REALTIME));
	at = codec_put_u64(at, codec_clock_ns(CLOCK_MONOTONIC));
	at = codec_put_string(at, name, strlen(name));
	codec_put_string(at, gateway->origin, strlen(gateway->origin));
	return message;
}

static size_t debuggers_count(void)
{
	size_t count = 0;

	for (const struct debugger *debugger = debuggers; debugger; debugger = debugger->next)
		count++;
	return count;
}

static void hello(struct conn *conn, const struct debug_order *order)
{
	struct debugger *debugger;
	bool first = debuggers == NULL;

	if (order->version != DEBUG_VERSION || order->hash != syscalls_hash())
		return conn_close(conn, CLOSE_VERSION, "the page is of another version of the gateway: reload it");
	if (debuggers_count() >= WATCHERS_MAX || !(debugger = calloc(1, sizeof *debugger)))
		return conn_close(conn, CLOSE_BOUND, "as many debuggers as this gateway takes are attached");
	debugger_flush(); /* for those who are there already */
	debugger->conn = conn;
	debugger->moved_ms = uv_now(gateway->loop);
	conn->debugger = debugger;
	debugger->next = debuggers;
	debuggers = debugger;
	who_say(conn, "is attached: it sees every call");
	say(debugger, welcome_new(conn->session));
	for (const struct program *program = programs_first(); program; program = program->next)
		if (program->debuggee)
			say(debugger, copy_of(program->debuggee->announcement->bytes, program->debuggee->announcement->length));
	handles_say(debugger);
	data_changed(); /* a session that was given it comes again */
	for (const struct program *program = programs_first(); program; program = program->next)
		if (program->debuggee)
			state_say(debugger, program->debuggee);
	if (!first)
		return;
	debuggee_start();
	uv_timer_start(&flush_timer, on_flush, FLUSH_MS, FLUSH_MS);
	debuggee_look(program_tell);
}

/* ---- in ---- */

void debugger_frame(struct conn *conn, const struct frame *frame)
{
	static struct debug_order order;
	const char *wrong = debug_order_read(frame, &order);

	if (wrong)
		return conn_close(conn, CLOSE_PROTOCOL, wrong);
	if (!conn->debugger == (order.type != DEBUG_HELLO))
		return conn_close(conn, CLOSE_PROTOCOL, conn->debugger ? "a second hello" : "the first frame isn't a hello");
	if (order.type == DEBUG_HELLO)
		return hello(conn, &order);
	if (order.type != DEBUG_ASK && conn->session->scope != SCOPE_CONTROL)
		return conn_close(conn, CLOSE_SESSION, "this debugger may only watch");
	if (order.type == DEBUG_ASK)
		return ask(conn->debugger, (enum debug_ask)order.what);
	control(conn->debugger, &order);
}

void debugger_conn_lost(struct conn *conn)
{
	if (conn->debugger)
		debugger_gone(conn->debugger);
}

void debugger_start(struct gateway *its)
{
	gateway = its;
	uv_timer_init(its->loop, &flush_timer);
}

void debugger_stop(void)
{
	while (debuggers)
		debugger_gone(debuggers);
	uv_close((uv_handle_t *)&flush_timer, NULL);
}
