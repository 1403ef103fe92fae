/* Bytes to frames and calls, and back: docs/PROTOCOL.md in C. Alone knows the frame; static/shim/base/codec.js is its
 * twin, and tests/vectors/frames.json is read by both. Pure functions: nothing here opens, sends or waits. */
#ifndef SERVER_WIRE_CODEC_H
#define SERVER_WIRE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wasi/wasi.h"

enum { WIRE_VERSION = 1, FRAME_HEAD = 8, ANSWER_HEAD = 32, CALL_HEAD = 8, RESULT_HEAD = 8 };

enum frame_type {
#define FRAME(type, name, ...) FRAME_##name = type,
#include "frames.def"
};
enum { BATCH_WAIT = 1, BATCH_REPOLL = 2 };
enum { CALL_WITHIN = 4 /* bits of a call's flags, to the left of which is a component's function: interfaces.h */ };
enum { STDIN_EOF = 1, STDIN_MARK = 2 };
enum { END_TRAP = 1, END_KILLED, END_REVOKED, END_GATEWAY, END_BY_USER, END_CHANGE_LOST };
enum { RESULT_SKIPPED = 0xFFFF };

enum close_code {
	CLOSE_DONE = 1000, CLOSE_GATEWAY_ENDS = 1001, CLOSE_PROTOCOL = 4400, CLOSE_SESSION = 4401, CLOSE_NO_PROGRAM = 4404,
	CLOSE_WISHES = 4405, CLOSE_VERSION = 4409, CLOSE_BOUND = 4413,
};

/* Past these a page gets a named close code (docs/PROTOCOL.md, Bounds). */
enum { BATCH_CALLS_MAX = 4096, STDIN_UNTAKEN_MAX = 1 << 20, ANSWER_MAX = 16 << 20,
	PROGRAM_MESSAGE_MAX = 8 << 20 /* of a page, by WebSocket or POST */, KEY_TEXT = 22 };

struct frame {
	uint8_t type, flags;
	uint16_t count;
	const uint8_t *body; /* lent */
	uint32_t length;     /* of the body */
};

/* Takes the next frame off [*at, end). False: what is left isn't a whole frame (or nothing is: *at == end). */
bool codec_frame_next(const uint8_t **at, const uint8_t *end, struct frame *frame);

/* A batch's head; *at and *end then delimit its calls. */
bool codec_batch(const struct frame *frame, uint32_t *sequence, uint32_t *seen, const uint8_t **at, const uint8_t **end);

enum codec_call { CODEC_CALL_OK, CODEC_CALL_UNKNOWN /* no such row: NOSYS */, CODEC_CALL_BAD };
/* Takes the next call off [*at, end): row, flags and args, which point into the bytes. */
enum codec_call codec_call_next(const uint8_t **at, const uint8_t *end, struct call *call, uint16_t *flags);
/* The same call's byte arguments after its bytes were copied elsewhere. */
void codec_call_moved(struct call *call, const uint8_t *from, const uint8_t *to);
/* Does the call name this handle, as an argument or in a subscription? */
bool codec_call_names(const struct call *call, wasi_handle_t handle);
/* The slots of all handles that it names, a bit each of the slot's lowest six: who isn't in it needn't be looked for. */
uint64_t codec_call_slots(const struct call *call);
/* The handle in the call's first f argument, or in the last one with `last`. False: it has none. */
bool codec_call_handle(const struct call *call, bool last, wasi_handle_t *handle);

/* ---- writing; the caller has made the room ---- */
uint8_t *codec_put_u16(uint8_t *at, uint16_t value);
uint8_t *codec_put_u32(uint8_t *at, uint32_t value);
uint8_t *codec_put_u64(uint8_t *at, uint64_t value);
uint8_t *codec_put_string(uint8_t *at, const void *bytes, size_t length);
void codec_put_frame(uint8_t at[static FRAME_HEAD], enum frame_type type, uint8_t flags, uint16_t count, size_t length_with_head);
void codec_put_answer(uint8_t at[static ANSWER_HEAD], uint32_t sequence, uint32_t acknowledged, uint16_t count, size_t length);
void codec_put_result(uint8_t at[static RESULT_HEAD], uint16_t index, uint16_t error, uint32_t length);

uint32_t codec_u32(const uint8_t *at);
uint64_t codec_u64(const uint8_t *at);

#endif
