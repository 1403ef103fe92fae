/* Call, worker, reply: order and waiting. A batch's calls run one after the other, inline while they can't block, else on the program's
 * worker; a call that must wait is parked, and its batch is answered when its last call is done. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway.h"
#include "leases.h"
#include "program.h"
#include "tap.h"
#include "waits.h"
#include "watch/watch.h"
#include "worker.h"

enum { GAP_BATCHES_MAX = 1024, QUEUE_BATCHES_MAX = 4096, PARKED_MAX = 1024, GAP_DEADLINE_S = 10, OFF_LOOP_S = 1, ACK_BYTES = 32 << 10, LOOK_EVERY = 16, MERGED_MAX = 64 << 10 };
static const uint64_t INLINE_MAX_NS = 2000000, SURELY_BLOCKED_NS = 50000000;

enum ran { RAN_ALL, RAN_NEEDS_WORKER, RAN_NEEDS_LOOP, RAN_STOPPED /* before its next call, by a debugger */, RAN_ENDED /* another batch's end was the program's */, RAN_BAD };

/* ---- batches ---- */

static struct batch *batch_new(struct program *program, const struct frame *frame)
{
	struct batch *batch = calloc(1, sizeof *batch);
	uint32_t seen;

	if (!batch)
		return NULL;
	batch->program = program;
	batch->waits = frame->flags & BATCH_WAIT;
	batch->count = frame->count;
	batch->bytes = frame->length;
	if (TAP_FIRST)
		batch->arrived_ns = codec_clock_ns(CLOCK_MONOTONIC);
	codec_batch(frame, &batch->sequence, &seen, &batch->at, &batch->end);
	return batch;
}

static void batch_free(struct batch *batch)
{
	message_free(batch->answer);
	free(batch->owned);
	free(batch);
}

/* Copies the calls that are left, with `keep` bytes before them (a call that is being parked). */
static bool batch_own(struct batch *batch, size_t keep)
{
	size_t length = keep + (size_t)(batch->end - batch->at);

	if (batch->owned)
		return true;
	batch->owned = malloc(length ? length : 1);
	if (!batch->owned)
		return false;
	memcpy(batch->owned, batch->at - keep, length);
	batch->owned_length = length;
	batch->at = batch->owned + keep;
	batch->end = batch->owned + length;
	return true;
}

static bool answer_room(struct batch *batch, size_t bytes)
{
	if (!batch->answer) {
		batch->answer = message_new(ANSWER_HEAD + bytes);
		if (!batch->answer)
			return false;
		batch->answer->length = ANSWER_HEAD;
	}
	return batch->answer->length + bytes <= ANSWER_MAX && message_reserve(&batch->answer, bytes);
}

static bool result_put(struct batch *batch, uint16_t index, uint16_t error, uint32_t length)
{
	if (!answer_room(batch, RESULT_HEAD + length))
		return false;
	codec_put_result(batch->answer->bytes + batch->answer->length, index, error, length);
	batch->answer->length += RESULT_HEAD + length;
	batch->results++;
	return true;
}

/* ---- one call ---- */

static void call_tap(struct batch *batch, uint16_t index, const struct call *call, bool waited, uint64_t started_ns, uint64_t ended_ns)
{
	const struct tapped tapped = { batch->program, batch, index, waited, call, started_ns, ended_ns };

	for (struct tap *tap = TAP_FIRST; tap; tap = tap->next)
		tap->call_done(tap, &tapped);
}

/* A call that doesn't run, for whatever reason. */
static void call_tap_skipped(struct batch *batch, uint16_t index, const struct call *call)
{
	struct call skipped = *call;
	uint64_t now;

	if (!TAP_FIRST)
		return;
	now = codec_clock_ns(CLOCK_MONOTONIC);
	skipped.skipped = true;
	skipped.reply_length = 0;
	call_tap(batch, index, &skipped, false, now, now);
}

