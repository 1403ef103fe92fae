/* The table as an array. */
#include "sys.h"

#include <stdio.h>

enum { /* the table's words */
	LOCAL = SYSCALL_LOCAL, CHANGES = SYSCALL_CHANGES, CONSUMES = SYSCALL_CONSUMES, BLOCKS = SYSCALL_BLOCKS, QUIET = SYSCALL_QUIET,
	WRITES = SYSCALL_WRITES, REPORTS = SYSCALL_REPORTS, PUBLISHES = SYSCALL_PUBLISHES, ENDS = SYSCALL_ENDS,
	FORESEEN = SYSCALL_FORESEEN,
};

enum {
#define RIGHT(name) name = WASI_RIGHT_##name
	RIGHT(FD_DATASYNC), RIGHT(FD_READ), RIGHT(FD_SEEK), RIGHT(FD_FDSTAT_SET_FLAGS), RIGHT(FD_SYNC), RIGHT(FD_TELL),
	RIGHT(FD_WRITE),
	RIGHT(FD_ADVISE), RIGHT(FD_ALLOCATE), RIGHT(PATH_CREATE_DIRECTORY), RIGHT(PATH_CREATE_FILE), RIGHT(PATH_LINK_SOURCE),
	RIGHT(PATH_LINK_TARGET), RIGHT(PATH_OPEN),
	RIGHT(FD_READDIR), RIGHT(PATH_READLINK), RIGHT(PATH_RENAME_SOURCE), RIGHT(PATH_RENAME_TARGET), RIGHT(PATH_FILESTAT_GET),
	RIGHT(PATH_FILESTAT_SET_TIMES), RIGHT(FD_FILESTAT_GET), RIGHT(FD_FILESTAT_SET_SIZE), RIGHT(FD_FILESTAT_SET_TIMES),
	RIGHT(PATH_SYMLINK), RIGHT(PATH_REMOVE_DIRECTORY), RIGHT(PATH_UNLINK_FILE), RIGHT(SOCK_SHUTDOWN), RIGHT(SOCK_ACCEPT),
#undef RIGHT
};
#define ALL SYSCALL_ALL_RIGHTS
#define BOTH(first, second) first, second

const struct syscall syscalls[] = {
#define SYSCALL(number, name, takes, gives, flags, rights, ...) { number, flags, #name, takes, gives, { rights }, sys_##name },
#include "syscalls.def"
};
const size_t syscalls_count = sizeof syscalls / sizeof *syscalls;

const struct syscall *syscall_find(uint16_t number)
{
	size_t low = 0, high = syscalls_count;

	/* Rows of preview1 are numbered from 1 without gaps; extensions are few. */
	if (number >= 1 && number <= syscalls_count && syscalls[number - 1].number == number)
		return &syscalls[number - 1];
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (syscalls[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < syscalls_count && syscalls[low].number == number ? &syscalls[low] : NULL;
}

uint64_t syscalls_hash(void)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < syscalls_count; i++) {
		char line[128];
		const struct syscall *row = &syscalls[i];

		snprintf(line, sizeof line, "%u %s %s %s %u\n", row->number, row->name, row->takes, row->gives, row->flags);
		for (const char *at = line; *at; at++)
			hash = (hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
	}
	return hash;
}
