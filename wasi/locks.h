/* The ranges of a file that a handle has locked, as the kernel merges and splits them. They are counted here because the kernel
 * sets no limit and searches all locks of a file at each call. Leaves locking itself to sys_lock.c. */
#ifndef WASI_LOCKS_H
#define WASI_LOCKS_H

#include <stdint.h>

#include "abi.h"

struct lock_range {
	uint64_t first, last; /* bytes, both in it */
	uint8_t lock;         /* WASI_LOCK_SHARED, WASI_LOCK_EXCLUSIVE */
};

struct locks {
	uint32_t count;
	struct lock_range ranges[]; /* sorted; neighbours of one kind are merged */
};

/* Gives the ranges after `range` is locked, or with WASI_LOCK_UNLOCK unlocked, in `locks` (NULL: none): a new list, to be freed.
 * NULL: no memory. */
struct locks *locks_with(const struct locks *locks, const struct lock_range *range);

#endif
