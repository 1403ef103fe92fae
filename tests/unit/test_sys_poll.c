/* poll_oneoff: everything that can be waited for, at once, never early (traps 61 to 65). */
#include "world.h"

static wasi_subscription_t clock_in(uint64_t userdata, uint32_t id, uint64_t timeout, uint16_t flags)
{
	wasi_subscription_t sub = { .userdata = userdata, .tag = WASI_EVENTTYPE_CLOCK };

	sub.clock.id = id;
	sub.clock.timeout = timeout;
	sub.clock.flags = flags;
	return sub;
}

static wasi_subscription_t on(uint64_t userdata, uint8_t tag, uint32_t handle)
{
	wasi_subscription_t sub = { .userdata = userdata, .tag = tag };

	sub.fd.fd = handle;
	return sub;
}

static wasi_errno_t do_poll(struct world *world, const wasi_subscription_t *subs, size_t count)
{
	return sys(world, SYSCALL_poll_oneoff, subs, count * sizeof *subs);
}

static size_t events_count(const struct world *world) { return world->length / sizeof(wasi_event_t); }

/* How many events come of a poll that doesn't wait at all. */
static size_t told_at_once(struct world *world, const wasi_subscription_t *subs, size_t count)
{
	struct call call;

	call_init(world, &call, SYSCALL_poll_oneoff, subs, count * sizeof *subs);
	CHECK_EQ(call_step(world, &call), CALL_DONE);
	CHECK_EQ(call.error, WASI_OK);
	free(call.reply);
	return call.reply_length / sizeof(wasi_event_t);
}

static wasi_event_t event_at(const struct world *world, size_t at)
{
	wasi_event_t event;

	REQUIRE(at < events_count(world));
	memcpy(&event, world->reply + at * sizeof event, sizeof event);
	return event;
}

enum { READ = WASI_EVENTTYPE_FD_READ, WRITE = WASI_EVENTTYPE_FD_WRITE, MS = 1000000 };

TEST(trap_61_bad_subscriptions_fail_the_call)
{
	struct world world;
	wasi_subscription_t subs[2];

	world_new(&world);
	CHECK_EQ(sys(&world, SYSCALL_poll_oneoff, "", (size_t)0), WASI_EINVAL);
	CHECK_EQ(sys(&world, SYSCALL_poll_oneoff, "x", (size_t)1), WASI_EINVAL);
	subs[0] = clock_in(1, WASI_CLOCK_MONOTONIC, 0, 0);
	subs[1] = on(2, READ, 777);
	CHECK_EQ(do_poll(&world, subs, 2), WASI_EBADF);
	CHECK(world.bad_handle); /* of the wire; the guest's own numbers are the page's to check */
	CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 0, "missing", 0, (uint64_t)R, (uint64_t)0, 0, 30), WASI_ENOENT);
	subs[1] = on(2, READ, 30);
	CHECK_EQ(do_poll(&world, subs, 2), WASI_EBADF);
	CHECK(!world.bad_handle);
	subs[1] = on(2, 3, WASI_STDIN);
	CHECK_EQ(do_poll(&world, subs, 2), WASI_EINVAL);
	subs[1] = clock_in(2, 9, 0, 0);
	CHECK_EQ(do_poll(&world, subs, 2), WASI_EINVAL);
	subs[1] = clock_in(2, WASI_CLOCK_MONOTONIC, 0, 2);
	CHECK_EQ(do_poll(&world, subs, 2), WASI_EINVAL);
	world_free(&world);
}

static void few_subscriptions(struct guest_config *config) { config->limits.subscriptions = 2; }

TEST(case_16_too_many_subscriptions_are_nomem)
{
	struct world world;
	wasi_subscription_t subs[3] = { clock_in(1, 0, 0, 0), clock_in(2, 0, 0, 0), clock_in(3, 0, 0, 0) };

	world_folders(&world);
	world_guest(&world, few_subscriptions);
	CHECK_EQ(do_poll(&world, subs, 3), WASI_ENOMEM);
	CHECK_EQ(do_poll(&world, subs, 2), WASI_OK);
	world_free(&world);
}

TEST(trap_62_five_milliseconds_are_never_less)
{
	struct world world;

	world_new(&world);
	for (uint32_t id = 0; id < 2; id++) {
		wasi_subscription_t sub = clock_in(0xABCD, id, 5 * MS, 0);
		uint64_t before = now_ns();
		wasi_event_t event;

		CHECK_EQ(do_poll(&world, &sub, 1), WASI_OK);
		CHECK(now_ns() - before >= 5 * MS);
		CHECK_EQ(events_count(&world), 1);
		event = event_at(&world, 0);
		CHECK_EQ(event.userdata, 0xABCD);
		CHECK_EQ(event.type, WASI_EVENTTYPE_CLOCK);
		CHECK_EQ(event.error, WASI_OK);
	}
	world_free(&world);
}

