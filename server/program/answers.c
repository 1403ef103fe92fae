#include "internal.h"

#include <string.h>

#include "server/auth/sessions.h"
#include "hooks.h"
#include "keeping.h"
#include "leases.h"

enum { ACK_BYTES = 32 << 10, MERGED_MAX = 64 << 10 };

static void stdin_tell(struct program *program)
{
	uint64_t consumed = guest_stdin_consumed(program->guest);
	struct conn *to = program->control ? program->control : program->data;
	uint8_t body[8];

	account_give(&program->session->memory, program->stdin_charged - (size_t)(program->stdin_pushed - consumed));
	program->stdin_charged = (size_t)(program->stdin_pushed - consumed);
	if (consumed == program->stdin_told || !to)
		return;
	program->stdin_told = consumed;
	codec_put_u64(body, consumed);
	conn_send_frame(to, FRAME_TAKEN, body, sizeof body);
}

/* No answer overtakes a change: breaks go first, in the answer's message where that is cheaper than one of their own. Frames for
 * an xhr program, breaks too, wait for its next POST. False: no memory. */
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

/* Of a program that is kept, the page that asks again may do so by another way than the one that asked first. */
static bool batch_is_asked_by_post(const struct batch *batch)
{
	return keeping_holds(batch->program) ? posts_wait(batch->program) : batch->way == BY_POST;
}

void batch_finish(struct batch *batch)
{
	struct program *program = batch->program;
	struct message *answer;
	uint32_t code;

	if (program->debuggee && !batch->released && debugger_hooks->stops_after(batch)) {
		batch->next = program->held;
		program->held = batch;
		return;
	}
	stdin_tell(program);
	if (batch->waits || batch->results > 0 || batch->way == BY_POST) {
		if (!batch_answer_room(batch, 0)) {
			batch_free(batch);
			program_protocol_error(program, "no memory for the answer");
			return;
		}
		answer = batch->answer;
		batch->answer = NULL;
		program->acknowledged = program->executed;
		program->unacknowledged_bytes = 0;
		codec_put_answer(answer->bytes, batch->sequence, program->executed, batch->results, answer->length);
		keeping_answered(program, batch->sequence, answer, batch->results);
		if (!breaks_put_before(batch, &answer)) {
			message_free(answer);
			batch_free(batch);
			program_protocol_error(program, "no memory to say what has changed");
			return;
		}
		if (batch_is_asked_by_post(batch))
			program_post_answer(program, batch, answer);
		else if (program->xhr && batch->way == BY_POST) /* of a page that has gone: the next one asks again */
			message_free(answer);
		else
			program_send(program, answer);
	}
	batch_free(batch);
	if (guest_exited(program->guest, &code))
		program_end(program, PROGRAM_END_EXIT, &code, NULL, CLOSE_DONE, "the program has ended");
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
	if (program->control && program->control != to) /* the page shows output that waits for changes, while the program computes */
		conn_send_frame(program->control, FRAME_ACK, body, sizeof body);
}

void dispatch_acknowledge_control(struct program *program)
{
	uint8_t body[4];

	codec_put_u32(body, program->executed);
	if (program->control)
		conn_send_frame(program->control, FRAME_ACK, body, sizeof body);
}

void dispatch_acknowledge_later(struct program *program, size_t bytes)
{
	program->unacknowledged_bytes += (uint32_t)bytes;
	if (program->unacknowledged_bytes >= ACK_BYTES)
		dispatch_acknowledge(program);
	else
		program_acknowledge_soon(program);
}
