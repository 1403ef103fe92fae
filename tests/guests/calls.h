/* The 46 calls of preview1 as a program imports them, with explicit path lengths (libc's wrappers can't say "a\0b") and
 * proc_raise, which this libc leaves out. Types and constants come from libc's wasi/api.h. */
#ifndef GUESTS_CALLS_H
#define GUESTS_CALLS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wasi/api.h>

#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) extern int name
#define P(path) (path), (uint32_t)strlen(path)

typedef __wasi_iovec_t in_t;   /* to be filled */
typedef __wasi_ciovec_t out_t; /* to be written */
typedef __wasi_filestat_t stat_t;
typedef __wasi_fdstat_t fdstat_t;

#ifdef __cplusplus
extern "C" {
#endif
IMPORT(args_get)(uint8_t **argv, uint8_t *buffer);
IMPORT(args_sizes_get)(uint32_t *count, uint32_t *size);
IMPORT(environ_get)(uint8_t **environ, uint8_t *buffer);
IMPORT(environ_sizes_get)(uint32_t *count, uint32_t *size);
IMPORT(clock_res_get)(int clock, uint64_t *resolution);
IMPORT(clock_time_get)(int clock, uint64_t precision, uint64_t *time);
IMPORT(fd_advise)(int fd, uint64_t offset, uint64_t length, int advice);
IMPORT(fd_allocate)(int fd, uint64_t offset, uint64_t length);
IMPORT(fd_close)(int fd);
IMPORT(fd_datasync)(int fd);
IMPORT(fd_fdstat_get)(int fd, fdstat_t *stat);
IMPORT(fd_fdstat_set_flags)(int fd, int flags);
IMPORT(fd_fdstat_set_rights)(int fd, uint64_t base, uint64_t inheriting);
IMPORT(fd_filestat_get)(int fd, stat_t *stat);
IMPORT(fd_filestat_set_size)(int fd, uint64_t size);
IMPORT(fd_filestat_set_times)(int fd, uint64_t atim, uint64_t mtim, int flags);
IMPORT(fd_pread)(int fd, const in_t *iovs, uint32_t count, uint64_t offset, uint32_t *done);
IMPORT(fd_prestat_get)(int fd, __wasi_prestat_t *prestat);
IMPORT(fd_prestat_dir_name)(int fd, uint8_t *name, uint32_t length);
IMPORT(fd_pwrite)(int fd, const out_t *iovs, uint32_t count, uint64_t offset, uint32_t *done);
IMPORT(fd_read)(int fd, const in_t *iovs, uint32_t count, uint32_t *done);
IMPORT(fd_readdir)(int fd, void *buffer, uint32_t length, uint64_t cookie, uint32_t *used);
IMPORT(fd_renumber)(int fd, int to);
IMPORT(fd_seek)(int fd, int64_t offset, int whence, uint64_t *position);
IMPORT(fd_sync)(int fd);
IMPORT(fd_tell)(int fd, uint64_t *position);
IMPORT(fd_write)(int fd, const out_t *iovs, uint32_t count, uint32_t *done);
IMPORT(path_create_directory)(int fd, const char *path, uint32_t length);
IMPORT(path_filestat_get)(int fd, int lookup, const char *path, uint32_t length, stat_t *stat);
IMPORT(path_filestat_set_times)(int fd, int lookup, const char *path, uint32_t length, uint64_t atim, uint64_t mtim, int flags);
IMPORT(path_link)(int fd, int lookup, const char *old, uint32_t old_length, int to, const char *path, uint32_t length);
IMPORT(path_open)(int fd, int lookup, const char *path, uint32_t length, int oflags, uint64_t base, uint64_t inheriting,
	int flags, int *opened);
IMPORT(path_readlink)(int fd, const char *path, uint32_t length, void *buffer, uint32_t size, uint32_t *used);
IMPORT(path_remove_directory)(int fd, const char *path, uint32_t length);
IMPORT(path_rename)(int fd, const char *old, uint32_t old_length, int to, const char *path, uint32_t length);
IMPORT(path_symlink)(const char *target, uint32_t target_length, int fd, const char *path, uint32_t length);
IMPORT(path_unlink_file)(int fd, const char *path, uint32_t length);
IMPORT(poll_oneoff)(const __wasi_subscription_t *in, __wasi_event_t *out, uint32_t count, uint32_t *events);
IMPORT(proc_raise)(int signal);
IMPORT(random_get)(void *buffer, uint32_t length);
IMPORT(sock_accept)(int fd, int flags, int *accepted);
IMPORT(sock_recv)(int fd, const in_t *iovs, uint32_t count, int flags, uint32_t *done, uint16_t *roflags);
IMPORT(sock_send)(int fd, const out_t *iovs, uint32_t count, int flags, uint32_t *done);
IMPORT(sock_shutdown)(int fd, int how);
/* sched_yield() is libc's, and only that */
__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_exit"))) _Noreturn void proc_exit(int code);
#ifdef __cplusplus
}
#endif

enum { ROOT = 3, FOLLOW = __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW };
#define READ (__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL | __WASI_RIGHTS_FD_FILESTAT_GET)
#define WRITE (__WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL | __WASI_RIGHTS_FD_FILESTAT_GET | \
               __WASI_RIGHTS_FD_SYNC | __WASI_RIGHTS_FD_DATASYNC | __WASI_RIGHTS_FD_FILESTAT_SET_SIZE | \
               __WASI_RIGHTS_FD_ALLOCATE | __WASI_RIGHTS_FD_FILESTAT_SET_TIMES | __WASI_RIGHTS_FD_FDSTAT_SET_FLAGS | \
               __WASI_RIGHTS_FD_ADVISE)

/* path_open with the usual wishes; the descriptor, or minus the errno. */
static inline int open_at(int dir, const char *path, int oflags, uint64_t rights, int fdflags)
{
	int fd = -1, error = path_open(dir, 0, P(path), oflags, rights, rights, fdflags, &fd);
	return error ? -error : fd;
}

static inline int write_all(int fd, const void *bytes, uint32_t length)
{
	out_t out = { (const uint8_t *)bytes, length };
	uint32_t done = 0;
	int error = fd_write(fd, &out, 1, &done);
	return error ? -error : (int)done;
}

static inline int read_some(int fd, void *buffer, uint32_t length)
{
	in_t in = { (uint8_t *)buffer, length };
	uint32_t done = 0;
	int error = fd_read(fd, &in, 1, &done);
	return error ? -error : (int)done;
}

#endif
