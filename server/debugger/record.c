#include "record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "server/base/clock.h"

/* Tells equal bytes from different ones without showing them. Not for keeping secrets. */
static uint64_t data_hash(const uint8_t *bytes, size_t length, uint64_t key)
{
	const uint64_t odd = 0x9E3779B97F4A7C15u;
	uint64_t hash = key ^ length * odd, word = 0;

	for (; length >= 8; bytes += 8, length -= 8) {
		memcpy(&word, bytes, 8);
		hash = (hash ^ word) * odd;
		hash ^= hash >> 29;
	}
	word = 0;
	memcpy(&word, bytes, length);
	hash = (hash ^ word) * odd;
	return hash ^ hash >> 32;
}

static struct bytes bytes_of(const char *text, size_t length)
{
	return (struct bytes){ (const uint8_t *)text, (uint32_t)length };
}

/* Is what the call moves a file's, a stream's or a socket's contents? */
static bool gives_data(const struct call *call)
{
	uint16_t number = call->row->number;

	return number == SYSCALL_fd_read || number == SYSCALL_fd_pread || number == SYSCALL_sock_recv;
}

/* Names, handles, and the length of what it gives: all that the arguments say. */
static void arguments_take(struct record *record, const struct call *call)
{
	struct debug_call *to = &record->call;

	to->number = call->row->number;
	to->error = call->error;
	to->handle = to->handle2 = DEBUG_NONE;
	to->offset = to->value = DEBUG_NONE64;
	for (unsigned i = 0; call->row->takes[i]; i++) {
		const union call_arg *arg = &call->args[i];
		char letter = call->row->takes[i];

		if (letter == 'f' || letter == 'h')
			*(to->handle == DEBUG_NONE ? &to->handle : &to->handle2) = (uint32_t)arg->n;
		else if (letter == 'p')
			*(to->path.at ? &to->path2 : &to->path) = (struct bytes){ arg->bytes.at, arg->bytes.length };
		else if (letter == 'b' && call->row->number != SYSCALL_poll_oneoff)
			to->bytes_in = arg->bytes.length;
	}
	to->text = bytes_of(record->text, call_text(call, record->text, sizeof record->text));
}

static void data_take(struct debug_call *call, const uint8_t *bytes, size_t length, size_t moved, uint64_t hash_key)
{
	if (!moved)
		return;
	if (length == moved) {
		call->hash = data_hash(bytes, length, hash_key);
		call->flags |= DEBUG_CALL_HASH;
	}
	if (!length)
		return;
	call->data = (struct bytes){ bytes, length < DEBUG_DATA_MAX ? (uint32_t)length : DEBUG_DATA_MAX };
	call->flags |= DEBUG_CALL_DATA | (call->data.length < moved ? DEBUG_CALL_CUT : 0);
}

/* ---- done here ---- */

static void reply_take(struct debug_call *to, const struct call *call)
{
	const char *gives = call->row->gives;
	const uint8_t *reply = call->reply;
	uint32_t length = call->reply_length;

	if (gives[0] == 'w' && length >= 4) {
		to->value = codec_u32(reply);
		if (gives[1] == 'q' && length >= 12)
			to->offset = codec_u64(reply + 4);
		if (gives[1] == 'b') {
			reply += 4;
			length -= 4;
		}
	} else if (gives[0] == 'q' && length >= 8) {
		to->value = codec_u64(reply);
		if (to->number == SYSCALL_fd_seek || to->number == SYSCALL_fd_tell)
			to->offset = to->value;
	}
	if (strchr(gives, 'b')) {
		to->bytes_out = length;
		if (to->number == SYSCALL_fd_read && call->args[0].n > 2)
			to->offset = call->args[1].n + length;
	}
}

void record_of_bare(struct record *record, const struct finished *finished)
{
	const struct call *call = finished->call;
	struct debug_call *to = &record->call;
	uint64_t age = now_ns() - finished->started_ns;

	*to = (struct debug_call){ 0 };
	arguments_take(record, call);
	to->time_ns = clock_ns(CLOCK_REALTIME) - age;
	to->duration_ns = finished->ended_ns - finished->started_ns;
	to->index = finished->index;
	to->flags = (uint16_t)((call->flags & CALL_QUIET ? DEBUG_CALL_QUIET : 0) | (call->skipped ? DEBUG_CALL_SKIPPED : 0) |
	                       (finished->waited ? DEBUG_CALL_WAITED : 0));
	if (!call->skipped && call->reply_length)
		reply_take(to, call);
	to->result = bytes_of(record->result, call_text_result(call, record->result, sizeof record->result));
}

void record_of_finished(struct record *record, const struct finished *finished, uint64_t hash_key)
{
	const struct call *call = finished->call;
	struct debug_call *to = &record->call;

	record_of_bare(record, finished);
	if (call->skipped)
		return;
	if (to->bytes_out && gives_data(call))
		data_take(to, call->reply + call->reply_length - to->bytes_out, to->bytes_out, to->bytes_out, hash_key);
	if (to->bytes_in)
		for (unsigned i = 0; call->row->takes[i]; i++)
			if (call->row->takes[i] == 'b')
				data_take(to, call->args[i].bytes.at, to->bytes_in, to->bytes_in, hash_key);
}

/* ---- done in the page ---- */

void record_of_report(struct record *record, const struct report *report, const struct call *call, uint64_t realtime_offset_ns,
                      uint64_t hash_key)
{
	struct debug_call *to = &record->call;
	const char *gives = call->row->gives;
	bool has_value = !report->error && report->value != DEBUG_NONE64;

	*to = (struct debug_call){ 0 };
	arguments_take(record, call);
	to->time_ns = report->began_ns + realtime_offset_ns;
	to->duration_ns = report->took_ns;
	to->flags = (uint16_t)(DEBUG_CALL_LOCAL | (report->flags & REPORT_ASKED ? DEBUG_CALL_ASKED : 0));
	to->within = report->flags >> REPORT_WITHIN;
	to->offset = report->offset;
	if (has_value) {
		to->value = report->value;
		if (gives[0] == 'b')
			to->bytes_out = report->value < UINT32_MAX ? (uint32_t)report->value : UINT32_MAX;
	}
	data_take(to, report->data.at, report->data.length, gives[0] == 'b' ? to->bytes_out : to->bytes_in, hash_key);
	if (report->error)
		to->result = bytes_of(record->result, (size_t)snprintf(record->result, sizeof record->result, "= %s",
		                                                       errno_name(report->error)));
	else if (has_value)
		to->result = bytes_of(record->result, (size_t)snprintf(record->result, sizeof record->result,
		                                                       gives[0] == 'b' ? "= [%" PRIu64 " bytes]"
		                      : "= %" PRIu64, report->value));
	else
		to->result = bytes_of("= 0", 3);
}
