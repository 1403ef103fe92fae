/* Stops programs at their calls: before a call, by command, step or breakpoint; after it, by a breakpoint on its errno, or when a
 * stop was asked for while it ran. Meanwhile the page acts as in coherence "trap", so every call of the program comes here. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "server/auth/sessions.h"
#include "server/base/clock.h"
#include "server/base/events.h"
#include "internal.h"

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
static bool fits(const struct breakpoint *breakpoint, uint32_t program, const char *name, struct bytes path, struct bytes path2,
                 uint32_t handle, uint32_t handle2)
{
	return (!breakpoint->program || breakpoint->program == program) &&
	       (!*breakpoint->call || fnmatch(breakpoint->call, name, 0) == 0) &&
	       (!*breakpoint->path || fits_path(breakpoint->path, path) || fits_path(breakpoint->path, path2)) &&
	       (breakpoint->handle == DEBUG_NONE || breakpoint->handle == handle || breakpoint->handle == handle2);
}

static bool is_hit(struct breakpoint *breakpoint)
{
	breakpoint->hits += breakpoint->hits < UINT32_MAX;
	return breakpoint->hits >= (breakpoint->count ? breakpoint->count : 1);
}

static const struct breakpoint *hit_before(struct debuggee *debuggee, const struct call *call)
{
	struct breakpoint *breakpoints = debuggee->controller->breakpoints;
	size_t count = debuggee->controller->breakpoints_count;
	struct bytes paths[2] = { { 0 } };
	uint32_t handles[2] = { DEBUG_NONE, DEBUG_NONE };
	const struct breakpoint *hit = NULL;
	unsigned names = 0, holds = 0;

	for (unsigned i = 0; call->row->takes[i]; i++) {
		char letter = call->row->takes[i];

		if (letter == 'p' && names < 2)
			paths[names++] = (struct bytes){ call->args[i].bytes.at, call->args[i].bytes.length };
		if ((letter == 'f' || letter == 'h') && holds < 2)
			handles[holds++] = (uint32_t)call->args[i].n;
	}
	debuggee_lock();
	for (size_t i = 0; i < count; i++)
		if (breakpoints[i].error == DEBUG_NONE &&
		    fits(&breakpoints[i], debuggee->program->id, call->row->name, paths[0], paths[1], handles[0], handles[1]) &&
		    is_hit(&breakpoints[i]) && !hit)
			hit = &breakpoints[i];
	debuggee_unlock();
	return hit;
}

void stop_look_after(struct debuggee *debuggee, struct batch *batch, const struct debug_call *call)
{
	size_t count;
	struct breakpoint *breakpoints;

	if (!debuggee->controller || batch->stops_after)
		return;
	breakpoints = debuggee->controller->breakpoints;
	count = debuggee->controller->breakpoints_count;
	for (size_t i = 0; i < count; i++) {
		bool wants = breakpoints[i].error == DEBUG_ANY_FAILURE ? call->error != 0 : breakpoints[i].error == call->error;

		if (breakpoints[i].error == DEBUG_NONE || !wants ||
		    !fits(&breakpoints[i], debuggee->program->id, syscall_find(call->number)->name, call->path, call->path2, call->handle,
		          call->handle2) || !is_hit(&breakpoints[i]))
			continue;
		batch->stops_after = breakpoints[i].id + 1;
		snprintf(debuggee->stop.text, sizeof debuggee->stop.text, "%.*s %.*s", (int)call->text.length,
		         (const char *)call->text.at, (int)call->result.length, (const char *)call->result.at);
	}
}

/* ---- standing still ---- */

static void say(struct debuggee *debuggee)
{
	struct program *program = debuggee->program;

	program->stands = debuggee->stop.state == STOP_RUNS ? 0 : debuggee->stop.state == STOP_WANTED ? 1 : 2;
	debuggee_tell_page(program);
	outlet_flush();
	outlet_state_all(debuggee);
}

uint64_t stop_held_ns(const struct debuggee *debuggee, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < HELD_KEPT; i++) {
		const struct held *held = &debuggee->held[i];
		uint64_t from = held->from_ns > from_ns ? held->from_ns : from_ns, to = held->to_ns < to_ns ? held->to_ns : to_ns;

		if (held->from_ns && from < to)
			sum += to - from;
	}
	return sum;
}

