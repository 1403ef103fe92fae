/* What we ask of an operating system. Answered by the host_*.c files; nobody else sees errno. Every function returns WASI_OK or
 * an errno of WASI's. Names are resolved beneath a directory that is held open, never absolutely. WASI_EAGAIN means "not without
 * waiting" wherever a function says so. */
#ifndef WASI_HOST_H
#define WASI_HOST_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "abi.h"

#ifndef O_PATH /* a descriptor that only names an object */
#define O_PATH O_RDONLY
#endif

wasi_errno_t host_error(int number); /* of an errno */
uint8_t host_filetype(mode_t mode);
/* Times before 1970 become 0, times past 2554 the last one: WASI has no others. */
void host_filestat(const struct stat *st, wasi_filestat_t *filestat);

/* ---- resolving paths: the two mechanisms. path: relative, not empty, shorter than PATH_MAX ---- Nothing above root is ever
 * reached: absolute paths and links, and too many "..", are PERM. flags are open(2)'s; O_CLOEXEC is added, and unless O_PATH is
 * asked for, O_NONBLOCK and O_NOCTTY. New files get mode 0666 less the umask. */
wasi_errno_t host_open_beneath(int root, const char *path, int flags, int *fd); /* by the mechanism that was chosen */
wasi_errno_t host_walk(int root, const char *path, int flags, int *fd);         /* a component at a time, holding the parents */
/* Never waits for a disk: AGAIN if it would have to, or at a mount point. No O_CREAT, no O_TRUNC. */
wasi_errno_t host_open_cached(int root, const char *path, int flags, int *fd);
/* One name in a directory, never following a link (LOOP). */
wasi_errno_t host_open_name(int dir, const char *name, int flags, int *fd);
/* A new file, to read and write, of this mode less the umask. */
wasi_errno_t host_make_file(int dir, const char *name, mode_t mode, int *fd);

/* ---- one name in a directory; links are never followed ---- */
wasi_errno_t host_stat_name(int dir, const char *name, struct stat *st);
wasi_errno_t host_make_directory(int dir, const char *name, mode_t mode);
wasi_errno_t host_remove_directory(int dir, const char *name);
wasi_errno_t host_unlink(int dir, const char *name);
wasi_errno_t host_rename(int from_dir, const char *from, int to_dir, const char *to);
wasi_errno_t host_link(int from_dir, const char *from, int to_dir, const char *to);
wasi_errno_t host_symlink(const char *target, int dir, const char *name);
wasi_errno_t host_readlink(int dir, const char *name, char *target, size_t room, size_t *length);

/* ---- open objects ---- */
wasi_errno_t host_close(int fd);
wasi_errno_t host_stat(int fd, struct stat *st);
wasi_errno_t host_set_times(int fd, const struct timespec times[2]); /* O_PATH descriptors too */
wasi_errno_t host_set_size(int fd, uint64_t size);
wasi_errno_t host_set_append(int fd, bool append);
wasi_errno_t host_sync(int fd, bool data_only);
wasi_errno_t host_advise(int fd, uint64_t offset, uint64_t length, int advice);
bool host_is_tty(int fd);

/* Files. Transfers everything, unless the file ends or an error comes; *done says how much, also at an error. */
wasi_errno_t host_pread(int fd, uint8_t *bytes, size_t length, uint64_t offset, size_t *done);
wasi_errno_t host_pread_cached(int fd, uint8_t *bytes, size_t length, uint64_t offset, size_t *done); /* AGAIN: not in memory */
wasi_errno_t host_pwrite(int fd, const uint8_t *bytes, size_t length, uint64_t offset, size_t *done);
wasi_errno_t host_append(int fd, const uint8_t *bytes, size_t length, size_t *done, uint64_t *end);

