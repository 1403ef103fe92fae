/* Batches in their order: runs a program's next batch, on the loop or on the worker, until it is done or must continue on the
 * other. Leaves to others: its calls (run.c), those that wait (parked.c), the answer (answers.c). */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/auth/sessions.h"
#include "server/base/clock.h"
#include "server/base/worker.h"
#include "hooks.h"
#include "keeping.h"
#include "internal.h"

enum { GAP_BATCHES_MAX = 1024, QUEUE_BATCHES_MAX = 4096, GAP_DEADLINE_S = 10, OFF_LOOP_S = 1 };
static const uint64_t SURELY_BLOCKED_NS = 50000000;

/* ---- turns ---- */

static void pump(struct program *program);

/* batch_go_on() must come next: it ends the program if that was put off. */
static enum ran run_here(struct batch *batch)
{
	batch->program->running = batch;
	return batch_run(batch, false);
}

static void on_worker_run(void *argument)
{
	struct batch *batch = argument;

	batch->ran = batch_run(batch, true);
}

static void batch_go_on(struct batch *batch, enum ran ran);

static void on_worker_done(void *argument)
{
	struct batch *batch = argument;
	struct program *program = batch->program;

	program->busy = false;
	if (!program->ending)
		program_stdin_flush(program);
	for (enum dispatch_retry which = RETRY_STDIN; which <= RETRY_DUE && !program->ending; which++)
		if (program->retry & 1u << which) {
			program->retry &= ~(1u << which);
			dispatch_retry(program, which);
		}
	batch_go_on(batch, batch->ran);
	if (!program->ending)
		keeping_go_on(program);
	if (!program->ending)
		pump(program);
}

static bool to_worker(struct batch *batch)
{
	struct program *program = batch->program;

	if (!batch_own(batch, 0) || (!program->worker && !(program->worker = worker_new())))
		return false;
	program->busy = true;
	program->running = batch;
	if (worker_run(program->worker, on_worker_run, on_worker_done, batch))
		return true;
	program->busy = false;
	program->running = NULL;
	return false;
}

/* The close frame's reason names the call, for the client's author. */
static void bad_call_explain(const struct batch *batch, char *why, size_t size)
{
	const struct syscall *row = syscall_find(batch->number);

	if (batch->index == batch->count && batch->at != batch->end)
		snprintf(why, size, "batch %" PRIu32 ": bytes are left over behind its %u calls", batch->sequence, batch->count);
	else
		snprintf(why, size, "batch %" PRIu32 ", call %u (%s): doesn't fit the table, its handle or its bounds", batch->sequence,
			batch->last, row ? row->name : "unknown");
}

/* After some of its calls ran: continues it on the loop or the worker, or completes it. May end the program. */
static void batch_go_on(struct batch *batch, enum ran ran)
{
	struct program *program = batch->program;

	while (ran == RAN_NEEDS_LOOP)
		ran = run_here(batch);
	if (program->ending) { /* while this one ran */
		program_end_now(program);
		batch_free(batch); /* some of its calls may have been parked until then */
		return;
	}
	program->running = NULL;
	if (ran == RAN_STOPPED) {
		if (batch_own(batch, 0)) {
			program->stopped = batch;
			return;
		}
		ran = RAN_BAD;
	}
	if (ran == RAN_NEEDS_WORKER) {
		if (to_worker(batch))
			return;
		ran = RAN_BAD;
	}
	if (ran == RAN_BAD) {
		bool keeps = batch->parked > 0; /* dispatch_cancel() frees those with parked calls */
		char why[120];

		bad_call_explain(batch, why, sizeof why);
		if (!keeps)
			batch_free(batch);
		program_protocol_error(program, why);
		return;
	}
	if (ran == RAN_CHANGE_LOST) {
		const struct change_lost lost = batch->lost;

		if (batch->parked == 0)
			batch_free(batch);
		program_change_lost(program, &lost);
		return;
	}
	batch->executed = true;
	program->executed = batch->sequence;
	if (batch->way == BY_CONTROL)
		dispatch_acknowledge_control(program);
	if (!batch->waits && batch->results == 0)
		dispatch_acknowledge_later(program, batch->bytes);
	if (batch->parked == 0)
		batch_finish(batch);
	else
		batch_fit(batch);
}

static void batch_start(struct batch *batch)
{
	struct program *program = batch->program;
	uint64_t now = now_ns(), took;
	enum ran ran;

	program->counters.batches++;
	program->counters.waits += batch->waits;
	if (program->off_loop_until_ns > now) {
		batch_go_on(batch, batch->count ? RAN_NEEDS_WORKER : RAN_ALL);
		return;
	}
	ran = run_here(batch);
	took = now_ns() - now;
	/* One slow call may be another process's turn on a busy machine; a slow file system is slow again. */
	if (took > SURELY_BLOCKED_NS || (took > BATCH_INLINE_MAX_NS && program->was_slow))
		program->off_loop_until_ns = now + took + OFF_LOOP_S * 1000000000ull;
	program->was_slow = took > BATCH_INLINE_MAX_NS;
	batch_go_on(batch, ran);
}

