/* One program's state, for wasi/ alone. */
#ifndef WASI_GUEST_H
#define WASI_GUEST_H

#include "fd_table.h"
#include "socket_use.h"
#include "lease.h"
#include "listing.h"
#include "locks.h"
#include "pinned.h"
#include "scratch.h"
#include "stdin.h"
#include "sys.h"
#include "wasi.h"

struct strings { /* arguments or environment, as args_get gives them: each with its NUL */
	uint8_t *bytes;
	size_t count, length;
};

struct guest {
	struct fd_table table;
	struct wasi_limits limits;
	struct object *in[2];  /* the open objects of the current call's f arguments */
	struct strings args, env;
	struct root *roots;    /* one a preopened folder */
	size_t roots_count;
	char **addresses;      /* of granted listeners */
	size_t addresses_count;
	struct guest_preopen *preopens;
	size_t preopens_count;
	struct stdin_queue input;
	struct scratch scratch;
	struct leases leases;
	uint8_t *hints;        /* for the next start; NULL: none */
	size_t hints_length;
	const struct wasi_network *network; /* NULL: none */
	struct socket_uses socket_uses;
	guest_sink_fn *sink;
	void *sink_context;
	uint64_t poll_stamp;
	struct listed listed;
	uint32_t exit_code;
	unsigned poisoned;     /* handles */
	uint32_t locks_count;  /* ranges of all files */
	bool exited;
	bool tty;              /* its standard streams are a terminal */
	bool sizes_are_limited;/* RLIMIT_FSIZE: a gathered write may fail unexpectedly */
};

/* Less room than this, and nothing is sure to find some. */
enum { SHORT_OF_SPACE = 64 << 20 };

/* Closes what the object holds and frees its slot; gives close(2)'s error. */
wasi_errno_t guest_close_object(struct guest *guest, struct object *object);

/* The most bytes that a call may give for its n argument. */
static inline uint32_t guest_clamp(const struct guest *guest, uint64_t n)
{
	return n < guest->limits.data ? (uint32_t)n : guest->limits.data;
}

#endif
