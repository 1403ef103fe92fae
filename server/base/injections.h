/* --inject RULE: what goes wrong with which calls of a program, from its words. strace's grammar, with calls of ours:
 *
 *   CALLS:ACTION[:ACTION]...[:when=WHEN][:probability=P[:seed=N]][:fd=N][:path=GLOB]
 *   CALLS: names and globs with commas between, as --trace has them
 *   ACTION: error=ERRNO | delay_enter=TIME | delay_exit=TIME (microseconds, or with us, ms, s) | short=BYTES | lost
 *   WHEN: FIRST | FIRST.. | FIRST+ | FIRST+STEP | FIRST..LAST | FIRST..LAST+STEP, counted from 1 over the calls that match
 *   path= comes last and takes the rest; * and ? match any letter, "/" too
 *
 * Pure. The page does it, where the program calls: static/shim/imports/injections.js. */
#ifndef SERVER_BASE_INJECTIONS_H
#define SERVER_BASE_INJECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INJECTION_PATH_MAX = 256, INJECTION_CALLS_MAX = 128 };
#define INJECTION_ANY_FD UINT32_MAX
#define INJECTION_ALWAYS UINT32_MAX

struct injection {
	uint16_t calls[INJECTION_CALLS_MAX]; /* numbers of the table */
	size_t calls_count;
	uint32_t error;                      /* preview1's; 0: the call is done */
	uint64_t enter_ns, exit_ns;          /* how long it waits before and after */
	uint32_t bytes;                      /* at most so many are read or written; 0: all */
	bool lost;                           /* the program's connection is cut */
	uint32_t first, last, step;          /* which of the calls that match */
	uint32_t chance;                     /* of 2^32 - 1, for each of them */
	uint32_t seed;
	uint32_t fd;
	char path[INJECTION_PATH_MAX];       /* "": any */
};

/* NULL, or what is wrong with it: a sentence, static. */
const char *injection_read(struct injection *injection, const char *text);

#endif