/* Runs it with room for its reply at the answer's end. parked: it had left the stream. False: no memory, or an answer past all bounds. */
static bool call_run(struct batch *batch, uint16_t index, struct call *call, const struct parked *parked, enum call_state *state)
{
	struct program *program = batch->program;
	size_t bound = call_reply_bound(program->guest, call);
	uint64_t started = 0;

	if (!answer_room(batch, RESULT_HEAD + bound))
		return false;
	call->reply = batch->answer->bytes + batch->answer->length + RESULT_HEAD;
	call->reply_length = 0;
	if (TAP_FIRST)
		started = codec_clock_ns(CLOCK_MONOTONIC);
	*state = guest_call(program->guest, call);
	if (TAP_FIRST && *state == CALL_DONE)
		call_tap(batch, index, call, parked, parked && parked->since_ns ? parked->since_ns : started, codec_clock_ns(CLOCK_MONOTONIC));
	return true;
}

/* Writes a done call's result, unless it is quiet and all is well. */
static bool call_finish(struct batch *batch, uint16_t index, struct call *call)
{
	batch->program->counters.calls++;
	if (call->error && call->flags & CALL_LINK)
		batch->skipping = true;
	if (call->skipped)
		return result_put(batch, index, RESULT_SKIPPED, 0);
	if (call->flags & CALL_QUIET && !call->error)
		return true;
	return result_put(batch, index, call->error, call->reply_length);
}

static struct parked *parked_on(const struct program *program, const struct call *call)
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

/* The call leaves the stream. `length` bytes before batch->at are its own, and must outlive the message. */
static bool call_park(struct batch *batch, const struct call *call, size_t length, bool behind)
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
	parked->since_ns = TAP_FIRST ? codec_clock_ns(CLOCK_MONOTONIC) : 0;
	parked->behind = behind;
	while (*tail)
		tail = &(*tail)->next;
	*tail = parked;
	program->parked_count++;
	batch->parked++;
	return behind || parked_wait(parked);
}

static void parked_unlink(struct parked *parked)
{
	struct parked **link = &parked->batch->program->parked;

	while (*link != parked)
		link = &(*link)->next;
	*link = parked->next;
	parked->batch->program->parked_count--;
	waiter_free(parked->waiter);
	parked->waiter = NULL;
}

static void batch_finish(struct batch *batch);

/* Its result is written: out of the list, and its batch may be complete. */
static void parked_done(struct parked *parked)
{
	struct batch *batch = parked->batch;

	parked_unlink(parked);
	free(parked);
	if (--batch->parked == 0 && batch->executed)
		batch_finish(batch);
}

/* A call that ends a handle: whoever waits on it is told BADF first, before the descriptor can be anyone else's. */
static bool parked_end_handle(struct program *program, wasi_handle_t handle)
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
		if (!call_finish(parked->batch, parked->index, &parked->call))
			return false;
		parked_done(parked);
	}
	return true;
}

/* ---- running a batch ---- */

/* Meets the parked calls before the call runs: on the loop, since their waits are the loop's. */
static enum ran call_meets_parked(struct batch *batch, struct call *call, size_t length, bool on_worker, bool *parked)
{
	struct program *program = batch->program;
	wasi_handle_t handle;

	*parked = false;
	if (!program->parked || batch->checked || !(call->row->flags & (SYSCALL_ENDS | SYSCALL_CONSUMES)))
		return RAN_ALL;
	if (on_worker)
		return RAN_NEEDS_LOOP;
	batch->checked = true;
	if (call->row->flags & SYSCALL_ENDS) {
		if (codec_call_handle(call, true, &handle) && !parked_end_handle(program, handle))
			return RAN_BAD;
		return program->ending ? RAN_ENDED : RAN_ALL;
	}
	if (!parked_on(program, call))
		return RAN_ALL;
	if (call->flags & CALL_LINK || program->parked_count >= PARKED_MAX) { /* a chain doesn't wait */
		call->error = call->flags & CALL_LINK ? WASI_EAGAIN : WASI_ENOMEM;
		return guest_call_skipped(program->guest, call) ? RAN_ALL : RAN_BAD;
	}
	*parked = true;
	return call_park(batch, call, length, true) ? RAN_ALL : RAN_BAD;
}

/* Goes on with a batch's calls. On the worker it may block; on the loop it stops where it could, or when it has taken too long. It is
 * program->running meanwhile: the program may end only after it. */
