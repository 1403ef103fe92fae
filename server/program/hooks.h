/* Callbacks to the rooms above. A hook sees every call that was done (trace, counters, the debugger); without one a call costs
 * one test of a pointer. The debugger's hooks also see programs begin and end, and may stop their calls; debugger/ registers
 * them. */
#ifndef SERVER_PROGRAM_HOOKS_H
#define SERVER_PROGRAM_HOOKS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "wasi/wasi.h"

struct batch;
struct frame;
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

extern struct hook *_Atomic hooks_first; /* NULL: there is none */

/* What the dispatcher looks at. bench/watch.js builds a gateway without hooks, to measure what it costs. */
#ifdef WVWASI_NO_HOOKS
#define HOOKS_FIRST ((struct hook *)NULL)
#else
#define HOOKS_FIRST hooks_first
#endif

/* On the loop's thread. A worker may still be inside a hook that was removed: hooks are static, and live as long as the
 * process. */
void hook_add(struct hook *hook);
void hook_remove(struct hook *hook);
bool hook_is_on(const struct hook *hook);

/* Of a program's recording: its first bytes, more, all is told, there is no room for more, and: it can't be recorded, the bytes say why. */
enum recorded_part { RECORDED_FIRST = 1, RECORDED_MORE, RECORDED_END, RECORDED_CUT, RECORDED_NOT };

/* All on the loop's thread. */
struct debugger_hooks {
	/* The program was made; its HELLO isn't answered yet. */
	void (*program_began)(struct program *program);
	/* The program's calls run no more; the reason of its end is known. */
	void (*program_ended)(struct program *program);
	/* What its page reports: the calls that it answered itself, its console. False: the fields are wrong. */
	bool (*report)(struct program *program, const struct frame *frame);
	bool (*console)(struct program *program, const struct frame *frame);
	/* Bytes of its memory, which a debugger asked for. */
	bool (*memory)(struct program *program, const struct frame *frame);
	/* For the answer to a hello: 0 no debugger, 1 one is attached, 2 with control. */
	uint32_t (*mode)(const struct program *program);
	/* Of a program with a debuggee: does it stop before this call? Then the debugger and the page were told. */
	bool (*stops_before)(struct batch *batch, const struct call *call);
	/* The same for the answer of a batch whose calls are all done. */
	bool (*stops_after)(struct batch *batch);
	/* Bytes were fed to its stdin. */
	void (*stdin_fed)(struct program *program, const uint8_t *bytes, size_t length);
	/* Does a debugger want recordings of programs that start now? */
	bool (*wants_recording)(void);
	/* Bytes of its recording, as a file has them, lent. The program may have ended. False: no debugger wants more of it. */
	bool (*recorded)(uint32_t program, enum recorded_part part, const void *bytes, size_t length);
};
/* Never NULL: before hooks_debugger() they do nothing. */
extern const struct debugger_hooks *debugger_hooks;
/* hooks: lent for ever. */
void hooks_debugger(const struct debugger_hooks *hooks);

#endif
