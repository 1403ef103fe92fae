/* Wire handle -> open object and what may be done with it. Knows slots and generations (docs/PROTOCOL.md, Handles); leaves to
 * others what the calls do, and the guest's own descriptor numbers to the page. */
#ifndef WASI_FD_TABLE_H
#define WASI_FD_TABLE_H

#include "host.h"
#include "wasi.h"

struct listing; /* listing.h */
struct locks;   /* locks.h */
struct park_queue; /* park.h */
struct pinned;  /* pinned.h */
struct opened_socket; /* sockets.h */
struct socket_use;    /* socket_use.h */

enum object_kind {
	OBJECT_STDIN, OBJECT_OUTPUT, /* stdout and stderr */
	OBJECT_DIRECTORY,
	OBJECT_FILE,     /* has an offset, which is the page's: regular files and block devices */
	OBJECT_TERMINAL, /* /dev/tty: reads what stdin does, writes what stdout does */
	OBJECT_STREAM,   /* FIFO, tty, character device: O_NONBLOCK */
	OBJECT_SOCKET, OBJECT_LISTENER,
	OBJECT_DATAGRAM,    /* sys_datagram.c */
	OBJECT_UNCONNECTED, /* a socket that the program opened: bound perhaps, being connected perhaps (sockets.h) */
};

/* A granted folder as a guest sees it. What was opened below it remembers it. */
struct root {
	uint64_t dev, ino;
	uint64_t mount;     /* host_mount() */
	bool read_only;
	bool scratch;
	bool has_quota;     /* of its file system, when it may be written */
	const struct wasi_devices *devices; /* devices.h; NULL: a folder of the host's */
	char *name;
	uint32_t number;    /* wasi_grant's */
	char *only;         /* wasi_grant's */
	/* the user took the grant back: what was foreseen may still come until then, by CLOCK_MONOTONIC; 0: the grant holds */
	_Atomic uint64_t withdrawn_ns;
};
/* Of a folder of which one file was granted, guests learn device and inode alone. */
void root_hide(const struct root *root, struct stat *st);
/* May what fd leads to be kept open for the page? Only in the grant's own mount: elsewhere it would prevent an unmount. */
static inline bool root_may_pin(const struct root *root, int fd) { return root && root->mount && host_mount(fd) == root->mount; }

struct object {
	int fd;                      /* -1: stdin, stdout, stderr, /dev and /dev/tty */
	uint8_t kind;                /* enum object_kind */
	uint8_t filetype;            /* WASI_FILETYPE_* */
	uint8_t fs;                  /* enum host_fs; of streams HOST_FS_MEMORY */
	uint8_t stream;              /* 1 stdout, 2 stderr */
	bool lent : 1;               /* the descriptor isn't ours to close */
	bool path_only : 1;          /* O_PATH: it has a name, no bytes */
	bool can_read : 1, can_write : 1;
	bool fifo : 1;
	bool device : 1;             /* a character device that is no terminal: its offset is always 0, as null's */
	bool slow : 1;               /* any call on it may block */
	bool preopen : 1;
	bool orphan : 1;             /* in the scratch folder, without a name; its bytes are free once it is closed */
	uint16_t fdflags;            /* WASI_FDFLAG_* */
	wasi_errno_t poison;         /* the unreported error of a quiet write */
	uint64_t rights_base, rights_inheriting;   /* what it has */
	uint64_t dropped_base, dropped_inheriting; /* what the program gave up */
	uint64_t dev, ino;
	const struct root *root;     /* NULL: stdio, sockets */
	struct listing *listing;     /* a directory's, as fd_readdir last read it */
	struct pinned *pinned;       /* whose descriptor it shares, which is lent; or NULL */
	struct locks *locks;         /* locks.h; NULL: it never had any */
	struct opened_socket *opened; /* sockets.h; NULL: none that the program opened */
	struct socket_use *use;       /* socket_use.h; NULL: it isn't listed */
	struct park_queue *queue;     /* parked calls; NULL: none yet */
	uint64_t poll_stamp;         /* sys_poll.c: the poll in which this object is at poll_at */
	uint32_t poll_at;
	/* the table's own: */
	uint8_t slot_state;
	uint16_t generation;
};

struct fd_table {
	struct object *slots;
	uint32_t count, limit;
	bool ran_out; /* once no memory was left: unknown handles are then no protocol error */
};

enum handle_state { HANDLE_OPEN, HANDLE_CLOSED /* its open failed: BADF */, HANDLE_BAD /* never opened, or stale */ };

void fd_table_init(struct fd_table *table, uint32_t limit);
/* The objects must have been closed. */
void fd_table_clear(struct fd_table *table);

enum handle_state fd_table_find(struct fd_table *table, wasi_handle_t handle, struct object **object);

/* May a call make this handle? Makes room for it, so that fd_table_put() can't fail. BADF with *doubled: protocol error; MFILE;
 * NOMEM. */
