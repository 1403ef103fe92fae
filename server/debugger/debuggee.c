#include "debuggee.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/digest.h"
#include "server/auth/sessions.h"
#include "server/program/hooks.h"
#include "feed.h"
#include "record.h"

enum { BORN_XHR = 1, BORN_SPLIT = 2, BORN_BEFORE = 4 };

/* Calls are done on workers too. Under the lock: every program's `watched`, and what is in it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t hash_key;

struct message *watch_message(enum watch_frame type, uint8_t flags, uint16_t count, size_t length)
{
	struct message *message = message_new(FRAME_HEAD + length);

	if (!message)
		return NULL;
	codec_put_frame(message->bytes, (enum frame_type)type, flags, count, FRAME_HEAD + length);
	message->length = FRAME_HEAD + length;
	return message;
}

void watched_lock(void)
{
	pthread_mutex_lock(&lock);
}

void watched_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

/* ---- calls ---- */

/* What the program wrote to its terminal is shown as such, whoever takes it. */
static void mirror(uint32_t program, const struct call *call, const uint8_t *bytes, uint64_t wrote)
{
	if (call->row->number == SYSCALL_fd_write && (call->args[0].n == 1 || call->args[0].n == 2) && !call->error && bytes)
		feed_output(program, (uint32_t)call->args[0].n, bytes, (size_t)wrote);
}

static void call_done(struct tap *tap, const struct tapped *tapped)
{
	const struct call *call = tapped->call;
	const struct watch_handle *changed;
	struct watched *watched;
	struct record record;

	pthread_mutex_lock(&lock);
	watched = tapped->program->watched;
	if (watched) {
		record_of_tapped(&record, tapped, hash_key);
		record.call.program = tapped->program->id;
		record.call.ordinal = ++watched->ordinal;
		record.call.batch = tapped->batch->sequence;
		if (tapped->batch->arrived_ns && tapped->batch->arrived_ns < tapped->started_ns)
			record.call.queue_ns = tapped->started_ns - tapped->batch->arrived_ns;
		feed_call(&record.call);
		stop_look_after(watched, tapped->batch, &record.call);
		changed = handles_call(&watched->handles, call, record.call.ordinal);
		if (changed)
			feed_handle(tapped->program->id, changed);
		handles_offset(&watched->handles, record.call.handle, record.call.offset);
		if (!call->skipped && call->row->number == SYSCALL_fd_write && call->reply_length >= 4)
			mirror(tapped->program->id, call, call->args[2].bytes.at, codec_u32(call->reply));
	}
	pthread_mutex_unlock(&lock);
}

static struct tap tap = { .call_done = call_done };

/* ---- what the page tells ---- */

bool watch_report(struct program *program, const struct frame *frame)
{
	uint64_t realtime_offset = codec_clock_ns(CLOCK_REALTIME) - codec_clock_ns(CLOCK_MONOTONIC);
	const uint8_t *at, *end;
	uint32_t left_out;
	bool good = report_head(frame, &left_out, &at, &end);

	pthread_mutex_lock(&lock);
	if (good && program->watched && left_out)
		feed_left_out(left_out);
	for (unsigned i = 0; good && i < frame->count; i++) {
		struct record record;
		struct report report;
		struct call call;

		good = report_next(&at, end, &report);
		if (!good || !program->watched)
			continue;
		if (report.flags & REPORT_WAITED) {
			feed_times(program->id, (uint32_t)report.value, report.number, report.took_ns > report.offset ? report.took_ns - report.offset : 0,
			           report.offset);
			continue;
		}
		good = report_call(&report, &call);
		if (!good)
			continue;
		record_of_report(&record, &report, &call, realtime_offset, hash_key);
		record.call.program = program->id;
		record.call.ordinal = ++program->watched->ordinal;
		mirror(program->id, &call, report.data.at, report.data.length);
		feed_call(&record.call);
		handles_offset(&program->watched->handles, record.call.handle, record.call.offset);
	}
	pthread_mutex_unlock(&lock);
	return good && at == end;
}

bool watch_console(struct program *program, const struct frame *frame)
{
	if (frame->length < 8 || codec_u32(frame->body + 4) != frame->length - 8)
		return false;
	if (program->watched)
		feed_console(program->id, codec_u32(frame->body), frame->body + 8, frame->length - 8);
	return true;
}

/* ---- what the page is told ---- */

uint32_t watch_mode(const struct program *program)
{
	return !program->watched ? 0 : program->watched->controller ? 2 : 1;
}

void watched_tell_page(struct program *program)
{
	uint8_t body[12];
	struct message *message;

	if (program->ending)
		return;
	codec_put_u32(codec_put_u32(codec_put_u32(body, watch_mode(program)), program->stands), program->watched && watch_shows_data());
	message = watch_message((enum watch_frame)FRAME_WATCH, 0, 0, sizeof body);
	if (!message)
		return;
	memcpy(message->bytes + FRAME_HEAD, body, sizeof body);
	program_send(program, message); /* where its answers go; the page's own thread hears it by the control connection */
	if (program->control && !program->split)
		conn_send_frame(program->control, FRAME_WATCH, body, sizeof body);
}

/* ---- programs ---- */

static uint8_t *put_text(uint8_t *at, const char *text)
{
	return codec_put_string(at, text, strlen(text));
}

