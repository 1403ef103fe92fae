/* Watching programs: debuggers connect on an origin of their own (docs/PROTOCOL.md, section 8), see every call, and with the person's yes stop
 * them. What the rest of the gateway needs of it. All on the loop's thread. Leaves to others: who may come in (enter/), bytes (wire.h). */
#ifndef SERVER_WATCH_WATCH_H
#define SERVER_WATCH_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn;
struct frame;
struct gateway;
struct program;

void watch_start(struct gateway *gateway);
/* All debuggers have gone, or go now. */
void watch_stop(void);

/* ---- conn.c: a connection whose session doesn't run programs ---- */
void watch_frame(struct conn *conn, const struct frame *frame);
void watch_conn_lost(struct conn *conn);

/* ---- guests.c: what happens to programs ---- */
/* It is there, its hello not yet answered. */
void watch_program_began(struct program *program);
/* Nobody runs its calls any more; its end's reason is known. */
void watch_program_ended(struct program *program);
/* Bytes were fed to its stdin. */
void watch_stdin(struct program *program, const uint8_t *bytes, size_t length);

#endif
