/* Folders that a guest knows, and files in them whose attributes it knows. Not locked: callers hold the lock of lease_owners.h.
 * Leaves to others: when a lease is given (lease.h), and which event breaks it (lease_owners.c). */
#ifndef WASI_FOLDER_LEASE_H
#define WASI_FOLDER_LEASE_H

#include "breaks.h"
#include "inode_watch.h"

#include <limits.h>
#include <sys/stat.h>

enum {
	LEASE_BREAKS_MAX = 64, /* names of one folder; then the folder is broken as a whole */
	OWN_EVENTS_MAX = 2,    /* a rename's */
};

/* What a call of the guest itself is about to do to a name in a folder that it leased. */
struct own_event {
	uint64_t dev, ino;     /* of the folder */
	uint32_t mask, cookie; /* inotify's */
	bool came;
	char name[NAME_MAX + 1];
};

struct own_events { /* in the order in which they come */
	unsigned count;
	bool is_told;          /* the page has done to what it knows what the call does: nothing of it is broken */
	struct own_event of[OWN_EVENTS_MAX];
	uint64_t times_dev, times_ino; /* of a folder whose times it is about to set, as the page knows; 0: none */
};

struct folder_leases { /* a guest's; all zero: none */
	struct folder_lease *first;  /* the latest */
	unsigned count, marks_count;
	struct own_events own;
};

struct folder_lease {
	struct folder_leases *of;
	struct breaks *breaks;
	uint32_t id;
	unsigned names_broken;
	struct stat st; /* when it was leased */
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
/* Is this event of the lease's folder the guest's own that comes next? Then it breaks at most the name, and without news. */
bool folder_lease_own_event(struct folder_lease *lease, const struct inotify_event *event);
/* Is it the guest that changes this folder's attributes now? */
bool folder_lease_own_times(const struct folder_lease *lease);

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
