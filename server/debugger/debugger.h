/* Watching programs: debuggers connect on an origin of their own (docs/PROTOCOL.md, Debuggers), see every call, and with the person's yes stop
 * them. What the rest of the gateway needs of it. All on the loop's thread. Leaves to others: who may come in (auth/, doors/), bytes (wire.h). */
#ifndef SERVER_DEBUGGER_DEBUGGER_H
#define SERVER_DEBUGGER_DEBUGGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch;
struct call;
struct conn;
struct frame;
struct gateway;
struct program;

void debugger_start(struct gateway *gateway);
/* All debuggers have gone, or go now. */
void debugger_stop(void);

/* What the person said to a question: 0 no, 1 yes, 2 nobody is there, 3 another was asked. */
void debugger_answer(uint32_t question, uint32_t said);

/* ---- conn.c: a connection whose session doesn't run programs ---- */
void debugger_frame(struct conn *conn, const struct frame *frame);
void debugger_conn_lost(struct conn *conn);

/* ---- program.c: what happens to programs ---- */
/* It is there, its hello not yet answered. */
void debugger_program_began(struct program *program);
/* Nobody runs its calls any more; its end's reason is known. */
void debugger_program_ended(struct program *program);
/* What its page says of itself: the calls that it answered, its console. False: they don't fit their fields. */
bool debugger_report(struct program *program, const struct frame *frame);
bool debugger_console(struct program *program, const struct frame *frame);
/* For the answer to a hello: 0 nobody looks on, 1 somebody, 2 with control. */
uint32_t debugger_mode(const struct program *program);
/* dispatch.c, on the loop: does the call stop its program before it runs? Then it is said to the debugger and the page. */
bool debugger_stops_before(struct batch *batch, const struct call *call);
/* The same for the answer of a batch whose calls are all done. */
bool debugger_stops_after(struct batch *batch);
/* Bytes were fed to its stdin. */
void debugger_stdin(struct program *program, const uint8_t *bytes, size_t length);

#endif
