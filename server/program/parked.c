/* Calls that wait: parked, run again when what they wait for is there, behind one another where they read from the same handle. */
#include "internal.h"

#include <stdlib.h>
#include <time.h>

#include "server/base/gateway.h"
#include "hooks.h"
#include "server/base/waits.h"

struct parked *parked_on(const struct program *program, const struct call *call)
{
	wasi_handle_t handle;

	if (!codec_call_handle(call, false, &handle))
		return NULL;
	for (struct parked *parked = program->parked; parked; parked = parked->next)
		if (parked->call.row->flags & SYSCALL_CONSUMES && codec_call_names(&parked->call, handle))
			return parked;
	return NULL;
}

static void parked_ready(void *context);

static bool parked_wait(struct parked *parked)
{
	const struct call_wait *wait = &parked->call.wait;

	if (wait->fds_count == 0 && wait->deadline_ns == UINT64_MAX)
		return true; /* stdin or the sink alone: dispatch_retry() knows */
	parked->waiter = waiter_new(parked->batch->program->gateway->loop, wait->fds, wait->fds_count, wait->deadline_ns, parked_ready, parked);
	return parked->waiter != NULL;
}

bool parked_add(struct batch *batch, const struct call *call, size_t length, bool behind)
{
	struct program *program = batch->program;
	struct parked *parked = calloc(1, sizeof *parked), **tail = &program->parked;
	const uint8_t *before = batch->at;

	if (!parked)
		return false;
	if (!batch->owned && !batch_own(batch, length)) {
		free(parked);
		return false;
	}
	parked->call = *call;
	parked->call.reply = NULL;
	codec_call_moved(&parked->call, before, batch->at);
	parked->batch = batch;
	parked->index = (uint16_t)(batch->index - 1);
	parked->since_ns = HOOKS_FIRST ? codec_clock_ns(CLOCK_MONOTONIC) : 0;
	parked->behind = behind;
	while (*tail)
		tail = &(*tail)->next;
	*tail = parked;
	program->parked_count++;
	batch->parked++;
	return behind || parked_wait(parked);
}

void parked_unlink(struct parked *parked)
{
	struct parked **link = &parked->batch->program->parked;

	while (*link != parked)
		link = &(*link)->next;
	*link = parked->next;
	parked->batch->program->parked_count--;
	waiter_free(parked->waiter);
	parked->waiter = NULL;
}

/* Its result is written: out of the list, and its batch may be complete. */
static void parked_done(struct parked *parked)
{
	struct batch *batch = parked->batch;

	parked_unlink(parked);
	free(parked);
	if (--batch->parked == 0 && batch->executed)
		batch_finish(batch);
}

bool parked_end_handle(struct program *program, wasi_handle_t handle)
{
	for (struct parked *parked = program->parked, *next; parked && !program->ending; parked = next) {
		next = parked->next;
		if (!codec_call_names(&parked->call, handle))
			continue;
		if (parked->call.park)
			guest_call_cancel(program->guest, &parked->call);
		else if (!guest_call_skipped(program->guest, &parked->call)) /* it waits behind another, the guest doesn't know it */
			return false;
		parked->call.error = WASI_EBADF;
		parked->call.reply_length = 0;
		if (!batch_call_finish(parked->batch, parked->index, &parked->call))
			return false;
		parked_done(parked);
	}
	return true;
}

/* Runs one again. False: the program has ended over it. */
static bool parked_again(struct parked *parked)
{
	struct program *program = parked->batch->program;
	struct call *call = &parked->call;
	enum call_state state;

	waiter_free(parked->waiter);
	parked->waiter = NULL;
	parked->behind = false;
	call->may_block = false;
	if (!batch_call_run(parked->batch, parked->index, call, parked, &state))
		goto bad;
	if (state == CALL_ELSEWHERE) {
		/* Streams don't block: they are O_NONBLOCK. Saying so again here would be a fault of wasi/. */
		call->may_block = true;
		if (!batch_call_run(parked->batch, parked->index, call, parked, &state))
			goto bad;
	}
	if (state == CALL_PARKED) {
		if (parked_wait(parked))
			return true;
		goto bad;
	}
	if (call->bad_handle || !batch_call_finish(parked->batch, parked->index, call))
		goto bad;
	parked_done(parked);
	return !program->ending;
bad:
	program_protocol_error(program, "a parked call can't go on");
	return false;
}

/* Those that queued up behind a call on their handle, once it is gone. False: ended. */
static bool behind_again(struct program *program)
{
	for (struct parked *parked = program->parked; parked; parked = parked->next)
		if (parked->behind && parked_on(program, &parked->call) == parked) {
			if (!parked_again(parked))
				return false;
			return behind_again(program);
		}
	return true;
}

static void parked_ready(void *context)
{
	struct parked *parked = context;
	struct program *program = parked->batch->program;

	waiter_free(parked->waiter);
	parked->waiter = NULL;
	if (program->busy) {
		program->retry = true;
		return;
	}
	if (parked_again(parked) && behind_again(program))
		program_throttle(program);
}

void dispatch_retry(struct program *program, enum dispatch_retry which)
{
	struct parked *parked = program->parked, *next;

	if (program->busy) {
		program->retry = true;
		return;
	}
	for (; parked; parked = next) {
		next = parked->next;
		if (parked->behind || (which == RETRY_STDIN && !parked->call.wait.on_stdin) || (which == RETRY_SINK && !parked->call.wait.on_sink))
			continue;
		if (!parked_again(parked))
			return;
	}
	behind_again(program);
}