static enum ran batch_run(struct batch *batch, bool on_worker)
{
	struct program *program = batch->program;
	uint64_t started = on_worker ? 0 : codec_clock_ns(CLOCK_MONOTONIC);

	while (batch->index < batch->count) {
		const uint8_t *head = batch->at;
		struct call call;
		enum call_state state;
		enum ran ran;
		uint16_t flags;
		bool is_parked;

		if (!on_worker && batch->index % LOOK_EVERY == LOOK_EVERY - 1 && codec_clock_ns(CLOCK_MONOTONIC) - started > INLINE_MAX_NS)
			return RAN_NEEDS_WORKER;
		switch (codec_call_next(&batch->at, batch->end, &call, &flags)) {
		case CODEC_CALL_BAD:
			return RAN_BAD;
		case CODEC_CALL_UNKNOWN:
			if (!result_put(batch, batch->index++, batch->skipping ? RESULT_SKIPPED : WASI_ENOSYS, 0))
				return RAN_BAD;
			batch->skipping = flags & CALL_LINK;
			continue;
		case CODEC_CALL_OK:
			break;
		}
		if (batch->skipping) {
			batch->skipping = flags & CALL_LINK;
			call_tap_skipped(batch, batch->index, &call);
			if (!guest_call_skipped(program->guest, &call) || !result_put(batch, batch->index++, RESULT_SKIPPED, 0))
				return RAN_BAD;
			continue;
		}
		if (program->watched && !batch->passed) {
			batch->passed = !on_worker && !watch_stops_before(batch, &call);
			if (!batch->passed) {
				batch->at = head;
				return on_worker ? RAN_NEEDS_LOOP : RAN_STOPPED;
			}
		}
		batch->index++;
		ran = call_meets_parked(batch, &call, (size_t)(batch->at - head), on_worker, &is_parked);
		if (ran == RAN_ALL && call.error) {
			state = CALL_DONE;
		} else if (ran == RAN_ALL && !is_parked) {
			call.may_block = on_worker;
			if (!call_run(batch, (uint16_t)(batch->index - 1), &call, NULL, &state))
				return RAN_BAD;
			if (state == CALL_ELSEWHERE)
				ran = RAN_NEEDS_WORKER;
			else if (state == CALL_PARKED && on_worker) {
				/* Its waits belong to the loop, which runs it again there. Nothing was consumed. */
				guest_call_cancel(program->guest, &call);
				ran = RAN_NEEDS_LOOP;
			} else if (state == CALL_PARKED && (flags & CALL_LINK || program->parked_count >= PARKED_MAX)) {
				guest_call_cancel(program->guest, &call);
				call.error = flags & CALL_LINK ? WASI_EAGAIN : WASI_ENOMEM;
				call.reply_length = 0;
				state = CALL_DONE;
			}
		}
		if (ran == RAN_BAD)
			return ran;
		if (ran != RAN_ALL) {
			batch->index--;
			batch->at = head;
			return ran;
		}
		batch->checked = batch->passed = false;
		if (is_parked)
			continue;
		if (state == CALL_PARKED) {
			if (!call_park(batch, &call, (size_t)(batch->at - head), false))
				return RAN_BAD;
		} else if (call.bad_handle || !call_finish(batch, (uint16_t)(batch->index - 1), &call)) {
			return RAN_BAD;
		}
	}
	return batch->at == batch->end ? RAN_ALL : RAN_BAD;
}

/* ---- answers ---- */

static void stdin_tell(struct program *program)
{
	uint64_t consumed = guest_stdin_consumed(program->guest);
	struct conn *to = program->control ? program->control : program->data;
	uint8_t body[8];

	if (consumed == program->stdin_told || !to)
		return;
	program->stdin_told = consumed;
	codec_put_u64(body, consumed);
	conn_send_frame(to, FRAME_TAKEN, body, sizeof body);
}

/* No answer overtakes a change: what was promised and isn't so any more is said first, in the same message where that costs less than one of
 * its own. What an xhr program is told outside of a POST waits for the next one, and so do its breaks. False: no memory. */
