/* A batch's calls one after the other: inline while they can't block, else on the program's worker; a call that must wait is
 * parked. */

#include "server/base/clock.h"
#include "hooks.h"
#include "internal.h"

enum { LOOK_EVERY = 16, LOOK_AFTER_BYTES = 16 << 10 };

/* Meets the parked calls before the call runs: on the loop, since their waits are the loop's. */
static enum ran call_meets_parked(struct batch *batch, struct call *call, size_t length, bool on_worker, bool *parked)
{
	struct program *program = batch->program;
	bool hands_on = call->row->number == SYSCALL_sock_start_tls;
	wasi_handle_t handle;

	*parked = false;
	if (!program->parked || batch->checked || !(call->row->flags & (SYSCALL_ENDS | SYSCALL_CONSUMES) || hands_on))
		return RAN_ALL;
	if (on_worker)
		return RAN_NEEDS_LOOP;
	batch->checked = true;
	if (hands_on || call->row->flags & SYSCALL_ENDS) {
		if (codec_call_handle(call, true, &handle) && !parked_end_handle(program, handle, hands_on))
			return RAN_BAD;
		return program->ending ? RAN_ENDED : RAN_ALL;
	}
	if (!parked_on(program, call))
		return RAN_ALL;
	if (call->flags & CALL_LINK || !parked_takes(program, length)) { /* a chain doesn't wait */
		call->error = call->flags & CALL_LINK ? WASI_EAGAIN : WASI_ENOMEM;
		return guest_call_skipped(program->guest, call) ? RAN_ALL : RAN_BAD;
	}
	*parked = true;
	return parked_add(batch, call, length, true) ? RAN_ALL : RAN_BAD;
}

/* Nothing of it is run. False: no room for its result. */
static bool call_is_unknown(struct batch *batch, uint16_t flags)
{
	bool put = batch_put_result(batch, batch->index++, batch->skipping ? RESULT_SKIPPED : WASI_ENOSYS, 0);

	batch->skipping = flags & CALL_LINK;
	return put;
}

/* A call earlier in its chain has failed. */
static bool call_is_skipped(struct batch *batch, struct call *call, uint16_t flags)
{
	if (flags & CALL_MUST)
		return false;
	batch->skipping = flags & CALL_LINK;
	batch_hooks_skipped(batch, batch->index, call);
	return guest_call_skipped(batch->program->guest, call) && batch_put_result(batch, batch->index++, RESULT_SKIPPED, 0);
}

/* Does a debugger stop its program before this call? RAN_ALL: no. */
static enum ran call_passes(struct batch *batch, const struct call *call, bool on_worker)
{
	if (!batch->program->debuggee || batch->passed)
		return RAN_ALL;
	if (on_worker)
		return RAN_NEEDS_LOOP;
	batch->passed = !debugger_hooks->stops_before(batch, call);
	return batch->passed ? RAN_ALL : RAN_STOPPED;
}

/* Runs the call that has met the parked ones. RAN_ALL: it is done, or is to be parked, by *state. */
static enum ran call_run(struct batch *batch, struct call *call, size_t length, bool on_worker, enum call_state *state)
{
	struct program *program = batch->program;

	call->may_block = on_worker;
	if (!batch_call_run(batch, (uint16_t)(batch->index - 1), call, NULL, state))
		return RAN_BAD;
	if (*state == CALL_ELSEWHERE)
		return RAN_NEEDS_WORKER;
	if (*state != CALL_PARKED)
		return RAN_ALL;
	if (on_worker) { /* its waits belong to the loop, which runs it again there; nothing was consumed */
		guest_call_cancel(program->guest, call);
		return RAN_NEEDS_LOOP;
	}
	if (call->flags & CALL_LINK || !parked_takes(program, length)) {
		guest_call_cancel(program->guest, call);
		call->error = call->flags & CALL_LINK ? WASI_EAGAIN : WASI_ENOMEM;
		call->reply_length = 0;
		*state = CALL_DONE;
	}
	return RAN_ALL;
}

/* One call, whose bytes begin at `head`; on another outcome than RAN_ALL or RAN_BAD it is still the next. */
static enum ran call_take(struct batch *batch, const uint8_t *head, struct call *call, bool on_worker)
{
	size_t length = (size_t)(batch->at - head);
	enum call_state state = CALL_DONE;
	bool is_parked;
	enum ran ran = call_passes(batch, call, on_worker);

	if (ran != RAN_ALL)
		return ran;
	batch->index++;
	ran = call_meets_parked(batch, call, length, on_worker, &is_parked);
	if (ran == RAN_ALL && !call->error && !is_parked)
		ran = call_run(batch, call, length, on_worker, &state);
	if (ran != RAN_ALL) {
		batch->index--;
		return ran;
	}
	batch->checked = batch->passed = false;
	if (is_parked)
		return RAN_ALL;
	if (state == CALL_PARKED)
		return parked_add(batch, call, length, false) ? RAN_ALL : RAN_BAD;
	if (call->flags & CALL_MUST && call->error) {
		batch->lost = (struct change_lost){ batch->sequence, (uint16_t)(batch->index - 1), call->row->number,
			(wasi_handle_t)call->args[0].n, call->error };
		return RAN_CHANGE_LOST;
	}
	return !call->bad_handle && batch_call_finish(batch, (uint16_t)(batch->index - 1), call) ? RAN_ALL : RAN_BAD;
}

/* Is it time to look at the clock? Sixteen small calls cost little; one that gave much, or searched the parked calls, may cost
 * more. */
static bool looks(const struct batch *batch, size_t *looked_at)
{
	size_t length = batch->answer ? batch->answer->length : 0;
	bool gave_much = length > *looked_at + LOOK_AFTER_BYTES;

	if (batch->index % LOOK_EVERY != LOOK_EVERY - 1 && !gave_much && !batch->program->parked)
		return false;
	*looked_at = length;
	return true;
}

enum ran batch_run(struct batch *batch, bool on_worker)
{
	uint64_t started = on_worker ? 0 : now_ns();
	size_t looked_at = 0;

	while (batch->index < batch->count) {
		const uint8_t *head = batch->at;
		enum ran ran = RAN_ALL;
		struct call call;
		uint16_t flags;

		if (!on_worker && looks(batch, &looked_at) && now_ns() - started > BATCH_INLINE_MAX_NS)
			return RAN_NEEDS_WORKER;
		batch->last = batch->index;
		batch->number = batch->end - head >= 2 ? (uint16_t)(head[0] | head[1] << 8) : 0;
		switch (codec_call_next(&batch->at, batch->end, &call, &flags)) {
		case CODEC_CALL_BAD:
			return RAN_BAD;
		case CODEC_CALL_UNKNOWN:
			if (!call_is_unknown(batch, flags))
				return RAN_BAD;
			continue;
		case CODEC_CALL_OK:
			break;
		}
		if (batch->skipping)
			ran = call_is_skipped(batch, &call, flags) ? RAN_ALL : RAN_BAD;
		else
			ran = call_take(batch, head, &call, on_worker);
		if (ran != RAN_ALL && ran != RAN_BAD)
			batch->at = head;
		if (ran != RAN_ALL)
			return ran;
	}
	return batch->at == batch->end ? RAN_ALL : RAN_BAD;
}
