/* Which ranges of a file a handle has locked, as the kernel merges and splits them. The kernel counts no one's locks, and looks through all of a file's
 * at each call; so they are counted here. Leaves taking them to sys_lock.c. */
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
	struct lock_range ranges[]; /* by place; none touches a neighbour of its kind */
};

/* Gives what `locks` (NULL: none) becomes when `range` is taken, or with WASI_LOCK_UNLOCK freed: a new one, to be freed. NULL: no memory. */
struct locks *locks_with(const struct locks *locks, const struct lock_range *range);

#endif
