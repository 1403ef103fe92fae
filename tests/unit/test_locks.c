/* wasi/locks.c and fd_lock: what the kernel holds is what was counted, and other processes' locks count as ours do. */
#include <sys/wait.h>

#include "world.h"
#include "wasi/locks.h"

enum { UNLOCK = WASI_LOCK_UNLOCK, SHARED = WASI_LOCK_SHARED, EXCLUSIVE = WASI_LOCK_EXCLUSIVE, WAIT = WASI_LOCKFLAG_WAIT,
	TEST_ONLY = WASI_LOCKFLAG_TEST };

/* A tiny file, byte by byte, beside the list. */
TEST(ranges_are_merged_and_split_as_single_bytes_would_be)
{
	enum { BYTES = 24 };
	uint8_t bytes[BYTES] = { 0 }, of_list[BYTES];
	struct locks *locks = NULL;
	uint32_t seed = 7;

	for (int round = 0; round < 20000; round++) {
		struct lock_range range;
		struct locks *next;

		seed = seed * 1664525 + 1013904223;
		range.first = (seed >> 8) % BYTES;
		range.last = range.first + (seed >> 16) % (BYTES - range.first);
		range.lock = (uint8_t)((seed >> 28) % 3);
		memset(bytes + range.first, range.lock, range.last - range.first + 1);
		next = locks_with(locks, &range);
		free(locks);
		locks = next;
		memset(of_list, 0, BYTES);
		for (uint32_t i = 0; i < locks->count; i++) {
			const struct lock_range *at = &locks->ranges[i];

			REQUIRE(at->first <= at->last && at->last < BYTES && at->lock);
			REQUIRE(i == 0 || at[-1].last < at->first);
			REQUIRE(i == 0 || at[-1].last + 1 < at->first || at[-1].lock != at->lock);
			memset(of_list + at->first, at->lock, at->last - at->first + 1);
		}
		REQUIRE(memcmp(bytes, of_list, BYTES) == 0);
	}
	free(locks);
}

static wasi_errno_t lock_bytes(struct world *world, uint32_t handle, uint32_t lock, uint32_t flags, uint64_t start,
	uint64_t length)
{
	return sys(world, SYSCALL_fd_lock, handle, lock, flags, start, length);
}

static uint32_t open_file(struct world *world, uint64_t rights) { return must_open(world, ROOT, "file", 0, rights); }

static void world_with_file(struct world *world)
{
	world_new(world);
	put_file(world, "root/file", "0123456789");
}

TEST(shared_locks_go_together_exclusive_ones_with_none)
{
	struct world world;
	uint32_t a, b;

	world_with_file(&world);
	a = open_file(&world, RW);
	b = open_file(&world, RW);
	CHECK_EQ(lock_bytes(&world, a, SHARED, 0, 0, 0), WASI_OK);
	CHECK_EQ(lock_bytes(&world, b, SHARED, 0, 0, 0), WASI_OK);
	CHECK_EQ(lock_bytes(&world, b, EXCLUSIVE, 0, 0, 0), WASI_EAGAIN);
	CHECK_EQ(lock_bytes(&world, a, UNLOCK, 0, 0, 0), WASI_OK);
	CHECK_EQ(lock_bytes(&world, b, EXCLUSIVE, 0, 2, 3), WASI_OK);
	CHECK_EQ(lock_bytes(&world, a, SHARED, 0, 4, 1), WASI_EAGAIN);
	CHECK_EQ(lock_bytes(&world, a, EXCLUSIVE, 0, 10, 100), WASI_EAGAIN); /* b still shares what lies there */
	CHECK_EQ(lock_bytes(&world, a, SHARED, 0, 5, 10), WASI_OK);
	CHECK_EQ(lock_bytes(&world, a, SHARED, TEST_ONLY, 0, 0), WASI_OK);
	CHECK_EQ(u32_at(&world, 0), EXCLUSIVE);
	CHECK_EQ(u64_at(&world, 4), 2);
	CHECK_EQ(u64_at(&world, 12), 3);
	CHECK_EQ(lock_bytes(&world, b, SHARED, TEST_ONLY, 0, 0), WASI_OK);
	CHECK_EQ(u32_at(&world, 0), UNLOCK);
	world_free(&world);
}

TEST(a_lock_ends_with_its_handle_and_with_no_other)
{
	struct world world;
	uint32_t a, b, c;

	world_with_file(&world);
	a = open_file(&world, RW);
	b = open_file(&world, RW);
	c = open_file(&world, R);
	CHECK_EQ(lock_bytes(&world, a, EXCLUSIVE, 0, 0, 0), WASI_OK);
	CHECK_EQ(close_handle(&world, c), WASI_OK); /* that ends none of the process's, as it would with fcntl's older locks */
	CHECK_EQ(lock_bytes(&world, b, SHARED, 0, 0, 0), WASI_EAGAIN);
	CHECK_EQ(close_handle(&world, a), WASI_OK);
	CHECK_EQ(lock_bytes(&world, b, SHARED, 0, 0, 0), WASI_OK);
	world_free(&world);
}

