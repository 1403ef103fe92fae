/* What the room's files share: a debugger, a program with a debugger attached (a debuggee), and what they do for one another.
 * debugger.c has the debuggers' connections, outlet.c what they are told, orders.c what they ask for, debuggee.c the programs,
 * stop.c stopping them. */
#ifndef SERVER_DEBUGGER_INTERNAL_H
#define SERVER_DEBUGGER_INTERNAL_H

#include "server/program/hooks.h"
#include "server/program/program.h"
#include "server/wire/call_text.h"
#include "ask.h"
#include "handles.h"
#include "wire.h"

enum { DEBUGGER_UNSENT_MAX = 1 << 20, HELD_KEPT = 16, RECORDED_MAX = 64 };

struct debugger {
	struct conn *conn;
	bool stale;           /* it missed changes of handles */
	uint64_t dropped;     /* calls that it wasn't told of, and doesn't know yet that it wasn't */
	uint64_t moved_ms;    /* when it last took something, or had nothing to take */
	size_t unsent_before;
	bool stops_starts;
	size_t breakpoints_count;
	struct breakpoint breakpoints[BREAKPOINTS_MAX]; /* changed under the lock */
	bool records;         /* programs that start from now on */
	size_t recorded_count;
	struct recorded {
		uint32_t program;
		uint64_t bytes;       /* it was sent */
	} recorded[RECORDED_MAX]; /* that it gets, from their beginning on */
	struct debugger *next;
};

struct debuggee {
	struct program *program;
	uint64_t ordinal;             /* calls so far */
	struct handles handles;
	struct message *announcement; /* the PROGRAM frame */
	struct debugger *controller;  /* NULL: nobody has control */
	uint32_t granted_changes;     /* of its rules, as they were told */
	struct stop {
		uint32_t state;           /* enum stop_state */
		uint32_t why;             /* enum stop_why: of being stopped, or of the stop that is wanted */
		uint32_t breakpoint;      /* its id */
		char text[CALL_TEXT_MAX]; /* the call */
	} stop;
	struct held {
		uint64_t from_ns, to_ns;  /* CLOCK_MONOTONIC; to 0: it stands still */
	} held[HELD_KEPT];            /* the last times that it stood still */
	unsigned held_count;          /* ever */
	bool injects;                 /* its page was told what goes wrong with its calls */
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
/* How long it stood still within this time, which is neither the queue's nor the wire's. Under the lock. */
uint64_t stop_held_ns(const struct debuggee *debuggee, uint64_t from_ns, uint64_t to_ns);
/* program/hooks.h */
bool stop_before_call(struct batch *batch, const struct call *call);
bool stop_after_batch(struct batch *batch);

/* ---- debuggee.c ---- */
void debuggee_start(void);        /* hooks into calls */
void debuggee_stop(void);         /* forgets all programs */
/* Under the lock that guards breakpoints and debuggees against workers. */
void debuggee_lock(void);
void debuggee_unlock(void);
/* Gives a debuggee to each program that has none and whose guest nothing uses now; calls told() for each. */
void debuggee_look(void told(struct debuggee *debuggee));
/* A frame: all its handles. NULL: no memory. */
struct message *debuggee_snapshot(const struct debuggee *debuggee);
/* Tells its page whether a debugger is attached. */
void debuggee_tell_page(struct program *program);
/* program/hooks.h */
void debuggee_program_began(struct program *program);
void debuggee_program_ended(struct program *program);
uint32_t debuggee_mode(const struct program *program);
bool debuggee_report(struct program *program, const struct frame *frame);
bool debuggee_console(struct program *program, const struct frame *frame);
void debuggee_stdin(struct program *program, const uint8_t *bytes, size_t length);

/* ---- debugger.c ---- */
/* All there are, by `next`. */
struct debugger *debuggers_first(void);
/* The debugger that gets control of the next program when it starts; NULL: none. */
struct debugger *debugger_starter(void);
/* May one of them see contents? And what follows when that has changed. */
bool debugger_shows_data(void);
void debugger_data_changed(void);
/* A connection says hello. */
void debugger_attach(struct conn *conn, const struct debug_order *order);

/* ---- orders.c ---- */
/* Any frame of a debugger's connection. */
void orders_frame(struct conn *conn, const struct frame *frame);
/* Gives back every program that it controls. */
void orders_release(struct debugger *debugger);

/* ---- reach.c ---- */
/* Memory is asked for, with control and the yes for contents; MEMORY_IS is the answer, or says why not. debuggee may be NULL. */
void reach_memory(struct debugger *debugger, struct debuggee *debuggee, const struct debug_order *order);
/* What goes wrong with its calls from now on, until nobody has control any more. INJECTED is the answer. debuggee may be NULL. */
void reach_inject(struct debugger *debugger, struct debuggee *debuggee, const struct debug_order *order);
void reach_release(struct debuggee *debuggee);
/* program/hooks.h */
bool reach_answer(struct program *program, const struct frame *frame);

/* ---- recordings.c ---- */
/* Records programs that start from now on, with the yes for contents; or no more of them. */
void recordings_order(struct debugger *debugger, bool on);
/* program/hooks.h */
bool recordings_wanted(void);
bool recordings_part(uint32_t program, enum recorded_part part, const void *bytes, size_t length);

/* ---- sockets.c ---- */
/* What the user allows, to one that is new. */
void sockets_welcome(struct debugger *debugger);
/* A program's rules and sockets; debugger NULL: to all. */
void sockets_all(struct debugger *debugger, const struct program *program);
/* What has changed, to all. */
void sockets_flush(void);

/* ---- outlet.c ---- */
/* Takes message; NULL: there was no memory for it, and the debugger is closed. */
void outlet_send(struct debugger *debugger, struct message *message);
/* NULL: no memory. */
struct message *outlet_copy(const struct message *message);
/* A frame of `length` bytes after the head, to be filled in. NULL: no memory. */
struct message *debugger_message(enum debug_frame type, uint8_t flags, uint16_t count, size_t length);
/* To all of them; message is lent. */
void outlet_broadcast(const struct message *message);
/* Sends everything gathered so far, so that the next frame comes after it. */
void outlet_flush(void);
/* What it missed while it didn't keep up: how many calls, and the handles as they are. */
void outlet_dropped(struct debugger *debugger);
void outlet_welcome(struct debugger *debugger);
/* Tells one debugger of the program and its handles. */
void outlet_announcement(struct debugger *debugger, const struct debuggee *debuggee);
void outlet_handles(struct debugger *debugger);
/* The same, and the program's state, to all of them: it is new. */
void outlet_new(struct debuggee *debuggee);
/* Tells the program's state to one, or to all. */
void outlet_state(struct debugger *debugger, const struct debuggee *debuggee);
void outlet_state_all(const struct debuggee *debuggee);
/* Tells it what it may do, and why it is told now. */
void outlet_scope(struct debugger *debugger, const char *text);

#endif
