/* Pointers out of the program's memory: FAULT, and nothing has happened. */
#include "calls.h"
#include "check.h"

#define OUTSIDE ((void *)0xfffffff0)

static int exists(const char *path)
{
	stat_t stat;
	return path_filestat_get(ROOT, 0, P(path), &stat) == 0;
}

int main(void)
{
	uint32_t done;
	uint64_t at;
	int fd = open_at(ROOT, "faults", __WASI_OFLAGS_CREAT, READ | WRITE, 0);
	write_all(fd, "content", 7);
	fd_seek(fd, 0, __WASI_WHENCE_SET, &at);
	in_t in = { OUTSIDE, 32 }, near = { (uint8_t *)0xffff0000, 1 };
	out_t out = { OUTSIDE, 32 };
	CHECK_EQ(fd_read(fd, &in, 1, &done), __WASI_ERRNO_FAULT, "a read into nowhere");
	CHECK_EQ(fd_read(fd, &near, 1, &done), __WASI_ERRNO_FAULT, "a read beyond the memory's end");
	CHECK_EQ(fd_read(fd, OUTSIDE, 1, &done), __WASI_ERRNO_FAULT, "a list of buffers from nowhere");
	CHECK_EQ(fd_read(fd, &in, 0xffffffff, &done), __WASI_ERRNO_FAULT, "a list longer than memory");
	fd_tell(fd, &at);
	CHECK_EQ(at, 0, "read nothing");
	CHECK_EQ(fd_write(fd, &out, 1, &done), __WASI_ERRNO_FAULT, "a write from nowhere");
	CHECK_EQ(fd_write(fd, &(out_t){ (const uint8_t *)"x", 1 }, 1, OUTSIDE), __WASI_ERRNO_FAULT, "a count to nowhere");
	stat_t stat;
	fd_filestat_get(fd, &stat);
	CHECK_EQ(stat.size, 7, "wrote nothing");
	CHECK_EQ(path_open(ROOT, 0, P("made"), __WASI_OFLAGS_CREAT, WRITE, 0, 0, OUTSIDE), __WASI_ERRNO_FAULT,
		"a descriptor to nowhere");
	CHECK(!exists("made"), "makes no file");
	CHECK_EQ(open_at(ROOT, "faults", 0, READ, 0), fd + 1, "and takes no number");
	CHECK_EQ(path_create_directory(ROOT, OUTSIDE, 32), __WASI_ERRNO_FAULT, "a path from nowhere");
	CHECK_EQ(path_create_directory(ROOT, "x", 0xffffffff), __WASI_ERRNO_FAULT, "a path longer than memory");
	CHECK_EQ(path_rename(ROOT, P("faults"), ROOT, OUTSIDE, 4000), __WASI_ERRNO_FAULT, "a new name from nowhere");
	CHECK(exists("faults"), "renames nothing");
	CHECK_EQ(path_filestat_get(ROOT, 0, P("faults"), OUTSIDE), __WASI_ERRNO_FAULT, "a stat to nowhere");
	CHECK_EQ(fd_filestat_get(fd, OUTSIDE), __WASI_ERRNO_FAULT, "another");
	CHECK_EQ(clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, OUTSIDE), __WASI_ERRNO_FAULT, "a time to nowhere");
	CHECK_EQ(random_get(OUTSIDE, 64), __WASI_ERRNO_FAULT, "random bytes to nowhere");
	CHECK_EQ(random_get(&done, 0xffffffff), __WASI_ERRNO_FAULT, "more of them than memory");
	CHECK_EQ(args_get(OUTSIDE, OUTSIDE), __WASI_ERRNO_FAULT, "arguments to nowhere");
	CHECK_EQ(fd_readdir(ROOT, OUTSIDE, 100, 0, &done), __WASI_ERRNO_FAULT, "entries to nowhere");
	__wasi_subscription_t sub = { 0 };
	CHECK_EQ(poll_oneoff(&sub, OUTSIDE, 1, &done), __WASI_ERRNO_FAULT, "events to nowhere");
	CHECK_EQ(poll_oneoff(OUTSIDE, OUTSIDE, 0x40000000, &done), __WASI_ERRNO_FAULT, "subscriptions from nowhere");
	return check_end();
}
