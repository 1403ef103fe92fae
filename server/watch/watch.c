#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../enter/sessions.h"
#include "../events.h"
#include "../gateway.h"
#include "feed.h"
#include "watched.h"

enum { FLUSH_MS = 16, UNSENT_MAX = 1 << 20, STUCK_MS = 5000, WATCHERS_MAX = 8 };

struct watcher {
	struct conn *conn;
	bool stale;           /* it missed changes of handles */
	uint64_t dropped;     /* calls that it wasn't told of, nor of that */
	uint64_t moved_ms;    /* when it last took something, or had nothing to take */
	size_t unsent_before;
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

/* ---- coming and going ---- */

static void program_tell(struct watched *watched)
{
	struct message *snapshot = watched_snapshot(watched);

	watch_flush();
	watch_broadcast(watched->announcement);
	if (snapshot)
		watch_broadcast(snapshot);
	message_free(snapshot);
}

/* On the terminal, for each that comes or goes. */
static void who_say(const struct conn *conn, const char *what)
{
	events_warn(gateway, "the debugger in %s at %s %s", *conn->session->browser ? conn->session->browser : "a browser", conn->session->address, what);
}

static void watcher_gone(struct watcher *watcher)
{
	struct watcher **link = &watchers;

	while (*link != watcher)
		link = &(*link)->next;
	*link = watcher->next;
	watcher->conn->watcher = NULL;
	who_say(watcher->conn, "is detached");
	free(watcher);
	if (watchers)
		return;
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
