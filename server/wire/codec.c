#include "codec.h"

#include <string.h>
#include <time.h>

#include "wasi/host.h"

uint32_t codec_u32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof value);
	return value;
}

uint64_t codec_u64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof value);
	return value;
}

static uint16_t u16_at(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof value);
	return value;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the wire is little endian, and read by memcpy");

bool codec_frame_next(const uint8_t **at, const uint8_t *end, struct frame *frame)
{
	size_t left = (size_t)(end - *at);
	uint32_t length;

	if (left < FRAME_HEAD)
		return false;
	length = codec_u32(*at);
	if (length < FRAME_HEAD || length > left)
		return false;
	frame->type = (*at)[4];
	frame->flags = (*at)[5];
	frame->count = u16_at(*at + 6);
	frame->body = *at + FRAME_HEAD;
	frame->length = length - FRAME_HEAD;
	*at += length;
	return true;
}

/* ---- batches and calls ---- */

bool codec_batch(const struct frame *frame, uint32_t *sequence, uint32_t *seen, const uint8_t **at, const uint8_t **end)
{
	if (frame->length < 8)
		return false;
	*sequence = codec_u32(frame->body);
	*seen = codec_u32(frame->body + 4);
	*at = frame->body + 8;
	*end = frame->body + frame->length;
	return true;
}

static bool call_args(struct call *call, const uint8_t *at, const uint8_t *end)
{
	union call_arg *arg = call->args;

	for (const char *letter = call->row->takes; *letter; letter++, arg++) {
		size_t left = (size_t)(end - at);

		switch (*letter) {
		case 'q':
			if (left < 8)
				return false;
			arg->n = codec_u64(at);
			at += 8;
			break;
		case 'p':
		case 'b':
			if (left < 4 || left - 4 < codec_u32(at))
				return false;
			arg->bytes.length = codec_u32(at);
			arg->bytes.at = at + 4;
			at += 4 + arg->bytes.length;
			break;
		default:
			if (left < 4)
				return false;
			arg->n = codec_u32(at);
			at += 4;
		}
	}
	return at == end;
}

/* A chain may skip calls, and one that MUST be done can't be skipped. */
static bool flags_fit(uint16_t flags, const struct syscall *row)
{
	if (flags & CALL_MUST)
		return flags == (CALL_QUIET | CALL_MUST) && row->flags & SYSCALL_FORESEEN;
	return !(flags & ~(CALL_QUIET | CALL_LINK)) && (!(flags & CALL_QUIET) || row->flags & SYSCALL_QUIET);
}

enum codec_call codec_call_next(const uint8_t **at, const uint8_t *end, struct call *call, uint16_t *flags)
{
	const uint8_t *head = *at;
	uint32_t length;

	if ((size_t)(end - head) < CALL_HEAD)
		return CODEC_CALL_BAD;
	length = codec_u32(head + 4);
	if ((size_t)(end - head) - CALL_HEAD < length)
		return CODEC_CALL_BAD;
	*flags = u16_at(head + 2) & ((1u << CALL_WITHIN) - 1);
	*at += CALL_HEAD + length;

	call->row = syscall_find(u16_at(head));
	if (!call->row)
		return CODEC_CALL_UNKNOWN;
	call->flags = *flags;
	call->within = u16_at(head + 2) >> CALL_WITHIN;
	call->may_block = false;
	call->error = 0;
	call->skipped = call->bad_handle = false;
	call->reply = NULL;
	call->reply_length = 0;
	call->wait = (struct call_wait){ .deadline_ns = UINT64_MAX };
	call->park = NULL;
	if (!flags_fit(*flags, call->row))
		return CODEC_CALL_BAD;
	return call_args(call, head + CALL_HEAD, *at) ? CODEC_CALL_OK : CODEC_CALL_BAD;
}

void codec_call_moved(struct call *call, const uint8_t *from, const uint8_t *to)
{
	for (size_t i = 0; call->row->takes[i]; i++)
		if (call->row->takes[i] == 'p' || call->row->takes[i] == 'b')
			call->args[i].bytes.at = to + (call->args[i].bytes.at - from);
}

/* poll_oneoff's subscriptions name handles inside their bytes (WASI's layout: 48 bytes, tag at 8, descriptor at 16). */
static bool subscriptions_name(const uint8_t *at, size_t length, wasi_handle_t handle)
{
	for (; length >= 48; at += 48, length -= 48)
		if ((at[8] == 1 || at[8] == 2) && codec_u32(at + 16) == handle)
			return true;
	return false;
}

bool codec_call_names(const struct call *call, wasi_handle_t handle)
{
	for (size_t i = 0; call->row->takes[i]; i++) {
		if (call->row->takes[i] == 'f' && call->args[i].n == handle)
			return true;
		if (call->row->takes[i] == 'b' && call->row->number == SYSCALL_poll_oneoff)
			return subscriptions_name(call->args[i].bytes.at, call->args[i].bytes.length, handle);
	}
	return false;
}

uint64_t codec_call_slots(const struct call *call)
{
	uint64_t slots = 0;

	for (size_t i = 0; call->row->takes[i]; i++) {
		const uint8_t *at = call->args[i].bytes.at;

		if (call->row->takes[i] == 'f')
			slots |= UINT64_C(1) << (call->args[i].n & 63);
		if (call->row->takes[i] == 'b' && call->row->number == SYSCALL_poll_oneoff)
			for (size_t length = call->args[i].bytes.length; length >= 48; at += 48, length -= 48)
				slots |= at[8] == 1 || at[8] == 2 ? UINT64_C(1) << (at[16] & 63) : 0;
	}
	return slots;
}

bool codec_call_handle(const struct call *call, bool last, wasi_handle_t *handle)
{
	const char *letter = last ? strrchr(call->row->takes, 'f') : strchr(call->row->takes, 'f');

	if (!letter)
		return false;
	*handle = (wasi_handle_t)call->args[letter - call->row->takes].n;
	return true;
}

/* ---- writing ---- */

uint8_t *codec_put_u16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, sizeof value);
	return at + sizeof value;
}

uint8_t *codec_put_u32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof value);
	return at + sizeof value;
}

uint8_t *codec_put_u64(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, sizeof value);
	return at + sizeof value;
}

uint8_t *codec_put_string(uint8_t *at, const void *bytes, size_t length)
{
	at = codec_put_u32(at, (uint32_t)length);
	memcpy(at, bytes, length);
	return at + length;
}

void codec_put_frame(uint8_t at[static FRAME_HEAD], enum frame_type type, uint8_t flags, uint16_t count, size_t length_with_head)
{
	codec_put_u32(at, (uint32_t)length_with_head);
	at[4] = (uint8_t)type;
	at[5] = flags;
	codec_put_u16(at + 6, count);
}

void codec_put_answer(uint8_t at[static ANSWER_HEAD], uint32_t sequence, uint32_t acknowledged, uint16_t count, size_t length)
{
	codec_put_frame(at, FRAME_ANSWER, 0, count, length);
	at = codec_put_u32(at + FRAME_HEAD, sequence);
	at = codec_put_u32(at, acknowledged);
	at = codec_put_u64(at, host_clock_ns(CLOCK_REALTIME));
	codec_put_u64(at, host_clock_ns(CLOCK_MONOTONIC));
}

void codec_put_result(uint8_t at[static RESULT_HEAD], uint16_t index, uint16_t error, uint32_t length)
{
	codec_put_u16(at, index);
	codec_put_u16(at + 2, error);
	codec_put_u32(at + 4, length);
}
