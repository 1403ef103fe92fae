/* Contents of files that a guest knows. Not locked: callers hold the lock of lease_owners.h.
 * Leaves to others: when a lease is given (lease.h), and which event breaks it (lease_owners.c). */
#ifndef WASI_CONTENT_LEASE_H
#define WASI_CONTENT_LEASE_H

#include "abi.h"
#include "breaks.h"
#include "inode_watch.h"
#include "pinned.h"

enum { CONTENT_BUCKETS = 64, CONTENTS_MAX = 2048 /* of a guest */ };

struct content_leases { /* a guest's; all zero: none */
	struct content_lease *by_id[CONTENT_BUCKETS];
	unsigned count, watched; /* watched: those that promise something */
};

struct content_lease {
	struct content_leases *of;
	struct breaks *breaks;
	uint32_t id;
	struct inode_watch *watch; /* NULL: nothing is promised, or it was broken and the guest still has to drop it */
	struct pinned *pinned;     /* or NULL */
	bool ends_when_opened;
	struct content_lease *next_on_watch, *next;
};

/* Takes content, which has an id, into the guest's, and holds what is pinned. */
void content_link(struct content_lease *content, struct content_leases *contents, struct breaks *breaks);
void content_free(struct content_lease *content);
void content_break(struct content_lease *content, bool by_others);
/* Ends the promise; the guest still has to drop the lease. */
void content_end(struct content_lease *content);
struct content_lease *content_of_id(const struct content_leases *contents, uint32_t id);
/* The guest's lease of this inode that still promises; NULL: there is none. */
struct content_lease *content_oldest(const struct content_leases *contents);
void contents_each(struct content_leases *contents, void (*what)(struct content_lease *content));

/* Somebody opened the file: breaks the leases for which not every later change would be reported. */
void contents_opened(struct inode_watch *watch);

/* Somebody who has a file open for writing may store through a mapping, which no event reports. fd: opened to read. OK: nobody;
 * BUSY: somebody; NOTSUP: unknown (the file is another user's, or its file system has no leases). */
wasi_errno_t content_probe(int fd);

/* Are any held, by any guest? Any thread, without the lock. */
bool contents_held(void);

#endif
