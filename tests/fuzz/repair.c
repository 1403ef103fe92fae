#include "repair.h"

#include <string.h>

#include "server/wire/codec.h"

enum { HANDLES = 24 };

static uint32_t clamp(uint32_t value, size_t most) { return value <= most ? value : (uint32_t)(value % (most + 1)); }

/* One call's arguments in the room that is left, by its letters; gives how many bytes they take. */
static size_t repair_args(uint8_t *at, size_t left, const char *takes, unsigned seed)
{
	uint8_t *start = at;

	for (; *takes; takes++) {
		size_t width = *takes == 'q' ? 8 : 4;

		if (left < width)
			return (size_t)(at - start);
		left -= width;
		if ((*takes == 'f' || *takes == 'h') && codec_u32(at) >= HANDLES)
			codec_put_u32(at, codec_u32(at) % HANDLES | (codec_u32(at) >> 16 & 3) << 16);
		if (*takes == 'n')
			codec_put_u32(at, clamp(codec_u32(at), 1 << 16));
		if (*takes == 'p' || *takes == 'b') {
			uint32_t length = clamp(codec_u32(at), left < 64 || seed & 1 ? left : 64);

			/* The last letter takes what the call is said to have. */
			codec_put_u32(at, length);
			at += length;
			left -= length;
		}
		at += width;
	}
	return (size_t)(at - start);
}

static void repair_batch(uint8_t *frame, size_t length, unsigned seed)
{
	uint8_t *at = frame + FRAME_HEAD + 8, *end = frame + length;
	uint16_t count = 0;

	while (end - at >= CALL_HEAD) {
		uint32_t number = codec_u32(at) & 0xFFFF;
		const struct syscall *row = syscall_find((uint16_t)number);
		size_t left = (size_t)(end - at) - CALL_HEAD, taken;

		if (!row && seed & 6) {
			row = &syscalls[number % syscalls_count];
			codec_put_u16(at, row->number);
		}
		at[2] &= CALL_QUIET | CALL_LINK;
		if (row && !(row->flags & SYSCALL_QUIET))
			at[2] &= (uint8_t)~CALL_QUIET;
		at[3] = 0;
		taken = row ? repair_args(at + CALL_HEAD, left, row->takes, seed) : clamp(codec_u32(at + 4), left);
		codec_put_u32(at + 4, (uint32_t)taken);
		at += CALL_HEAD + taken;
		count++;
	}
	if (at < end) { /* a stump: out of the last call's reach */
		memset(at, 0, (size_t)(end - at));
		codec_put_u32(frame, (uint32_t)(at - frame));
	}
	codec_put_u16(frame + 6, count);
}

void repair_frames(uint8_t *bytes, size_t length, unsigned seed)
{
	uint8_t *at = bytes, *end = bytes + length;

	while (end - at >= FRAME_HEAD) {
		size_t left = (size_t)(end - at);
		uint32_t said = codec_u32(at);

		if (said < FRAME_HEAD || said > left)
			codec_put_u32(at, said = (uint32_t)left);
		if (at[4] == FRAME_BATCH && said >= FRAME_HEAD + 8) {
			at[5] &= BATCH_WAIT;
			repair_batch(at, said, seed);
			said = codec_u32(at);
		} else if (at[4] == FRAME_HELLO && said >= FRAME_HEAD + 12) {
			codec_put_u32(at + FRAME_HEAD, WIRE_VERSION);
			codec_put_u64(at + FRAME_HEAD + 4, syscalls_hash());
		}
		at += said;
	}
}
