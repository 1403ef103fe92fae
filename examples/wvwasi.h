/* What wvwasi-gw offers programs beside preview1. It imports from the module "wvwasi": only this gateway has it. */
#ifndef WVWASI_H
#define WVWASI_H

#include <stdint.h>

enum wvwasi_lock_kind { WVWASI_UNLOCK = 0, WVWASI_SHARED = 1, WVWASI_EXCLUSIVE = 2 };
enum wvwasi_lock_flags { WVWASI_WAIT = 1, WVWASI_TEST = 2 };

struct wvwasi_lock {
	uint32_t kind;          /* enum wvwasi_lock_kind */
	uint64_t start, length; /* bytes; length 0: to the end */
};

/* Locks (or unlocks) bytes of an open file, as fcntl(2)'s F_OFD_SETLK does: for this descriptor, not for the program. A shared
 * lock needs a descriptor that reads, an exclusive one one that writes. length 0: to the end, however long the file grows. With
 * WVWASI_WAIT it waits, else it gives __WASI_ERRNO_AGAIN when another's lock is in the way. With WVWASI_TEST nothing is locked:
 * *found is a lock that is in the way, or of kind WVWASI_UNLOCK. found may be NULL. Gives an errno of WASI's: 0, AGAIN, BADF,
 * NOLCK (more than 1,024 ranges), INVAL, or what a write before failed with; then it did nothing, and may be called again. Locks
 * end with the descriptor. They hold off who asks for them: other programs of this gateway, and native ones by fcntl(2). */
__attribute__((import_module("wvwasi"), import_name("fd_lock"))) uint16_t wvwasi_fd_lock(int fd, uint32_t kind, uint32_t flags,
	uint64_t start, uint64_t length, struct wvwasi_lock *found);

#endif
