/* What guests were promised to be told of: folders and files that they know about, each watched by inotify while somebody knows it, and the
 * breaks of those promises, queued a guest. One inotify instance for the process, so everything here is locked and may be called from any
 * thread. Leaves to others: what a promise says (sys_lease.c), when breaks are sent (whoever calls guest_breaks_take()). */
#ifndef WASI_LEASE_H
#define WASI_LEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

struct lease;
struct guest;

/* A guest's promises. All zero: none yet. */
struct leases {
	struct lease *first;
	uint32_t last_id;
	uint32_t told;      /* breaks ever queued: the stamp of what is learned now */
	uint8_t *breaks;    /* those that nobody has taken, as guest_breaks_take() gives them */
	size_t length, room;
	bool has_news;      /* something was broken by others, and nobody was told that there is something to take */
	bool lost_count;    /* no memory for a break: all is broken */
	unsigned count;
};

enum { LEASES_MAX = 4096 /* of a guest */, LEASE_BREAKS_MAX = 64 /* names of one folder; then it is broken as a whole */ };

/* Promises to tell of changes in the folder that fd leads to, from now on: *id; *stamp: the count of breaks so far. A promise about the
 * same folder is replaced. NOTSUP: no watch to be had. */
wasi_errno_t lease_new(struct leases *leases, int fd, uint64_t dev, uint64_t ino, uint32_t *id, uint32_t *stamp);
/* Also of changes of one regular file in it. False: no watch to be had, its attributes must not be promised. */
bool lease_add_file(struct leases *leases, uint32_t id, int dir, const char *name, uint64_t *dev, uint64_t *ino);
/* What was promised of this name's file isn't any more. */
void lease_forget_file(struct leases *leases, uint32_t id, const char *name);
/* The promise about a folder: its id and the count of breaks so far, after all that has happened was heard. 0: there is none. */
uint32_t lease_find(struct leases *leases, uint64_t dev, uint64_t ino, uint32_t *stamp);
/* Nobody needs it any more. */
void lease_drop(struct leases *leases, uint32_t id);
/* The guest is about to change this file itself: what it was promised about it is broken, and it isn't nudged for that. */
void leases_change_file(struct leases *leases, uint64_t dev, uint64_t ino);
void leases_clear(struct leases *leases);

#endif
