/* The API of libwasi.a: one guest and its calls. Knows nothing of WebSockets, batches, JSON or threads: a guest is used by one
 * thread at a time, and every call is handed in decoded. Handles here are the wire's (slot and generation); the page keeps the
 * guest's descriptor numbers. */
#ifndef WASI_WASI_H
#define WASI_WASI_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "abi.h"
#include "account.h"
#include "network.h"
#include "syscalls.h"

/* ---- handles: the low 16 bits are the slot, the high 16 the generation ---- */
typedef uint32_t wasi_handle_t;
#define WASI_HANDLE(slot, generation) ((wasi_handle_t)(slot) | (wasi_handle_t)(generation) << 16)
#define WASI_HANDLE_SLOT(handle) ((uint16_t)(handle))
#define WASI_HANDLE_GENERATION(handle) ((uint16_t)((handle) >> 16))
enum { WASI_STDIN = 0, WASI_STDOUT = 1, WASI_STDERR = 2, WASI_FIRST_PREOPEN = 3 }; /* slots, generation 0 */

/* ---- what may be granted ---- */
struct wasi_grant {
	const char *name;      /* guest path, NUL-terminated */
	const char *host_path; /* for messages only; nothing is resolved by it */
	int dir_fd;            /* O_PATH or O_RDONLY directory; lent to guest_new, which opens it anew; -1 with scratch */
	bool read_only;
	bool scratch;          /* a private folder that guest_new makes below scratch_parent_fd and guest_free removes */
	/* not NULL: a folder of these devices and the program's terminal; dir_fd is -1. Lent, as dir_fd is */
	const struct wasi_devices *devices;
	uint32_t number;       /* by which it can be withdrawn (guest_withdraw); 0: it can't be */
	/* NULL: the whole folder. Else the one file of this name in it: guests see a folder with that file alone, may replace it, and
	 * learn nothing of what else is there */
	const char *only;
};

/* The devices that any program may have: open descriptors of the host's, -1 where the host hasn't one. */
enum { WASI_DEVICES = 3 };
struct wasi_devices {
	int fds[WASI_DEVICES]; /* null, zero, urandom */
};
void wasi_devices_open(struct wasi_devices *devices); /* before the process is locked in */
void wasi_devices_close(struct wasi_devices *devices);

struct wasi_listener {
	const char *address; /* "127.0.0.1:8080" */
	int fd;              /* listening, O_NONBLOCK; lent */
	bool blocking;       /* sock_accept waits; else it says AGAIN, until the program clears NONBLOCK */
};

/* What a page asks for of the grants; anything else, or more than the grant allows, is NOTCAPABLE. */
struct wasi_preopen {
	const char *name;  /* guest path under which the program sees it */
	const char *grant; /* granted guest path, or a folder below one */
	bool read_only;
};

struct wasi_limits { /* past a limit the guest gets the errno that POSIX would give */
	uint32_t handles;          /* MFILE; default 4096 */
	uint32_t data;             /* most bytes that one call takes or gives; default 4 MiB; longer reads are short */
	uint32_t subscriptions;    /* of one poll_oneoff; NOMEM; default 4096 */
	uint32_t path;             /* NAMETOOLONG; default 4096 */
	uint64_t scratch_bytes;    /* NOSPC; default 1 GiB */
	uint32_t write_credit;     /* most gathered bytes an open for writing is given; default 2 MiB */
};
void wasi_limits_default(struct wasi_limits *limits);

struct guest_config { /* everything is lent for the call and copied, descriptors excepted */
	const char *const *args;  size_t args_count;
	const char *const *env;   size_t env_count; /* "KEY=value" */
	const struct wasi_grant *grants;       size_t grants_count;
	const struct wasi_listener *listeners; size_t listeners_count;
	const struct wasi_preopen *preopens;   size_t preopens_count;
	bool preopens_given;      /* false: all grants, in order */
	bool tty;                 /* descriptors 0-2 are CHARACTER_DEVICE, else UNKNOWN; and there is a /dev/tty */
	int scratch_parent_fd;    /* -1: none */
	struct wasi_limits limits;
	const struct wasi_network *network; /* lent: outlives the guest; NULL: it has none */
	struct account *memory;   /* that listings are taken from; outlives the guest; NULL: no budget */
};

