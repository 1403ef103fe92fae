/* Programs while a debugger is attached: what their calls and their pages report, their handles, their beginning and end. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/clock.h"
#include "server/base/digest.h"
#include "server/auth/sessions.h"
#include "server/program/hooks.h"
#include "before.h"
#include "feed.h"
#include "internal.h"
#include "record.h"

enum { BORN_XHR = 1, BORN_SPLIT = 2, BORN_BEFORE = 4 };

/* Workers run calls too. Under the lock: every program's `debuggee`, and what is in it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t hash_key;

void debuggee_lock(void)
{
	pthread_mutex_lock(&lock);
}

void debuggee_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

/* ---- calls ---- */

/* What the program wrote to its terminal is shown as output, whether page or gateway prints it. */
static void mirror(uint32_t program, const struct call *call, const uint8_t *bytes, uint64_t wrote)
{
	if (call->row->number == SYSCALL_fd_write && (call->args[0].n == 1 || call->args[0].n == 2) && !call->error && bytes)
		feed_output(program, (uint32_t)call->args[0].n, bytes, (size_t)wrote);
}

static void call_done(struct hook *hook, const struct finished *finished)
{
	const struct call *call = finished->call;
	const struct debug_handle *changed;
	struct debuggee *debuggee;
	struct record record;

	pthread_mutex_lock(&lock);
	debuggee = finished->program->debuggee;
	if (debuggee) {
		record_of_finished(&record, finished, hash_key);
		record.call.program = finished->program->id;
		record.call.ordinal = ++debuggee->ordinal;
		record.call.batch = finished->batch->sequence;
		if (finished->batch->arrived_ns && finished->batch->arrived_ns < finished->started_ns)
			record.call.queue_ns = finished->started_ns - finished->batch->arrived_ns -
				stop_held_ns(debuggee, finished->batch->arrived_ns, finished->started_ns);
		feed_call(&record.call);
		stop_look_after(debuggee, finished->batch, &record.call);
		changed = handles_call(&debuggee->handles, call, record.call.ordinal);
		if (changed)
			feed_handle(finished->program->id, changed);
		handles_offset(&debuggee->handles, record.call.handle, record.call.offset);
		if (!call->skipped && call->row->number == SYSCALL_fd_write && call->reply_length >= 4)
			mirror(finished->program->id, call, call->args[2].bytes.at, codec_u32(call->reply));
	}
	pthread_mutex_unlock(&lock);
}

static struct hook hook = { .call_done = call_done };

/* ---- what the page tells ---- */

bool debuggee_report(struct program *program, const struct frame *frame)
{
	uint64_t realtime_offset = clock_ns(CLOCK_REALTIME) - now_ns();
	const uint8_t *at, *end;
	uint32_t left_out;
	bool good = report_head(frame, &left_out, &at, &end);

	pthread_mutex_lock(&lock);
	if (good && program->debuggee && left_out)
		feed_left_out(left_out);
	for (unsigned i = 0; good && i < frame->count; i++) {
		struct record record;
		struct report report;
		struct call call;

		good = report_next(&at, end, &report);
		if (!good || !program->debuggee)
			continue;
		if (report.flags & REPORT_WAITED) {
			uint64_t held = stop_held_ns(program->debuggee, report.began_ns, report.began_ns + report.took_ns);

			feed_times(program->id, (uint32_t)report.value, report.number, report.flags >> REPORT_WITHIN,
			           report.took_ns > report.offset ? report.took_ns - report.offset : 0,
			           report.offset > held ? report.offset - held : 0);
			continue;
		}
		good = report_call(&report, &call);
		if (!good)
			continue;
		record_of_report(&record, &report, &call, realtime_offset, hash_key);
		record.call.program = program->id;
		record.call.ordinal = ++program->debuggee->ordinal;
		mirror(program->id, &call, report.data.at, report.data.length);
		feed_call(&record.call);
		handles_offset(&program->debuggee->handles, record.call.handle, record.call.offset);
	}
	pthread_mutex_unlock(&lock);
	return good && at == end;
}

bool debuggee_console(struct program *program, const struct frame *frame)
{
	if (frame->length < 8 || codec_u32(frame->body + 4) != frame->length - 8)
		return false;
	if (program->debuggee)
		feed_console(program->id, codec_u32(frame->body), frame->body + 8, frame->length - 8);
	return true;
}

/* ---- what the page is told ---- */

uint32_t debuggee_mode(const struct program *program)
{
	return !program->debuggee ? 0 : program->debuggee->controller ? 2 : 1;
}

void debuggee_tell_page(struct program *program)
{
	uint8_t body[12];
	struct message *message;

	if (program->ending)
		return;
	codec_put_u32(codec_put_u32(codec_put_u32(body, debuggee_mode(program)), program->stands), program->debuggee &&
	              debugger_shows_data());
	message = debugger_message((enum debug_frame)FRAME_WATCH, 0, 0, sizeof body);
	if (!message)
		return;
	memcpy(message->bytes + FRAME_HEAD, body, sizeof body);
	program_send(program, message); /* where its answers go; the page's thread learns it by the control connection */
	if (program->control && !program->split)
		conn_send_frame(program->control, FRAME_WATCH, body, sizeof body);
}

/* ---- programs ---- */

static uint8_t *put_text(uint8_t *at, const char *text)
{
	return codec_put_string(at, text, strlen(text));
}

/* PROGRAM. Its arguments and environment come from the guest, which nothing else may use now. */
static struct message *announcement_new(struct program *program, bool was_before)
{
	const struct session *session = program->session;
	size_t length = 20 + 12 + strlen(program->name) + strlen(session->address) + strlen(session->browser);
	struct message *message = debugger_message(DEBUG_PROGRAM, 0, 0, length);
	uint64_t age = now_ns() - program->born_ns;
	uint8_t *at;

