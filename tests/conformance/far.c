/* Large numbers: a file of 8 GiB read, written and sought at its end, a folder of 100,000 entries (many/, made outside) through
 * buffers of odd sizes, polls of many things at once. stdin is at its end. */
#include <stdio.h>
#include <stdlib.h>

#include "../guests/calls.h"
#include "../guests/check.h"

enum { ENTRIES = 100000 };
static const uint64_t GIB = 1u << 30;
static const uint64_t BOTH = READ | WRITE;

static void far_file(void)
{
	const uint64_t end = 8 * GIB;
	char bytes[8] = "";
	in_t in = { (uint8_t *)bytes, 8 };
	out_t out = { (const uint8_t *)"end!", 4 };
	uint32_t done = 0;
	uint64_t at = 0;
	stat_t stat;
	int fd = open_at(ROOT, "far", __WASI_OFLAGS_CREAT, BOTH, 0);

	CHECK(fd_filestat_set_size(fd, end) == 0 && fd_filestat_get(fd, &stat) == 0 && stat.size == end,
		"8 GiB: a file has that size");
	CHECK(fd_pwrite(fd, &out, 1, end - 4, &done) == 0 && done == 4 && fd_pread(fd, &in, 1, end - 4, &done) == 0 && done == 4 &&
		memcmp(bytes, "end!", 4) == 0, "8 GiB: its last bytes are written and read");
	CHECK(fd_seek(fd, -4, 2, &at) == 0 && at == end - 4 && read_some(fd, bytes, 8) == 4 && fd_tell(fd, &at) == 0 && at == end,
		"8 GiB: seeking from its end");
	CHECK(read_some(fd, bytes, 8) == 0 && write_all(fd, "more", 4) == 4 && fd_filestat_get(fd, &stat) == 0 &&
		stat.size == end + 4, "8 GiB: reading there is the end, writing there grows it");
	CHECK(fd_seek(fd, -(int64_t)(5 * GIB), 1, &at) == 0 && at == end + 4 - 5 * GIB && read_some(fd, bytes, 8) == 8 &&
		bytes[0] == 0, "8 GiB: holes are zeros");
	CHECK(fd_seek(fd, INT64_MAX, 1, &at) != 0 && fd_tell(fd, &at) == 0 && at == end + 4 - 5 * GIB + 8,
		"8 GiB: an offset past 63 bits is refused and moves nothing");
	CHECK(fd_filestat_set_size(fd, 3) == 0 && fd_close(fd) == 0 && path_unlink_file(ROOT, P("far")) == 0,
		"8 GiB: and it can be cut");
}

/* Every entry once, by its number; gives how many there were. */
static int list_all(int dir, uint32_t room, uint8_t *seen)
{
	uint8_t *buffer = malloc(room);
	uint64_t cookie = 0;
	uint32_t used = 0;
	int total = 0;

	do {
		uint32_t at = 0;
		uint64_t before = cookie;

		if (fd_readdir(dir, buffer, room, cookie, &used))
			return -1;
		while (at + 24 <= used) {
			__wasi_dirent_t entry;

			memcpy(&entry, buffer + at, 24);
			if (at + 24 + entry.d_namlen > used)
				break;
			if (buffer[at + 24] == 'n') {
				char number[16] = "";

				memcpy(number, buffer + at + 25, entry.d_namlen - 1 < 15 ? entry.d_namlen - 1 : 15);
				seen[atoi(number)]++;
			}
			cookie = entry.d_next;
			at += 24 + entry.d_namlen;
			total++;
		}
		if (cookie == before)
			break;
	} while (used == room);
	free(buffer);
	return total;
}

static void many_entries(void)
{
	static const uint32_t rooms[] = { 997, 4093, 65537, 1 << 20 };
	static const char *const promises[] = { "100,000 entries, 997 bytes at a time", "100,000 entries, 4,093 bytes at a time",
		"100,000 entries, 65,537 bytes at a time", "100,000 entries, a MiB at a time" };
	uint8_t *seen = malloc(ENTRIES);
	int dir = open_at(ROOT, "many", __WASI_OFLAGS_DIRECTORY, 0, 0);

	for (int i = 0; i < 4; i++) {
		int total, twice = 0;

		memset(seen, 0, ENTRIES);
		total = list_all(dir, rooms[i], seen);
		for (int k = 0; k < ENTRIES; k++)
			twice += seen[k] != 1;
		CHECK(total == ENTRIES + 2 && twice == 0, promises[i]);
	}
	fd_close(dir);
	free(seen);
}

static uint64_t now(int clock)
{
	uint64_t time = 0;

	clock_time_get(clock, 0, &time);
	return time;
}

static void many_polls(void)
{
	static __wasi_subscription_t subs[300];
	static __wasi_event_t events[300];
	uint64_t start = now(1), when = now(0) + 30000000;
	uint32_t count = 0, clocks = 0, early = 0;
	int fd = open_at(ROOT, "polled", __WASI_OFLAGS_CREAT, BOTH, 0);

	for (uint64_t i = 0; i < 300; i++) {
		subs[i].userdata = i;
		subs[i].u.tag = __WASI_EVENTTYPE_CLOCK;
		subs[i].u.u.clock.id = i % 2;
		subs[i].u.u.clock.timeout = 20000000 + i / 100 * 1000000000;
	}
	CHECK(poll_oneoff(subs, events, 300, &count) == 0 && count >= 1 && count <= 100,
		"polls: of 300 clocks the first hundred ring at most");
	for (uint32_t i = 0; i < count; i++)
		clocks += events[i].userdata < 100;
	CHECK(clocks == count && now(1) - start >= 20000000, "polls: and none of them early");
	memset(subs, 0, sizeof subs);
	subs[0].userdata = 1;
	subs[0].u.u.clock.timeout = when;
	subs[0].u.u.clock.flags = __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME;
	for (int i = 0; i < 5; i++) {
		early += poll_oneoff(subs, events, 1, &count) != 0 || now(0) < when;
		when += 7000000;
		subs[0].u.u.clock.timeout = when;
	}
	CHECK(early == 0, "polls: absolute times on the realtime clock");
	subs[0].u.u.clock.timeout = 1;
	start = now(1);
	CHECK(poll_oneoff(subs, events, 1, &count) == 0 && count == 1 && now(1) - start < 1000000000,
		"polls: a time that has passed doesn't wait");
	for (int i = 1; i < 5; i++) {
		subs[i].userdata = 10 + (uint64_t)i;
		subs[i].u.tag = i % 2 ? __WASI_EVENTTYPE_FD_READ : __WASI_EVENTTYPE_FD_WRITE;
		subs[i].u.u.fd_read.file_descriptor = i < 3 ? fd : 0;
	}
	subs[2].u.u.fd_read.file_descriptor = fd;
	subs[4].u.tag = __WASI_EVENTTYPE_FD_READ;
	subs[0].u.u.clock.flags = 0;
	subs[0].u.u.clock.timeout = 5000000000;
	CHECK(poll_oneoff(subs, events, 5, &count) == 0 && count == 4,
		"polls: two on one file, two on stdin at its end, a clock that doesn't ring");
	fd_close(fd);
}

int main(void)
{
	far_file();
	many_entries();
	many_polls();
	return check_end();
}
