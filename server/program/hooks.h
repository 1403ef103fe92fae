/* The one tap point per call: whoever wants to see the calls of programs hangs on here (trace, counters, the debugger). Costs one test
 * of a pointer when nobody watches. (Changing a call's result, recording and replaying would hang on here too: later versions' affair.) */
#ifndef SERVER_PROGRAM_HOOKS_H
#define SERVER_PROGRAM_HOOKS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "wasi/wasi.h"

struct batch;
struct program;

/* One call that was done: its arguments and reply are still there. */
struct tapped {
	const struct program *program;
	struct batch *batch;
	uint16_t index;               /* in the batch */
	bool waited;                  /* it had left the stream */
	const struct call *call;      /* skipped: it never ran */
	uint64_t started_ns, ended_ns;/* CLOCK_MONOTONIC; with waited: from its first try */
};

struct tap {
	/* Runs on the thread that ran the call: the loop, or while the program is busy its worker. */
	void (*call_done)(struct tap *tap, const struct tapped *tapped);
	struct tap *next;
};

extern struct tap *_Atomic tap_current; /* NULL: nobody watches */

/* What the dispatcher looks at. bench/watch.js builds a gateway without the tap, to measure what it costs. */
#ifdef WVWASI_NO_TAP
#define TAP_FIRST ((struct tap *)NULL)
#else
#define TAP_FIRST tap_current
#endif

/* On the loop's thread. A worker may still be inside a tap that was taken off: taps are static, and live as long as the process. */
void tap_add(struct tap *tap);
void tap_remove(struct tap *tap);
bool tap_is_on(const struct tap *tap);

#endif
