/* The traps of bytes, descriptors, polls, clocks and arguments. */
#include "traps.h"

void bytes(void)
{
	char buffer[8];
	in_t in[2] = { { (uint8_t *)buffer, 2 }, { (uint8_t *)buffer + 2, 3 } };
	out_t out[2] = { { (const uint8_t *)"ab", 2 }, { (const uint8_t *)"cde", 3 } }, none = { (const uint8_t *)"", 0 },
	one = { (const uint8_t *)"z", 1 };
	uint64_t at = 99;
	uint32_t done = 0, size;
	int fd, other, dir = open_at(ROOT, "dir", FOLDER, 0, 0);

	TRAP(40, read_some(dir, buffer, 1) == -E(BADF) && fd_pread(dir, in, 1, 0, &done) == E(BADF) &&
		write_all(dir, "x", 1) == -E(BADF) &&
	     fd_pwrite(dir, out, 1, 0, &done) == E(BADF) && fd_seek(dir, 0, 0, &at) == E(BADF) &&
	     fd_seek(dir, 0, 1, &at) == E(BADF) &&
	     fd_seek(dir, 0, 2, &at) == E(BADF) && fd_tell(dir, &at) == E(BADF) && fd_allocate(dir, 0, 1) == E(BADF) &&
	     fd_filestat_set_size(dir, 0) == E(BADF) &&
	     fd_advise(dir, 0, 0, 0) == E(BADF) && fd_datasync(dir) == E(BADF) && fd_sync(dir) == E(BADF) &&
	     fd_fdstat_set_flags(dir, 0) == E(BADF), "a folder has no bytes");
	fd_close(dir);
	dir = open_at(ROOT, "dir", FOLDER, __WASI_RIGHTS_FD_SEEK, 0);
	TRAP(41, dir > 0 && !(fdstat_of(dir).fs_rights_base & __WASI_RIGHTS_FD_SEEK) && fd_seek(dir, 0, 0, &at) == E(BADF),
		"a folder asked to seek opens and doesn't");
	fd_close(dir);
	put("bytes", "0123456789");
	fd = open_at(ROOT, "bytes", 0, RW, 0);
	TRAP(42, fd_seek(fd, -1, 0, &at) == E(INVAL) && fd_seek(fd, 100, 0, &at) == 0 && at == 100 && fd_seek(fd, 0, 1, &at) == 0 &&
		at == 100 && fd_seek(fd, -4, 2, &at) == 0 && at == 6, "before the start is refused, behind the end isn't");
	TRAP(43, fd_pread(fd, in, 2, 1, &done) == 0 && done == 5 && memcmp(buffer, "12345", 5) == 0 &&
		fd_pwrite(fd, out, 2, 1, &done) == 0 && done == 5 &&
	     fd_tell(fd, &at) == 0 && at == 6 && fd_pwrite(fd, &none, 1, 40, &done) == 0 && stat_of(fd).size == 10 &&
	     fd_pwrite(fd, &one, 1, 50, &done) == 0 &&
	     stat_of(fd).size == 51, "reads and writes at a place don't move the offset, and nothing written grows nothing");
	fd_close(fd);
	fd = open_at(ROOT, "log", CREAT, RW, __WASI_FDFLAGS_APPEND);
	write_all(fd, "first", 5);
	fd_seek(fd, 0, 0, &at);
	TRAP(44, write_all(fd, "more", 4) == 4 && stat_of(fd).size == 9 && fd_tell(fd, &at) == 0 && at == 9 &&
		fdstat_of(fd).fs_flags & __WASI_FDFLAGS_APPEND, "appends land at the end");
	TRAP(45, fd_pwrite(fd, &one, 1, 0, &done) == 0 && stat_of(fd).size == 10 && fd_tell(fd, &at) == 0 && at == 9 &&
		fd_fdstat_set_flags(fd, 0) == 0 &&
	     fd_pwrite(fd, &one, 1, 0, &done) == 0 && stat_of(fd).size == 10, "pwrite appends while APPEND is set, as on Linux");
	TRAP(46, fd_allocate(fd, 0, 100) == E(NOTSUP) && stat_of(fd).size == 10, "fd_allocate isn't pretended");
	other = open_at(ROOT, "log", 0, R, 0);
	TRAP_EQ(47, fd_filestat_set_size(other, 0), E(INVAL), "what was opened to read isn't truncated");
	TRAP(48, fd_filestat_set_times(other, 0, 1234567890123456789, 4) == 0 && stat_of(other).mtim == 1234567890123456789 &&
	     fd_filestat_set_times(other, 1000000001, 0, 1) == 0 && stat_of(other).atim == 1000000001 &&
	     stat_of(other).mtim == 1234567890123456789,
	     "times are exact to the nanosecond, and only the one that was asked for changes");
	TRAP(49, fd_filestat_set_times(other, 1, 1, 3) == E(INVAL) && fd_filestat_set_times(other, 1, 1, 12) == E(INVAL) &&
	     path_filestat_set_times(ROOT, 0, P("log"), 1, 1, 3) == E(INVAL) &&
	     path_filestat_set_times(ROOT, 0, P("log"), 1, 1, 12) == E(INVAL) &&
	     stat_of(other).mtim == 1234567890123456789, "a time can't be given and now");
	path_symlink(P("log"), ROOT, P("to_log"));
	TRAP(50, path_filestat_set_times(ROOT, 0, P("to_log"), 0, 5000000007, 4) == 0 && stat_at(0, "to_log").mtim == 5000000007 &&
	     stat_of(other).mtim == 1234567890123456789 && path_filestat_set_times(ROOT, FOLLOW, P("to_log"), 0, 77, 4) == 0 &&
	     stat_of(other).mtim == 77 &&
	     stat_at(0, "to_log").mtim == 5000000007, "a link's times are its own, unless it is followed");
	fd_close(fd);
	fd_close(other);
	other = open_at(ROOT, "shared", CREAT, R, 0);
	fd = open_at(ROOT, "shared", 0, RW, 0);
	TRAP(51, write_all(fd, "seen", 4) == 4 && read_some(other, buffer, 8) == 4 && memcmp(buffer, "seen", 4) == 0,
		"what one descriptor wrote another reads at once");
	fd_close(fd);
	fd_close(other);
	size = 0;
	for (int stream = 0; stream < 3; stream++) {
		stat_t stat = stat_of(stream);

		size += stat.size || stat.atim || stat.mtim || stat.ctim;
	}
	TRAP(52, size == 0 && fd_pread(0, in, 1, 0, &done) == E(SPIPE), "standard streams have neither size nor times nor places");
}

