/* poll_oneoff and the clocks: what is ready, and never early. stdin is at its end here. */
#include "calls.h"
#include "check.h"
#include <stdlib.h>

#define MS 1000000ull

static uint64_t now(int clock)
{
	uint64_t time = 0;
	clock_time_get(clock, 1, &time);
	return time;
}

static __wasi_subscription_t on_clock(uint64_t id, int clock, uint64_t timeout, int flags)
{
	__wasi_subscription_t sub = { .userdata = id, .u.tag = __WASI_EVENTTYPE_CLOCK };
	sub.u.u.clock.id = clock;
	sub.u.u.clock.timeout = timeout;
	sub.u.u.clock.flags = flags;
	return sub;
}

static __wasi_subscription_t on_fd(uint64_t id, int fd, int type)
{
	__wasi_subscription_t sub = { .userdata = id, .u.tag = type };
	sub.u.u.fd_read.file_descriptor = fd;
	return sub;
}

static void clocks(void)
{
	uint64_t time = 0;
	CHECK_EQ(clock_res_get(__WASI_CLOCKID_REALTIME, &time), 0, "realtime has a resolution");
	CHECK(time > 0 && time <= 1000 * MS, "within reason");
	CHECK_EQ(clock_res_get(__WASI_CLOCKID_MONOTONIC, &time), 0, "monotonic has one");
	CHECK_EQ(clock_res_get(77, &time), __WASI_ERRNO_INVAL, "66 an unknown clock");
	CHECK_EQ(clock_time_get(77, 0, &time), __WASI_ERRNO_INVAL, "66 has no time");
	CHECK(now(__WASI_CLOCKID_REALTIME) > 1700000000000 * MS, "realtime is after 2023");
	uint64_t before = now(__WASI_CLOCKID_MONOTONIC);
	bool back = false;
	for (int i = 0; i < 1000; i++) {
		uint64_t after = now(__WASI_CLOCKID_MONOTONIC);
		back |= after < before;
		before = after;
	}
	CHECK(!back, "66 monotonic never goes back");
}

static void sleeping(int clock, bool absolute, const char *promise)
{
	__wasi_event_t event = { 0 };
	uint32_t count = 0;
	bool early = false, right = true;
	for (int i = 0; i < 5; i++) {
		uint64_t start = now(clock), monotonic = now(__WASI_CLOCKID_MONOTONIC);
		__wasi_subscription_t sub = on_clock(0xabcdef0123456789, clock, absolute ? start + 5 * MS : 5 * MS,
			absolute ? __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME : 0);
		right &= !poll_oneoff(&sub, &event, 1, &count) && count == 1 && event.userdata == 0xabcdef0123456789 &&
			event.type == __WASI_EVENTTYPE_CLOCK && event.error == 0;
		early |= now(clock) - start < 5 * MS;
		right &= now(__WASI_CLOCKID_MONOTONIC) - monotonic < 5000 * MS;
	}
	CHECK(right, promise);
	CHECK(!early, "62 is never early");
}

static void quick(void)
{
	__wasi_subscription_t subs[3] = {
		on_clock(1, __WASI_CLOCKID_MONOTONIC, 0, 0), on_clock(2, __WASI_CLOCKID_REALTIME, 0, 0),
		on_fd(3, 1, __WASI_EVENTTYPE_FD_WRITE),
	};
	__wasi_event_t events[3];
	uint32_t count;
	bool right = true;
	for (int i = 0; i < 100 && right; i++)
		right = !poll_oneoff(subs, events, 1, &count) && count == 1 && !poll_oneoff(subs, events, 2, &count) && count >= 1 &&
			!poll_oneoff(subs, events, 3, &count) && count >= 1;
	CHECK(right, "64 a timeout of nothing, again and again");
	subs[1] = on_clock(2, __WASI_CLOCKID_MONOTONIC, 3600 * 1000 * MS, 0);
	CHECK_EQ(poll_oneoff(subs, events, 2, &count), 0, "64 a clock that is over and one that isn't");
	CHECK(count == 1 && events[0].userdata == 1, "64 reports the first");
	subs[0] = on_clock(1, __WASI_CLOCKID_REALTIME, 1, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME);
	subs[1] = on_clock(2, __WASI_CLOCKID_MONOTONIC, UINT64_MAX, 0);
	CHECK_EQ(poll_oneoff(subs, events, 2, &count), 0, "an absolute time long past, and the end of time");
	CHECK(count == 1 && events[0].userdata == 1, "reports the past one");
}

