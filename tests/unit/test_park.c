/* Calls that wait: FIFOs, stdin, stdout, in order, cancelled, closed meanwhile (traps 60, 65; case 15). */
#include "world.h"

struct fifo {
	struct world world;
	uint32_t reader;
	int writer; /* ours, -1: none yet */
};

static void fifo_new(struct fifo *fifo)
{
	world_new(&fifo->world);
	REQUIRE(mkfifo(real(&fifo->world, "root/fifo"), 0644) == 0);
	fifo->reader = must_open(&fifo->world, ROOT, "fifo", 0, R);
	fifo->writer = -1;
}

static void fifo_connect(struct fifo *fifo)
{
	fifo->writer = open(real(&fifo->world, "root/fifo"), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	REQUIRE(fifo->writer >= 0);
}

static void fifo_say(struct fifo *fifo, const char *text)
{
	REQUIRE(write(fifo->writer, text, strlen(text)) == (ssize_t)strlen(text));
}

static void fifo_free(struct fifo *fifo)
{
	if (fifo->writer >= 0)
		close(fifo->writer);
	world_free(&fifo->world);
}

static enum call_state start_read(struct world *world, struct call *call, uint32_t handle, uint32_t n)
{
	call_init(world, call, SYSCALL_fd_read, handle, (uint64_t)0, n);
	return call_step(world, call);
}

static void check_reply(const struct call *call, const char *want)
{
	CHECK_EQ(call->error, WASI_OK);
	CHECK_EQ(call->reply_length, strlen(want), want);
	if (call->reply_length == strlen(want))
		CHECK(memcmp(call->reply, want, strlen(want)) == 0, want);
}

TEST_PATHS(case_15_reading_a_fifo_waits_for_a_writer_and_ends_with_it)
{
	struct fifo fifo;
	struct call call;

	fifo_new(&fifo);
	CHECK_EQ(start_read(&fifo.world, &call, fifo.reader, 10), CALL_PARKED);
	CHECK_EQ(call.wait.fds_count, 1);
	CHECK(!call_wait_ready(&call, 10)); /* no writer: that isn't the end */
	fifo_connect(&fifo);
	CHECK(!call_wait_ready(&call, 10));
	fifo_say(&fifo, "hello");
	CHECK(call_wait_ready(&call, 1000));
	CHECK_EQ(call_step(&fifo.world, &call), CALL_DONE);
	check_reply(&call, "hello");
	free(call.reply);
	CHECK_EQ(start_read(&fifo.world, &call, fifo.reader, 10), CALL_PARKED);
	close(fifo.writer);
	fifo.writer = -1;
	CHECK(call_wait_ready(&call, 1000));
	CHECK_EQ(call_step(&fifo.world, &call), CALL_DONE);
	check_reply(&call, "");
	free(call.reply);
	fifo_free(&fifo);
}

TEST(reads_on_one_handle_stay_in_order)
{
	struct fifo fifo;
	struct call calls[3], late;

	fifo_new(&fifo);
	fifo_connect(&fifo);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(start_read(&fifo.world, &calls[i], fifo.reader, 3), CALL_PARKED);
	fifo_say(&fifo, "onetwothrfou");
	/* whoever runs first again, the oldest gets the first bytes */
	CHECK_EQ(call_step(&fifo.world, &calls[2]), CALL_PARKED);
	CHECK_EQ(start_read(&fifo.world, &late, fifo.reader, 3), CALL_PARKED);
	CHECK_EQ(call_step(&fifo.world, &calls[0]), CALL_DONE);
	CHECK_EQ(call_step(&fifo.world, &calls[1]), CALL_DONE);
	CHECK_EQ(call_step(&fifo.world, &calls[2]), CALL_DONE);
	CHECK_EQ(call_step(&fifo.world, &late), CALL_DONE);
	check_reply(&calls[0], "one");
	check_reply(&calls[1], "two");
	check_reply(&calls[2], "thr");
	check_reply(&late, "fou");
	for (int i = 0; i < 3; i++)
		free(calls[i].reply);
	free(late.reply);
	fifo_free(&fifo);
}

TEST(a_cancelled_read_takes_nothing_and_lets_the_next_one_go)
{
	struct fifo fifo;
	struct call first, second;

	fifo_new(&fifo);
	fifo_connect(&fifo);
	CHECK_EQ(start_read(&fifo.world, &first, fifo.reader, 5), CALL_PARKED);
	CHECK_EQ(start_read(&fifo.world, &second, fifo.reader, 5), CALL_PARKED);
	fifo_say(&fifo, "hello");
	guest_call_cancel(fifo.world.guest, &first);
	CHECK_EQ(call_step(&fifo.world, &second), CALL_DONE);
	check_reply(&second, "hello");
	free(first.reply);
	free(second.reply);
	fifo_free(&fifo);
}

TEST(closing_a_handle_ends_its_parked_calls_with_badf)
{
	struct fifo fifo;
	struct call read, poll;
	int descriptor;
	wasi_subscription_t on = { .tag = WASI_EVENTTYPE_FD_READ };

	fifo_new(&fifo);
	fifo_connect(&fifo);
	on.fd.fd = fifo.reader;
	CHECK_EQ(start_read(&fifo.world, &read, fifo.reader, 5), CALL_PARKED);
	call_init(&fifo.world, &poll, SYSCALL_poll_oneoff, &on, sizeof on);
	CHECK_EQ(call_step(&fifo.world, &poll), CALL_PARKED);
	descriptor = read.wait.fds[0].fd;
	CHECK_EQ(close_handle(&fifo.world, fifo.reader), WASI_OK);
	CHECK(fcntl(descriptor, F_GETFD) >= 0); /* somebody polls it until the calls have run */
	CHECK_EQ(call_step(&fifo.world, &read), CALL_DONE);
	CHECK_EQ(read.error, WASI_EBADF);
	CHECK(!read.bad_handle);
	CHECK(fcntl(descriptor, F_GETFD) >= 0);
	/* the slot may have a new owner by then */
	CHECK_EQ(sys(&fifo.world, SYSCALL_path_open, ROOT, 0, "fifo", 0, (uint64_t)R, (uint64_t)0, 0, fifo.reader | 1 << 16),
		WASI_OK);
	CHECK_EQ(call_step(&fifo.world, &poll), CALL_DONE);
	CHECK_EQ(poll.error, WASI_EBADF);
	CHECK(!poll.bad_handle);
	CHECK_EQ(fcntl(descriptor, F_GETFD), -1);
	free(read.reply);
	free(poll.reply);
	fifo_free(&fifo);
}

TEST(a_program_that_says_nonblock_is_told_again)
{
	struct fifo fifo;
	uint32_t handle;

	fifo_new(&fifo);
	fifo_connect(&fifo);
	CHECK_EQ(open_at(&fifo.world, ROOT, 0, "fifo", 0, R, WASI_FDFLAG_NONBLOCK, &handle), WASI_OK);
	CHECK_EQ(fdstat_of(&fifo.world, handle).flags, WASI_FDFLAG_NONBLOCK);
	CHECK_EQ(sys(&fifo.world, SYSCALL_fd_read, handle, (uint64_t)0, 10), WASI_EAGAIN);
	CHECK_EQ(sys(&fifo.world, SYSCALL_fd_fdstat_set_flags, WASI_STDIN, WASI_FDFLAG_NONBLOCK), WASI_OK);
	CHECK_EQ(sys(&fifo.world, SYSCALL_fd_read, WASI_STDIN, (uint64_t)0, 10), WASI_EAGAIN);
	fifo_free(&fifo);
}

/* ---- writing ---- */

static size_t drain(int fd, char *into, size_t room)
{
	size_t got = 0;
	ssize_t n;

	while (got < room && (n = read(fd, into + got, room - got)) > 0)
		got += (size_t)n;
	return got;
}

static void fill_a_pipe(uint16_t flags)
{
	enum { BIG = 200000 };
	struct world world;
	struct call big, small;
	int reader;
	uint32_t writer;
	char *bytes = malloc(BIG), *got = malloc(BIG + 100);
	size_t count = 0;

	memset(bytes, 'b', BIG);
	world_new(&world);
	REQUIRE(mkfifo(real(&world, "root/fifo"), 0644) == 0);
	reader = open(real(&world, "root/fifo"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	writer = must_open(&world, ROOT, "fifo", 0, W);
	call_init(&world, &big, SYSCALL_fd_write, writer, (uint64_t)0, bytes, (size_t)BIG);
	big.flags = flags;
	CHECK_EQ(call_step(&world, &big), CALL_PARKED);
	call_init(&world, &small, SYSCALL_fd_write, writer, (uint64_t)0, "end", (size_t)3);
	CHECK_EQ(call_step(&world, &small), CALL_PARKED);
	while (big.park || small.park) {
		size_t n = drain(reader, got + count, BIG + 100 - count);

		REQUIRE(n > 0);
		count += n;
		if (small.park)
			CHECK_EQ(call_step(&world, &small), big.park ? CALL_PARKED : CALL_DONE);
		if (big.park)
			call_step(&world, &big);
	}
	count += drain(reader, got + count, BIG + 100 - count);
	CHECK_EQ(big.error, WASI_OK);
	CHECK_EQ(*(uint32_t *)big.reply, BIG);
	CHECK_EQ(small.error, WASI_OK);
	CHECK_EQ(count, BIG + 3);
	CHECK(memcmp(got, bytes, BIG) == 0);
	CHECK(memcmp(got + BIG, "end", 3) == 0);
	/* the reader goes away: PIPE, and no signal kills anybody */
	close(reader);
	CHECK_EQ(write_text(&world, writer, 0, "x"), WASI_EPIPE);
	free(big.reply);
	free(small.reply);
	free(bytes);
	free(got);
	world_free(&world);
}

TEST(writes_to_a_full_pipe_wait_write_all_and_stay_in_order)
{
	fill_a_pipe(CALL_QUIET);
	fill_a_pipe(0);
}

TEST(a_write_to_a_full_pipe_is_short_where_it_may_not_wait)
{
	enum { BIG = 200000 };
	struct world world;
	uint32_t writer;
	char *bytes = calloc(1, BIG);
	int reader;

	world_new(&world);
	REQUIRE(mkfifo(real(&world, "root/fifo"), 0644) == 0);
	reader = open(real(&world, "root/fifo"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	writer = must_open(&world, ROOT, "fifo", 0, W);
	CHECK_EQ(sys(&world, SYSCALL_fd_fdstat_set_flags, writer, WASI_FDFLAG_NONBLOCK), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_fd_write, writer, (uint64_t)0, bytes, (size_t)BIG), WASI_OK);
	CHECK(u32_at(&world, 0) > 0 && u32_at(&world, 0) < BIG);
	CHECK_EQ(sys(&world, SYSCALL_fd_write, writer, (uint64_t)0, bytes, (size_t)BIG), WASI_EAGAIN);
	close(reader);
	free(bytes);
	world_free(&world);
}

struct sink { char text[100]; size_t length, room; };

static size_t take(void *context, int stream, const uint8_t *bytes, size_t length)
{
	struct sink *sink = context;
	size_t n = length < sink->room ? length : sink->room;

	CHECK(stream == 1 || stream == 2);
	memcpy(sink->text + sink->length, bytes, n);
	sink->length += n;
	sink->room -= n;
	return n;
}

TEST(output_waits_for_its_sink)
{
	struct world world;
	struct sink sink = { .room = 5 };
	struct call one, two;

	world_new(&world);
	guest_sink_set(world.guest, take, &sink);
	call_init(&world, &one, SYSCALL_fd_write, WASI_STDOUT, (uint64_t)0, "hello world", (size_t)11);
	one.flags = CALL_QUIET;
	CHECK_EQ(call_step(&world, &one), CALL_PARKED);
	CHECK(one.wait.on_sink);
	CHECK_EQ(one.wait.fds_count, 0);
	call_init(&world, &two, SYSCALL_fd_write, WASI_STDOUT, (uint64_t)0, "!", (size_t)1);
	CHECK_EQ(call_step(&world, &two), CALL_PARKED);
	sink.room = 100 - sink.length;
	CHECK_EQ(call_step(&world, &two), CALL_PARKED); /* not before the first */
	CHECK_EQ(call_step(&world, &one), CALL_DONE);
	CHECK_EQ(call_step(&world, &two), CALL_DONE);
	CHECK_EQ(sink.length, 12);
	CHECK(memcmp(sink.text, "hello world!", 12) == 0);
	free(one.reply);
	free(two.reply);
	sink.room = 3;
	call_init(&world, &one, SYSCALL_fd_write, WASI_STDERR, (uint64_t)0, "abcdef", (size_t)6);
	CHECK_EQ(call_step(&world, &one), CALL_PARKED);
	sink.room = 3;
	CHECK_EQ(call_step(&world, &one), CALL_DONE);
	CHECK_EQ(*(uint32_t *)one.reply, 6);
	CHECK(memcmp(sink.text + 12, "abcdef", 6) == 0);
	free(one.reply);
	world_free(&world);
}

/* Nobody waits on a thread: there a call that parks is cancelled, and runs again on the loop from its beginning. */
TEST(what_parks_on_a_thread_has_done_nothing)
{
	enum { BIG = 200000 };
	struct world world;
	struct sink sink = { .room = 5 };
	struct call call;
	int reader;
	uint32_t writer;
	char *bytes = calloc(1, BIG);

	world_new(&world);
	REQUIRE(mkfifo(real(&world, "root/fifo"), 0644) == 0);
	reader = open(real(&world, "root/fifo"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	writer = must_open(&world, ROOT, "fifo", 0, W);
	for (int quiet = 0; quiet <= 1; quiet++) {
		call_init(&world, &call, SYSCALL_fd_write, writer, (uint64_t)0, bytes, (size_t)BIG);
		call.flags = quiet ? CALL_QUIET : 0;
		call.may_block = true;
		CHECK_EQ(guest_call(world.guest, &call), CALL_PARKED);
		CHECK_EQ(read(reader, bytes, BIG), -1);
		guest_call_cancel(world.guest, &call);
		free(call.reply);
	}
	guest_sink_set(world.guest, take, &sink);
	call_init(&world, &call, SYSCALL_fd_write, WASI_STDOUT, (uint64_t)0, "hello world", (size_t)11);
	call.may_block = true;
	CHECK_EQ(guest_call(world.guest, &call), CALL_PARKED);
	CHECK_EQ(call.wait.deadline_ns, 0);
	CHECK_EQ(sink.length, 0);
	guest_call_cancel(world.guest, &call);
	call.may_block = false;
	CHECK_EQ(guest_call(world.guest, &call), CALL_PARKED);
	CHECK_EQ(sink.length, 5);
	sink.room = 6;
	CHECK_EQ(guest_call(world.guest, &call), CALL_DONE);
	CHECK_EQ(sink.length, 11);
	free(call.reply);
	close(reader);
	free(bytes);
	world_free(&world);
}

/* ---- stdin ---- */

static void push(struct world *world, const char *text)
{
	CHECK(guest_stdin_push(world->guest, (const uint8_t *)text, strlen(text)));
}

TEST(stdin_gives_bytes_marks_and_the_end_in_order)
{
	struct world world;
	struct call call;

	world_new(&world);
	push(&world, "first");
	CHECK_STR(read_text(&world, WASI_STDIN, 0, 3), "fir");
	CHECK_EQ(guest_stdin_consumed(world.guest), 3);
	guest_stdin_mark(world.guest);
	push(&world, "second");
	guest_stdin_mark(world.guest);
	guest_stdin_mark(world.guest);
	CHECK_STR(read_text(&world, WASI_STDIN, 0, 100), "st"); /* not over a mark */
	CHECK_STR(read_text(&world, WASI_STDIN, 0, 0), "");
	CHECK_STR(read_text(&world, WASI_STDIN, 0, 100), "");
	CHECK_STR(read_text(&world, WASI_STDIN, 0, 100), "second");
	CHECK_STR(read_text(&world, WASI_STDIN, 0, 100), "");
	CHECK_STR(read_text(&world, WASI_STDIN, 0, 100), "");
	CHECK_EQ(start_read(&world, &call, WASI_STDIN, 100), CALL_PARKED);
	CHECK(call.wait.on_stdin);
	CHECK_EQ(call.wait.fds_count, 0);
	CHECK_EQ(call_step(&world, &call), CALL_PARKED);
	push(&world, "third");
	CHECK_EQ(call_step(&world, &call), CALL_DONE);
	check_reply(&call, "third");
	free(call.reply);
	push(&world, "x");
	guest_stdin_close(world.guest);
	CHECK_STR(read_text(&world, WASI_STDIN, 0, 100), "x");
	CHECK_STR(read_text(&world, WASI_STDIN, 0, 100), "");
	CHECK_STR(read_text(&world, WASI_STDIN, 0, 100), "");
	CHECK_EQ(guest_stdin_consumed(world.guest), 5 + 6 + 5 + 1);
	world_free(&world);
}

TEST(what_the_page_read_itself_is_skipped)
{
	struct world world;

	world_new(&world);
	push(&world, "0123456789");
	CHECK_STR(read_text(&world, WASI_STDIN, 4, 2), "45");
	CHECK_STR(read_text(&world, WASI_STDIN, 4, 2), "67"); /* an old position takes nothing back */
	CHECK_EQ(sys(&world, SYSCALL_stdin_skip, (uint64_t)9), WASI_OK);
	CHECK_STR(read_text(&world, WASI_STDIN, 0, 10), "9");
	CHECK_EQ(sys(&world, SYSCALL_stdin_skip, (uint64_t)1000), WASI_OK); /* not into the future */
	CHECK_EQ(guest_stdin_consumed(world.guest), 10);
	push(&world, "next");
	CHECK_STR(read_text(&world, WASI_STDIN, 10, 10), "next");
	world_free(&world);
}

TEST(much_stdin_passes_through_in_pieces_of_any_size)
{
	struct world world;
	uint64_t pushed = 0, got = 0;

	world_new(&world);
	while (got < 300000) {
		uint8_t bytes[977];

		for (size_t i = 0; i < sizeof bytes && pushed < 300000; i++)
			bytes[i] = (uint8_t)((pushed + i) * 7);
		if (pushed < 300000) {
			size_t length = 300000 - pushed < sizeof bytes ? 300000 - pushed : sizeof bytes;

			CHECK(guest_stdin_push(world.guest, bytes, length));
			pushed += length;
		}
		REQUIRE(sys(&world, SYSCALL_fd_read, WASI_STDIN, (uint64_t)0, 613) == WASI_OK);
		for (uint32_t i = 0; i < world.length; i++)
			CHECK_EQ(world.reply[i], (uint8_t)((got + i) * 7));
		got += world.length;
	}
	CHECK_EQ(got, 300000);
	world_free(&world);
}

TEST(a_program_may_end_while_calls_are_parked)
{
	struct fifo fifo;
	struct call calls[4];
	wasi_subscription_t subs[2] = { { .tag = WASI_EVENTTYPE_FD_READ }, { .tag = WASI_EVENTTYPE_CLOCK } };

	fifo_new(&fifo);
	subs[1].clock.id = WASI_CLOCK_MONOTONIC;
	subs[1].clock.timeout = UINT64_MAX;
	CHECK_EQ(start_read(&fifo.world, &calls[0], fifo.reader, 5), CALL_PARKED);
	CHECK_EQ(start_read(&fifo.world, &calls[1], WASI_STDIN, 5), CALL_PARKED);
	CHECK_EQ(start_read(&fifo.world, &calls[2], fifo.reader, 5), CALL_PARKED);
	call_init(&fifo.world, &calls[3], SYSCALL_poll_oneoff, subs, sizeof subs);
	CHECK_EQ(call_step(&fifo.world, &calls[3]), CALL_PARKED);
	for (int i = 0; i < 4; i++) {
		guest_call_cancel(fifo.world.guest, &calls[i]);
		guest_call_cancel(fifo.world.guest, &calls[i]); /* once more does nothing */
		free(calls[i].reply);
	}
	fifo_free(&fifo);
}
