/* A guest's leases, for its calls: each function takes the lock, and may be called from any thread. Leaves to others: what a
 * lease says (sys_lease_*.c), when breaks are sent (whoever takes them). */
#ifndef WASI_LEASE_H
#define WASI_LEASE_H

#include "lease_owners.h"

enum { LEASES_MAX = 4096 /* folders of a guest; one more breaks the oldest */ };

/* Promises to report changes in the folder that fd leads to, from now on: *id; *stamp: the count of breaks so far. Replaces a
 * lease of the same folder. NOTSUP: no watch is left. */
wasi_errno_t lease_new(struct leases *leases, int fd, uint64_t dev, uint64_t ino, uint32_t *id, uint32_t *stamp);
/* Also changes of one regular file in it. False: no watch is left; its attributes must not be promised. */
bool lease_add_file(struct leases *leases, uint32_t id, int dir, const char *name, uint64_t *dev, uint64_t *ino);
/* Ends what was promised of this name's file. */
void lease_forget_file(struct leases *leases, uint32_t id, const char *name);
/* Takes in what happened so far, then gives the lease of a folder and the count of breaks. 0: there is none. */
uint32_t lease_find(struct leases *leases, uint64_t dev, uint64_t ino, uint32_t *stamp);

/* Promises to report changes of the regular file that fd leads to, from now on: *id, *stamp as above. Promises nothing of its
 * names. pinned: what the page's later opens share, or NULL; the lease holds it until it is dropped, broken or not.
 * ends_when_opened: the lease is broken whenever the file is opened, since the kernel doesn't tell for what. NOTSUP: no
 * watch is left, or the guest has too many. */
wasi_errno_t lease_new_content(struct leases *leases, int fd, struct pinned *pinned, bool ends_when_opened, uint32_t *id,
                               uint32_t *stamp);
/* Holds pinned until lease_drop of *id, and promises nothing: what is promised of a folder is its own lease. NOTSUP: too many. */
wasi_errno_t lease_pin(struct leases *leases, struct pinned *pinned, uint32_t *id);
/* What a lease that wasn't dropped holds, lent; NULL: there is none. */
struct pinned *lease_pinned(const struct leases *leases, uint32_t id);

/* Nobody needs it any more: a folder's, a content's, or what was pinned. */
void lease_drop(struct leases *leases, uint32_t id);
/* The guest is about to change this file or folder itself: breaks its own leases of it, without telling it that there is news. */
void leases_change_inode(struct leases *leases, uint64_t dev, uint64_t ino);

/* A name that the guest is about to change itself, whose event would break its lease as anybody's does. */
struct own_name {
	int dir;
	const char *name;
	uint32_t event;        /* inotify's, with IN_ISDIR where it has it */
	uint64_t dev, ino;     /* of the folder */
	uint64_t there_dev, there_ino; /* what the name leads to then; 0: to nothing */
};
/* Takes in what happened so far. From now on the events of these names, at most two, in their order, are the guest's own: they
 * are no news to it and don't count towards the break of the whole lease; is_told: it needn't hear of them at all, since its page
 * knows. Everything else that happens meanwhile, and what these events mean to other guests, is as ever. */
void leases_own_begin(struct leases *leases, const struct own_name *names, unsigned count, bool is_told);
/* The call has run (is_done: with success). A name of which the guest needn't hear is broken if its event didn't come or it leads
 * elsewhere, since then another process has changed it. */
void leases_own_end(struct leases *leases, const struct own_name *names, unsigned count, bool is_done);
/* The guest is about to set the times of this folder, as its page knows: takes in what happened so far; the events up to the end
 * are its own. */
void leases_own_times_begin(struct leases *leases, const struct stat *folder);
/* It has; folder: its attributes now. The lease is broken if its mode or owner has changed. */
void leases_own_times_end(struct leases *leases, const struct stat *folder);
/* Ends all of them, which is news to the guest. */
void leases_end(struct leases *leases);
void leases_clear(struct leases *leases);

/* guest_has_news() and guest_breaks_take() of wasi.h. */
bool leases_have_news(struct leases *leases);
uint8_t *leases_breaks_take(struct leases *leases, size_t *length);

#endif
