/* Frames of a program's page: stdin, the end, reports for debuggers, and batches on their way to dispatch.c. */
#include <stdlib.h>
#include <string.h>

#include "granting.h"
#include "hooks.h"
#include "keeping.h"
#include "program.h"
#include "recording.h"

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

	if (!length && !flags)
		return;
	if (!program_charge(program, length))
		return program_protocol_error(program, CONN_NO_ROOM);
	program->stdin_charged += length;
	program->stdin_pushed += length;
	debugger_hooks->stdin_fed(program, bytes, length);
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
	program->retry |= 1u << RETRY_STDIN;
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

/* ---- frames ---- */

static void take_stdin(struct program *program, struct conn *conn, const struct frame *frame)
{
	if (program->inherits_stdin)
		return program_protocol_error(program, "stdin is the gateway's own");
	if (program->stdin_pushed + frame->length - program->stdin_told > STDIN_UNTAKEN_MAX + program->stdin_injected)
		return program_protocol_error(program, "more stdin than the program has room for");
	program_stdin_take(program, frame->flags, frame->body, frame->length);
}

static void take_end(struct program *program, struct conn *conn, const struct frame *frame)
{
	char message[4096];
	uint32_t length = codec_u32(frame->body + 8);

	if (length > frame->length - 12)
		length = frame->length - 12;
	if (length > sizeof message - 1)
		length = sizeof message - 1;
	memcpy(message, frame->body + 12, length);
	message[length] = 0;
	program_end_after(program, codec_u32(frame->body + 4),
	                  codec_u32(frame->body) == END_TRAP ? PROGRAM_END_TRAP : PROGRAM_END_KILLED, length ? message : NULL);
}

/* The control connection is never paused, since an END may follow: its sender waits for acknowledgements instead. */
static bool control_batch_fits(struct program *program, const struct frame *frame)
{
	if (frame->flags & BATCH_WAIT && !program->split)
		program_protocol_error(program,
			"a call that is waited for on the control connection of a guest whose answers don't come there");
	else if (program->queue_bytes + frame->length > CONTROL_BYTES_MAX)
		program_end(program, PROGRAM_END_LOST, NULL, "too many bytes on the control connection", CLOSE_BOUND,
		            "too many bytes on the control connection");
	return !program->ending;
}

static void take_batch(struct program *program, struct conn *conn, const struct frame *frame)
{
	uint32_t sequence = codec_u32(frame->body);
	struct message *again;

	if (conn->is_control && !control_batch_fits(program, frame))
		return;
	if (sequence <= conn->last_sequence)
		return program_protocol_error(program, "a sequence number that doesn't grow");
	conn->last_sequence = sequence;
	if (keeping_repeats(program, frame, &again)) {
		if (again)
			program_send(program, again);
		return;
	}
	dispatch_batch(program, frame, conn->is_control ? BY_CONTROL : BY_DATA);
}

static void take_report(struct program *program, struct conn *conn, const struct frame *frame)
{
	if (!debugger_hooks->report(program, frame))
		program_protocol_error(program, "a report that doesn't fit its fields");
}

static void take_console(struct program *program, struct conn *conn, const struct frame *frame)
{
	if (!debugger_hooks->console(program, frame))
		program_protocol_error(program, "a console's text that doesn't fit its fields");
}

static void take_memory(struct program *program, struct conn *conn, const struct frame *frame)
{
	if (!debugger_hooks->memory(program, frame))
		program_protocol_error(program, "a part of memory that doesn't fit its fields");
}

static void take_ask(struct program *program, struct conn *conn, const struct frame *frame)
{
	granting_ask(program, frame);
}

static void take_record(struct program *program, struct conn *conn, const struct frame *frame)
{
	if (frame->flags & RECORD_KEPT)
		keeping_take(program, frame);
	else
		recording_take(program, frame);
}

/* What a page may send once it has a program. A new frame is a row here, and its function. */
static const struct frame_row {
	void (*take)(struct program *program, struct conn *conn, const struct frame *frame);
	uint32_t least;        /* bytes of its body */
	const char *too_short; /* the close reason for a page that sends fewer bytes */
} rows[] = {
	[FRAME_BATCH] = { take_batch, 8, "a batch without its head, or with too many calls" },
	[FRAME_STDIN] = { take_stdin, 0, NULL },
	[FRAME_END] = { take_end, 12, "an end that doesn't fit its fields" },
	[FRAME_REPORT] = { take_report, 0, NULL },
	[FRAME_MEMORY] = { take_memory, 24, "a part of memory that doesn't fit its fields" },
	[FRAME_CONSOLE] = { take_console, 8, "a console's text that doesn't fit its fields" },
	[FRAME_ASK] = { take_ask, 8, "a question for a folder that doesn't fit its fields" },
	[FRAME_RECORD] = { take_record, 1, "an empty part of a recording" },
};

void program_frame(struct conn *conn, const struct frame *frame)
{
	const struct frame_row *row = frame->type < sizeof rows / sizeof *rows ? &rows[frame->type] : NULL;

	if (!conn->program && frame->type == FRAME_HELLO)
		program_hello(conn, frame);
	else if (!conn->program)
		conn_close(conn, CLOSE_PROTOCOL, "the first frame isn't a hello");
	else if (!row || !row->take)
		program_protocol_error(conn->program, "an unknown frame");
	else if (frame->length < row->least)
		program_protocol_error(conn->program, row->too_short);
	else
		row->take(conn->program, conn, frame);
}