/* May its next batch run? Not while a worker has the guest, nor while the page doesn't read the answers that it has. */
static bool may_run(const struct program *program, uint32_t sequence)
{
	return !program->busy && !program->ending && !program->stopped && !program->held && sequence == program->executed + 1 &&
		!program_is_full(program);
}

static void pump(struct program *program)
{
	while (program->queue && may_run(program, program->queue->sequence)) {
		struct batch *batch = program->queue;

		if (turn_is_over()) {
			later_add(&program->session->put_off, &program->go_on);
			break;
		}

		program->queue = batch->next;
		if (!program->queue)
			program->queue_last = NULL;
		batch->next = NULL;
		program->queue_length--;
		program->queue_bytes -= batch->owned_length;
		batch_start(batch);
	}
	if (!program->ending)
		program_throttle(program);
	program_end_if_due(program, 0);
}

bool dispatch_goes_on(const struct program *program)
{
	return program->busy || (program->queue && program->queue->sequence == program->executed + 1);
}

void dispatch_go_on(void *program)
{
	pump(program);
}

void dispatch_pump(struct program *program)
{
	if (program->queue)
		pump(program);
	else
		program_throttle(program);
}

/* May one more batch wait? Only few may wait for a missing number. Of those that merely wait for their turn there are at worst
 * many small ones, since we don't read from the page while some wait. */
static bool queue_takes(const struct program *program, const struct batch *batch)
{
	uint32_t first = program->executed + 1 + program->busy;
	uint32_t last = program->queue_last && program->queue_last->sequence > batch->sequence ? program->queue_last->sequence :
		batch->sequence;
	bool has_gap = last - first + 1 != program->queue_length + 1;

	return batch->sequence >= first && program->queue_length < (has_gap ? GAP_BATCHES_MAX : QUEUE_BATCHES_MAX);
}

static void queue_insert(struct program *program, struct batch *batch)
{
	struct batch **link = &program->queue;

	if (program->queue_last && program->queue_last->sequence < batch->sequence)
		link = &program->queue_last->next;

	while (*link && (*link)->sequence < batch->sequence)
		link = &(*link)->next;
	batch->next = *link;
	*link = batch;
	if (!batch->next)
		program->queue_last = batch;
	batch->arrived_ns = now_ns();
	program->queue_length++;
	program->queue_bytes += batch->owned_length;
}

void dispatch_batch(struct program *program, const struct frame *frame, enum batch_way way)
{
	struct batch *batch;
	bool now;

	if (frame->flags & ~BATCH_WAIT || frame->count > BATCH_CALLS_MAX) {
		program_protocol_error(program, "a batch with unknown flags, or with too many calls");
		return;
	}
	batch = batch_new(program, frame);
	if (!batch) {
		program_protocol_error(program, "no memory for the batch");
		return;
	}
	batch->way = way;
	now = may_run(program, batch->sequence) && !turn_is_over();
	if (!now && (!queue_takes(program, batch) || !batch_own(batch, 0))) {
		batch_free(batch);
		program_protocol_error(program, "a batch out of order");
		return;
	}
	if (!now) {
		queue_insert(program, batch);
		pump(program);
		return;
	}
	batch_start(batch);
	if (!program->ending)
		pump(program);
}

void dispatch_resume(struct program *program)
{
	struct batch *batch;

	/* The end of one of these may be the program's; dispatch_cancel() has the stopped one then. */
	while (program->held && !program->ending) {
		struct batch *held = program->held;

		program->held = held->next;
		held->next = NULL;
		held->released = true;
		batch_finish(held);
	}
	if (program->ending)
		return;
	batch = program->stopped;
	program->stopped = NULL;
	if (batch) {
		batch->passed = batch->released = true;
		batch_go_on(batch, RAN_NEEDS_LOOP);
	}
	if (!program->ending)
		pump(program);
}

/* ---- the end ---- */

void dispatch_cancel(struct program *program)
{
	bool stopped_is_alone = program->stopped && program->stopped->parked == 0; /* else it goes with its last parked call */

	assert(!program->busy);
	later_remove(&program->go_on);
	while (program->parked) {
		struct parked *parked = program->parked;
		struct batch *batch = parked->batch;

		guest_call_cancel(program->guest, &parked->call);
		parked_unlink(parked);
		free(parked);
		if (--batch->parked == 0 && batch != program->running) /* batch_go_on() has that one */
			batch_free(batch);
	}
	if (stopped_is_alone)
		batch_free(program->stopped);
	program->stopped = NULL;
	while (program->held) {
		struct batch *batch = program->held;

		program->held = batch->next;
		batch_free(batch);
	}
	while (program->queue) {
		struct batch *batch = program->queue;

		program->queue = batch->next;
		batch_free(batch);
	}
	program->queue_last = NULL;
	program->queue_length = program->queue_bytes = 0;
}

void dispatch_sweep(struct program *program, uint64_t now_ns)
{
	if (program->queue && !program->busy && program->queue->sequence != program->executed + 1 &&
	    now_ns - program->queue->arrived_ns > GAP_DEADLINE_S * 1000000000ull)
		program_protocol_error(program, "a batch that others need never came");
}
