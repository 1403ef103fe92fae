/* What both files of traps have. */
#ifndef TESTS_CONFORMANCE_TRAPS_H
#define TESTS_CONFORMANCE_TRAPS_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../guests/calls.h"
#include "../guests/check.h"

#define TRAP(number, condition, promise) CHECK(condition, "trap " #number ": " promise)
#define TRAP_EQ(number, got, want, promise) CHECK_EQ(got, want, "trap " #number ": " promise)
#define E(name) __WASI_ERRNO_##name
enum { RO = 4, CREAT = __WASI_OFLAGS_CREAT, FOLDER = __WASI_OFLAGS_DIRECTORY, EXCL = __WASI_OFLAGS_EXCL,
	TRUNC = __WASI_OFLAGS_TRUNC };
static const uint64_t R = __WASI_RIGHTS_FD_READ, W = __WASI_RIGHTS_FD_WRITE, RW = __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE;
/* ROUNDS: fewer, where each call is a wait. */
extern int rounds;

/* Only the errno. */
static inline int try_open(int lookup, const char *path, int oflags, uint64_t rights)
{
	int fd = -1, error = path_open(ROOT, lookup, P(path), oflags, rights, 0, 0, &fd);

	if (!error)
		fd_close(fd);
	return error;
}

static inline void put(const char *path, const char *text)
{
	int fd = open_at(ROOT, path, CREAT | TRUNC, RW, 0);

	write_all(fd, text, (uint32_t)strlen(text));
	fd_close(fd);
}

static inline stat_t stat_of(int fd) { stat_t stat = { 0 }; fd_filestat_get(fd, &stat); return stat; }
static inline stat_t stat_at(int lookup, const char *path)
{
	stat_t stat = { 0 };
	path_filestat_get(ROOT, lookup, P(path), &stat);
	return stat;
}
static inline fdstat_t fdstat_of(int fd) { fdstat_t stat = { 0 }; fd_fdstat_get(fd, &stat); return stat; }

/* traps_handles.c: bytes, descriptors, polls, clocks and arguments. */
void bytes(void);
void descriptors(void);
void polls(void);
void process(int argc, char **argv);

#endif
