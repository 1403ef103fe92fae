/* What guests were promised to be told of: folders, files in them, and contents that they know about, each watched by inotify while somebody
 * knows it, and the breaks of those promises, queued a guest. One inotify instance for the process, so everything here is locked and may be called from any
 * thread. Leaves to others: what a promise says (sys_lease.c), when breaks are sent (whoever calls guest_breaks_take()). */
#ifndef WASI_LEASE_H
#define WASI_LEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

struct lease;
struct content;
struct guest;
struct root;

/* A descriptor behind a content that a guest knows, as path_open would have opened it to read. What was opened from what is known shares it,
 * so that nothing can fail then. Of one guest's calls alone; only whether somebody writes the file is asked by any thread. */
struct kept {
	int fd;
	unsigned holds;
	const struct root *root; /* in which it was found */
	uint64_t dev, ino;
	uint64_t rights_base;
	bool is_folder;
	uint8_t fs;              /* enum host_fs */
};

enum { CONTENT_BUCKETS = 64 };

/* A guest's promises. All zero: none yet. */
struct leases {
	struct lease *first;
	uint32_t last_id;
	uint32_t told;      /* breaks ever queued: the stamp of what is learned now */
	uint8_t *breaks;    /* those that nobody has taken, as guest_breaks_take() gives them */
	size_t length, room;
	bool has_news;      /* something was broken by others, and nobody was told that there is something to take */
	bool lost_count;    /* no memory for a break: all is broken */
	unsigned count, marks_count; /* folders, files in them */
	struct content *contents[CONTENT_BUCKETS]; /* by id */
	unsigned contents_count;
};

enum { LEASES_MAX = 4096 /* folders of a guest: one more, and the oldest is broken */, CONTENTS_MAX = 2048 /* of a guest */, LEASE_BREAKS_MAX = 64 /* names of one folder; then it is broken as a whole */ };

/* Promises to tell of changes in the folder that fd leads to, from now on: *id; *stamp: the count of breaks so far. A promise about the
 * same folder is replaced. NOTSUP: no watch to be had. */
wasi_errno_t lease_new(struct leases *leases, int fd, uint64_t dev, uint64_t ino, uint32_t *id, uint32_t *stamp);
/* Also of changes of one regular file in it. False: no watch to be had, its attributes must not be promised. */
bool lease_add_file(struct leases *leases, uint32_t id, int dir, const char *name, uint64_t *dev, uint64_t *ino);
/* What was promised of this name's file isn't any more. */
void lease_forget_file(struct leases *leases, uint32_t id, const char *name);
/* The promise about a folder: its id and the count of breaks so far, after all that has happened was heard. 0: there is none. */
uint32_t lease_find(struct leases *leases, uint64_t dev, uint64_t ino, uint32_t *stamp);
/* Promises to tell of changes of the regular file that fd leads to, from now on: *id, *stamp as above. Nothing is promised of its names. kept:
 * what is bound to those who open it from what they know, or NULL; held by the lease until it is dropped, broken or not. ends_when_opened: what is
 * promised ends when anybody opens the file, since nobody can ask then whether he may write. NOTSUP: no watch to be had, or too many. */
wasi_errno_t content_new(struct leases *leases, int fd, struct kept *kept, bool ends_when_opened, uint32_t *id, uint32_t *stamp);
/* Keeps it until lease_drop of *id, and promises nothing: of a folder, that is what its own lease is for. NOTSUP: too many are kept. */
wasi_errno_t content_keep(struct leases *leases, struct kept *kept, uint32_t *id);
/* Of a content lease that wasn't dropped, lent; NULL: there is none. */
struct kept *content_kept(const struct leases *leases, uint32_t id);
/* Who has it open for writing may store through a mapping, which nobody hears of. fd: opened to read. OK: nobody; BUSY: somebody; NOTSUP:
 * it can't be known (the file is somebody else's, or its file system knows no leases). */
wasi_errno_t content_probe(int fd);
/* kept is NULL: no memory, or too many descriptors are kept already; fd is the caller's then, else kept's. */
struct kept *kept_new(int fd);
void kept_drop(struct kept *kept);
/* Nobody needs it any more, be it about a folder or about a content. */
void lease_drop(struct leases *leases, uint32_t id);
/* The guest is about to change this file itself: what it was promised about it is broken, and it isn't nudged for that. */
void leases_change_file(struct leases *leases, uint64_t dev, uint64_t ino);
void leases_clear(struct leases *leases);

#endif