static void stands(struct debuggee *debuggee, enum stop_state state)
{
	debuggee_lock();
	debuggee->held[debuggee->held_count++ % HELD_KEPT] = (struct held){ now_ns(), 0 };
	debuggee_unlock();
	debuggee->stop.state = state;
	events_warn(debuggee->program->gateway, "the debugger has stopped program %u %s %s", debuggee->program->id,
	            state == STOP_BEFORE ? "before" : "after", *debuggee->stop.text ? debuggee->stop.text : "its call");
	say(debuggee);
}

bool stop_before_call(struct batch *batch, const struct call *call)
{
	struct debuggee *debuggee = batch->program->debuggee;
	const struct breakpoint *hit;

	/* Calls that were gathered before the page knew are run first: the program waits for none of them. */
	if (!debuggee->controller || call->flags & CALL_QUIET)
		return false;
	hit = hit_before(debuggee, call);
	if (debuggee->stop.state != STOP_WANTED && !hit)
		return false;
	if (hit) {
		debuggee->stop.why = STOP_BREAKPOINT;
		debuggee->stop.breakpoint = hit->id;
	}
	call_text(call, debuggee->stop.text, sizeof debuggee->stop.text);
	stands(debuggee, STOP_BEFORE);
	return true;
}

bool stop_after_batch(struct batch *batch)
{
	struct debuggee *debuggee = batch->program->debuggee;

	if (!debuggee->controller)
		return false;
	if (debuggee->stop.state >= STOP_BEFORE) /* it is stopped already; another call's answer waits, too */
		return true;
	if (!batch->stops_after && (debuggee->stop.state != STOP_WANTED || !batch->waits || debuggee->stop.why == STOP_START))
		return false;
	if (batch->stops_after) {
		debuggee->stop.why = STOP_BREAKPOINT;
		debuggee->stop.breakpoint = batch->stops_after - 1;
	} else {
		debuggee->stop.text[0] = 0;
	}
	stands(debuggee, STOP_AFTER);
	return true;
}

/* ---- orders ---- */

static void go_on(struct debuggee *debuggee, enum stop_state state, enum stop_why why)
{
	struct program *program = debuggee->program;
	bool stood = debuggee->stop.state >= STOP_BEFORE;

	if (stood) {
		debuggee_lock();
		debuggee->held[(debuggee->held_count - 1) % HELD_KEPT].to_ns = now_ns();
		debuggee_unlock();
	}
	debuggee->stop.state = state;
	debuggee->stop.why = why;
	debuggee->stop.breakpoint = 0;
	if (state == STOP_RUNS)
		debuggee->stop.text[0] = 0;
	say(debuggee);
	if (stood)
		dispatch_resume(program); /* may stop it again, or end it */
}

void stop_go(struct debuggee *debuggee, enum debug_go go)
{
	bool stands_still = debuggee->stop.state >= STOP_BEFORE;

	if (go == GO_STOP && debuggee->stop.state == STOP_RUNS)
		go_on(debuggee, STOP_WANTED, STOP_ASKED);
	else if (go == GO_RESUME && debuggee->stop.state != STOP_RUNS)
		go_on(debuggee, STOP_RUNS, STOP_ASKED);
	else if (go == GO_STEP && stands_still)
		go_on(debuggee, STOP_WANTED, STOP_STEP);
}

void stop_at_start(struct debuggee *debuggee)
{
	debuggee->stop.state = STOP_WANTED;
	debuggee->stop.why = STOP_START;
	debuggee->program->stands = 1;
}

void stop_control(struct debuggee *debuggee, struct debugger *controller)
{
	const struct debugger *was = debuggee->controller;
	const struct conn *conn = (controller ? controller : was)->conn;

	if (was == controller)
		return;
	reach_release(debuggee);
	debuggee_lock();
	debuggee->controller = controller;
	debuggee_unlock();
	events_warn(debuggee->program->gateway, "the debugger in %s at %s %s program %u",
	            *conn->session->browser ? conn->session->browser : "a browser", conn->session->address,
	            controller ? "controls" : "lets go of", debuggee->program->id);
	go_on(debuggee, STOP_RUNS, STOP_ASKED);
}
