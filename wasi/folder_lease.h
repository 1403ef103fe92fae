/* Folders that a guest knows, and files in them whose attributes it knows. Not locked: callers hold the lock of lease_owners.h.
 * Leaves to others: when a lease is given (lease.h), and which event breaks it (lease_owners.c). */
#ifndef WASI_FOLDER_LEASE_H
#define WASI_FOLDER_LEASE_H

#include "breaks.h"
#include "inode_watch.h"

enum { LEASE_BREAKS_MAX = 64 /* names of one folder; then the folder is broken as a whole */ };

struct folder_leases { /* a guest's; all zero: none */
	struct folder_lease *first;  /* the latest */
	unsigned count, marks_count;
};

struct folder_lease {
	struct folder_leases *of;
	struct breaks *breaks;
	uint32_t id;
	unsigned names_broken;
	struct inode_watch *watch;
	struct folder_lease *next_on_watch, *next;
	struct file_mark *marks;
};

/* A file in it whose attributes the guest knows. */
struct file_mark {
	struct folder_lease *lease;
	struct inode_watch *watch;
	struct file_mark *next_on_watch, *next;
	char name[];
};

/* Takes lease, which has a watch and an id, into the guest's. */
void folder_lease_link(struct folder_lease *lease, struct folder_leases *leases, struct breaks *breaks);
void folder_lease_free(struct folder_lease *lease);
void folder_lease_break(struct folder_lease *lease, bool by_others);
/* Breaks one name, or the whole folder after too many names. */
void folder_lease_break_name(struct folder_lease *lease, const char *name);

void file_mark_link(struct file_mark *mark);
void file_mark_free(struct file_mark *mark);
void file_mark_break(struct file_mark *mark, bool by_others);
struct file_mark *file_mark_of(const struct folder_lease *lease, const char *name);

struct folder_lease *folder_lease_of_id(const struct folder_leases *leases, uint32_t id);
/* The guest's lease of this inode. */
struct folder_lease *folder_lease_on(const struct folder_leases *leases, const struct inode_watch *watch);
struct folder_lease *folder_lease_oldest(const struct folder_leases *leases);

/* Are any held, by any guest? Any thread, without the lock. */
bool folder_leases_held(void);

#endif
