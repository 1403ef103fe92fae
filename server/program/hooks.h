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
struct finished {
	const struct program *program;
	struct batch *batch;
	uint16_t index;               /* in the batch */
	bool waited;                  /* it had left the stream */
	const struct call *call;      /* skipped: it never ran */
	uint64_t started_ns, ended_ns;/* CLOCK_MONOTONIC; with waited: from its first try */
};

struct hook {
	/* Runs on the thread that ran the call: the loop, or while the program is busy its worker. */
	void (*call_done)(struct hook *hook, const struct finished *finished);
	struct hook *next;
};

extern struct hook *_Atomic hooks_first; /* NULL: nobody watches */

/* What the dispatcher looks at. bench/watch.js builds a gateway without the tap, to measure what it costs. */
#ifdef WVWASI_NO_HOOKS
#define HOOKS_FIRST ((struct hook *)NULL)
#else
#define HOOKS_FIRST hooks_first
#endif

/* On the loop's thread. A worker may still be inside a tap that was taken off: taps are static, and live as long as the process. */
void hook_add(struct hook *hook);
void hook_remove(struct hook *hook);
bool hook_is_on(const struct hook *hook);

#endif
