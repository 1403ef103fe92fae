/* Times of files, to the nanosecond. */
#include "calls.h"
#include "check.h"

#define ATIM __WASI_FSTFLAGS_ATIM
#define MTIM __WASI_FSTFLAGS_MTIM
#define ATIM_NOW __WASI_FSTFLAGS_ATIM_NOW
#define MTIM_NOW __WASI_FSTFLAGS_MTIM_NOW

static stat_t stat_of(const char *path)
{
	stat_t stat = { 0 };
	(void)!path_filestat_get(ROOT, 0, P(path), &stat);
	return stat;
}

int main(void)
{
	stat_t stat, before;
	uint64_t now = 0;
	int fd = open_at(ROOT, "timed", __WASI_OFLAGS_CREAT, READ | WRITE, 0);
	clock_time_get(__WASI_CLOCKID_REALTIME, 0, &now);
	fd_filestat_get(fd, &before);
	CHECK(before.mtim > now - 60000000000ull && before.mtim < now + 60000000000ull, "a new file's time is about now");
	CHECK_EQ(fd_filestat_set_times(fd, 0, before.mtim - 100, MTIM), 0, "48 a time is set");
	fd_filestat_get(fd, &stat);
	CHECK_EQ(stat.mtim, before.mtim - 100, "48 to the nanosecond");
	CHECK_EQ(stat.atim, before.atim, "48 and only that one");
	CHECK_EQ(fd_filestat_set_times(fd, 1000000001, 0, ATIM), 0, "the other too");
	fd_filestat_get(fd, &stat);
	CHECK_EQ(stat.atim, 1000000001, "to the nanosecond");
	int readable = open_at(ROOT, "timed", 0, READ, 0);
	CHECK_EQ(fd_filestat_set_times(readable, 0, 77, MTIM), 0, "48 by a descriptor for reading");
	CHECK_EQ(stat_of("timed").mtim, 77, "48 as well");
	CHECK_EQ(fd_filestat_set_times(fd, 5, 5, ATIM | ATIM_NOW), __WASI_ERRNO_INVAL, "49 two wishes for one time");
	CHECK_EQ(fd_filestat_set_times(fd, 5, 5, MTIM | MTIM_NOW), __WASI_ERRNO_INVAL, "49 or the other");
	CHECK_EQ(path_filestat_set_times(ROOT, 0, P("timed"), 5, 5, MTIM | MTIM_NOW), __WASI_ERRNO_INVAL, "49 by its path");
	CHECK_EQ(stat_of("timed").mtim, 77, "49 change nothing");
	CHECK_EQ(path_filestat_set_times(ROOT, 0, P("timed"), 0, 0, MTIM_NOW), 0, "now");
	stat = stat_of("timed");
	CHECK(stat.mtim > now - 60000000000ull, "is now");
	CHECK_EQ(stat.atim, 1000000001, "and nothing else");
	CHECK_EQ(path_filestat_set_times(ROOT, 0, P("missing"), 0, 0, MTIM_NOW), __WASI_ERRNO_NOENT, "of a missing file");

	(void)!path_symlink(P("timed"), ROOT, P("link"));
	CHECK_EQ(path_filestat_set_times(ROOT, 0, P("link"), 0, 12345, MTIM), 0, "50 a link's own time");
	CHECK_EQ(stat_of("link").mtim, 12345, "50 is set");
	CHECK(stat_of("timed").mtim != 12345, "50 the target's isn't");
	CHECK_EQ(path_filestat_set_times(ROOT, FOLLOW, P("link"), 0, 54321, MTIM), 0, "50 following");
	CHECK_EQ(stat_of("timed").mtim, 54321, "50 the target's is");
	CHECK_EQ(stat_of("link").mtim, 12345, "50 the link's isn't");

	/* a file's time never lies after the clock that is asked next */
	for (int i = 0; i < 20; i++) {
		write_all(fd, "x", 1);
		fd_filestat_get(fd, &stat);
		clock_time_get(__WASI_CLOCKID_REALTIME, 0, &now);
		if (stat.mtim > now)
			break;
	}
	CHECK(stat.mtim <= now, "realtime is never before a time already seen");
	fd_close(fd), fd_close(readable);
	return check_end();
}
