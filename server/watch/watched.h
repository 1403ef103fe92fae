/* A program while somebody watches: its number of calls, its handles, what a newcomer is told of it. Between watch.c (debuggers) and
 * watched.c (programs); nobody else looks inside. */
#ifndef SERVER_WATCH_WATCHED_H
#define SERVER_WATCH_WATCHED_H

#include "../program.h"
#include "handles.h"
#include "watch.h"

struct watched {
	struct program *program;
	uint64_t ordinal;             /* calls so far */
	struct handles handles;
	struct message *announcement; /* the PROGRAM frame */
};

/* ---- watched.c ---- */
void watched_start(void);         /* hangs on the tap */
void watched_stop(void);          /* forgets all programs */
/* Those that aren't watched yet, and whose guest nobody uses now, are from now on; each is told to told(). */
void watched_look(void told(struct watched *watched));
/* A frame: all its handles. NULL: no memory. */
struct message *watched_snapshot(const struct watched *watched);
/* A frame of `length` bytes after the head, to be filled in. NULL: no memory. */
struct message *watch_message(enum watch_frame type, uint8_t flags, uint16_t count, size_t length);

/* ---- watch.c ---- */
/* Everything gathered so far leaves, so that what is said next comes after it. */
void watch_flush(void);
void watch_broadcast(const struct message *message);

#endif
