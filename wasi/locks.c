#include "locks.h"

#include <stdlib.h>

/* Appends, or lengthens the last one. */
static void append(struct locks *to, const struct lock_range *range)
{
	struct lock_range *last = to->count ? &to->ranges[to->count - 1] : NULL;

	if (last && last->lock == range->lock && last->last + 1 == range->first)
		last->last = range->last;
	else
		to->ranges[to->count++] = *range;
}

struct locks *locks_with(const struct locks *locks, const struct lock_range *range)
{
	uint32_t count = locks ? locks->count : 0, i = 0;
	struct locks *next = malloc(sizeof *next + (count + 2) * sizeof *next->ranges);

	if (!next)
		return NULL;
	next->count = 0;
	for (; i < count && locks->ranges[i].first < range->first; i++) {
		struct lock_range before = locks->ranges[i];

		if (before.last >= range->first)
			before.last = range->first - 1;
		append(next, &before);
		if (locks->ranges[i].last > range->last)
			break; /* what is left of it comes behind */
	}
	if (range->lock != WASI_LOCK_UNLOCK)
		append(next, range);
	for (; i < count; i++) {
		struct lock_range after = locks->ranges[i];

		if (after.last <= range->last)
			continue;
		if (after.first <= range->last)
			after.first = range->last + 1;
		append(next, &after);
	}
	return next;
}
