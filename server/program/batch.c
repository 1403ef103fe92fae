#include "server/base/clock.h"
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#include "server/auth/sessions.h"
#include "hooks.h"

struct batch *batch_new(struct program *program, const struct frame *frame)
{
	struct batch *batch = calloc(1, sizeof *batch);
	uint32_t seen;

	if (!batch || !program_charge(program, sizeof *batch)) {
		free(batch);
		return NULL;
	}
	batch->charged = sizeof *batch;
	batch->program = program;
	batch->waits = frame->flags & BATCH_WAIT;
	batch->count = frame->count;
	batch->bytes = frame->length;
	if (HOOKS_FIRST)
		batch->arrived_ns = now_ns();
	codec_batch(frame, &batch->sequence, &seen, &batch->at, &batch->end);
	return batch;
}

void batch_free(struct batch *batch)
{
	account_give(&batch->program->session->memory, batch->charged);
	message_free(batch->answer);
	free(batch->owned);
	free(batch);
}

bool batch_own(struct batch *batch, size_t keep)
{
	size_t length = keep + (size_t)(batch->end - batch->at);

	if (batch->owned)
		return true;
	if (!program_charge(batch->program, length))
		return false;
	batch->charged += length;
	batch->owned = malloc(length ? length : 1);
	if (!batch->owned)
		return false;
	memcpy(batch->owned, batch->at - keep, length);
	batch->owned_length = length;
	batch->at = batch->owned + keep;
	batch->end = batch->owned + length;
	return true;
}

bool batch_answer_room(struct batch *batch, size_t bytes)
{
	if (!batch->answer) {
		struct message *answer = message_new(ANSWER_HEAD + bytes);

		if (!answer || !message_charge(answer, &batch->program->session->memory)) {
			message_free(answer);
			batch->program->no_room = true;
			return false;
		}
		answer->length = ANSWER_HEAD;
		batch->answer = answer;
	}
	if (batch->answer->length + bytes > ANSWER_MAX)
		return false;
	if (message_reserve(&batch->answer, bytes))
		return true;
	batch->program->no_room = true;
	return false;
}

void batch_fit(struct batch *batch)
{
	if (!batch->answer)
		return;
	if (batch->results == 0) {
		message_free(batch->answer);
		batch->answer = NULL;
	} else {
		message_fit(&batch->answer);
	}
}

bool batch_put_result(struct batch *batch, uint16_t index, uint16_t error, uint32_t length)
{
	if (!batch_answer_room(batch, RESULT_HEAD + length))
		return false;
	codec_put_result(batch->answer->bytes + batch->answer->length, index, error, length);
	batch->answer->length += RESULT_HEAD + length;
	batch->results++;
	return true;
}

static void batch_hooks(struct batch *batch, uint16_t index, const struct call *call, bool waited, uint64_t started_ns,
                        uint64_t ended_ns)
{
	const struct finished finished = { batch->program, batch, index, waited, call, started_ns, ended_ns };

	for (struct hook *hook = HOOKS_FIRST; hook; hook = hook->next)
		hook->call_done(hook, &finished);
}

void batch_hooks_skipped(struct batch *batch, uint16_t index, const struct call *call)
{
	struct call skipped = *call;
	uint64_t now;

	if (!HOOKS_FIRST)
		return;
	now = now_ns();
	skipped.skipped = true;
	skipped.reply_length = 0;
	batch_hooks(batch, index, &skipped, false, now, now);
}

bool batch_call_run(struct batch *batch, uint16_t index, struct call *call, const struct parked *parked, enum call_state *state)
{
	struct program *program = batch->program;
	size_t bound = call_reply_bound(program->guest, call);
	uint64_t started = 0;

	if (!batch_answer_room(batch, RESULT_HEAD + bound))
		return false;
	call->reply = batch->answer->bytes + batch->answer->length + RESULT_HEAD;
	call->reply_length = 0;
	if (HOOKS_FIRST)
		started = now_ns();
	*state = guest_call(program->guest, call);
	if (HOOKS_FIRST && *state == CALL_DONE)
		batch_hooks(batch, index, call, parked, parked && parked->since_ns ? parked->since_ns : started,
		            now_ns());
	return true;
}

bool batch_call_finish(struct batch *batch, uint16_t index, struct call *call)
{
	batch->program->counters.calls++;
	if (call->error && call->flags & CALL_LINK)
		batch->skipping = true;
	if (call->skipped)
		return batch_put_result(batch, index, RESULT_SKIPPED, 0);
	if (call->flags & CALL_QUIET && !call->error)
		return true;
	return batch_put_result(batch, index, call->error, call->reply_length);
}