static bool breaks_put_before(struct batch *batch, struct message **answer)
{
	struct program *program = batch->program;
	struct message *breaks;
	bool failed;

	if (batch->way != BY_POST && program->xhr)
		return true;
	breaks = leases_broken(program, &failed);
	if (!breaks)
		return !failed;
	if (batch->way != BY_POST && (*answer)->length > MERGED_MAX) {
		program_send(program, breaks);
		return true;
	}
	if (!message_reserve(&breaks, (*answer)->length)) {
		message_free(breaks);
		return false;
	}
	memcpy(breaks->bytes + breaks->length, (*answer)->bytes, (*answer)->length);
	breaks->length += (*answer)->length;
	message_free(*answer);
	*answer = breaks;
	return true;
}

/* Sends the answer, if one is due, and ends the program if one of the calls said so. Frees the batch. */
static void batch_finish(struct batch *batch)
{
	struct program *program = batch->program;
	struct message *answer;
	uint32_t code;

	if (program->watched && !batch->released && watch_stops_after(batch)) {
		batch->next = program->held;
		program->held = batch;
		return;
	}
	stdin_tell(program);
	if (batch->waits || batch->results > 0 || batch->way == BY_POST) {
		if (!answer_room(batch, 0)) {
			batch_free(batch);
			program_protocol_error(program, "no memory for the answer");
			return;
		}
		answer = batch->answer;
		batch->answer = NULL;
		program->acknowledged = program->executed;
		program->unacknowledged_bytes = 0;
		codec_put_answer(answer->bytes, batch->sequence, program->executed, batch->results, answer->length);
		if (!breaks_put_before(batch, &answer)) {
			message_free(answer);
			batch_free(batch);
			program_protocol_error(program, "no memory to say what has changed");
			return;
		}
		if (batch->way == BY_POST)
			program_post_answer(program, batch, answer);
		else
			program_send(program, answer);
	}
	batch_free(batch);
	if (guest_exited(program->guest, &code))
		program_end(program, GUEST_END_EXIT, &code, NULL, CLOSE_DONE, "the program has ended");
}

void dispatch_acknowledge(struct program *program)
{
	struct conn *to = (program->split || program->xhr) && program->control ? program->control : program->data;
	uint8_t body[4];

	program->ack_due = false;
	if (program->acknowledged == program->executed || program->ending || !to)
		return;
	program->acknowledged = program->executed;
	program->unacknowledged_bytes = 0;
	codec_put_u32(body, program->executed);
	conn_send_frame(to, FRAME_ACK, body, sizeof body);
}

/* Who sends by the control connection isn't the one who gets the answers. */
static void control_acknowledge(struct program *program)
{
	uint8_t body[4];

	codec_put_u32(body, program->executed);
	if (program->control)
		conn_send_frame(program->control, FRAME_ACK, body, sizeof body);
}

static void acknowledge_later(struct program *program, size_t bytes)
{
	program->unacknowledged_bytes += (uint32_t)bytes;
	if (program->unacknowledged_bytes >= ACK_BYTES)
		dispatch_acknowledge(program);
	else
		program_acknowledge_soon(program);
}

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

	batch->next = (struct batch *)(uintptr_t)batch_run(batch, true); /* `next` is free while it runs: carries the outcome home */
}

static void batch_go_on(struct batch *batch, enum ran ran);

static void on_worker_done(void *argument)
{
	struct batch *batch = argument;
	struct program *program = batch->program;
	enum ran ran = (enum ran)(uintptr_t)batch->next;

	batch->next = NULL;
	program->busy = false;
	if (!program->ending)
		program_stdin_flush(program);
	if (!program->ending && program->retry) {
		program->retry = false;
		dispatch_retry(program, RETRY_ALL);
	}
	batch_go_on(batch, ran);
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

/* After some of its calls ran: on with it wherever it must go, or done. May end the program. */
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

		if (!keeps)
			batch_free(batch);
		program_protocol_error(program, "a call doesn't fit the table, its handle or its bounds");
		return;
	}
	batch->executed = true;
	program->executed = batch->sequence;
	if (batch->way == BY_CONTROL)
		control_acknowledge(program);
	if (!batch->waits && batch->results == 0)
		acknowledge_later(program, batch->bytes);
	if (batch->parked == 0)
		batch_finish(batch);
}