/* Makes a guest with its stdio (slots 0-2) and preopens (from 3 on, sockets after folders).
 * Returns 0 and gives *guest, or an errno with *failed (static or lent by config) naming what failed. */
wasi_errno_t guest_new(const struct guest_config *config, struct guest **guest, const char **failed);

/* Closes all handles and removes the scratch folder. May take long (scratch): call it off the loop. Takes NULL.
 * Parked calls must have been cancelled before. */
void guest_free(struct guest *guest);

/* Removes the scratch folders below this one that no process has locked: a killed gateway left them behind. */
void wasi_scratch_sweep(int scratch_parent_fd);

/* The user takes a grant back: from now on every call on what the guest has of it fails with NOTCAPABLE, closing excepted. What
 * its program was told is done (a gathered write, a foreseen change) is still done if it comes within WASI_WITHDRAWAL_MS. All
 * leases break, so that the page asks again. Any thread, and while a call runs. False: the guest has nothing of it. */
enum { WASI_WITHDRAWAL_MS = 2000 };
bool guest_withdraw(struct guest *guest, uint32_t number);

/* A descriptor of a regular file that the guest has open and may read, yours; -1: it has none there, or not for that. Not while a
 * call runs. */
int guest_file_dup(struct guest *guest, wasi_handle_t handle);

/* The same of a connected stream socket, to be received from past the guest's calls. at: how many bytes were received from it so
 * far, as its client knows. -1 also if that is wrong, so that none is lost unseen, or where a call waits for its bytes. */
int guest_stream_dup(struct guest *guest, wasi_handle_t handle, uint64_t at);
/* So many bytes were received by that descriptor. False: it isn't to be received from any more: it was closed, goes on by TLS, or
 * a call waits for its bytes. Not while a call runs. */
bool guest_stream_took(struct guest *guest, wasi_handle_t handle, size_t bytes);

/* What the hello's answer tells of each preopen, in order. */
struct guest_preopen {
	wasi_handle_t handle;
	bool is_socket;
	bool read_only;
	bool scratch;     /* its own: no other guest sees it, and it goes with this one */
	bool is_gone;     /* the granted folder was removed: this one stays empty, whatever has its path now */
	const char *name; /* lent: lives as long as the guest */
	wasi_fdstat_t fdstat;
	wasi_filestat_t filestat;
};
size_t guest_preopens(struct guest *guest, const struct guest_preopen **preopens);

/* An open handle, for debuggers. Not while another thread runs a call of the guest. */
struct guest_handle {
	wasi_handle_t handle;
	wasi_fdstat_t fdstat;
	bool is_preopen;
	bool path_is_hosts;   /* the kernel's path; the guest's isn't kept */
	char path[4096];      /* empty: it has none */
};
/* One after the other: *at is 0 at first. False: no more. */
bool guest_handle_next(struct guest *guest, uint32_t *at, struct guest_handle *handle);

/* A slot that was used: the last handle that it had. Not while another thread runs a call of the guest. */
struct guest_slot {
	wasi_handle_t handle;
	bool is_open;
};
/* One after the other: *at is 0 at first. False: no more. */
bool guest_slot_next(struct guest *guest, uint32_t *at, struct guest_slot *slot);

/* ---- its sockets, to be listed ---- */
enum guest_socket_kind { GUEST_SOCKET_STREAM = 1, GUEST_SOCKET_DATAGRAM, GUEST_SOCKET_REQUEST };
enum guest_socket_state {
	GUEST_SOCKET_OPEN, GUEST_SOCKET_BOUND, GUEST_SOCKET_CONNECTING, GUEST_SOCKET_CONNECTED, GUEST_SOCKET_LISTENING,
	GUEST_SOCKET_FAILED
};