TEST(trap_62_asked_too_soon_it_goes_on_waiting)
{
	struct world world;
	wasi_subscription_t sub = clock_in(1, WASI_CLOCK_MONOTONIC, 5 * MS, 0);
	struct call call;
	uint64_t before;

	world_new(&world);
	call_init(&world, &call, SYSCALL_poll_oneoff, &sub, sizeof sub);
	before = now_ns();
	CHECK_EQ(call_step(&world, &call), CALL_PARKED);
	while (call_step(&world, &call) == CALL_PARKED)
		poll(NULL, 0, 0);
	CHECK(now_ns() - before >= 5 * MS);
	free(call.reply);
	world_free(&world);
}

TEST(absolute_clocks_are_absolute)
{
	struct world world;
	struct timespec real_now;
	wasi_subscription_t sub;
	uint64_t before;

	world_new(&world);
	sub = clock_in(1, WASI_CLOCK_MONOTONIC, (before = now_ns()) + 20 * MS, WASI_SUBCLOCK_ABSTIME);
	CHECK_EQ(do_poll(&world, &sub, 1), WASI_OK);
	CHECK(now_ns() >= before + 20 * MS);
	clock_gettime(CLOCK_REALTIME, &real_now);
	before = now_ns();
	sub = clock_in(1, WASI_CLOCK_REALTIME, (uint64_t)real_now.tv_sec * 1000000000 + (uint64_t)real_now.tv_nsec + 20 * MS,
		WASI_SUBCLOCK_ABSTIME);
	CHECK_EQ(do_poll(&world, &sub, 1), WASI_OK);
	CHECK(now_ns() >= before + 19 * MS);
	for (uint32_t id = 0; id < 2; id++) {
		sub = clock_in(1, id, 5, WASI_SUBCLOCK_ABSTIME); /* long past */
		CHECK_EQ(told_at_once(&world, &sub, 1), 1);
	}
	world_free(&world);
}

TEST(a_wait_for_ever_is_one_and_overflows_nothing)
{
	static const struct { uint32_t id; uint16_t flags; } rows[] = { { 0, 0 }, { 1, 0 }, { 0, 1 }, { 1, 1 } };
	struct world world;

	world_new(&world);
	for (size_t i = 0; i < 4; i++) {
		wasi_subscription_t sub = clock_in(1, rows[i].id, UINT64_MAX, rows[i].flags);
		struct call call;

		call_init(&world, &call, SYSCALL_poll_oneoff, &sub, sizeof sub);
		CHECK_EQ(call_step(&world, &call), CALL_PARKED);
		CHECK(call.wait.deadline_ns > now_ns() + 500 * (uint64_t)MS);
		guest_call_cancel(world.guest, &call);
		free(call.reply);
	}
	world_free(&world);
}

TEST(trap_63_files_are_always_ready)
{
	struct world world;
	uint32_t file;
	wasi_subscription_t subs[4];
	wasi_event_t event;

	world_new(&world);
	put_file(&world, "root/file", "12345");
	file = must_open(&world, ROOT, "file", 0, RW);
	subs[0] = on(1, READ, file);
	subs[1] = on(2, WRITE, file);
	CHECK_EQ(do_poll(&world, subs, 2), WASI_OK);
	CHECK_EQ(events_count(&world), 2);
	event = event_at(&world, 0);
	CHECK_EQ(event.userdata, 1);
	CHECK_EQ(event.type, READ);
	CHECK_EQ(event.error, WASI_OK);
	CHECK_EQ(event.nbytes, 5);
	CHECK_EQ(event_at(&world, 1).userdata, 2);
	CHECK_EQ(event_at(&world, 1).type, WRITE);
	subs[0] = on(1, WRITE, WASI_STDOUT);
	subs[1] = on(2, WRITE, WASI_STDERR);
	subs[2] = clock_in(3, 1, 200 * MS, 0);
	CHECK_EQ(do_poll(&world, subs, 3), WASI_OK);
	CHECK_EQ(events_count(&world), 2);
	world_free(&world);
}

TEST(trap_64_no_time_is_no_time)
{
	struct world world;
	wasi_subscription_t subs[3];
	uint32_t file;

	world_new(&world);
	file = must_open(&world, ROOT, "file", CREAT, RW);
	for (int i = 0; i < 1000; i++) {
		subs[0] = clock_in(1, WASI_CLOCK_MONOTONIC, 0, 0);
		subs[1] = clock_in(2, WASI_CLOCK_REALTIME, 0, 0);
		CHECK_EQ(told_at_once(&world, subs, 1), 1);
		CHECK_EQ(told_at_once(&world, subs, 2), 2);
		subs[1] = on(2, READ, file);
		subs[2] = on(3, READ, WASI_STDIN); /* not ready, not told */
		CHECK_EQ(told_at_once(&world, subs, 3), 2);
	}
	world_free(&world);
}

