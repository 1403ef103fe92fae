/* Batches as a page sends them, for fuzz_dispatch.c: calls that the input picks, and what the page expects of them. */
#ifndef FUZZ_BATCHES_H
#define FUZZ_BATCHES_H

#include <stdbool.h>
#include <stddef.h>

#include "input.h"
#include "page.h"

enum { ROOT = 3, LISTENER = 5 }; /* handles: a folder, a socket */

/* Writes a batch into `frame`, and remembers it. how: its flags, its number of calls, its place among others. Returns its length
 * in bytes; *sequence: its number. */
size_t write_batch(struct page *page, struct input *input, uint8_t how, bool by_post, uint8_t *frame, uint32_t *sequence);
/* Remembers that a batch of this number was sent. */
void remember(struct page *page, uint32_t sequence, const struct sent *sent);

#endif