/* Streams, all O_NONBLOCK. AGAIN: nothing now. A FIFO that no writer has opened yet isn't at its end (AGAIN). */
wasi_errno_t host_read(int fd, uint8_t *bytes, size_t length, bool fifo, size_t *done);
wasi_errno_t host_write(int fd, const uint8_t *bytes, size_t length, size_t *done);
wasi_errno_t host_accept(int fd, int *accepted);
wasi_errno_t host_receive(int fd, uint8_t *bytes, size_t length, bool peek, size_t *done);
wasi_errno_t host_send(int fd, const uint8_t *bytes, size_t length, size_t *done);
/* A socket's own address or its peer's, as an endpoint's bytes (network.h). AFNOSUPPORT: it isn't of the internet. */
wasi_errno_t host_socket_address(int fd, bool peer, uint8_t endpoint[23], size_t *length);
int host_socket_error(int fd); /* SO_ERROR as an errno of WASI's */
wasi_errno_t host_socket_option(int fd, int level, int name, int *value, bool set);
/* A datagram on a relay (sys_datagram.c): whole, or AGAIN. What has no room in `bytes` is lost. */
wasi_errno_t host_datagram_send(int fd, const uint8_t *endpoint, size_t endpoint_length, const uint8_t *bytes, size_t length);
wasi_errno_t host_datagram_receive(int fd, uint8_t *endpoint, uint32_t *endpoint_length, uint8_t *bytes, size_t room, bool peek,
	size_t *done);
wasi_errno_t host_shutdown(int fd, bool reading, bool writing);
uint64_t host_readable_bytes(int fd);
struct pollfd;
wasi_errno_t host_poll(struct pollfd *fds, size_t count); /* what is ready now; never waits */

/* ---- directories ---- */
struct host_entry {
	const char *name; /* lent for the callback */
	size_t length;
	uint64_t ino;
	uint8_t type; /* WASI_FILETYPE_* */
};
/* Tells every entry, "." and ".." too, from the start. Stops with each()'s error. */
wasi_errno_t host_list(int dir, wasi_errno_t (*each)(void *context, const struct host_entry *entry), void *context);

/* ---- file systems ---- */
enum host_fs {
	HOST_FS_LOCAL,  /* local; inotify reports every change */
	HOST_FS_MEMORY, /* the same, and never waits */
	HOST_FS_KERNEL, /* /proc and its like: generated when it is read */
	HOST_FS_REMOTE, /* network, FUSE, and what we don't know */
};
/* Does inotify report every change on it? */
static inline bool host_fs_reports_changes(enum host_fs fs) { return fs == HOST_FS_LOCAL || fs == HOST_FS_MEMORY; }
enum host_fs host_fs_kind(int fd, bool *process_secrets); /* process_secrets, or NULL: it is procfs */
/* false: in this folder other names than the listed ones may exist, as where case doesn't count */
bool host_names_are_exact(int fd);
uint64_t host_mount(int fd);  /* which mount it is reached through; 0: unknown */
uint64_t host_space(int fd); /* bytes that we may still use; 0: unknown, or hardly another file can be made */
bool host_has_quota(int fd); /* our quota may end before the space does */
/* May every user who may write in this folder remove any of its names? False with a sticky bit, if it is immutable or
 * append-only, and where something is mounted on it. */
bool host_names_are_free(int dir);
/* The folder that this name leads to. False: it is none, or something is mounted there. */
bool host_folder_name(int dir, const char *name, uint64_t *dev, uint64_t *ino);
/* Have we opened more than half as many files as we may? fd: the latest. */
bool host_descriptors_are_short(int fd);

/* ---- the rest ---- */
uint64_t host_clock_ns(int clock);      /* CLOCK_REALTIME, CLOCK_MONOTONIC */
uint64_t host_clock_res_ns(int clock);
wasi_errno_t host_random(void *bytes, size_t length);
bool host_file_size_is_limited(void); /* RLIMIT_FSIZE */
void host_name_of(int fd, char *name, size_t size); /* its path as the kernel knows it; empty: unknown */
/* An open file description of its own for what fd leads to, to read. */
wasi_errno_t host_reopen_to_read(int fd, int *reopened);
struct lock_range;
wasi_errno_t host_set_lock(int fd, const struct lock_range *range); /* AGAIN: another's lock is in the way. Never waits */
wasi_errno_t host_test_lock(int fd, struct lock_range *range);      /* range becomes one that is in the way, or UNLOCK */
wasi_errno_t host_lock(int fd);       /* AGAIN: another process holds it */

#endif
