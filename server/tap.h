/* The one tap point per call: whoever wants to see the calls of programs hangs on here (trace, counters, the debugger). Costs one test
 * of a pointer when nobody watches. */
#ifndef SERVER_TAP_H
#define SERVER_TAP_H

#include "../wasi/wasi.h"

struct program;

struct tap {
	/* After a call was done: its arguments and reply are still there. Runs on the thread that ran the call. */
	void (*call_done)(struct tap *tap, const struct program *program, uint32_t batch, const struct call *call, uint64_t started_ns, uint64_t ended_ns);
};

extern struct tap *tap_current; /* NULL: nobody watches */

#endif