static void batch_start(struct batch *batch)
{
	struct program *program = batch->program;
	uint64_t now = codec_clock_ns(CLOCK_MONOTONIC), took;
	enum ran ran;

	program->counters.batches++;
	program->counters.waits += batch->waits;
	if (program->off_loop_until_ns > now) {
		batch_go_on(batch, batch->count ? RAN_NEEDS_WORKER : RAN_ALL);
		return;
	}
	ran = run_here(batch);
	took = codec_clock_ns(CLOCK_MONOTONIC) - now;
	/* Once may be another process's turn on a busy machine; a file system that makes us wait does so again. */
	if (took > SURELY_BLOCKED_NS || (took > INLINE_MAX_NS && program->was_slow))
		program->off_loop_until_ns = now + took + OFF_LOOP_S * 1000000000ull;
	program->was_slow = took > INLINE_MAX_NS;
	batch_go_on(batch, ran);
}

/* May its next batch run? Not while a worker has the guest, nor while the page doesn't read the answers that it has. */
static bool may_run(const struct program *program, uint32_t sequence)
{
	return !program->busy && !program->ending && !program->stopped && !program->held && sequence == program->executed + 1 && !program_is_full(program);
}

static void pump(struct program *program)
{
	while (program->queue && may_run(program, program->queue->sequence)) {
		struct batch *batch = program->queue;

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

void dispatch_pump(struct program *program)
{
	if (program->queue)
		pump(program);
	else
		program_throttle(program);
}

/* May one more wait? Few may wait for a number that hasn't come. Those whose turn just isn't yet are many small ones at the worst, since the
 * page isn't read from while some wait. */
static bool queue_takes(const struct program *program, const struct batch *batch)
{
	uint32_t first = program->executed + 1 + program->busy;
	uint32_t last = program->queue_last && program->queue_last->sequence > batch->sequence ? program->queue_last->sequence : batch->sequence;
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
	batch->arrived_ns = codec_clock_ns(CLOCK_MONOTONIC);
	program->queue_length++;
	program->queue_bytes += batch->owned_length;
}

void dispatch_batch(struct program *program, const struct frame *frame, enum batch_way way)
{
	struct batch *batch;
	bool now;

	if (frame->length < 8 || frame->flags & ~BATCH_WAIT || frame->count > BATCH_CALLS_MAX) {
		program_protocol_error(program, "a batch without its head, or with too many calls");
		return;
	}
	batch = batch_new(program, frame);
	if (!batch) {
		program_protocol_error(program, "no memory for the batch");
		return;
	}
	batch->way = way;
	now = may_run(program, batch->sequence);
	if (!now && (!queue_takes(program, batch) || !batch_own(batch, 0))) {
		batch_free(batch);
		program_protocol_error(program, "a batch out of order");
		return;
	}
	if (!now) {
		queue_insert(program, batch);
		program_throttle(program);
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

/* ---- parked calls again ---- */

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
	if (!call_run(parked->batch, parked->index, call, parked, &state))
		goto bad;
	if (state == CALL_ELSEWHERE) {
		/* Streams don't block: they are O_NONBLOCK. Saying so again here would be a fault of wasi/. */
		call->may_block = true;
		if (!call_run(parked->batch, parked->index, call, parked, &state))
			goto bad;
	}
	if (state == CALL_PARKED) {
		if (parked_wait(parked))
			return true;
		goto bad;
	}
	if (call->bad_handle || !call_finish(parked->batch, parked->index, call))
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

void dispatch_cancel(struct program *program)
{
	bool stopped_is_alone = program->stopped && program->stopped->parked == 0; /* else it goes with its last parked call */

	assert(!program->busy);
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
}

void dispatch_sweep(struct program *program, uint64_t now_ns)
{
	if (program->queue && !program->busy && program->queue->sequence != program->executed + 1 && now_ns - program->queue->arrived_ns > GAP_DEADLINE_S * 1000000000ull)
		program_protocol_error(program, "a batch that others need never came");
}
