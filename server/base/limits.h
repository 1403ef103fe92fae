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
};

void limits_default(struct limits *limits);

/* text: "NAME=N", N with K, M or G behind it for times 1024 and so on. NULL, or what is wrong with it: a sentence in
 * `problem`. */
const char *limits_set(struct limits *limits, const char *text, char *problem, size_t size);

/* All of them, as limits_set() reads each: to be compared. */
enum { LIMITS_TEXT_MAX = 256 };
void limits_write(const struct limits *limits, char *text, size_t size);

/* The table, for printing it. */
struct limit_row {
	const char *name;
	size_t at, size; /* of its field in struct limits: 4 or 8 bytes */
	uint64_t least, most;
	const char *help; /* what is bounded, and what a program gets past it */
};
extern const struct limit_row limit_rows[];
extern const size_t limit_rows_count;

#endif