struct guest_socket {
	wasi_handle_t handle;
	uint8_t kind, state;
	bool is_secure;               /* by TLS, which the network speaks for it */
	bool received_all, sent_all;  /* that side has ended */
	bool changed;                 /* since the last reading of changes alone */
	uint64_t received, sent;      /* bytes of the program's */
	uint8_t own_length, peer_length;
	uint8_t own[23], peer[23];    /* addresses (network.h); of datagrams, the peer that was last */
	char name[280];               /* whom the program named: NAME:PORT, or a request's origin; empty: an address. Any bytes */
};
struct guest_sockets_total {
	uint64_t opened, received, sent;
};
/* Any thread, while the guest lives. each() runs under a lock: it only copies. changed_alone: those that changed since the last
 * such call. */
void guest_sockets(struct guest *guest, bool changed_alone, void each(void *context, const struct guest_socket *socket),
	void *context);
const char *guest_socket_kind_name(const struct guest_socket *socket);  /* "tcp", "udp", "request" */
const char *guest_socket_state_name(const struct guest_socket *socket); /* "connecting", "connected, peer ended", … */
/* All that it ever had. */
struct guest_sockets_total guest_sockets_total(struct guest *guest);

/* ---- standard input: a queue that the server feeds ---- */
/* push and mark give false when there's no memory: nothing was taken then. */
bool guest_stdin_push(struct guest *guest, const uint8_t *bytes, size_t length); /* copies */
bool guest_stdin_mark(struct guest *guest);  /* Ctrl-D: one zero-byte read after what was pushed so far */
void guest_stdin_close(struct guest *guest); /* end of file after what was pushed so far */
uint64_t guest_stdin_consumed(const struct guest *guest); /* bytes that the program has read, ever */
bool guest_stdin_is_ready(const struct guest *guest); /* a read would be answered now */

/* Output sinks. sink() is called by fd_write on stdout (1) and stderr (2), never by a call's first run with may_block; it returns
 * how many bytes it took (0: full now; the call parks until guest_sinks_ready). NULL, the default: everything is taken and
 * forgotten (the page shows its program's output itself). */
typedef size_t guest_sink_fn(void *context, int stream, const uint8_t *bytes, size_t length);
void guest_sink_set(struct guest *guest, guest_sink_fn *sink, void *context);

/* ---- calls ---- */
union call_arg {
	uint64_t n; /* letters f h w q n */
	struct {
		const uint8_t *at; /* letters p b: lent until the call is done, parked calls included */
		uint32_t length;
	} bytes;
};

enum call_state {
	CALL_DONE,     /* error and reply are filled in */
	CALL_PARKED,   /* can't go on now; wait is filled in; run it again when something there is ready */
	CALL_ELSEWHERE /* could block the calling thread: nothing was done; run it again with may_block set, on a thread */
};

struct park;
enum call_flags { CALL_QUIET = 1, CALL_LINK = 2, CALL_MUST = 4 /* the program was told that it succeeded */ };

/* What a parked call waits for. `fds` is lent until the call runs again or is cancelled. */
struct call_wait {
	struct pollfd *fds;
	size_t fds_count;
	uint64_t deadline_ns; /* CLOCK_MONOTONIC; UINT64_MAX: none */
	bool on_stdin;        /* also run again after guest_stdin_* */
	bool on_sink;         /* also run again when the sink takes bytes again */
	bool on_network;      /* also run again when a question to the network was answered */
};

struct call {
	/* the caller fills in: */
	const struct syscall *row;
	uint16_t flags;    /* enum call_flags */
	uint16_t within;   /* for those who show calls: what the program made it in (server/wire/interfaces.h); 0: nothing */
	bool may_block;    /* on a thread of its own: blocking is allowed */
	union call_arg args[SYSCALL_ARGS_MAX];
	uint8_t *reply;       /* lent: room for call_reply_bound() bytes */
	/* guest_call fills in: */
	wasi_errno_t error;
	bool skipped;         /* dropped because its handle is poisoned */
	bool bad_handle;      /* a handle that was never opened, is stale, or is doubled: a protocol error; hang up */
	uint32_t reply_length;/* bytes of `gives`, in order; 0 when error is set, but for fd_write and fd_pwrite */
	struct call_wait wait;
	struct park *park;    /* guest's own, for a parked call; NULL at first */
};

