/* What programs may use of this machine, and --limit NAME=N: one table of names, bounds and meanings, from which the flag, its
 * errors and the manual's words are made. Leaves to others: enforcing them (wasi/ for one program's, program/ for all
 * together). */
#ifndef SERVER_BASE_LIMITS_H
#define SERVER_BASE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#include "wasi/wasi.h"

struct limits {
	struct wasi_limits guest; /* of each program */
	uint32_t connections;     /* to the network, of one session; past it MFILE */
	uint32_t programs;        /* at once; a HELLO for one more is refused (4413) */
	uint64_t memory;          /* of one session, in bytes: wasi/account.h's budget */
	uint64_t record;          /* bytes of --record's file */
	uint64_t keep;            /* bytes of all programs that outlive their pages; 0: none does */
	uint32_t keep_s;          /* how long these wait for the next page */
};

void limits_default(struct limits *limits);

/* text: "NAME=N", N with K, M or G behind it for times 1024 and so on. NULL, or what is wrong with it: a sentence in
 * `problem`. */
const char *limits_set(struct limits *limits, const char *text, char *problem, size_t size);

/* All of them, as limits_set() reads each: to be compared. */
enum { LIMITS_TEXT_MAX = 256 };
void limits_write(const struct limits *limits, char *text, size_t size);

/* For the manual page: what limit number i bounds, and what happens past it; *name: its name. NULL: there are no more. */
const char *limits_help(size_t i, const char **name);

#endif