TEST(only_expired_clocks_are_told)
{
	struct world world;
	wasi_subscription_t subs[2] = { clock_in(1, 1, 5 * MS, 0), clock_in(2, 1, UINT64_C(3600000) * MS, 0) };

	world_new(&world);
	CHECK_EQ(do_poll(&world, subs, 2), WASI_OK);
	CHECK_EQ(events_count(&world), 1);
	CHECK_EQ(event_at(&world, 0).userdata, 1);
	world_free(&world);
}

TEST(trap_65_stdin_or_the_clock_whichever_is_first)
{
	struct world world;
	wasi_subscription_t subs[2] = { on(1, READ, WASI_STDIN), clock_in(2, 1, 5 * MS, 0) };
	struct call call;
	wasi_event_t event;

	world_new(&world);
	CHECK_EQ(do_poll(&world, subs, 2), WASI_OK);
	CHECK_EQ(events_count(&world), 1);
	CHECK_EQ(event_at(&world, 0).userdata, 2);
	subs[1].clock.timeout = UINT64_MAX;
	call_init(&world, &call, SYSCALL_poll_oneoff, subs, sizeof subs);
	CHECK_EQ(call_step(&world, &call), CALL_PARKED);
	CHECK(call.wait.on_stdin);
	guest_stdin_push(world.guest, (const uint8_t *)"abc", 3);
	CHECK_EQ(call_step(&world, &call), CALL_DONE);
	memcpy(&event, call.reply, sizeof event);
	CHECK_EQ(call.reply_length, sizeof event);
	CHECK_EQ(event.userdata, 1);
	CHECK_EQ(event.nbytes, 3);
	CHECK_EQ(event.flags, 0);
	free(call.reply);
	CHECK_STR(read_text(&world, WASI_STDIN, 0, 10), "abc");
	guest_stdin_mark(world.guest);
	CHECK_EQ(do_poll(&world, subs, 2), WASI_OK);
	CHECK_EQ(event_at(&world, 0).nbytes, 0);
	CHECK_EQ(event_at(&world, 0).flags, 0);
	CHECK_STR(read_text(&world, WASI_STDIN, 0, 10), "");
	guest_stdin_close(world.guest);
	CHECK_EQ(do_poll(&world, subs, 2), WASI_OK);
	CHECK_EQ(event_at(&world, 0).flags, WASI_EVENTRW_HANGUP);
	world_free(&world);
}

