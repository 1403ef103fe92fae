#include "kept_blocks.h"

#include <stdlib.h>
#include <string.h>

bool blocks_add(struct blocks *blocks, const uint8_t *bytes, size_t length)
{
	while (length) {
		struct block *block = blocks->last;
		size_t part;

		if (!block || block->length == BLOCK_BYTES) {
			struct block *fresh = malloc(sizeof *fresh);

			if (!fresh)
				return false;
			fresh->next = NULL;
			fresh->length = 0;
			*(block ? &block->next : &blocks->first) = fresh;
			blocks->last = block = fresh;
			blocks->memory += sizeof *fresh;
		}
		part = BLOCK_BYTES - block->length < length ? BLOCK_BYTES - block->length : length;
		memcpy(block->bytes + block->length, bytes, part);
		block->length += part;
		blocks->recorded += part;
		bytes += part;
		length -= part;
	}
	return true;
}

void blocks_cut(struct blocks *blocks, uint64_t recorded)
{
	struct block **link = &blocks->first, *last = NULL, *rest;

	blocks->recorded = recorded;
	for (; *link && recorded; link = &last->next) {
		last = *link;
		last->length = last->length < recorded ? last->length : (size_t)recorded;
		recorded -= last->length;
	}
	rest = *link;
	*link = NULL;
	blocks->last = last;
	while (rest) {
		struct block *next = rest->next;

		free(rest);
		blocks->memory -= sizeof *rest;
		rest = next;
	}
}
