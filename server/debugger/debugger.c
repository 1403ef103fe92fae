#include "debugger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/auth/sessions.h"
#include "server/base/events.h"
#include "server/gateway.h"
#include "ask.h"
#include "feed.h"
#include "debuggee.h"

enum { FLUSH_MS = 16, UNSENT_MAX = 1 << 20, STUCK_MS = 5000, WATCHERS_MAX = 8 };

struct watcher {
	struct conn *conn;
	bool stale;           /* it missed changes of handles */
	uint64_t dropped;     /* calls that it wasn't told of, nor of that */
	uint64_t moved_ms;    /* when it last took something, or had nothing to take */
	size_t unsent_before;
	bool stops_starts;
	size_t breakpoints_count;
	struct breakpoint breakpoints[BREAKPOINTS_MAX];
	struct watcher *next;
};

static struct gateway *gateway;
static struct watcher *watchers;
static uv_timer_t flush_timer;

/* ---- out ---- */

/* Takes message; NULL: there was no memory for it. */
static void say(struct watcher *watcher, struct message *message)
{
	if (message)
		conn_send(watcher->conn, message);
	else
		conn_close(watcher->conn, CLOSE_BOUND, "no memory");
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

void watch_broadcast(const struct message *message)
{
	for (struct watcher *watcher = watchers; watcher; watcher = watcher->next)
		say(watcher, copy_of(message->bytes, message->length));
}

static void handles_say(struct watcher *watcher)
{
	for (const struct program *program = programs_first(); program; program = program->next)
		if (program->watched)
			say(watcher, watched_snapshot(program->watched));
}

static void dropped_say(struct watcher *watcher)
{
	struct message *message = watcher->dropped ? watch_message(WATCH_DROPPED, 0, 0, 8) : NULL;

	if (!message)
		return;
	codec_put_u64(message->bytes + FRAME_HEAD, watcher->dropped);
	watcher->dropped = 0;
	say(watcher, message);
}

/* What was gathered, for one of them; left out where it doesn't keep up. */
static void hand_over(struct watcher *watcher, const struct feed_taken *taken, uint64_t dropped)
{
	watcher->dropped += dropped;
	if (watcher->conn->unsent > UNSENT_MAX) {
		watcher->dropped += feed_calls_of(taken);
		watcher->stale |= taken->length > 0;
		return;
	}
	dropped_say(watcher);
	if (taken->length)
		say(watcher, copy_of(taken->bytes, taken->length));
	if (watcher->stale)
		handles_say(watcher);
	watcher->stale = false;
}

void watch_flush(void)
{
	struct feed_taken taken[FEED_VIEWS];
	uint64_t dropped;

	if (feed_take(taken, &dropped))
		for (struct watcher *watcher = watchers; watcher; watcher = watcher->next)
			hand_over(watcher, &taken[watcher->conn->session->sees_data && taken[FEED_FULL].length ? FEED_FULL : FEED_BARE], dropped);
	for (int i = 0; i < FEED_VIEWS; i++)
		free(taken[i].bytes);
}

bool watch_shows_data(void)
{
	for (const struct watcher *watcher = watchers; watcher; watcher = watcher->next)
		if (watcher->conn->session->sees_data)
			return true;
	return false;
}

/* ---- control ---- */

struct breakpoint *watcher_breakpoints(struct watcher *watcher, size_t *count)
{
	*count = watcher->breakpoints_count;
	return watcher->breakpoints;
}

struct watcher *watch_starter(void)
{
	struct watcher *watcher = watchers;

	while (watcher && !watcher->stops_starts)
		watcher = watcher->next;
	return watcher;
}

const struct conn *watcher_conn(const struct watcher *watcher)
{
	return watcher->conn;
}

static void state_say(struct watcher *watcher, const struct watched *watched)
{
	size_t length = strlen(watched->stop.text);
	struct message *message = watch_message(WATCH_STATE, 0, 0, 5 * 4 + 4 + length);
	uint8_t *at;

	if (message) {
		at = codec_put_u32(message->bytes + FRAME_HEAD, watched->program->id);
		at = codec_put_u32(at, !watched->controller ? 1 : watched->controller == watcher ? 2 : 3);
		at = codec_put_u32(at, watched->stop.state);
		at = codec_put_u32(at, watched->stop.why);
		at = codec_put_u32(at, watched->stop.breakpoint);
		codec_put_string(at, watched->stop.text, length);
	}
	say(watcher, message);
}

void watch_state(const struct watched *watched)
{
	for (struct watcher *watcher = watchers; watcher; watcher = watcher->next)
		state_say(watcher, watched);
}

static struct watched *find(uint32_t id)
{
	for (struct program *program = programs_first(); program; program = program->next)
		if (program->id == id && program->watched && !program->ending)
			return program->watched;
	return NULL; /* it has ended meanwhile: no fault of the debugger's */
}

static void attach(struct watcher *watcher, struct watched *watched, bool on)
{
	if (on && !watched->controller)
		stop_control(watched, watcher);
	else if (!on && watched->controller == watcher)
		stop_control(watched, NULL);
	else
		state_say(watcher, watched);
}

/* Programs may end when they go on: the list is looked at anew each time. */
static void controls_end(struct watcher *watcher)
{
	for (struct program *program = programs_first(); program; program = program->next)
		if (program->watched && program->watched->controller == watcher) {
			stop_control(program->watched, NULL);
			controls_end(watcher);
			return;
		}
}

static void control(struct watcher *watcher, const struct watch_order *order)
{
	struct watched *watched = order->type == WATCH_BREAK ? NULL : find(order->program);

	switch (order->type) {
	case WATCH_BREAK:
		watched_lock();
		watcher->stops_starts = order->flags & 1;
		watcher->breakpoints_count = order->breakpoints_count;
		memcpy(watcher->breakpoints, order->breakpoints, sizeof watcher->breakpoints);
		watched_unlock();
		break;
	case WATCH_ATTACH:
		if (watched)
			attach(watcher, watched, order->what);
		break;
	case WATCH_GO:
		if (watched && watched->controller == watcher)
			stop_go(watched, (enum watch_go)order->what);
		break;
	case WATCH_STDIN:
		if (watched)
			program_stdin(watched->program, (uint8_t)order->flags, order->bytes.at, order->bytes.length);
		break;
	default:
		break;
	}
}

/* ---- asking the person ---- */

static void scope_say(struct watcher *watcher, const char *text)
{
	const struct session *session = watcher->conn->session;
	struct message *message = watch_message(WATCH_SCOPE, 0, 0, 12 + strlen(text));

	if (message)
		codec_put_string(codec_put_u32(codec_put_u32(message->bytes + FRAME_HEAD, session->scope == SCOPE_CONTROL ? 2 : 1), session->sees_data), text,
		                 strlen(text));
	say(watcher, message);
}

static void data_changed(void)
{
	feed_shows_data(watch_shows_data());
	for (struct program *program = programs_first(); program; program = program->next)
		if (program->watched)
			watched_tell_page(program);
}

void watch_answer(uint32_t question, uint32_t said)
{
	static const char *const words[] = {
		[SAID_NO] = "the person at the terminal said no", [SAID_YES] = "the person at the terminal said yes",
		[SAID_NOBODY] = "nobody could be asked: the gateway has no terminal", [SAID_BUSY] = "another question is asked at the terminal",
		[SAID_NOTHING] = "nobody at the terminal answered within a minute",
	};
	enum watch_ask what;
	struct watcher *watcher = ask_end(question, &what);

	if (!watcher || said > SAID_NOTHING)
		return;
	if (said == SAID_YES) {
		struct session *session = watcher->conn->session;

		if (what == ASK_CONTROL)
			session->scope = SCOPE_CONTROL;
		else
			session->sees_data = true;
		events_warn(gateway, "the debugger in %s at %s may now %s", *session->browser ? session->browser : "a browser", session->address,
		            what == ASK_CONTROL ? "stop programs and type into them" : "see what programs read and write");
		watch_flush();
		data_changed();
	}
	scope_say(watcher, words[said]);
}

static void ask(struct watcher *watcher, enum watch_ask what)
{
	const struct session *session = watcher->conn->session;

	if (what == ASK_CONTROL ? session->scope == SCOPE_CONTROL : session->sees_data)
		scope_say(watcher, "you may already");
	else if (!ask_begin(gateway, watcher, session, what))
		scope_say(watcher, "another question waits at the terminal");
}

/* ---- coming and going ---- */

static void program_tell(struct watched *watched)
{
	struct message *snapshot = watched_snapshot(watched);

	watch_flush();
	watch_broadcast(watched->announcement);
	if (snapshot)
		watch_broadcast(snapshot);
	message_free(snapshot);
	watch_state(watched);
}

/* On the terminal, for each that comes or goes. */
static void who_say(const struct conn *conn, const char *what)
{
	events_warn(gateway, "the debugger in %s at %s %s", *conn->session->browser ? conn->session->browser : "a browser", conn->session->address, what);
}

static void watcher_gone(struct watcher *watcher)
{
	struct watcher **link = &watchers;

	ask_withdraw(gateway, watcher);
	watcher->stops_starts = false;
	controls_end(watcher);
	while (*link != watcher)
		link = &(*link)->next;
	*link = watcher->next;
	watcher->conn->watcher = NULL;
	who_say(watcher->conn, "is detached");
	free(watcher);
	if (watchers) {
		data_changed();
		return;
	}
	feed_shows_data(false);
	uv_timer_stop(&flush_timer);
	watched_stop();
	feed_clear();
}

/* Who takes nothing is cut, at once for us; its connection closes when it can. */
static void stuck_look(struct watcher *watcher)
{
	size_t unsent = watcher->conn->unsent;
	uint64_t now = uv_now(gateway->loop);

	if (unsent == 0 || unsent < watcher->unsent_before || (unsent > watcher->unsent_before && unsent <= UNSENT_MAX))
		watcher->moved_ms = now;
	watcher->unsent_before = unsent;
	if (now - watcher->moved_ms <= STUCK_MS)
		return;
	conn_close(watcher->conn, CLOSE_BOUND, "too slow: nothing was taken for five seconds");
	watcher_gone(watcher);
}

static void on_flush(uv_timer_t *timer)
{
	uint32_t overdue = ask_overdue(gateway, uv_now(gateway->loop));

	if (overdue)
		watch_answer(overdue, SAID_NOTHING);
	watched_look(program_tell);
	watch_flush();
	for (struct watcher *watcher = watchers, *next; watcher; watcher = next) {
		next = watcher->next;
		if (watcher->conn->closing) { /* revoked, or wrong */
			watcher_gone(watcher);
			continue;
		}
		if (watcher->dropped && watcher->conn->unsent <= UNSENT_MAX)
			dropped_say(watcher);
		stuck_look(watcher);
	}
}

static struct message *welcome_new(const struct session *session)
{
	const char *name = gateway->grants.args_count ? gateway->grants.args[0] : "";
	struct message *message = watch_message(WATCH_WELCOME, 0, 0, 12 + 16 + 8 + strlen(name) + strlen(gateway->origin));
	uint8_t *at;

	if (!message)
		return NULL;
	at = codec_put_u32(message->bytes + FRAME_HEAD, WATCH_VERSION);
	at = codec_put_u32(at, session->scope == SCOPE_CONTROL ? 2 : 1);
	at = codec_put_u32(at, session->sees_data);
	at = codec_put_u64(at, codec_clock_ns(CLOCK_REALTIME));
	at = codec_put_u64(at, codec_clock_ns(CLOCK_MONOTONIC));
	at = codec_put_string(at, name, strlen(name));
	codec_put_string(at, gateway->origin, strlen(gateway->origin));
	return message;
}

static size_t watchers_count(void)
{
	size_t count = 0;

	for (const struct watcher *watcher = watchers; watcher; watcher = watcher->next)
		count++;
	return count;
}

static void hello(struct conn *conn, const struct watch_order *order)
{
	struct watcher *watcher;
	bool first = watchers == NULL;

	if (order->version != WATCH_VERSION || order->hash != syscalls_hash())
		return conn_close(conn, CLOSE_VERSION, "the page is of another version of the gateway: reload it");
	if (watchers_count() >= WATCHERS_MAX || !(watcher = calloc(1, sizeof *watcher)))
		return conn_close(conn, CLOSE_BOUND, "as many debuggers as this gateway takes are attached");
	watch_flush(); /* for those who are there already */
	watcher->conn = conn;
	watcher->moved_ms = uv_now(gateway->loop);
	conn->watcher = watcher;
	watcher->next = watchers;
	watchers = watcher;
	who_say(conn, "is attached: it sees every call");
	say(watcher, welcome_new(conn->session));
	for (const struct program *program = programs_first(); program; program = program->next)
		if (program->watched)
			say(watcher, copy_of(program->watched->announcement->bytes, program->watched->announcement->length));
	handles_say(watcher);
	data_changed(); /* a session that was given it comes again */
	for (const struct program *program = programs_first(); program; program = program->next)
		if (program->watched)
			state_say(watcher, program->watched);
	if (!first)
		return;
	watched_start();
	uv_timer_start(&flush_timer, on_flush, FLUSH_MS, FLUSH_MS);
	watched_look(program_tell);
}

/* ---- in ---- */

void watch_frame(struct conn *conn, const struct frame *frame)
{
	static struct watch_order order;
	const char *wrong = watch_order_read(frame, &order);

	if (wrong)
		return conn_close(conn, CLOSE_PROTOCOL, wrong);
	if (!conn->watcher == (order.type != WATCH_HELLO))
		return conn_close(conn, CLOSE_PROTOCOL, conn->watcher ? "a second hello" : "the first frame isn't a hello");
	if (order.type == WATCH_HELLO)
		return hello(conn, &order);
	if (order.type != WATCH_ASK && conn->session->scope != SCOPE_CONTROL)
		return conn_close(conn, CLOSE_SESSION, "this debugger may only watch");
	if (order.type == WATCH_ASK)
		return ask(conn->watcher, (enum watch_ask)order.what);
	control(conn->watcher, &order);
}

void watch_conn_lost(struct conn *conn)
{
	if (conn->watcher)
		watcher_gone(conn->watcher);
}

void watch_start(struct gateway *its)
{
	gateway = its;
	uv_timer_init(its->loop, &flush_timer);
}

void watch_stop(void)
{
	while (watchers)
		watcher_gone(watchers);
	uv_close((uv_handle_t *)&flush_timer, NULL);
}
