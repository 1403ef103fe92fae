/* All guests' leases together: the lock, what events break, who gives watches up when none are left. One lock for the process, so
 * that any thread may take in what happened. Leaves to others: what a lease says (sys_lease_*.c), when breaks are sent (whoever
 * takes them). */
#ifndef WASI_LEASE_OWNERS_H
#define WASI_LEASE_OWNERS_H

#include "content_lease.h"
#include "folder_lease.h"

enum { LEASE_OWNERS_MAX = 1024 };

/* A guest's. All zero: none yet. */
struct leases {
	struct breaks breaks;
	struct folder_leases folders;
	struct content_leases contents;
	uint32_t last_id;
};

void leases_lock(void);
void leases_unlock(void);

/* ---- with the lock held ---- */

/* Counts the guest among those that hold something; false: too many do. */
bool leases_join(struct leases *leases);
void leases_leave(struct leases *leases);
/* Takes in all that has happened so far. */
void leases_hear(void);
/* When no watch is left: while this guest has less than its share, guests with more give up their oldest leases. */
void leases_make_room(const struct leases *leases);

#endif
