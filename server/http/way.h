/* One direction between two sockets: a head that we wrote, then bytes as they come, through a buffer of fixed size, without
 * waiting. Leaves to others: what the bytes mean, and when the sockets are ready (relay.c). */
#ifndef SERVER_HTTP_WAY_H
#define SERVER_HTTP_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer_head.h"

struct way {
	int from, to;
	const char *head;          /* lent */
	size_t head_length, head_sent;
	uint64_t left;             /* bytes after the head that are still to be read; UINT64_MAX: until `from` ends */
	bool ended;                /* `from` has ended */
	size_t at, end;            /* bytes[at, end) was read, and isn't written yet */
	char bytes[ANSWER_HEAD_MAX];
};

/* errno of a socket call that only has to be repeated later. */
bool way_is_for_later(void);
/* Everything that was read is written. */
bool way_is_empty(const struct way *way);
/* It has room for bytes, and expects some. */
bool way_reads(const struct way *way);
/* Nothing is left to be read or written. */
bool way_is_done(const struct way *way);
/* Drops what isn't written yet; nothing more is read. */
void way_drop(struct way *way);
/* Moves as much as goes now, though not all of a long stream at once; sets *moved if anything moved. False: a side has closed. */
bool way_move(struct way *way, bool *moved);

#endif