TEST(the_guests_end_ends_its_locks)
{
	struct world world;

	world_with_file(&world);
	CHECK_EQ(lock_bytes(&world, open_file(&world, RW), EXCLUSIVE, 0, 0, 0), WASI_OK);
	guest_free(world.guest);
	world_guest(&world, NULL);
	CHECK_EQ(lock_bytes(&world, open_file(&world, RW), EXCLUSIVE, 0, 0, 0), WASI_OK);
	world_free(&world);
}

/* Another process's, by the locks that other programs use. */
static pid_t locker(const struct world *world, int to_end)
{
	pid_t child = fork();

	if (child == 0) {
		int fd = open(real(world, "root/file"), O_RDWR);
		struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
		char byte;

		_exit(fcntl(fd, F_SETLK, &lock) != 0 || write(to_end, "x", 1) != 1 || read(to_end, &byte, 1) != 1);
	}
	return child;
}

TEST(a_lock_that_waits_blocks_nobody_and_is_had_when_the_other_process_lets_go)
{
	struct world world;
	struct call call;
	char byte;
	int ends[2], status;
	uint32_t handle;
	pid_t child;

	world_with_file(&world);
	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	child = locker(&world, ends[1]);
	REQUIRE(read(ends[0], &byte, 1) == 1);
	handle = open_file(&world, RW);
	CHECK_EQ(lock_bytes(&world, handle, EXCLUSIVE, 0, 0, 0), WASI_EAGAIN);
	call_init(&world, &call, SYSCALL_fd_lock, handle, EXCLUSIVE, WAIT, (uint64_t)0, (uint64_t)0);
	for (int i = 0; i < 8; i++) {
		CHECK_EQ(call_step(&world, &call), CALL_PARKED);
		CHECK(call.wait.fds_count == 0 && call.wait.deadline_ns < now_ns() + 40000000); /* tried again soon, by the clock */
	}
	CHECK_STR(read_text(&world, handle, 0, 4), "0123"); /* meanwhile others go on */
	CHECK(write(ends[0], "x", 1) == 1);
	waitpid(child, &status, 0);
	CHECK_EQ(status, 0);
	CHECK_EQ(call_finish(&world, &call, CALL_PARKED), WASI_OK);
	free(call.reply);
	CHECK_EQ(lock_bytes(&world, open_file(&world, RW), SHARED, 0, 0, 0), WASI_EAGAIN);
	close(ends[0]);
	close(ends[1]);
	world_free(&world);
}

TEST(what_waits_for_a_lock_is_cancelled_or_ends_with_its_handle)
{
	struct world world;
	struct call call;
	uint32_t a, b, c;

	world_with_file(&world);
	a = open_file(&world, RW);
	b = open_file(&world, RW);
	CHECK_EQ(lock_bytes(&world, a, EXCLUSIVE, 0, 0, 0), WASI_OK);
	CHECK_EQ(lock_bytes(&world, b, SHARED, 0, 100, 0), WASI_EAGAIN);
	call_init(&world, &call, SYSCALL_fd_lock, b, EXCLUSIVE, WAIT, (uint64_t)0, (uint64_t)0);
	CHECK_EQ(call_step(&world, &call), CALL_PARKED);
	guest_call_cancel(world.guest, &call);
	CHECK_EQ(call_step(&world, &call), CALL_PARKED);
	CHECK_EQ(close_handle(&world, b), WASI_OK);
	CHECK_EQ(close_handle(&world, a), WASI_OK);
	CHECK_EQ(call_finish(&world, &call, call_step(&world, &call)), WASI_EBADF);
	free(call.reply);
	c = open_file(&world, RW);
	CHECK_EQ(lock_bytes(&world, c, EXCLUSIVE, 0, 0, 0), WASI_OK); /* what was closed while it waited left none */
	world_free(&world);
}

/* Closed while a call of the same handle waits, whose descriptor stays open until that call is run again. */
TEST(a_handles_locks_end_at_once_though_a_call_waits_on_it)
{
	struct world world;
	struct call call;
	uint32_t a, b;

	world_with_file(&world);
	a = open_file(&world, RW);
	b = open_file(&world, RW);
	CHECK_EQ(lock_bytes(&world, a, EXCLUSIVE, 0, 0, 5), WASI_OK);
	CHECK_EQ(lock_bytes(&world, b, EXCLUSIVE, 0, 5, 5), WASI_OK);
	call_init(&world, &call, SYSCALL_fd_lock, a, EXCLUSIVE, WAIT, (uint64_t)0, (uint64_t)0);
	CHECK_EQ(call_step(&world, &call), CALL_PARKED);
	CHECK_EQ(close_handle(&world, a), WASI_OK);
	CHECK_EQ(lock_bytes(&world, b, EXCLUSIVE, 0, 0, 0), WASI_OK);
	CHECK_EQ(call_finish(&world, &call, call_step(&world, &call)), WASI_EBADF);
	free(call.reply);
	world_free(&world);
}