/* The most bytes that the call's reply can take: from the row and its n argument, clamped to the guest's limits. */
size_t call_reply_bound(const struct guest *guest, const struct call *call);

/* Runs a call, or goes on with a parked one (same struct, same may_block or more). Parked calls whose handle has been closed
 * meanwhile answer BADF when they run again: after a call that ENDS a handle, run those that name it; until then their descriptor
 * stays open. The process ignores SIGPIPE and SIGXFSZ. The rules of the table's flags (poison, read-only grants, dropped rights)
 * are applied here, in one place. */
enum call_state guest_call(struct guest *guest, struct call *call);

/* Forgets a parked call. If it parked with may_block set, nothing was done yet, and it may be run again from its beginning. */
void guest_call_cancel(struct guest *guest, struct call *call);

/* The call was skipped (LINK) or not run for another reason: the handle that it would have made answers BADF from now on.
 * False: it was a handle that it couldn't have made (doubled): a protocol error. */
bool guest_call_skipped(struct guest *guest, const struct call *call);

/* proc_exit or proc_raise was called: true, and the exit code (128 + signal for proc_raise). */
bool guest_exited(const struct guest *guest, uint32_t *code);

/* path_open's second word, what the shim may do with the object */
enum wasi_trait {
	WASI_TRAIT_REGULAR = 1 << 0,   /* regular file: offsets are the page's, it never parks */
	WASI_TRAIT_CACHEABLE = 1 << 1, /* on a local file system with change notification: read-ahead is allowed */
	WASI_TRAIT_STREAM = 1 << 2,    /* FIFO, tty, socket, device: reads consume */
	WASI_TRAIT_TERMINAL = 1 << 3,  /* the program's own terminal: it reads stdin, and what is written to it is stdout's */
};

/* ---- leases: the guest is told when something that it knows changes (lease.h) ---- */

/* Sets up inotify; before the process is locked in, and once. The inotify descriptor, to be polled for reading, or -1: no leases
 * are to be had. *mounts: to be polled for POLLPRI. */
int wasi_leases_start(int *mounts);
/* Of inodes at once, in place of a share of what the kernel allows; for tests. */
void wasi_leases_limit(unsigned most);
/* Reads all events so far, and queues breaks for the guests that they concern. Any thread. Afterwards the descriptor isn't
 * readable. Call it even if nothing is leased: the end of a watch is an event too. */
void wasi_leases_hear(void);
/* Is anything leased to anybody? Any thread. */
bool wasi_leases_held(void);
/* How many breaks others caused so far, for all guests: if it has grown, ask guest_has_news(). Any thread. */
unsigned wasi_leases_news(void);
/* Was something broken by others since this was asked or breaks were taken? Any thread. */
bool guest_has_news(struct guest *guest);
/* The breaks that are queued, in the BREAK frame's layout (docs/PROTOCOL.md): gives the bytes, to be freed; NULL: none. Any
 * thread. */
uint8_t *guest_breaks_take(struct guest *guest, size_t *length);

/* ---- hints for the program's next start (server/program/profiles.h); here they are bytes ---- */

enum { WASI_HINTS_MAX = 48 << 10 };
/* The last ones that the page sent: lent until the next call of the guest. NULL: none. */
const uint8_t *guest_hints(const struct guest *guest, size_t *length);

/* Switches for tests and for kernels: which mechanism resolves paths. Process-wide; set before the first guest. */
enum wasi_resolver { WASI_RESOLVER_AUTO, WASI_RESOLVER_OPENAT2, WASI_RESOLVER_WALK };
void wasi_resolver_set(enum wasi_resolver resolver);

#endif