wasi_errno_t fd_table_check(struct fd_table *table, wasi_handle_t handle, bool *doubled);
void fd_table_put(struct fd_table *table, wasi_handle_t handle, const struct object *object); /* copies; takes what it holds */
void fd_table_reserve(struct fd_table *table, wasi_handle_t handle); /* for a parked accept: no other call may take it */
void fd_table_fail(struct fd_table *table, wasi_handle_t handle);    /* its handle answers BADF until the slot is used again */
void fd_table_cancel(struct fd_table *table, wasi_handle_t handle);  /* the same, and the call that reserved it may come again */
void fd_table_remove(struct object *object);

/* Every open object, one after the other: at is 0 at first. NULL: no more. */
struct object *fd_table_next(struct fd_table *table, uint32_t *at);
/* The same of every slot that was used: its last handle. */
bool fd_table_slot_next(const struct fd_table *table, uint32_t *at, wasi_handle_t *handle, bool *is_open);

static inline bool object_may(const struct object *object, uint64_t rights) { return !(object->dropped_base & rights); }
void object_fdstat(const struct object *object, wasi_fdstat_t *fdstat);
static inline bool object_is_input(const struct object *object)
{
	return object->kind == OBJECT_STDIN || object->kind == OBJECT_TERMINAL;
}
static inline bool object_is_output(const struct object *object)
{
	return object->kind == OBJECT_OUTPUT || object->kind == OBJECT_TERMINAL;
}
static inline bool object_is_stdio(const struct object *object) { return object_is_input(object) || object_is_output(object); }
/* For calls on what has an offset: OK, BADF for a folder, SPIPE for a stream. */
static inline wasi_errno_t object_check_file(const struct object *object)
{
	return object->kind == OBJECT_FILE ? WASI_OK : object->kind == OBJECT_DIRECTORY ? WASI_EBADF : WASI_ESPIPE;
}

/* An object of what fd leads to. dev, ino, kind, rights and filetype are filled in; fs, root and access are the caller's. */
void object_init(struct object *object, int fd, const struct stat *st, bool can_read, bool can_write);

/* All rights that a directory has: its own, and what may be asked for below it. */
#define RIGHTS_DIRECTORY \
	(WASI_RIGHT_PATH_CREATE_DIRECTORY | WASI_RIGHT_PATH_CREATE_FILE | WASI_RIGHT_PATH_LINK_SOURCE | \
	 WASI_RIGHT_PATH_LINK_TARGET | WASI_RIGHT_PATH_OPEN | WASI_RIGHT_FD_READDIR | WASI_RIGHT_PATH_READLINK | \
	 WASI_RIGHT_PATH_RENAME_SOURCE | WASI_RIGHT_PATH_RENAME_TARGET | WASI_RIGHT_PATH_FILESTAT_GET | \
	 WASI_RIGHT_PATH_FILESTAT_SET_SIZE | WASI_RIGHT_PATH_FILESTAT_SET_TIMES | WASI_RIGHT_FD_FILESTAT_GET | \
	 WASI_RIGHT_FD_FILESTAT_SET_TIMES | WASI_RIGHT_PATH_SYMLINK | WASI_RIGHT_PATH_REMOVE_DIRECTORY | \
	 WASI_RIGHT_PATH_UNLINK_FILE)
/* The rights of stdin, stdout and stderr beside reading or writing; without FD_SEEK and FD_TELL, by which isatty() knows a
 * terminal. */
#define RIGHTS_STDIO (WASI_RIGHT_POLL_FD_READWRITE | WASI_RIGHT_FD_FILESTAT_GET | WASI_RIGHT_FD_FDSTAT_SET_FLAGS)
/* What a folder of which one file was granted isn't for: these are dropped, so that it is never leased either. */
#define RIGHTS_OF_MANY \
	(WASI_RIGHT_PATH_CREATE_DIRECTORY | WASI_RIGHT_PATH_LINK_SOURCE | WASI_RIGHT_PATH_LINK_TARGET | WASI_RIGHT_PATH_READLINK | \
	 WASI_RIGHT_PATH_FILESTAT_SET_TIMES | WASI_RIGHT_PATH_SYMLINK | WASI_RIGHT_PATH_REMOVE_DIRECTORY)
#define RIGHTS_FILE \
	(WASI_RIGHT_FD_DATASYNC | WASI_RIGHT_FD_READ | WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_FDSTAT_SET_FLAGS | WASI_RIGHT_FD_SYNC | \
	 WASI_RIGHT_FD_TELL | WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_ADVISE | WASI_RIGHT_FD_ALLOCATE | WASI_RIGHT_FD_FILESTAT_GET | \
	 WASI_RIGHT_FD_FILESTAT_SET_SIZE | WASI_RIGHT_FD_FILESTAT_SET_TIMES | WASI_RIGHT_POLL_FD_READWRITE)

#endif
