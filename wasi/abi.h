/* wasi_snapshot_preview1 as numbers and memory layouts. Nothing here is ours: witx/wasi_snapshot_preview1.witx decides.
 * Structures are laid out as guests see them, so that results cross the wire as they are. */
#ifndef WASI_ABI_H
#define WASI_ABI_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "guests are little endian, and structures are copied as they are");

typedef uint16_t wasi_errno_t;
enum {
	WASI_OK,
#define ERRNO(name, meaning) WASI_##name,
#include "errnos.def"
};
static_assert(WASI_EACCES == 2 && WASI_EBADF == 8 && WASI_EINVAL == 28 && WASI_ENOENT == 44 && WASI_ENOSYS == 52 &&
              WASI_EPERM == 63 && WASI_ESPIPE == 70 && WASI_ENOTCAPABLE == 76, "no errno is missing above");

enum wasi_filetype {
	WASI_FILETYPE_UNKNOWN, WASI_FILETYPE_BLOCK_DEVICE, WASI_FILETYPE_CHARACTER_DEVICE, WASI_FILETYPE_DIRECTORY,
	WASI_FILETYPE_REGULAR_FILE, WASI_FILETYPE_SOCKET_DGRAM, WASI_FILETYPE_SOCKET_STREAM, WASI_FILETYPE_SYMBOLIC_LINK,
};

#define WASI_RIGHT_FD_DATASYNC             (UINT64_C(1) << 0)
#define WASI_RIGHT_FD_READ                 (UINT64_C(1) << 1)
#define WASI_RIGHT_FD_SEEK                 (UINT64_C(1) << 2)
#define WASI_RIGHT_FD_FDSTAT_SET_FLAGS     (UINT64_C(1) << 3)
#define WASI_RIGHT_FD_SYNC                 (UINT64_C(1) << 4)
#define WASI_RIGHT_FD_TELL                 (UINT64_C(1) << 5)
#define WASI_RIGHT_FD_WRITE                (UINT64_C(1) << 6)
#define WASI_RIGHT_FD_ADVISE               (UINT64_C(1) << 7)
#define WASI_RIGHT_FD_ALLOCATE             (UINT64_C(1) << 8)
#define WASI_RIGHT_PATH_CREATE_DIRECTORY   (UINT64_C(1) << 9)
#define WASI_RIGHT_PATH_CREATE_FILE        (UINT64_C(1) << 10)
#define WASI_RIGHT_PATH_LINK_SOURCE        (UINT64_C(1) << 11)
#define WASI_RIGHT_PATH_LINK_TARGET        (UINT64_C(1) << 12)
#define WASI_RIGHT_PATH_OPEN               (UINT64_C(1) << 13)
#define WASI_RIGHT_FD_READDIR              (UINT64_C(1) << 14)
#define WASI_RIGHT_PATH_READLINK           (UINT64_C(1) << 15)
#define WASI_RIGHT_PATH_RENAME_SOURCE      (UINT64_C(1) << 16)
#define WASI_RIGHT_PATH_RENAME_TARGET      (UINT64_C(1) << 17)
#define WASI_RIGHT_PATH_FILESTAT_GET       (UINT64_C(1) << 18)
#define WASI_RIGHT_PATH_FILESTAT_SET_SIZE  (UINT64_C(1) << 19)
#define WASI_RIGHT_PATH_FILESTAT_SET_TIMES (UINT64_C(1) << 20)
#define WASI_RIGHT_FD_FILESTAT_GET         (UINT64_C(1) << 21)
#define WASI_RIGHT_FD_FILESTAT_SET_SIZE    (UINT64_C(1) << 22)
#define WASI_RIGHT_FD_FILESTAT_SET_TIMES   (UINT64_C(1) << 23)
#define WASI_RIGHT_PATH_SYMLINK            (UINT64_C(1) << 24)
#define WASI_RIGHT_PATH_REMOVE_DIRECTORY   (UINT64_C(1) << 25)
#define WASI_RIGHT_PATH_UNLINK_FILE        (UINT64_C(1) << 26)
#define WASI_RIGHT_POLL_FD_READWRITE       (UINT64_C(1) << 27)
#define WASI_RIGHT_SOCK_SHUTDOWN           (UINT64_C(1) << 28)
#define WASI_RIGHT_SOCK_ACCEPT             (UINT64_C(1) << 29)

