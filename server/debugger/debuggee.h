/* A program while somebody watches: its number of calls, its handles, what a newcomer is told of it. Between debugger.c (debuggers) and
 * debuggee.c (programs); nobody else looks inside. */
#ifndef SERVER_DEBUGGER_DEBUGGEE_H
#define SERVER_DEBUGGER_DEBUGGEE_H

#include "server/program/program.h"
#include "server/wire/call_text.h"
#include "debugger.h"
#include "handles.h"

struct debuggee {
	struct program *program;
	uint64_t ordinal;             /* calls so far */
	struct handles handles;
	struct message *announcement; /* the PROGRAM frame */
	struct debugger *controller;   /* NULL: nobody has control */
	struct stop {
		uint32_t state;           /* enum stop_state */
		uint32_t why;             /* enum stop_why: of being stopped, or of the stop that is wanted */
		uint32_t breakpoint;      /* its id */
		char text[CALL_TEXT_MAX]; /* the call */
	} stop;
};

enum stop_state { STOP_RUNS, STOP_WANTED, STOP_BEFORE, STOP_AFTER };
enum stop_why { STOP_ASKED, STOP_STEP, STOP_BREAKPOINT, STOP_START };

/* ---- stop.c ---- */
/* Control of a program is taken, or with NULL given back: then it goes on. */
void stop_control(struct debuggee *debuggee, struct debugger *controller);
void stop_go(struct debuggee *debuggee, enum debug_go go);
/* It is to stop at its first call. */
void stop_at_start(struct debuggee *debuggee);
/* A call was done, on whichever thread, its debug_call made: does a breakpoint want its answer held back? */
void stop_look_after(struct debuggee *debuggee, struct batch *batch, const struct debug_call *call);
/* Under the lock that guards breakpoints against workers. */
void debuggee_lock(void);
void debuggee_unlock(void);

/* ---- debuggee.c ---- */
void debuggee_start(void);         /* hangs on the tap */
void debuggee_stop(void);          /* forgets all programs */
/* Those that aren't watched yet, and whose guest nobody uses now, are from now on; each is told to told(). */
void debuggee_look(void told(struct debuggee *debuggee));
/* A frame: all its handles. NULL: no memory. */
struct message *debuggee_snapshot(const struct debuggee *debuggee);
/* A frame of `length` bytes after the head, to be filled in. NULL: no memory. */
struct message *debugger_message(enum debug_frame type, uint8_t flags, uint16_t count, size_t length);

/* Its page is told who looks on. NULL: nobody any more. */
void debuggee_tell_page(struct program *program);

/* ---- debugger.c ---- */
/* A debugger's breakpoints. Change them under the lock. */
struct breakpoint *debugger_breakpoints(struct debugger *debugger, size_t *count);
/* Who is to control the next program from its start on; NULL: nobody. */
struct debugger *debugger_starter(void);
const struct conn *debugger_conn(const struct debugger *debugger);
/* How it stands, to all debuggers. */
void debugger_state(const struct debuggee *debuggee);
/* May one of them see contents? */
bool debugger_shows_data(void);
/* Everything gathered so far leaves, so that what is said next comes after it. */
void debugger_flush(void);
void debugger_broadcast(const struct message *message);

#endif