/* PROGRAM. args and environment are asked of the guest, so nobody else may use it now. */
static struct message *announcement_new(struct program *program, bool was_before)
{
	const struct session *session = program->session;
	size_t length = 20 + 12 + strlen(program->name) + strlen(session->address) + strlen(session->browser);
	struct message *message = watch_message(WATCH_PROGRAM, 0, 0, length);
	uint64_t age = codec_clock_ns(CLOCK_MONOTONIC) - program->born_ns;
	uint8_t *at;

	if (!message)
		return NULL;
	at = codec_put_u32(message->bytes + FRAME_HEAD, program->id);
	at = codec_put_u32(at, session->id);
	at = codec_put_u64(at, codec_clock_ns(CLOCK_REALTIME) - age);
	at = codec_put_u32(at, (program->xhr ? BORN_XHR : 0) | (program->split ? BORN_SPLIT : 0) | (was_before ? BORN_BEFORE : 0));
	at = put_text(at, program->name);
	at = put_text(at, session->address);
	put_text(at, session->browser);
	if (!program_put_words(&message, program)) {
		message_free(message);
		return NULL;
	}
	codec_put_frame(message->bytes, (enum frame_type)WATCH_PROGRAM, 0, 0, message->length);
	return message;
}

static struct watched *watched_new(struct program *program, bool was_before)
{
	static struct guest_handle handle; /* on the loop's thread, and large */
	struct watched *watched = calloc(1, sizeof *watched);
	uint32_t at = 0;

	if (!watched)
		return NULL;
	watched->program = program;
	watched->announcement = announcement_new(program, was_before);
	if (!watched->announcement) {
		free(watched);
		return NULL;
	}
	while (guest_handle_next(program->guest, &at, &handle))
		handles_add(&watched->handles, &handle);
	pthread_mutex_lock(&lock);
	program->watched = watched;
	pthread_mutex_unlock(&lock);
	return watched;
}

static void watched_forget(struct program *program)
{
	struct watched *watched = program->watched;

	pthread_mutex_lock(&lock);
	program->watched = NULL;
	pthread_mutex_unlock(&lock);
	if (!watched)
		return;
	handles_clear(&watched->handles);
	message_free(watched->announcement);
	free(watched);
}

void watched_start(void)
{
	if (!hash_key)
		secret_bytes(&hash_key, sizeof hash_key);
	tap_add(&tap);
}

void watched_stop(void)
{
	tap_remove(&tap);
	for (struct program *program = programs_first(); program; program = program->next) {
		if (!program->watched)
			continue;
		watched_forget(program);
		watched_tell_page(program);
	}
}

void watched_look(void told(struct watched *watched))
{
	for (struct program *program = programs_first(); program; program = program->next) {
		struct watched *watched;

		if (program->watched || program->ending || program->busy || !program->guest)
			continue;
		watched = watched_new(program, true);
		if (!watched)
			continue;
		watched_tell_page(program);
		told(watched);
	}
}

struct message *watched_snapshot(const struct watched *watched)
{
	struct message *message;
	uint16_t count = 0;
	size_t length = 4;
	uint8_t *at;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < watched->handles.count; i++)
		if (watched->handles.slots[i].flags & WATCH_HANDLE_OPEN)
			length += watch_handle_size(&watched->handles.slots[i]);
	message = watch_message(WATCH_HANDLES, 1, 0, length);
	if (message) {
		at = codec_put_u32(message->bytes + FRAME_HEAD, watched->program->id);
		for (size_t i = 0; i < watched->handles.count; i++)
			if (watched->handles.slots[i].flags & WATCH_HANDLE_OPEN) {
				at = watch_handle_put(at, &watched->handles.slots[i]);
				count++;
			}
		codec_put_frame(message->bytes, (enum frame_type)WATCH_HANDLES, 1, count, message->length);
	}
	pthread_mutex_unlock(&lock);
	return message;
}

/* ---- what happens to them ---- */

void watch_program_began(struct program *program)
{
	struct watched *watched = tap_current && tap_is_on(&tap) ? watched_new(program, false) : NULL;
	struct message *snapshot;

	if (!watched)
		return;
	watch_flush();
	watch_broadcast(watched->announcement);
	snapshot = watched_snapshot(watched);
	if (snapshot)
		watch_broadcast(snapshot);
	message_free(snapshot);
	if (watch_starter()) {
		stop_control(watched, watch_starter());
		stop_at_start(watched);
	}
	watch_state(watched);
}

void watch_program_ended(struct program *program)
{
	static const uint32_t reasons[] = {
		[GUEST_END_EXIT] = 0, [GUEST_END_TRAP] = 1, [GUEST_END_KILLED] = 2, [GUEST_END_GONE] = 3, [GUEST_END_LOST] = 4,
	};
	const char *text = program->end_message ? program->end_message : "";
	struct message *message;
	uint8_t *at;

	if (!program->watched)
		return;
	watched_forget(program);
	watch_flush();
	message = watch_message(WATCH_ENDED, 0, 0, 4 * 4 + 8 + 4 + strlen(text));
	if (!message)
		return;
	at = codec_put_u32(message->bytes + FRAME_HEAD, program->id);
	at = codec_put_u32(at, reasons[program->end_reason]);
	at = codec_put_u32(at, program->end_has_code);
	at = codec_put_u32(at, program->end_code);
	at = codec_put_u64(at, codec_clock_ns(CLOCK_REALTIME));
	put_text(at, text);
	watch_broadcast(message);
	message_free(message);
}

void watch_stdin(struct program *program, const uint8_t *bytes, size_t length)
{
	if (program->watched && length)
		feed_output(program->id, 0, bytes, length);
}
