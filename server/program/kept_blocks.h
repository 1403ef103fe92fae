/* A recording in memory, in pieces. Leaves to others: what it says, how much of it there may be (keeping.c). */
#ifndef SERVER_PROGRAM_KEPT_BLOCKS_H
#define SERVER_PROGRAM_KEPT_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BLOCK_BYTES = 128 << 10 }; /* no frame of it is cut into messages */

struct block {
	struct block *next;
	size_t length;
	uint8_t bytes[BLOCK_BYTES];
};

struct blocks {
	struct block *first, *last;
	uint64_t recorded; /* bytes in all of them */
	size_t memory;     /* that they take */
};

/* False: no memory; a part may have been added. */
bool blocks_add(struct blocks *blocks, const uint8_t *bytes, size_t length);
/* Leaves its first bytes, so many; 0: nothing. */
void blocks_cut(struct blocks *blocks, uint64_t recorded);

#endif
