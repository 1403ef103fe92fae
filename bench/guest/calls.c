/* What bench/calls.js measures, as a reactor: each export makes one kind of call so many times. Memory and arguments are ours; 0
 * is success. */
#include "../../tests/guests/calls.h"

__attribute__((import_module("bench"), import_name("now"))) double now(void);

enum { PIECE = 4096, STEP_MAX = 1000 };

static uint8_t buffer[256 << 10];
static double took[STEP_MAX];

/* Opens `w/NAME` of the first grant: 0 to read, 1 to read and write, made anew. */
__attribute__((export_name("file"))) int file(int which, int write)
{
	static const char *const names[] = { "small", "big.bin", "copy.bin" };

	return open_at(ROOT, names[which], write ? __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC : 0, write ? READ | WRITE : READ, 0);
}

__attribute__((export_name("end"))) int end(int fd)
{
	return fd_close(fd);
}

/* Reads 64 bytes `count` times, each of which waits in strict; times() then points at how long each took, in ms. */
__attribute__((export_name("waits"))) int waits(int fd, int count)
{
	for (int i = 0; i < count && i < STEP_MAX; i++) {
		in_t in = { buffer, 64 };
		uint32_t done;
		double began = now();

		if (fd_pread(fd, &in, 1, 0, &done) || done != 64)
			return 1;
		took[i] = now() - began;
	}
	return 0;
}

__attribute__((export_name("times"))) double *times(void)
{
	return took;
}

/* One kind of call that is answered in the page. */
__attribute__((export_name("local"))) int local(int kind, int fd, int count)
{
	uint64_t position, time;
	uint32_t a, b, failed = 0;
	fdstat_t stat;
	in_t in = { buffer, 64 };

	for (int i = 0; i < count; i++)
		switch (kind) {
		case 0: failed |= (uint32_t)args_sizes_get(&a, &b); break;
		case 1: failed |= (uint32_t)fd_fdstat_get(fd, &stat); break;
		case 2: failed |= (uint32_t)fd_tell(fd, &position); break;
		case 3: failed |= (uint32_t)fd_seek(fd, 0, 0, &position); break;
		case 4: failed |= (uint32_t)clock_time_get(1, 0, &time); break;
		case 5: failed |= (uint32_t)random_get(buffer, 16); break;
		case 6: failed |= (uint32_t)fd_pread(fd, &in, 1, 0, &a); break;
		}
	return (int)failed;
}

/* Reads the file to its end, 4 KiB at a time; how many bytes. */
__attribute__((export_name("reads"))) int reads(int fd)
{
	int total = 0, got;

	while ((got = read_some(fd, buffer, PIECE)) > 0)
		total += got;
	return got < 0 ? got : total;
}

/* Writes so many bytes, 4 KiB at a time. */
__attribute__((export_name("writes"))) int writes(int fd, int bytes)
{
	for (int done = 0; done < bytes; done += PIECE)
		if (write_all(fd, buffer, PIECE) != PIECE)
			return 1;
	return 0;
}
