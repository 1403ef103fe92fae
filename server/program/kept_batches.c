#include "kept_batches.h"

#include <stdlib.h>
#include <string.h>

struct kept_batch *batches_find(const struct kept_batches *batches, uint32_t sequence)
{
	struct kept_batch *batch = batches->first;

	while (batch && batch->sequence != sequence)
		batch = batch->next;
	return batch;
}

bool batches_add(struct kept_batches *batches, uint32_t sequence, const uint8_t *calls, size_t length)
{
	struct kept_batch *batch = malloc(sizeof *batch + length);

	if (!batch)
		return false;
	*batch = (struct kept_batch){ .next = batches->first, .sequence = sequence, .length = length };
	memcpy(batch->calls, calls, length);
	batches->first = batch;
	batches->memory += sizeof *batch + length;
	return true;
}

bool batches_answer(struct kept_batches *batches, struct kept_batch *batch, const uint8_t *answer, size_t length,
	uint16_t results)
{
	batch->answer = malloc(length);
	if (!batch->answer)
		return false;
	memcpy(batch->answer, answer, length);
	batch->answer_length = length;
	batch->results = results;
	batches->memory += length;
	return true;
}

void batches_drop(struct kept_batches *batches, uint32_t up_to)
{
	for (struct kept_batch **link = &batches->first; *link;) {
		struct kept_batch *batch = *link;

		if (batch->sequence > up_to) {
			link = &batch->next;
			continue;
		}
		*link = batch->next;
		batches->memory -= sizeof *batch + batch->length + batch->answer_length;
		free(batch->answer);
		free(batch);
	}
}
