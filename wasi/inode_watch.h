/* Inodes that inotify reports to us: one watch each, however many leases are about the inode, ended some time after the last of
 * them. One inotify instance for the process. Not locked: callers hold the lock of lease_owners.h. Leaves to others: what an
 * event breaks. */
#ifndef WASI_INODE_WATCH_H
#define WASI_INODE_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/inotify.h>

enum { WATCHES_MAX = 65536 };

struct inode_watch {
	int wd;
	uint64_t dev, ino;
	struct folder_lease *folders;  /* what is leased of it */
	struct file_mark *files;
	struct content_lease *contents;
	struct inode_watch *next_by_wd, *next_by_inode, *next_idle;
	bool idle, gone; /* in the list of those that may be ended; the kernel has ended it */
};

/* Makes the inotify instance: its descriptor, or -1. */
int watches_start(void);
/* That descriptor; -1: not started, nothing can be watched. */
int watches_fd(void);
/* How many watches there may be, in place of a share of what the kernel allows. */
void watches_limit(unsigned most);

/* Watches what path leads to, or adds these events to the watch that is there. Paths lead through /proc/self/fd, since the
 * sandbox keeps us from resolving one from the root. NULL: the kernel refuses, or we have as many as we may. */
struct inode_watch *watch_add(const char *path, uint32_t events, uint64_t dev, uint64_t ino);
struct inode_watch *watch_of_wd(int wd);
struct inode_watch *watch_of_inode(uint64_t dev, uint64_t ino);
/* One lease of the inode has ended. After the last one the watch is ended, too, but later, since a folder that is leased again
 * needs the same watches. */
void watch_drop(struct inode_watch *watch);
/* The kernel has ended it. */
void watch_gone(struct inode_watch *watch);

/* Ends some of the watches without a lease; not all at once, since each end is an event in a queue that may overflow. */
void watches_end_idle(void);
bool watches_have_idle(void);
/* Is no watch left for another inode? */
bool watches_are_full(void);
/* How many there are to be shared. */
unsigned watches_to_share(void);

#endif
