/* The debugger's frames: docs/PROTOCOL.md, Debuggers, in C. static/inspector/codec.js is its twin; both read
 * tests/vectors/watch.json. Pure functions; codec.h has the frames' heads. Leaves to others: which debuggers there are, and what
 * they are told. */
#ifndef SERVER_DEBUGGER_WIRE_H
#define SERVER_DEBUGGER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/wire/codec.h"

enum { DEBUG_VERSION = 1, DEBUG_MESSAGE_MAX = 64 << 10, BREAKPOINTS_MAX = 64, PATTERN_MAX = 255, DEBUG_CALL_HEAD = 104,
	DEBUG_DATA_MAX = 16 << 10, LOOK_MAX = 64 << 10, LOOK_PATTERN_MAX = 256, RULES_MAX = 16, RULE_TEXT_MAX = 1024 };
#define DEBUG_NONE UINT32_MAX
#define DEBUG_NONE64 UINT64_MAX
#define DEBUG_ANY_FAILURE (UINT32_MAX - 1)

enum debug_frame {
#define DEBUG_FRAME(type, name, ...) DEBUG_##name = type,
#include "server/wire/frames.def"
};
enum debug_ask { ASK_CONTROL = 1, ASK_DATA };
enum debug_look { LOOK_READ, LOOK_FIND };
enum debug_go { GO_STOP = 1, GO_RESUME, GO_STEP };
enum debug_call_flags {
	DEBUG_CALL_LOCAL = 1, DEBUG_CALL_QUIET = 2, DEBUG_CALL_SKIPPED = 4, DEBUG_CALL_WAITED = 8, DEBUG_CALL_DATA = 16,
	DEBUG_CALL_CUT = 32,
	DEBUG_CALL_HASH = 64, DEBUG_CALL_BEFORE = 128, DEBUG_CALL_ASKED = 256,
};
enum debug_handle_flags { DEBUG_HANDLE_OPEN = 1, DEBUG_HANDLE_PREOPEN = 2, DEBUG_HANDLE_HOST_PATH = 4 };

struct bytes {
	const uint8_t *at; /* lent */
	uint32_t length;
};

struct breakpoint {
	uint32_t id, program, handle, error, count;
	char call[PATTERN_MAX + 1], path[PATTERN_MAX + 1]; /* fnmatch(3)'s; empty: any */
	uint32_t hits;
};

/* A frame of the debugger's. */
struct debug_order {
	enum debug_frame type;
	uint32_t version;   /* DEBUG_HELLO */
	uint64_t hash;
	uint32_t program;   /* ATTACH, GO, STDIN, MEMORY, INJECT */
	uint32_t what;      /* ASK, ATTACH (1: on), GO, MEMORY, RECORD (1: on) */
	uint32_t flags;     /* BREAK (1: stop at start), STDIN */
	uint32_t request, length; /* MEMORY */
	uint64_t address;
	struct bytes bytes; /* STDIN; MEMORY: what is looked for */
	uint32_t rules_count; /* INJECT */
	struct bytes rules[RULES_MAX]; /* without NUL */
	uint32_t breakpoints_count;
	struct breakpoint breakpoints[BREAKPOINTS_MAX];
};
/* NULL, or what is wrong in words. */
const char *debug_order_read(const struct frame *frame, struct debug_order *order);

/* One call as the debugger sees it. */
struct debug_call {
	uint32_t program;
	uint64_t ordinal, time_ns;
	uint16_t number, error, flags, index;
	uint32_t batch, handle, handle2, bytes_in, bytes_out;
	uint32_t within; /* LOCAL: the component's function that made the call */
	uint64_t queue_ns, duration_ns, hash, offset, value;
	struct bytes text, result, path, path2, data;
};
size_t debug_call_size(const struct debug_call *call);
uint8_t *debug_call_put(uint8_t *at, const struct debug_call *call);

struct debug_handle {
	uint32_t handle, flags;
	uint16_t filetype, fdflags;
	uint64_t rights, inheriting, offset, opened;
	struct bytes path;
};
size_t debug_handle_size(const struct debug_handle *handle);
uint8_t *debug_handle_put(uint8_t *at, const struct debug_handle *handle);

enum debug_socket_flags { DEBUG_SOCKET_TLS = 1, DEBUG_SOCKET_PEER_ENDED = 2, DEBUG_SOCKET_ALL_SENT = 4 };
struct debug_socket {
	uint32_t handle, flags;
	uint16_t kind, state;        /* enum guest_socket_kind, guest_socket_state */
	uint64_t received, sent;
	struct bytes own, peer, name; /* addresses as text; whom the program named */
};
size_t debug_socket_size(const struct debug_socket *socket);
uint8_t *debug_socket_put(uint8_t *at, const struct debug_socket *socket);

enum debug_rules { DEBUG_RULES_USERS, DEBUG_RULES_KEPT, DEBUG_RULES_GRANTED };

uint8_t *debug_times_put(uint8_t *at, uint32_t program, uint32_t batch, uint16_t number, uint32_t within, uint64_t page_ns,
                         uint64_t trip_ns);
enum { DEBUG_TIMES_SIZE = 32 };

/* ---- what the page reports (REPORT) ---- */
enum { REPORT_WAITED = 1, REPORT_ASKED = 2, REPORT_WITHIN = 16 /* bits to the right of it: a component's function */ };
struct report {
	uint16_t number, error;
	uint32_t flags;
	uint64_t began_ns, took_ns, value, offset;
	struct bytes args, data;
};
/* The head: false, it isn't one. *at then walks over `count` items. */
bool report_head(const struct frame *frame, uint32_t *left_out, const uint8_t **at, const uint8_t **end);
bool report_next(const uint8_t **at, const uint8_t *end, struct report *report);
/* A report's arguments as the call's: byte strings of `b` are a length and nothing (at is NULL). False: they don't fit the row's
 * letters. */
bool report_call(const struct report *report, struct call *call);

#endif