void descriptors(void)
{
	__wasi_prestat_t prestat;
	uint8_t name[8] = "########";
	int fd, other, last = 0, leaks = 0;

	TRAP(56, fd_prestat_get(ROOT, &prestat) == 0 && prestat.u.dir.pr_name_len == 1 && fd_prestat_get(RO, &prestat) == 0 &&
		fd_prestat_get(5, &prestat) == E(BADF) &&
	     fd_prestat_get(0, &prestat) == E(BADF) && fd_prestat_dir_name(RO, name, 2) == E(NAMETOOLONG) &&
	     fd_prestat_dir_name(ROOT, name, 8) == 0 && name[0] == '/' && name[1] == '#', "preopens are told from three on");
	fd = open_at(ROOT, "file", 0, R, 0);
	other = open_at(ROOT, "cut", 0, RW, 0);
	{
		fdstat_t before = fdstat_of(fd), after;
		int good = fd_renumber(fd, other) == 0 && fd_fdstat_get(fd, &after) == E(BADF);

		after = fdstat_of(other);
		good = good && memcmp(&before, &after, sizeof before) == 0;
		TRAP(58, good && fd_renumber(other, 127) == E(BADF) && fd_renumber(other, -1) == E(BADF) &&
			fd_renumber(other, 102) == E(BADF) &&
		     fd_renumber(other, other) == 0 && (fd = open_at(ROOT, "file", 0, R, 0)) > 0,
		     "renumbering replaces what is open and nothing else");
		for (int i = 0; i < rounds; i++) {
			int from = open_at(ROOT, "file", 0, R, 0);

			leaks += fd_renumber(from, other) != 0;
			last = from;
		}
		TRAP(58, leaks == 0 && last < 16, "two thousand times leaks nothing");
	}
	fd_close(fd);
	fd_close(other);
	for (int round = 0; round < 4; round++)
		for (int i = 0; i < rounds; i++)
			leaks += (fd = open_at(ROOT, "file", 0, R, 0)) < 0 || fd_close(fd) != 0;
	TRAP(59, leaks == 0 && write_all(-31337, "x", 1) == -E(BADF), "opening and closing leaks nothing, and a wild number is none");
	fd = open_at(ROOT, "file", 0, R, 0);
	TRAP(60, !isatty(fd), "a file is no terminal");
	fd_close(fd);
}

static __wasi_subscription_t clock_in(uint64_t userdata, int id, uint64_t timeout)
{
	__wasi_subscription_t sub = { .userdata = userdata };

	sub.u.tag = __WASI_EVENTTYPE_CLOCK;
	sub.u.u.clock.id = (__wasi_clockid_t){ id };
	sub.u.u.clock.timeout = timeout;
	return sub;
}

static __wasi_subscription_t ready(uint64_t userdata, int tag, int fd)
{
	__wasi_subscription_t sub = { .userdata = userdata };

	sub.u.tag = (uint8_t)tag;
	sub.u.u.fd_read.file_descriptor = fd;
	return sub;
}

