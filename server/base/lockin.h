/* Locks this process in for good: no new privileges, Landlock, seccomp. A second barrier: a bug in our path walk is then no
 * escape. For the whole process, so before its first thread. Leaves to others: which folders (gateway.c), what to say
 * (gateway.c). */
#ifndef SERVER_BASE_LOCKIN_H
#define SERVER_BASE_LOCKIN_H

#include <stdbool.h>
#include <stddef.h>

struct lockin_folder {
	int fd;        /* a directory, or with lockin_network() a file, lent */
	bool writable;
};

enum { LOCKIN_MISSING_MAX = 16 };

struct lockin_result {
	int landlock_abi;                        /* that the kernel has; 0: none */
	bool landlock, seccomp;                  /* are on */
	char missing[LOCKIN_MISSING_MAX][120];   /* what this kernel lacks, a sentence each */
	size_t missing_count;
};

/* Before the event loop is made: it gets no io_uring. libuv (1.45 and newer) would keep one for epoll, which the locked-in
 * process may not enter, and then aborts. */
void lockin_prepare(void);

/* Only the folders can be opened beneath afterwards; descriptors that are open stay usable. pretend_abi: a Landlock version to
 * stay at or below, for tests; 0: the newest. Fills in what is missing; nothing missing: the lock is complete. */
void lockin(const struct lockin_folder *folders, size_t count, int pretend_abi, struct lockin_result *result);

/* The dialer's: sockets of the internet may be made, connected, bound and listened on; of files only these can be read (folders
 * with what is in them; `writable` doesn't count). */
void lockin_network(const struct lockin_folder *files, size_t count, struct lockin_result *result);

#endif
