/* Batches of a program that is kept which aren't in its recording yet, with their answers. Leaves to others: how many there
 * may be (keeping.c). */
#ifndef SERVER_PROGRAM_KEPT_BATCHES_H
#define SERVER_PROGRAM_KEPT_BATCHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kept_batch {
	struct kept_batch *next;
	uint32_t sequence;
	uint16_t results;
	uint8_t *answer;         /* a whole frame; NULL: there is none, or none yet */
	size_t answer_length, length;
	uint8_t calls[];
};

struct kept_batches {
	struct kept_batch *first; /* the newest */
	size_t memory;            /* that they take */
};

/* NULL: it isn't kept. */
struct kept_batch *batches_find(const struct kept_batches *batches, uint32_t sequence);
/* The newest one. False: no memory. */
bool batches_add(struct kept_batches *batches, uint32_t sequence, const uint8_t *calls, size_t length);
/* Its answer, of so many results. False: no memory. */
bool batches_answer(struct kept_batches *batches, struct kept_batch *batch, const uint8_t *answer, size_t length,
	uint16_t results);
/* Frees those up to this number; UINT32_MAX: all. */
void batches_drop(struct kept_batches *batches, uint32_t up_to);

#endif