static uint64_t now(int id)
{
	uint64_t time = 0;

	clock_time_get(id, 0, &time);
	return time;
}

static int sleeps(int id)
{
	__wasi_subscription_t sub = clock_in(7, id, 5000000);
	__wasi_event_t event;
	uint32_t count = 0;
	uint64_t before = now(1);

	return poll_oneoff(&sub, &event, 1, &count) == 0 && count == 1 && event.userdata == 7 &&
		event.type == __WASI_EVENTTYPE_CLOCK && now(1) - before >= 5000000;
}

void polls(void)
{
	__wasi_subscription_t subs[3];
	__wasi_event_t events[3];
	uint32_t count = 0;
	int fd = open_at(ROOT, "file", 0, RW, 0), good = 1;

	subs[0] = ready(1, __WASI_EVENTTYPE_FD_READ, 99);
	TRAP(61, poll_oneoff(subs, events, 0, &count) == E(INVAL) && poll_oneoff(subs, events, 1, &count) == E(BADF),
		"no subscriptions is INVAL, a bad descriptor fails the call");
	TRAP(62, sleeps(1) && sleeps(0), "five milliseconds are never less, on either clock");
	subs[0] = ready(1, __WASI_EVENTTYPE_FD_READ, fd);
	subs[1] = ready(2, __WASI_EVENTTYPE_FD_WRITE, fd);
	TRAP(63, poll_oneoff(subs, events, 2, &count) == 0 && count == 2 && !events[0].error && !events[1].error,
		"files are always ready");
	subs[0] = ready(1, __WASI_EVENTTYPE_FD_WRITE, 1);
	subs[1] = clock_in(2, 1, 200000000);
	TRAP(63, poll_oneoff(subs, events, 2, &count) == 0 && count == 1 && events[0].userdata == 1,
		"stdout is writable before a clock rings");
	for (int i = 0; i < rounds / 2; i++) {
		subs[0] = clock_in(1, 1, 0);
		subs[1] = clock_in(2, 1, 1000000000000);
		good = good && poll_oneoff(subs, events, 1, &count) == 0 && count == 1 && poll_oneoff(subs, events, 2, &count) == 0 &&
			count == 1 && events[0].userdata == 1;
	}
	TRAP(64, good, "no time is no time, and only the clock that rang is told");
	subs[0] = ready(1, __WASI_EVENTTYPE_FD_READ, 0);
	subs[1] = clock_in(2, 1, 10000000000);
	TRAP(65, poll_oneoff(subs, events, 2, &count) == 0 && count == 1 && events[0].userdata == 1 &&
		events[0].fd_readwrite.flags & 1, "stdin at its end is ready, and says so");
	fd_close(fd);
}

void process(int argc, char **argv)
{
	static uint8_t chance[100000];
	uint64_t time, last = 0, good = 1;
	uint32_t zeros = 0, count, size;
	stat_t a, b;

	for (int i = 0; i < 1000; i++, last = time)
		good = good && (time = now(1)) >= last;
	TRAP(66, good && clock_time_get(9, 0, &time) == E(INVAL) && clock_time_get(2, 0, &time) == E(BADF),
		"the monotonic clock never goes back, others don't exist");
	random_get(chance, sizeof chance);
	for (size_t i = 70000; i < sizeof chance; i++)
		zeros += chance[i] == 0;
	TRAP(67, random_get(chance, 0) == 0 && zeros < 1000, "random bytes fill everything");
	TRAP(68, sock_shutdown(99, 3) == E(BADF) && sock_shutdown(1, 3) == E(NOTSOCK), "what is not a socket says so");
	args_sizes_get(&count, &size);
	TRAP(69, argc == 3 && strcmp(argv[1], "a \"b\"\n'c'") == 0 && strcmp(argv[2], "\xc3\xa4") == 0 &&
		size == strlen(argv[0]) + 1 + 10 + 3 &&
	     strcmp(getenv("ODD") ? getenv("ODD") : "", "x=\"y z\"\n") == 0,
	     "arguments and environment come byte for byte, and sizes are bytes");
	a = stat_at(0, "file");
	b = stat_at(0, "two");
	TRAP(70, (a.dev != b.dev || a.ino != b.ino) && fopen("/nowhere/at/all", "r") == NULL &&
		try_open(0, "absolute", 0, R) == E(LOOP) &&
	     try_open(FOLLOW, "absolute", 0, R) == E(PERM), "files differ, and nothing outside is there");
	TRAP(70, path_filestat_get(ROOT, 0, P("old"), &a) == 0 && path_filestat_get(ROOT, 0, P("far"), &b) == 0,
		"files of other centuries have a stat");
}
