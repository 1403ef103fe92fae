/* What bench/calls.js measures of a program that runs as programs do, from _start: `steady reads PATH` and `steady writes PATH
 * BYTES` at 4 KiB a call print how long that took in ms; `steady local PATH COUNT ROUNDS` prints lines KIND NS: a call that is
 * answered in the page, above the same call of a trampoline that returns a constant. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../tests/guests/calls.h"

__attribute__((import_module("constant"), import_name("args_sizes_get"))) int constant_sizes(uint32_t *count, uint32_t *size);

enum { PIECE = 4096 };
static uint8_t buffer[PIECE];
static const char *const kinds[] = { "sizes", "fdstat", "tell", "seek", "clock", "random", "read" };
enum { KINDS = sizeof kinds / sizeof *kinds };

static double now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int reads(const char *path)
{
	double began = now_ns();
	int fd = open(path, O_RDONLY);
	ssize_t length;

	if (fd < 0)
		return fail(path);
	while ((length = read(fd, buffer, PIECE)) > 0)
		;
	if (length < 0 || close(fd) != 0)
		return fail(path);
	printf("%.3f\n", (now_ns() - began) / 1e6);
	return 0;
}

static int writes(const char *path, long bytes)
{
	double began = now_ns();
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		return fail(path);
	for (long done = 0; done < bytes; done += PIECE)
		if (write(fd, buffer, PIECE) != PIECE)
			return fail(path);
	if (close(fd) != 0)
		return fail(path);
	printf("%.3f\n", (now_ns() - began) / 1e6);
	return 0;
}

static double each_ns(int kind, int fd, int count)
{
	uint64_t position, time;
	uint32_t a, b, failed = 0;
	fdstat_t stat;
	in_t in = { buffer, 64 };
	double began = now_ns();

	for (int i = 0; i < count; i++)
		switch (kind) {
		case -1: failed |= (uint32_t)constant_sizes(&a, &b); break;
		case 0: failed |= (uint32_t)args_sizes_get(&a, &b); break;
		case 1: failed |= (uint32_t)fd_fdstat_get(fd, &stat); break;
		case 2: failed |= (uint32_t)fd_tell(fd, &position); break;
		case 3: failed |= (uint32_t)fd_seek(fd, 0, 0, &position); break;
		case 4: failed |= (uint32_t)clock_time_get(1, 0, &time); break;
		case 5: failed |= (uint32_t)random_get(buffer, 16); break;
		case 6: failed |= (uint32_t)fd_pread(fd, &in, 1, 0, &a); break;
		}
	if (failed) {
		fprintf(stderr, "%s failed\n", kind < 0 ? "constant" : kinds[kind]);
		exit(1);
	}
	return (now_ns() - began) / count;
}

static int local(const char *path, int count, int rounds)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return fail(path);
	for (int round = -1; round < rounds; round++)
		for (int kind = 0; kind < KINDS; kind++) {
			double ours = each_ns(kind, fd, count), bare = each_ns(-1, fd, count);

			if (round >= 0)
				printf("%s %.1f\n", kinds[kind], ours - bare);
		}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "reads") == 0)
		return reads(argv[2]);
	if (argc == 4 && strcmp(argv[1], "writes") == 0)
		return writes(argv[2], atol(argv[3]));
	if (argc == 5 && strcmp(argv[1], "local") == 0)
		return local(argv[2], atoi(argv[3]), atoi(argv[4]));
	return 2;
}