TEST(locking_needs_the_right_to_read_or_to_write)
{
	struct world world;
	uint32_t reads, writes, both, dir;

	world_with_file(&world);
	put_dir(&world, "root/dir");
	reads = open_file(&world, R);
	writes = open_file(&world, W);
	both = open_file(&world, RW);
	dir = must_open(&world, ROOT, "dir", DIRECTORY, R);
	CHECK_EQ(lock_bytes(&world, reads, EXCLUSIVE, 0, 0, 0), WASI_EBADF);
	CHECK_EQ(lock_bytes(&world, reads, SHARED, 0, 0, 0), WASI_OK);
	CHECK_EQ(lock_bytes(&world, reads, UNLOCK, 0, 0, 0), WASI_OK);
	CHECK_EQ(lock_bytes(&world, writes, SHARED, 0, 0, 0), WASI_EBADF);
	CHECK_EQ(lock_bytes(&world, writes, EXCLUSIVE, 0, 0, 0), WASI_OK);
	CHECK_EQ(lock_bytes(&world, writes, UNLOCK, 0, 0, 0), WASI_OK);
	CHECK_EQ(lock_bytes(&world, dir, SHARED, 0, 0, 0), WASI_EBADF);
	CHECK_EQ(lock_bytes(&world, WASI_STDIN, SHARED, 0, 0, 0), WASI_ESPIPE);
	CHECK_EQ(lock_bytes(&world, must_open(&world, FROZEN, "file", 0, R), SHARED, 0, 0, 0), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_fd_fdstat_set_rights, both, (uint64_t)WASI_RIGHT_FD_READ, (uint64_t)0), WASI_OK);
	CHECK_EQ(lock_bytes(&world, both, EXCLUSIVE, 0, 0, 0), WASI_ENOTCAPABLE);
	CHECK_EQ(lock_bytes(&world, both, SHARED, 0, 0, 0), WASI_OK);
	for (uint32_t lock = 0; lock <= 3; lock++)
		for (uint32_t flags = 0; flags <= 4; flags++)
			if (lock > 2 || flags > 2 || (lock == 0 && flags))
				CHECK_EQ(lock_bytes(&world, writes, lock, flags, 0, 0), WASI_EINVAL);
	CHECK_EQ(lock_bytes(&world, reads, SHARED, 0, UINT64_MAX, 1), WASI_EINVAL);
	CHECK_EQ(lock_bytes(&world, reads, SHARED, 0, INT64_MAX, 1), WASI_EINVAL);
	CHECK_EQ(lock_bytes(&world, reads, SHARED, 0, INT64_MAX - 1, 1), WASI_OK);
	world_free(&world);
}

TEST(a_guests_locks_are_bounded_and_come_back)
{
	struct world world;
	uint32_t handle;
	uint64_t at = 0;

	world_with_file(&world);
	handle = open_file(&world, RW);
	while (at < 5000 && lock_bytes(&world, handle, EXCLUSIVE, 0, at * 2, 1) == WASI_OK)
		at++;
	CHECK_EQ(at, 1024);
	CHECK_EQ(lock_bytes(&world, open_file(&world, RW), SHARED, 0, 1, 1), WASI_ENOLCK);
	CHECK_EQ(lock_bytes(&world, handle, EXCLUSIVE, 0, 0, 100), WASI_OK); /* fewer, since they merge */
	CHECK_EQ(lock_bytes(&world, handle, UNLOCK, 0, 0, 0), WASI_OK);
	CHECK_EQ(lock_bytes(&world, open_file(&world, RW), SHARED, 0, 1, 1), WASI_OK);
	world_free(&world);
}

/* What the page opens from what it knows shares one descriptor, whose locks would be both's. */
TEST(handles_that_were_opened_from_a_lease_have_locks_of_their_own)
{
	struct world world;
	uint32_t first, a, b, writer, lease;

	REQUIRE(wasi_leases_start(&(int){ 0 }) >= 0);
	world_with_file(&world);
	first = open_file(&world, R);
	REQUIRE(sys(&world, SYSCALL_lease_file, first) == WASI_OK);
	lease = u32_at(&world, 0);
	REQUIRE(u32_at(&world, 8) == 1);
	a = world.next_slot++;
	b = world.next_slot++;
	REQUIRE(sys(&world, SYSCALL_lease_open, ROOT, "file", lease, a) == WASI_OK);
	REQUIRE(sys(&world, SYSCALL_lease_open, ROOT, "file", lease, b) == WASI_OK);
	CHECK_EQ(lock_bytes(&world, a, SHARED, 0, 0, 0), WASI_OK);
	CHECK_EQ(lock_bytes(&world, b, SHARED, 0, 0, 0), WASI_OK);
	CHECK_EQ(lock_bytes(&world, b, UNLOCK, 0, 0, 0), WASI_OK);
	writer = open_file(&world, RW);
	CHECK_EQ(lock_bytes(&world, writer, EXCLUSIVE, 0, 0, 0), WASI_EAGAIN); /* a's is there */
	CHECK_EQ(close_handle(&world, a), WASI_OK);
	CHECK_EQ(lock_bytes(&world, writer, EXCLUSIVE, 0, 0, 0), WASI_OK);
	CHECK_STR(read_text(&world, b, 0, 4), "0123");
	world_free(&world);
}
