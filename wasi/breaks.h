/* A guest's queue of breaks: which of its leases ended, and why, in the BREAK frame's layout (docs/PROTOCOL.md). Not locked:
 * callers hold the lock of lease_owners.h. Leaves to others: what is broken, and when breaks are sent. */
#ifndef WASI_BREAKS_H
#define WASI_BREAKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum broken { BROKEN_ALL, BROKEN_NAME, BROKEN_ATTRIBUTES };

struct breaks { /* all zero: none yet */
	uint32_t count;     /* ever queued: the stamp of a lease given now */
	uint8_t *bytes;     /* those that haven't been taken */
	size_t length, room;
	bool has_news;      /* others broke something, and the guest wasn't told yet that there are breaks */
	bool overflowed;    /* no memory for a break: all leases are broken */
};

/* name: NULL, or the broken name of a folder. by_others: another process's change, so the guest is told without asking. */
void break_put(struct breaks *breaks, uint32_t id, enum broken what, const char *name, bool by_others);
/* Gives the bytes, to be freed, and empties the queue. NULL: none. */
uint8_t *breaks_take(struct breaks *breaks, size_t *length);

/* Breaks by others so far, of all guests. Any thread, without the lock. */
unsigned breaks_by_others(void);

#endif