static void files(void)
{
	int fd = open_at(ROOT, "polled", __WASI_OFLAGS_CREAT, READ | WRITE | __WASI_RIGHTS_POLL_FD_READWRITE, 0);
	write_all(fd, "12345", 5);
	uint64_t at;
	fd_seek(fd, 2, __WASI_WHENCE_SET, &at);
	__wasi_subscription_t subs[3] = {
		on_fd(10, fd, __WASI_EVENTTYPE_FD_READ), on_fd(11, fd, __WASI_EVENTTYPE_FD_WRITE),
		on_clock(12, __WASI_CLOCKID_MONOTONIC, 3600 * 1000 * MS, 0),
	};
	__wasi_event_t events[3];
	uint32_t count = 0;
	CHECK_EQ(poll_oneoff(subs, events, 3, &count), 0, "63 a file, both ways, and a clock");
	CHECK_EQ(count, 2, "63 both are ready at once");
	bool read = false, write = false;
	for (uint32_t i = 0; i < count; i++) {
		read |= events[i].userdata == 10 && events[i].type == __WASI_EVENTTYPE_FD_READ && !events[i].error;
		write |= events[i].userdata == 11 && events[i].type == __WASI_EVENTTYPE_FD_WRITE && !events[i].error;
	}
	CHECK(read && write, "63 without error");
	subs[0] = on_fd(20, 1, __WASI_EVENTTYPE_FD_WRITE);
	subs[1] = on_fd(21, 2, __WASI_EVENTTYPE_FD_WRITE);
	subs[2] = on_clock(22, __WASI_CLOCKID_MONOTONIC, 200 * MS, 0);
	uint64_t start = now(__WASI_CLOCKID_MONOTONIC);
	CHECK_EQ(poll_oneoff(subs, events, 3, &count), 0, "63 stdout, stderr and a clock");
	CHECK(count == 2 && events[0].userdata == 20 && events[1].userdata == 21, "63 both outputs are ready");
	CHECK(now(__WASI_CLOCKID_MONOTONIC) - start < 200 * MS, "63 before the clock");
	subs[0] = on_fd(30, 0, __WASI_EVENTTYPE_FD_READ);
	subs[1] = on_clock(31, __WASI_CLOCKID_MONOTONIC, 2000 * MS, 0);
	CHECK_EQ(poll_oneoff(subs, events, 2, &count), 0, "65 stdin at its end and a clock");
	CHECK(count == 1 && events[0].userdata == 30 && !events[0].error, "65 is ready");
	CHECK(events[0].fd_readwrite.flags & __WASI_EVENTRWFLAGS_FD_READWRITE_HANGUP, "65 and says so");
	fd_close(fd);
}

static void mistakes(void)
{
	__wasi_subscription_t subs[2] = { on_fd(1, 99, __WASI_EVENTTYPE_FD_READ), on_clock(2, __WASI_CLOCKID_MONOTONIC, MS, 0) };
	__wasi_event_t events[2];
	uint32_t count = 77;
	CHECK_EQ(poll_oneoff(subs, events, 0, &count), __WASI_ERRNO_INVAL, "61 no subscriptions");
	CHECK_EQ(poll_oneoff(subs, events, 2, &count), __WASI_ERRNO_BADF, "61 a number that isn't open");
	subs[0] = on_clock(1, 77, MS, 0);
	int error = poll_oneoff(subs, events, 2, &count);
	CHECK(error == __WASI_ERRNO_INVAL || (!error && count == 1 && events[0].error == __WASI_ERRNO_INVAL), "an unknown clock");
}

static void many(void)
{
	enum { COUNT = 1000 };
	__wasi_subscription_t *subs = calloc(COUNT, sizeof *subs);
	__wasi_event_t *events = calloc(COUNT, sizeof *events);
	uint32_t count = 0;
	for (int i = 0; i < COUNT; i++)
		subs[i] = i % 2 ? on_clock(i, __WASI_CLOCKID_MONOTONIC, 3600 * 1000 * MS, 0) : on_fd(i, 1, __WASI_EVENTTYPE_FD_WRITE);
	CHECK_EQ(poll_oneoff(subs, events, COUNT, &count), 0, "a thousand subscriptions");
	CHECK_EQ(count, COUNT / 2, "one event for each that is ready, though they name one descriptor");
	free(subs), free(events);
}

int main(void)
{
	clocks();
	sleeping(__WASI_CLOCKID_MONOTONIC, false, "62 a while of monotonic time");
	sleeping(__WASI_CLOCKID_REALTIME, false, "62 a while of realtime");
	sleeping(__WASI_CLOCKID_MONOTONIC, true, "until a monotonic time");
	sleeping(__WASI_CLOCKID_REALTIME, true, "until a realtime");
	quick();
	files();
	mistakes();
	many();
	return check_end();
}