enum { WASI_FDFLAG_APPEND = 1, WASI_FDFLAG_DSYNC = 2, WASI_FDFLAG_NONBLOCK = 4, WASI_FDFLAG_RSYNC = 8, WASI_FDFLAG_SYNC = 16 };
enum { WASI_OFLAG_CREAT = 1, WASI_OFLAG_DIRECTORY = 2, WASI_OFLAG_EXCL = 4, WASI_OFLAG_TRUNC = 8 };
enum { WASI_LOOKUP_SYMLINK_FOLLOW = 1 };
enum { WASI_FST_ATIM = 1, WASI_FST_ATIM_NOW = 2, WASI_FST_MTIM = 4, WASI_FST_MTIM_NOW = 8 };
enum { WASI_WHENCE_SET, WASI_WHENCE_CUR, WASI_WHENCE_END };
enum { WASI_ADVICE_NORMAL, WASI_ADVICE_SEQUENTIAL, WASI_ADVICE_RANDOM, WASI_ADVICE_WILLNEED, WASI_ADVICE_DONTNEED,
	WASI_ADVICE_NOREUSE };
enum { WASI_CLOCK_REALTIME, WASI_CLOCK_MONOTONIC, WASI_CLOCK_PROCESS_CPUTIME, WASI_CLOCK_THREAD_CPUTIME };
enum { WASI_PREOPENTYPE_DIR };
enum { WASI_EVENTTYPE_CLOCK, WASI_EVENTTYPE_FD_READ, WASI_EVENTTYPE_FD_WRITE };
enum { WASI_SUBCLOCK_ABSTIME = 1 };
enum { WASI_EVENTRW_HANGUP = 1 };
enum { WASI_RIFLAG_RECV_PEEK = 1, WASI_RIFLAG_RECV_WAITALL = 2 };
enum { WASI_SDFLAG_RD = 1, WASI_SDFLAG_WR = 2 };
enum { /* those whose default isn't to end a program; the others are 1 to 30 without gaps */
	WASI_SIGNAL_NONE = 0, WASI_SIGNAL_CHLD = 16, WASI_SIGNAL_CONT = 17, WASI_SIGNAL_STOP = 18, WASI_SIGNAL_TSTP = 19,
	WASI_SIGNAL_TTIN = 20, WASI_SIGNAL_TTOU = 21, WASI_SIGNAL_URG = 22, WASI_SIGNAL_WINCH = 27, WASI_SIGNAL_SYS = 30,
};

typedef struct wasi_fdstat {
	uint8_t filetype;
	uint16_t flags;
	uint64_t rights_base, rights_inheriting;
} wasi_fdstat_t;
static_assert(sizeof(wasi_fdstat_t) == 24 && offsetof(wasi_fdstat_t, flags) == 2 && offsetof(wasi_fdstat_t, rights_base) == 8,
	"fdstat");

typedef struct wasi_filestat {
	uint64_t dev, ino;
	uint8_t filetype;
	uint64_t nlink, size;
	uint64_t atim, mtim, ctim; /* ns since 1970 */
} wasi_filestat_t;
static_assert(sizeof(wasi_filestat_t) == 64 && offsetof(wasi_filestat_t, filetype) == 16 &&
	offsetof(wasi_filestat_t, nlink) == 24 && offsetof(wasi_filestat_t, ctim) == 56, "filestat");

typedef struct wasi_dirent { /* the name follows, without NUL */
	uint64_t next, ino;
	uint32_t namlen;
	uint8_t type;
} wasi_dirent_t;
static_assert(sizeof(wasi_dirent_t) == 24 && offsetof(wasi_dirent_t, namlen) == 16 && offsetof(wasi_dirent_t, type) == 20,
	"dirent");

typedef struct wasi_subscription {
	uint64_t userdata;
	uint8_t tag; /* WASI_EVENTTYPE_* */
	union {
		struct { uint32_t id; uint64_t timeout, precision; uint16_t flags; } clock;
		struct { uint32_t fd; } fd;
	};
} wasi_subscription_t;
static_assert(sizeof(wasi_subscription_t) == 48 && offsetof(wasi_subscription_t, tag) == 8 &&
              offsetof(wasi_subscription_t, clock.id) == 16 && offsetof(wasi_subscription_t, clock.timeout) == 24 &&
              offsetof(wasi_subscription_t, clock.flags) == 40 && offsetof(wasi_subscription_t, fd.fd) == 16, "subscription");

/* Of our fd_lock: what is locked, and how. */
enum wasi_lock { WASI_LOCK_UNLOCK = 0, WASI_LOCK_SHARED = 1, WASI_LOCK_EXCLUSIVE = 2 };
enum wasi_lockflag { WASI_LOCKFLAG_WAIT = 1, WASI_LOCKFLAG_TEST = 2 };

typedef struct wasi_event {
	uint64_t userdata;
	uint16_t error;
	uint8_t type;
	uint64_t nbytes;
	uint16_t flags;
} wasi_event_t;
static_assert(sizeof(wasi_event_t) == 32 && offsetof(wasi_event_t, error) == 8 && offsetof(wasi_event_t, type) == 10 &&
              offsetof(wasi_event_t, nbytes) == 16 && offsetof(wasi_event_t, flags) == 24, "event");

#endif
