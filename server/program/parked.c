/* Calls that wait: parked, and run again when their event has come, one after the other where they read from the same handle. */
#include "server/base/clock.h"
#include "internal.h"

#include <stdlib.h>

#include "server/auth/sessions.h"
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

/* What it waits for beside descriptors and clocks is counted, so that nobody looks for waiting calls where there are none. */
static void parked_count(struct parked *parked, bool on_stdin, bool on_sink, bool on_network)
{
	struct program *program = parked->batch->program;

	program->parked_on_stdin += on_stdin - parked->on_stdin;
	program->parked_on_sink += on_sink - parked->on_sink;
	program->parked_on_network += on_network - parked->on_network;
	parked->on_network = on_network;
	parked->on_stdin = on_stdin;
	parked->on_sink = on_sink;
}

static bool parked_wait(struct parked *parked)
{
	const struct call_wait *wait = &parked->call.wait;

	parked_count(parked, wait->on_stdin, wait->on_sink, wait->on_network);
	if (wait->fds_count == 0 && wait->deadline_ns == UINT64_MAX)
		return true; /* stdin, the sink or the network alone: dispatch_retry() knows */
	parked->waiter = waiter_new(parked->batch->program->gateway->loop, wait->fds, wait->fds_count, wait->deadline_ns,
	                            parked_ready, parked);
	return parked->waiter != NULL;
}

bool parked_takes(const struct program *program, size_t length)
{
	return program->parked_count < PARKED_MAX && program->parked_bytes + length <= PARKED_BYTES_MAX;
}

bool parked_add(struct batch *batch, const struct call *call, size_t length, bool behind)
{
	struct program *program = batch->program;
	struct parked *parked = calloc(1, sizeof *parked);
	const uint8_t *before = batch->at;

	if (!parked)
		return false;
	parked->charged = sizeof *parked + length; /* and as much for what it waits on */
	if (!program_charge(program, parked->charged)) {
		free(parked);
		return false;
	}
	if (!batch->owned && !batch_own(batch, length)) {
		account_give(&program->session->memory, parked->charged);
		free(parked);
		return false;
	}
	parked->call = *call;
	parked->call.reply = NULL;
	codec_call_moved(&parked->call, before, batch->at);
	parked->batch = batch;
	parked->index = (uint16_t)(batch->index - 1);
	parked->since_ns = HOOKS_FIRST ? now_ns() : 0;
	parked->behind = behind;
	parked->bytes = length;
	parked->slots = codec_call_slots(&parked->call);
	parked->link = program->parked_tail;
	*program->parked_tail = parked;
	program->parked_tail = &parked->next;
	program->parked_count++;
	program->parked_bytes += length;
	batch->parked++;
	return behind || parked_wait(parked);
}

void parked_unlink(struct parked *parked)
{
	struct program *program = parked->batch->program;

	*parked->link = parked->next;
	if (parked->next)
		parked->next->link = parked->link;
	else
		program->parked_tail = parked->link;
	if (program->parked_at == parked)
		program->parked_at = parked->next;
	program->parked_count--;
	program->parked_bytes -= parked->bytes;
	account_give(&program->session->memory, parked->charged);
	parked_count(parked, false, false, false);
	waiter_free(parked->waiter);
	parked->waiter = NULL;
}

/* Its result is written: leaves the list, and its batch may be complete. */
static void parked_done(struct parked *parked)
{
	struct batch *batch = parked->batch;

	parked_unlink(parked);
	free(parked);
	if (--batch->parked == 0 && batch->executed)
		batch_finish(batch);
}

bool parked_end_handle(struct program *program, wasi_handle_t handle, bool reads_alone)
{
	uint64_t slot = UINT64_C(1) << (handle & 63);

	for (struct parked *parked = program->parked, *next; parked && !program->ending; parked = next) {
		next = parked->next;
		if (!(parked->slots & slot) || !codec_call_names(&parked->call, handle) ||
		    (reads_alone && !(parked->call.row->flags & SYSCALL_CONSUMES)))
			continue;
		if (parked->call.park)
			guest_call_cancel(program->guest, &parked->call);
		else if (!guest_call_skipped(program->guest, &parked->call)) /* it waits behind another, the guest doesn't know it */
			return false;
		parked->call.error = reads_alone ? WASI_ECANCELED : WASI_EBADF;
		parked->call.reply_length = 0;
		if (!batch_call_finish(parked->batch, parked->index, &parked->call))
			return false;
		parked_done(parked);
	}
	return true;
}

/* Runs one again. False: that ended the program. */
static bool parked_run(struct parked *parked)
{
	struct program *program = parked->batch->program;
	struct call *call = &parked->call;
	enum call_state state;

	waiter_free(parked->waiter);
	parked->waiter = NULL;
	parked->behind = parked->due = false;
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
		if (parked->batch->executed)
			batch_fit(parked->batch);
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

/* Runs one again and, once it is done, those that queued up behind it on its handle, until one of them waits. False: ended. */
static bool parked_again(struct parked *parked)
{
	struct program *program = parked->batch->program;
	struct call first = parked->call;

	while (parked) {
		if (!parked_run(parked))
			return false;
		parked = first.row->flags & SYSCALL_CONSUMES ? parked_on(program, &first) : NULL;
		if (parked && !parked->behind)
			return true;
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
		parked->due = true;
		program->retry |= 1u << RETRY_DUE;
		return;
	}
	if (parked_again(parked))
		program_throttle(program);
}

static bool is_wanted(const struct parked *parked, enum dispatch_retry which)
{
	return which == RETRY_STDIN ? parked->on_stdin : which == RETRY_SINK ? parked->on_sink :
	       which == RETRY_NETWORK ? parked->on_network : parked->due;
}

void dispatch_retry(struct program *program, enum dispatch_retry which)
{
	struct parked *parked;

	if (program->busy) {
		program->retry |= 1u << which;
		return;
	}
	program->parked_at = program->parked;
	while ((parked = program->parked_at)) {
		size_t count = program->parked_count;

		if ((which == RETRY_STDIN && !(program->parked_on_stdin && guest_stdin_is_ready(program->guest))) ||
		    (which == RETRY_SINK && !program->parked_on_sink) || (which == RETRY_NETWORK && !program->parked_on_network))
			break;
		program->parked_at = parked->next;
		if (parked->behind || !is_wanted(parked, which))
			continue;
		if (!parked_again(parked))
			return;
		if (which == RETRY_SINK && program->parked_count == count)
			break; /* it is full again */
	}
	program->parked_at = NULL;
}
