/* The table of calls as data. Leaves to others: what a call does (sys_*.c), how it looks on the wire (server/wire/codec.c). */
#ifndef WASI_SYSCALLS_H
#define WASI_SYSCALLS_H

#include <stddef.h>
#include <stdint.h>

#include "abi.h"

enum syscall_flags {
	SYSCALL_LOCAL = 1 << 0,
	SYSCALL_CHANGES = 1 << 1,
	SYSCALL_CONSUMES = 1 << 2,
	SYSCALL_BLOCKS = 1 << 3,
	SYSCALL_QUIET = 1 << 4,
	SYSCALL_WRITES = 1 << 5,
	SYSCALL_REPORTS = 1 << 6,
	SYSCALL_PUBLISHES = 1 << 7,
	SYSCALL_ENDS = 1 << 8,
	SYSCALL_FORESEEN = 1 << 9,
};

enum { SYSCALL_ARGS_MAX = 8 };
#define SYSCALL_ALL_RIGHTS UINT64_MAX /* also those to what is opened below */

enum syscall_number {
#define SYSCALL(number, name, takes, gives, flags, ...) SYSCALL_##name = number,
#include "syscalls.def"
};

struct guest;
struct call;

typedef wasi_errno_t syscall_fn(struct guest *guest, struct call *call);

struct syscall {
	uint16_t number;
	uint16_t flags; /* enum syscall_flags */
	const char *name;
	const char *takes; /* letters, see syscalls.def */
	const char *gives;
	uint64_t rights[2]; /* of the first and the second f argument, not to be dropped */
	syscall_fn *run;
};

/* All rows, in the order of the table, to be printed or tested. */
extern const struct syscall syscalls[];
extern const size_t syscalls_count;

/* The row of a number; NULL where there is none (the caller answers NOSYS). */
const struct syscall *syscall_find(uint16_t number);

/* FNV-1a, 64 bits, over "number name takes gives flags\n" of each row in order, flags as a decimal number.
 * static/shim/base/syscalls.js carries the same number; a hello with another one comes from another version. */
uint64_t syscalls_hash(void);

#endif