TEST(several_subscriptions_on_one_descriptor_are_one_descriptor)
{
	struct world world;
	struct call call;
	uint32_t both;
	int other;
	wasi_subscription_t subs[4];

	world_new(&world);
	REQUIRE(mkfifo(real(&world, "root/fifo"), 0644) == 0);
	both = must_open(&world, ROOT, "fifo", 0, RW);
	other = open(real(&world, "root/fifo"), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	subs[0] = on(1, READ, both);
	subs[1] = on(2, READ, both);
	subs[2] = on(3, READ, both);
	call_init(&world, &call, SYSCALL_poll_oneoff, subs, 3 * sizeof *subs);
	CHECK_EQ(call_step(&world, &call), CALL_PARKED);
	CHECK_EQ(call.wait.fds_count, 1);
	CHECK_EQ(call.wait.fds[0].events, POLLIN);
	REQUIRE(write(other, "1234567", 7) == 7);
	CHECK(call_wait_ready(&call, 1000));
	CHECK_EQ(call_step(&world, &call), CALL_DONE);
	CHECK_EQ(call.reply_length, 3 * sizeof(wasi_event_t));
	CHECK_EQ(((wasi_event_t *)(void *)call.reply)[2].nbytes, 7);
	free(call.reply);
	subs[3] = on(4, WRITE, both);
	CHECK_EQ(do_poll(&world, subs, 4), WASI_OK);
	CHECK_EQ(events_count(&world), 4);
	CHECK_EQ(event_at(&world, 3).type, WRITE);
	close(other);
	world_free(&world);
}

TEST(the_end_of_a_stream_is_a_hangup)
{
	struct world world;
	uint32_t reader;
	int writer;
	wasi_subscription_t sub;

	world_new(&world);
	REQUIRE(mkfifo(real(&world, "root/fifo"), 0644) == 0);
	reader = must_open(&world, ROOT, "fifo", 0, R);
	writer = open(real(&world, "root/fifo"), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	REQUIRE(write(writer, "x", 1) == 1);
	close(writer);
	sub = on(1, READ, reader);
	CHECK_EQ(do_poll(&world, &sub, 1), WASI_OK);
	CHECK_EQ(event_at(&world, 0).nbytes, 1);
	CHECK_STR(read_text(&world, reader, 0, 10), "x");
	CHECK_EQ(do_poll(&world, &sub, 1), WASI_OK);
	CHECK_EQ(event_at(&world, 0).nbytes, 0);
	CHECK_EQ(event_at(&world, 0).flags, WASI_EVENTRW_HANGUP);
	world_free(&world);
}

TEST(four_thousand_subscriptions_at_once)
{
	enum { COUNT = 4096 };
	struct world world;
	wasi_subscription_t *subs = calloc(COUNT, sizeof *subs);
	uint32_t handles[64];
	int writers[64];
	char path[32];

	world_new(&world);
	for (int i = 0; i < 64; i++) {
		snprintf(path, sizeof path, "root/fifo%d", i);
		REQUIRE(mkfifo(real(&world, "%s", path), 0644) == 0);
		handles[i] = must_open(&world, ROOT, path + 5, 0, R);
		writers[i] = open(real(&world, "%s", path), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	}
	for (size_t i = 0; i < COUNT; i++)
		subs[i] = i % 2 ? on(i, READ, handles[i % 64]) : clock_in(i, 1, UINT64_C(3600000000000) + i, 0);
	REQUIRE(write(writers[7], "x", 1) == 1);
	CHECK_EQ(do_poll(&world, subs, COUNT), WASI_OK);
	CHECK_EQ(events_count(&world), COUNT / 64);
	CHECK_EQ(event_at(&world, 1).userdata, 71);
	subs[100] = clock_in(100, 1, 5 * MS, 0);
	CHECK_STR(read_text(&world, handles[7], 0, 10), "x");
	CHECK_EQ(do_poll(&world, subs, COUNT), WASI_OK);
	CHECK_EQ(events_count(&world), 1);
	for (int i = 0; i < 64; i++)
		close(writers[i]);
	free(subs);
	world_free(&world);
}

TEST(a_relative_wait_counts_from_its_beginning)
{
	struct world world;
	wasi_subscription_t subs[2] = { on(1, READ, WASI_STDIN), clock_in(2, 1, 300 * MS, 0) };
	struct call call;
	uint64_t before = now_ns(), deadline;

	world_new(&world);
	call_init(&world, &call, SYSCALL_poll_oneoff, subs, sizeof subs);
	CHECK_EQ(call_step(&world, &call), CALL_PARKED);
	deadline = call.wait.deadline_ns;
	for (int again = 0; again < 3; again++) { /* being run again doesn't start it anew */
		poll(NULL, 0, 2);
		CHECK_EQ(call_step(&world, &call), CALL_PARKED);
		CHECK_EQ(call.wait.deadline_ns, deadline);
	}
	CHECK_EQ(call_finish(&world, &call, CALL_PARKED), WASI_OK);
	CHECK(now_ns() - before >= 300 * MS);
	free(call.reply);
	world_free(&world);
}

/* Processor time of running a parked poll of so many clocks again and again, with nothing that it waits for. */
static uint64_t idle_ns(struct world *world, size_t clocks)
{
	wasi_subscription_t *subs = calloc(clocks + 1, sizeof *subs);
	struct timespec before, after;
	struct call call;

	REQUIRE(subs);
	subs[0] = on(0, WASI_EVENTTYPE_FD_READ, WASI_STDIN);
	for (size_t i = 1; i <= clocks; i++)
		subs[i] = clock_in(i, WASI_CLOCK_MONOTONIC, UINT64_C(3600000000000), 0);
	call_init(world, &call, SYSCALL_poll_oneoff, subs, (clocks + 1) * sizeof *subs);
	CHECK_EQ(call_step(world, &call), CALL_PARKED);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	for (int i = 0; i < 500; i++)
		CHECK_EQ(call_step(world, &call), CALL_PARKED);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	REQUIRE(guest_stdin_push(world->guest, (const uint8_t *)"x", 1));
	CHECK_EQ(call_step(world, &call), CALL_DONE);
	CHECK_EQ(call.reply_length, sizeof(wasi_event_t));
	guest_call_cancel(world->guest, &call);
	CHECK_EQ(sys(world, SYSCALL_fd_read, WASI_STDIN, (uint64_t)0, 1), WASI_OK);
	free(call.reply);
	free(subs);
	return (uint64_t)(after.tv_sec - before.tv_sec) * 1000000000 + (uint64_t)(after.tv_nsec - before.tv_nsec);
}

TEST(a_parked_poll_costs_no_more_for_what_it_names_until_something_happens)
{
	struct world world;
	uint64_t few, many;

	world_new(&world);
	few = idle_ns(&world, 1);
	many = idle_ns(&world, 4000);
	CHECK(many < 20 * few, "4,000 clocks against one");
	world_free(&world);
}