	if (!message)
		return NULL;
	at = codec_put_u32(message->bytes + FRAME_HEAD, program->id);
	at = codec_put_u32(at, session->id);
	at = codec_put_u64(at, clock_ns(CLOCK_REALTIME) - age);
	at = codec_put_u32(at, (program->xhr ? BORN_XHR : 0) | (program->split ? BORN_SPLIT : 0) | (was_before ? BORN_BEFORE : 0));
	at = put_text(at, program->name);
	at = put_text(at, session->address);
	put_text(at, session->browser);
	if (!program_put_words(&message, program)) {
		message_free(message);
		return NULL;
	}
	codec_put_frame(message->bytes, (enum frame_type)DEBUG_PROGRAM, 0, 0, message->length);
	return message;
}

static struct debuggee *debuggee_new(struct program *program, bool was_before)
{
	static struct guest_handle handle; /* on the loop's thread, and large */
	struct debuggee *debuggee = calloc(1, sizeof *debuggee);
	uint32_t at = 0;

	if (!debuggee)
		return NULL;
	debuggee->program = program;
	debuggee->announcement = announcement_new(program, was_before);
	if (!debuggee->announcement) {
		free(debuggee);
		return NULL;
	}
	while (guest_handle_next(program->guest, &at, &handle))
		handles_add(&debuggee->handles, &handle);
	pthread_mutex_lock(&lock);
	program->debuggee = debuggee;
	pthread_mutex_unlock(&lock);
	return debuggee;
}

static void debuggee_forget(struct program *program)
{
	struct debuggee *debuggee = program->debuggee;

	pthread_mutex_lock(&lock);
	program->debuggee = NULL;
	pthread_mutex_unlock(&lock);
	if (!debuggee)
		return;
	handles_clear(&debuggee->handles);
	message_free(debuggee->announcement);
	free(debuggee);
}

void debuggee_start(void)
{
	if (!hash_key)
		secret_bytes(&hash_key, sizeof hash_key);
	hook_add(&hook);
}

void debuggee_stop(void)
{
	hook_remove(&hook);
	for (struct program *program = programs_first(); program; program = program->next) {
		if (!program->debuggee)
			continue;
		debuggee_forget(program);
		debuggee_tell_page(program);
	}
}

void debuggee_look(void told(struct debuggee *debuggee))
{
	for (struct program *program = programs_first(); program; program = program->next) {
		struct debuggee *debuggee;

		if (program->debuggee || program->ending || program->busy || !program->guest)
			continue;
		debuggee = debuggee_new(program, true);
		if (!debuggee)
			continue;
		debuggee_tell_page(program);
		told(debuggee);
	}
}

struct message *debuggee_snapshot(const struct debuggee *debuggee)
{
	struct message *message;
	uint16_t count = 0;
	size_t length = 4;
	uint8_t *at;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < debuggee->handles.count; i++)
		if (debuggee->handles.slots[i].flags & DEBUG_HANDLE_OPEN)
			length += debug_handle_size(&debuggee->handles.slots[i]);
	message = debugger_message(DEBUG_HANDLES, 1, 0, length);
	if (message) {
		at = codec_put_u32(message->bytes + FRAME_HEAD, debuggee->program->id);
		for (size_t i = 0; i < debuggee->handles.count; i++)
			if (debuggee->handles.slots[i].flags & DEBUG_HANDLE_OPEN) {
				at = debug_handle_put(at, &debuggee->handles.slots[i]);
				count++;
			}
		codec_put_frame(message->bytes, (enum frame_type)DEBUG_HANDLES, 1, count, message->length);
	}
	pthread_mutex_unlock(&lock);
	return message;
}

/* ---- what happens to them ---- */

void debuggee_program_began(struct program *program)
{
	struct debuggee *debuggee = hooks_first && hook_is_on(&hook) ? debuggee_new(program, false) : NULL;
	struct message *snapshot;

	if (!debuggee)
		return;
	outlet_flush();
	outlet_broadcast(debuggee->announcement);
	snapshot = debuggee_snapshot(debuggee);
	if (snapshot)
		outlet_broadcast(snapshot);
	message_free(snapshot);
	sockets_all(NULL, program);
	if (debugger_starter()) {
		stop_control(debuggee, debugger_starter());
		stop_at_start(debuggee);
	}
	outlet_state_all(debuggee);
}

void debuggee_program_ended(struct program *program)
{
	static const uint32_t reasons[] = {
		[PROGRAM_END_EXIT] = 0, [PROGRAM_END_TRAP] = 1, [PROGRAM_END_KILLED] = 2, [PROGRAM_END_GONE] = 3, [PROGRAM_END_LOST] = 4,
		[PROGRAM_END_CHANGE_LOST] = 5,
	};
	const char *text = program->end_message ? program->end_message : "";
	struct message *message;
	uint8_t *at;

	before_forget(program);
	if (!program->debuggee)
		return;
	debuggee_forget(program);
	outlet_flush();
	message = debugger_message(DEBUG_ENDED, 0, 0, 4 * 4 + 8 + 4 + strlen(text));
	if (!message)
		return;
	at = codec_put_u32(message->bytes + FRAME_HEAD, program->id);
	at = codec_put_u32(at, reasons[program->end_reason]);
	at = codec_put_u32(at, program->end_has_code);
	at = codec_put_u32(at, program->end_code);
	at = codec_put_u64(at, clock_ns(CLOCK_REALTIME));
	put_text(at, text);
	outlet_broadcast(message);
	message_free(message);
}

void debuggee_stdin(struct program *program, const uint8_t *bytes, size_t length)
{
	if (program->debuggee && length)
		feed_output(program->id, 0, bytes, length);
}
