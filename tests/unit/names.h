/* Calls that change names below the first preopen, for the unit tests of wasi/. */
#ifndef TESTS_UNIT_NAMES_H
#define TESTS_UNIT_NAMES_H

#include "world.h"

static inline wasi_errno_t make_dir(struct world *world, const char *path)
{
	return sys(world, SYSCALL_path_create_directory, ROOT, path);
}

static inline wasi_errno_t remove_dir(struct world *world, const char *path)
{
	return sys(world, SYSCALL_path_remove_directory, ROOT, path);
}

static inline wasi_errno_t remove_file(struct world *world, const char *path)
{
	return sys(world, SYSCALL_path_unlink_file, ROOT, path);
}

static inline wasi_errno_t move(struct world *world, const char *from, const char *to)
{
	return sys(world, SYSCALL_path_rename, ROOT, from, ROOT, to);
}

static inline wasi_errno_t symbolic(struct world *world, const char *target, const char *path)
{
	return sys(world, SYSCALL_path_symlink, target, ROOT, path);
}

static inline wasi_errno_t hard(struct world *world, const char *from, const char *to)
{
	return sys(world, SYSCALL_path_link, ROOT, 0, from, ROOT, to);
}

#endif
