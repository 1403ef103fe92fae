#include "before.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "server/program/hooks.h"
#include "internal.h"
#include "record.h"

enum { BEFORE_CALLS = 100, BEFORE_NAMES = 160, BEFORE_REPLY = sizeof(wasi_filestat_t) };

struct before_call {
	uint64_t arrived_ns, started_ns, ended_ns;
	uint64_t args[SYSCALL_ARGS_MAX]; /* numbers; of paths and bytes the length */
	const struct syscall *row;
	uint32_t batch, reply_length;
	uint16_t error, index;
	uint8_t flags;
	bool skipped, waited;
	uint8_t reply[BEFORE_REPLY];
	uint8_t names[BEFORE_NAMES];     /* paths, and what a poll names, one after the other */
};

struct before {
	unsigned count, next;
	struct before_call calls[BEFORE_CALLS];
};

/* Workers run calls too. Under the lock: every program's `before`. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- kept ---- */

static bool is_shown(const struct call *call, char letter) { return letter == 'p' || (letter == 'b' &&
	call->row->number == SYSCALL_poll_oneoff); }

static void keep(struct before_call *kept, const struct finished *finished)
{
	const struct call *call = finished->call;
	size_t room = sizeof kept->names;

	kept->arrived_ns = finished->batch->arrived_ns;
	kept->started_ns = finished->started_ns;
	kept->ended_ns = finished->ended_ns;
	kept->row = call->row;
	kept->batch = finished->batch->sequence;
	kept->error = call->error;
	kept->index = finished->index;
	kept->flags = (uint8_t)call->flags;
	kept->skipped = call->skipped;
	kept->waited = finished->waited;
	kept->reply_length = call->skipped ? 0 : call->reply_length;
	if (kept->reply_length)
		memcpy(kept->reply, call->reply, kept->reply_length < sizeof kept->reply ? kept->reply_length : sizeof kept->reply);
	for (unsigned i = 0; call->row->takes[i]; i++) {
		char letter = call->row->takes[i];
		size_t length = letter == 'p' || letter == 'b' ? call->args[i].bytes.length : 0;

		kept->args[i] = letter == 'p' || letter == 'b' ? length : call->args[i].n;
		if (!is_shown(call, letter))
			continue;
		length = length < room ? length : room;
		if (length)
			memcpy(kept->names + sizeof kept->names - room, call->args[i].bytes.at, length);
		room -= length;
	}
}

static void call_done(struct hook *hook, const struct finished *finished)
{
	struct program *program = finished->batch->program;
	struct before *before;

	pthread_mutex_lock(&lock);
	if (!program->before)
		program->before = calloc(1, sizeof *program->before);
	before = program->before;
	if (before) {
		keep(&before->calls[before->next], finished);
		before->next = (before->next + 1) % BEFORE_CALLS;
		before->count += before->count < BEFORE_CALLS;
	}
	pthread_mutex_unlock(&lock);
}

/* ---- told ---- */

/* The call as it was; of bytes that weren't kept the length alone. */
static void recall(const struct before_call *kept, struct call *call)
{
	size_t used = 0;

	*call = (struct call){ .row = kept->row, .error = kept->error, .skipped = kept->skipped, .flags = kept->flags };
	call->reply = (uint8_t *)kept->reply;
	/* sockets' results are shown by what is in them */
	call->reply_length = kept->row->number >= SYSCALL_sock_open && kept->reply_length > sizeof kept->reply ?
		(uint32_t)sizeof kept->reply : kept->reply_length;
	for (unsigned i = 0; kept->row->takes[i]; i++) {
		char letter = kept->row->takes[i];
		size_t length = (size_t)kept->args[i];

		if (letter != 'p' && letter != 'b') {
			call->args[i].n = kept->args[i];
			continue;
		}
		call->args[i].bytes.at = NULL;
		if (is_shown(call, letter)) {
			length = length < sizeof kept->names - used ? length : sizeof kept->names - used;
			call->args[i].bytes.at = kept->names + used;
			used += length;
		}
		call->args[i].bytes.length = (uint32_t)length;
	}
}

/* One row, as it would have been told then. */
static void record_of_before(struct record *record, struct program *program, const struct before_call *kept)
{
	struct batch batch = { .program = program, .sequence = kept->batch };
	struct call call;
	const struct finished finished = { program, &batch, kept->index, kept->waited, &call, kept->started_ns, kept->ended_ns };

	recall(kept, &call);
	record_of_bare(record, &finished);
	record->call.program = program->id;
	record->call.batch = kept->batch;
	record->call.flags |= DEBUG_CALL_BEFORE;
	if (kept->arrived_ns && kept->arrived_ns < kept->started_ns)
		record->call.queue_ns = kept->started_ns - kept->arrived_ns;
}

struct message *before_frame(struct program *program)
{
	struct message *message = debugger_message(DEBUG_CALLS, 0, 0, 0);
	const struct before *before;
	static struct record record; /* on the loop's thread, and large */
	uint16_t count = 0;

	pthread_mutex_lock(&lock);
	before = program->before;
	for (unsigned i = 0; message && before && i < before->count; i++) {
		unsigned at = (before->next + BEFORE_CALLS - before->count + i) % BEFORE_CALLS;
		size_t size;

		record_of_before(&record, program, &before->calls[at]);
		size = debug_call_size(&record.call);
		if (!message_reserve(&message, size))
			break;
		debug_call_put(message->bytes + message->length, &record.call);
		message->length += size;
		count++;
	}
	pthread_mutex_unlock(&lock);
	if (message && count) {
		codec_put_frame(message->bytes, (enum frame_type)DEBUG_CALLS, 0, count, message->length);
		return message;
	}
	message_free(message);
	return NULL;
}

void before_forget(struct program *program)
{
	pthread_mutex_lock(&lock);
	free(program->before);
	program->before = NULL;
	pthread_mutex_unlock(&lock);
}

static struct hook hook = { .call_done = call_done };

void before_start(void)
{
	hook_add(&hook);
}
