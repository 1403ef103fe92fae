/* Stopping programs at their calls: before one, by wish, step or breakpoint; after one, by a breakpoint on its errno, or when a stop was wanted
 * while it ran. The page acts as in coherence "trap" meanwhile, so every call of the program comes by here. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "server/auth/sessions.h"
#include "server/base/events.h"
#include "debuggee.h"

/* ---- breakpoints ---- */

static bool fits_path(const char *pattern, struct bytes path)
{
	char text[4096];

	if (!path.at || path.length >= sizeof text || memchr(path.at, 0, path.length))
		return false;
	memcpy(text, path.at, path.length);
	text[path.length] = 0;
	return fnmatch(pattern, text, 0) == 0;
}

/* Everything but the errno. */
static bool fits(const struct breakpoint *breakpoint, uint32_t program, const char *name, struct bytes path, struct bytes path2, uint32_t handle,
                 uint32_t handle2)
{
	return (!breakpoint->program || breakpoint->program == program) && (!*breakpoint->call || fnmatch(breakpoint->call, name, 0) == 0) &&
	       (!*breakpoint->path || fits_path(breakpoint->path, path) || fits_path(breakpoint->path, path2)) &&
	       (breakpoint->handle == WATCH_NONE || breakpoint->handle == handle || breakpoint->handle == handle2);
}

static bool is_hit(struct breakpoint *breakpoint)
{
	breakpoint->hits += breakpoint->hits < UINT32_MAX;
	return breakpoint->hits >= (breakpoint->count ? breakpoint->count : 1);
}

static const struct breakpoint *hit_before(struct watched *watched, const struct call *call)
{
	size_t count;
	struct breakpoint *breakpoints = watcher_breakpoints(watched->controller, &count);
	struct bytes paths[2] = { { 0 } };
	uint32_t handles[2] = { WATCH_NONE, WATCH_NONE };
	const struct breakpoint *hit = NULL;
	unsigned names = 0, holds = 0;

	for (unsigned i = 0; call->row->takes[i]; i++) {
		char letter = call->row->takes[i];

		if (letter == 'p' && names < 2)
			paths[names++] = (struct bytes){ call->args[i].bytes.at, call->args[i].bytes.length };
		if ((letter == 'f' || letter == 'h') && holds < 2)
			handles[holds++] = (uint32_t)call->args[i].n;
	}
	watched_lock();
	for (size_t i = 0; i < count; i++)
		if (breakpoints[i].error == WATCH_NONE &&
		    fits(&breakpoints[i], watched->program->id, call->row->name, paths[0], paths[1], handles[0], handles[1]) && is_hit(&breakpoints[i]) && !hit)
			hit = &breakpoints[i];
	watched_unlock();
	return hit;
}

void stop_look_after(struct watched *watched, struct batch *batch, const struct watch_call *call)
{
	size_t count;
	struct breakpoint *breakpoints;

	if (!watched->controller || batch->stops_after)
		return;
	breakpoints = watcher_breakpoints(watched->controller, &count);
	for (size_t i = 0; i < count; i++) {
		bool wants = breakpoints[i].error == WATCH_ANY_FAILURE ? call->error != 0 : breakpoints[i].error == call->error;

		if (breakpoints[i].error == WATCH_NONE || !wants || !fits(&breakpoints[i], watched->program->id, syscall_find(call->number)->name, call->path,
		    call->path2, call->handle, call->handle2) || !is_hit(&breakpoints[i]))
			continue;
		batch->stops_after = breakpoints[i].id + 1;
		snprintf(watched->stop.text, sizeof watched->stop.text, "%.*s %.*s", (int)call->text.length, (const char *)call->text.at,
		         (int)call->result.length, (const char *)call->result.at);
	}
}

/* ---- standing still ---- */

static void say(struct watched *watched)
{
	struct program *program = watched->program;

	program->stands = watched->stop.state == STOP_RUNS ? 0 : watched->stop.state == STOP_WANTED ? 1 : 2;
	watched_tell_page(program);
	watch_flush();
	watch_state(watched);
}

static void stands(struct watched *watched, enum stop_state state)
{
	watched->stop.state = state;
	events_warn(watched->program->gateway, "the debugger has stopped program %u %s %s", watched->program->id,
	            state == STOP_BEFORE ? "before" : "after", *watched->stop.text ? watched->stop.text : "its call");
	say(watched);
}

bool watch_stops_before(struct batch *batch, const struct call *call)
{
	struct watched *watched = batch->program->watched;
	const struct breakpoint *hit;

	/* What was gathered before the page knew is done first: nobody waits for it. */
	if (!watched->controller || call->flags & CALL_QUIET)
		return false;
	hit = hit_before(watched, call);
	if (watched->stop.state != STOP_WANTED && !hit)
		return false;
	if (hit) {
		watched->stop.why = STOP_BREAKPOINT;
		watched->stop.breakpoint = hit->id;
	}
	call_text(call, watched->stop.text, sizeof watched->stop.text);
	stands(watched, STOP_BEFORE);
	return true;
}

bool watch_stops_after(struct batch *batch)
{
	struct watched *watched = batch->program->watched;

	if (!watched->controller)
		return false;
	if (watched->stop.state >= STOP_BEFORE) /* it stands already; another call's answer waits, too */
		return true;
	if (!batch->stops_after && (watched->stop.state != STOP_WANTED || !batch->waits || watched->stop.why == STOP_START))
		return false;
	if (batch->stops_after) {
		watched->stop.why = STOP_BREAKPOINT;
		watched->stop.breakpoint = batch->stops_after - 1;
	} else {
		watched->stop.text[0] = 0;
	}
	stands(watched, STOP_AFTER);
	return true;
}

/* ---- orders ---- */

static void go_on(struct watched *watched, enum stop_state state, enum stop_why why)
{
	struct program *program = watched->program;
	bool stood = watched->stop.state >= STOP_BEFORE;

	watched->stop.state = state;
	watched->stop.why = why;
	watched->stop.breakpoint = 0;
	if (state == STOP_RUNS)
		watched->stop.text[0] = 0;
	say(watched);
	if (stood)
		dispatch_resume(program); /* may stop it again, or be its end */
}

void stop_go(struct watched *watched, enum watch_go go)
{
	bool stands_still = watched->stop.state >= STOP_BEFORE;

	if (go == GO_STOP && watched->stop.state == STOP_RUNS)
		go_on(watched, STOP_WANTED, STOP_ASKED);
	else if (go == GO_RESUME && watched->stop.state != STOP_RUNS)
		go_on(watched, STOP_RUNS, STOP_ASKED);
	else if (go == GO_STEP && stands_still)
		go_on(watched, STOP_WANTED, STOP_STEP);
}

void stop_at_start(struct watched *watched)
{
	watched->stop.state = STOP_WANTED;
	watched->stop.why = STOP_START;
	watched->program->stands = 1;
}

void stop_control(struct watched *watched, struct watcher *controller)
{
	const struct watcher *was = watched->controller;
	const struct conn *conn = watcher_conn(controller ? controller : was);

	if (was == controller)
		return;
	watched_lock();
	watched->controller = controller;
	watched_unlock();
	events_warn(watched->program->gateway, "the debugger in %s at %s %s program %u", *conn->session->browser ? conn->session->browser : "a browser",
	            conn->session->address, controller ? "controls" : "lets go of", watched->program->id);
	go_on(watched, STOP_RUNS, STOP_ASKED);
}
