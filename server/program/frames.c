/* What a program's page says beside its calls: stdin, the end, reports for who watches; and the way of its batches to dispatch.c. */
#include <stdlib.h>
#include <string.h>

#include "server/debugger/debugger.h"
#include "program.h"

enum { CONTROL_BYTES_MAX = 8 << 20 };

static void stdin_feed(struct program *program, uint8_t flags, const uint8_t *bytes, size_t length)
{
	if (length)
		guest_stdin_push(program->guest, bytes, length);
	if (flags & STDIN_MARK)
		guest_stdin_mark(program->guest);
	if (flags & STDIN_EOF)
		guest_stdin_close(program->guest);
}

void program_stdin_take(struct program *program, uint8_t flags, const uint8_t *bytes, size_t length)
{
	struct message *held;

	program->stdin_pushed += length;
	debugger_stdin(program, bytes, length);
	if (!program->busy) {
		stdin_feed(program, flags, bytes, length);
		dispatch_retry(program, RETRY_STDIN);
		return;
	}
	held = message_new(1 + length);
	if (!held)
		return program_protocol_error(program, "no memory for stdin");
	held->bytes[0] = flags;
	memcpy(held->bytes + 1, bytes, length);
	held->length = 1 + length;
	*program->stdin_held_tail = held;
	program->stdin_held_tail = &held->next;
	program->retry = true;
}

void program_stdin_flush(struct program *program)
{
	while (program->stdin_held) {
		struct message *held = program->stdin_held;

		program->stdin_held = held->next;
		stdin_feed(program, held->bytes[0], held->bytes + 1, held->length - 1);
		message_free(held);
	}
	program->stdin_held_tail = &program->stdin_held;
}

void program_stdin(struct program *program, uint8_t flags, const uint8_t *bytes, size_t length)
{
	if (program->inherits_stdin || program->stdin_pushed + length - program->stdin_told > STDIN_UNTAKEN_MAX)
		return;
	program->stdin_injected += length; /* the page counts its own alone */
	program_stdin_take(program, flags, bytes, length);
}

static void frame_stdin(struct program *program, const struct frame *frame)
{
	if (program->inherits_stdin)
		return program_protocol_error(program, "stdin is the gateway's own");
	if (program->stdin_pushed + frame->length - program->stdin_told > STDIN_UNTAKEN_MAX + program->stdin_injected)
		return program_protocol_error(program, "more stdin than the program has room for");
	program_stdin_take(program, frame->flags, frame->body, frame->length);
}

static void frame_end(struct program *program, const struct frame *frame)
{
	char message[4096];
	uint32_t length;

	if (frame->length < 12)
		return program_protocol_error(program, "an end that doesn't fit its fields");
	length = codec_u32(frame->body + 8);
	if (length > frame->length - 12)
		length = frame->length - 12;
	if (length > sizeof message - 1)
		length = sizeof message - 1;
	memcpy(message, frame->body + 12, length);
	message[length] = 0;
	program_end_after(program, codec_u32(frame->body + 4), codec_u32(frame->body) == END_TRAP ? PROGRAM_END_TRAP : PROGRAM_END_KILLED,
	                  length ? message : NULL);
}

/* It can't be paused, since an END may follow: who sends there minds what was acknowledged. */
static bool control_batch_fits(struct program *program, const struct frame *frame)
{
	if (frame->flags & BATCH_WAIT && !program->split)
		program_protocol_error(program, "a call that is waited for on the control connection of a guest whose answers don't come there");
	else if (program->queue_bytes + frame->length > CONTROL_BYTES_MAX)
		program_end(program, PROGRAM_END_LOST, NULL, "too many bytes on the control connection", CLOSE_BOUND, "too many bytes on the control connection");
	return !program->ending;
}

void program_frame(struct program *program, struct conn *conn, const struct frame *frame)
{
	switch (frame->type) {
	case FRAME_BATCH:
		if (conn->is_control && !control_batch_fits(program, frame))
			return;
		if (frame->length >= 4 && codec_u32(frame->body) <= conn->last_sequence)
			return program_protocol_error(program, "a sequence number that doesn't grow");
		if (frame->length >= 4)
			conn->last_sequence = codec_u32(frame->body);
		return dispatch_batch(program, frame, conn->is_control ? BY_CONTROL : BY_DATA);
	case FRAME_STDIN:
		return frame_stdin(program, frame);
	case FRAME_REPORT:
		if (!debugger_report(program, frame))
			program_protocol_error(program, "a report that doesn't fit its fields");
		return;
	case FRAME_CONSOLE:
		if (!debugger_console(program, frame))
			program_protocol_error(program, "a console's text that doesn't fit its fields");
		return;
	case FRAME_END:
		return frame_end(program, frame);
	default:
		return program_protocol_error(program, "an unknown frame");
	}
}
