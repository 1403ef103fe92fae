/* The rules of the table's flags: failed quiet writes (docs/PROTOCOL.md, Failed writes), what may be made of them, and reply
 * bounds. */
#include "world.h"

#include <sys/resource.h>

static struct rlimit unlimited;

/* A quiet write on this handle fails from here on: past 100 bytes. */
static void files_end_at_100(void)
{
	struct rlimit small;

	getrlimit(RLIMIT_FSIZE, &unlimited);
	small = unlimited;
	small.rlim_cur = 100;
	setrlimit(RLIMIT_FSIZE, &small);
}

static void files_are_unlimited(void) { setrlimit(RLIMIT_FSIZE, &unlimited); }

struct poisoned {
	struct world world;
	uint32_t bad, good;
};

static void poisoned_new(struct poisoned *poisoned)
{
	char bytes[120] = { 0 };

	world_new(&poisoned->world);
	poisoned->bad = must_open(&poisoned->world, ROOT, "bad", CREAT, RW);
	poisoned->good = must_open(&poisoned->world, ROOT, "good", CREAT, RW);
	files_end_at_100();
	CHECK_EQ(quiet(&poisoned->world, SYSCALL_fd_write, poisoned->bad, (uint64_t)0, bytes, sizeof bytes), WASI_EFBIG);
	CHECK_EQ(poisoned->world.length, 12);
	CHECK_EQ(u32_at(&poisoned->world, 0), 100);
	CHECK_EQ(u64_at(&poisoned->world, 4), 100);
	files_are_unlimited();
}

TEST(after_a_failed_quiet_write_the_next_ones_are_dropped)
{
	struct poisoned p;

	poisoned_new(&p);
	CHECK_EQ(quiet(&p.world, SYSCALL_fd_write, p.bad, (uint64_t)0, "x", (size_t)1), WASI_EFBIG);
	CHECK(p.world.skipped);
	CHECK_EQ(p.world.length, 0);
	CHECK_EQ(quiet(&p.world, SYSCALL_fd_pwrite, p.bad, (uint64_t)0, "x", (size_t)1), WASI_EFBIG);
	CHECK(p.world.skipped);
	CHECK_EQ(quiet(&p.world, SYSCALL_fd_write, p.good, (uint64_t)0, "x", (size_t)1), WASI_OK); /* another handle's are not */
	CHECK(!p.world.skipped);
	CHECK_STR(get_file(&p.world, "root/good"), "x");
	/* reads, stats and seeks never tell it */
	CHECK_EQ(sys(&p.world, SYSCALL_fd_read, p.bad, (uint64_t)0, 10), WASI_OK);
	CHECK_EQ(sys(&p.world, SYSCALL_fd_filestat_get, p.bad), WASI_OK);
	CHECK_EQ(sys(&p.world, SYSCALL_fd_seek, p.bad, (uint64_t)0, (uint64_t)0, 2), WASI_OK);
	CHECK_EQ(sys(&p.world, SYSCALL_fd_fdstat_set_flags, p.bad, 0), WASI_OK);
	world_free(&p.world);
}

TEST(the_next_write_sync_size_allocate_or_close_says_it_once)
{
	for (int way = 0; way < 7; way++) {
		struct poisoned p;
		wasi_errno_t said = 0;

		poisoned_new(&p);
		switch (way) {
		case 0: said = write_text(&p.world, p.bad, 0, "x"); break;
		case 1: said = sys(&p.world, SYSCALL_fd_pwrite, p.bad, (uint64_t)0, "x", (size_t)1); break;
		case 2: said = sys(&p.world, SYSCALL_fd_sync, p.bad); break;
		case 3: said = sys(&p.world, SYSCALL_fd_datasync, p.bad); break;
		case 4: said = sys(&p.world, SYSCALL_fd_filestat_set_size, p.bad, (uint64_t)1); break;
		case 5: said = sys(&p.world, SYSCALL_fd_allocate, p.bad, (uint64_t)0, (uint64_t)1); break;
		case 6: said = quiet(&p.world, SYSCALL_fd_close, p.bad); break;
		}
		CHECK_EQ(said, WASI_EFBIG);
		if (way == 6) { /* it did end the handle */
			CHECK_EQ(sys(&p.world, SYSCALL_fd_read, p.bad, (uint64_t)0, 1), WASI_EBADF);
			CHECK(p.world.bad_handle);
		} else { /* it wasn't run, and the handle is well again */
			wasi_filestat_t stat;

			CHECK_EQ(stat_handle(&p.world, p.bad, &stat), WASI_OK);
			CHECK_EQ(stat.size, 100);
			CHECK_EQ(quiet(&p.world, SYSCALL_fd_write, p.bad, (uint64_t)0, "x", (size_t)1), WASI_OK);
			CHECK_EQ(sys(&p.world, SYSCALL_fd_sync, p.bad), WASI_OK);
			CHECK_EQ(close_handle(&p.world, p.bad), WASI_OK);
		}
		CHECK_EQ(sys(&p.world, SYSCALL_path_rename, ROOT, "good", ROOT, "published"), WASI_OK);
		world_free(&p.world);
	}
}

TEST(renumbering_over_a_poisoned_handle_says_it_and_ends_it)
{
	struct poisoned p;

	poisoned_new(&p);
	CHECK_EQ(sys(&p.world, SYSCALL_fd_renumber, p.good, p.bad), WASI_EFBIG);
	CHECK_EQ(sys(&p.world, SYSCALL_fd_tell, p.bad, (uint64_t)0), WASI_EBADF);
	CHECK(p.world.bad_handle);
	CHECK_EQ(sys(&p.world, SYSCALL_fd_tell, p.good, (uint64_t)0), WASI_OK);
	world_free(&p.world);
	poisoned_new(&p);
	CHECK_EQ(sys(&p.world, SYSCALL_fd_renumber, p.bad, p.good), WASI_OK); /* the poison lives on, where it belongs */
	CHECK_EQ(sys(&p.world, SYSCALL_fd_sync, p.bad), WASI_EFBIG);
	world_free(&p.world);
}

TEST(nothing_is_published_before_its_writes_have_succeeded)
{
	struct poisoned p;

	poisoned_new(&p);
	for (int i = 0; i < 2; i++) { /* it doesn't heal */
		CHECK_EQ(sys(&p.world, SYSCALL_path_rename, ROOT, "good", ROOT, "published"), WASI_EFBIG);
		CHECK_EQ(sys(&p.world, SYSCALL_path_link, ROOT, 0, "good", ROOT, "published"), WASI_EFBIG);
	}
	CHECK(!exists(&p.world, "root/published"));
	CHECK_EQ(sys(&p.world, SYSCALL_path_unlink_file, ROOT, "good"), WASI_OK); /* publishes nothing */
	CHECK_EQ(sys(&p.world, SYSCALL_fd_sync, p.bad), WASI_EFBIG);
	CHECK_EQ(sys(&p.world, SYSCALL_path_rename, ROOT, "bad", ROOT, "published"), WASI_OK);
	world_free(&p.world);
}

TEST(a_quiet_write_that_may_not_be_done_poisons_too)
{
	struct world world;
	uint32_t reader;

	world_new(&world);
	put_file(&world, "root/file", "file");
	reader = must_open(&world, ROOT, "file", 0, R);
	CHECK_EQ(quiet(&world, SYSCALL_fd_write, reader, (uint64_t)7, "x", (size_t)1), WASI_EBADF);
	CHECK_EQ(u32_at(&world, 0), 0);
	CHECK_EQ(u64_at(&world, 4), 7);
	CHECK_EQ(close_handle(&world, reader), WASI_EBADF);
	reader = must_open(&world, FROZEN, "file", 0, R);
	CHECK_EQ(quiet(&world, SYSCALL_fd_pwrite, reader, (uint64_t)0, "x", (size_t)1), WASI_EPERM);
	CHECK_EQ(world.length, 4);
	CHECK_EQ(close_handle(&world, reader), WASI_EPERM);
	world_free(&world);
}

TEST(a_failed_call_gives_nothing)
{
	struct world world;

	world_new(&world);
	CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 0, "missing", 0, (uint64_t)R, (uint64_t)0, 0, 30), WASI_ENOENT);
	CHECK_EQ(world.length, 0);
	CHECK_EQ(sys(&world, SYSCALL_fd_write, WASI_STDIN, (uint64_t)0, "x", (size_t)1), WASI_EBADF);
	CHECK_EQ(world.length, 0);
	world_free(&world);
}

static void small_data(struct guest_config *config) { config->limits.data = 100; }

TEST(case_16_no_call_gives_more_than_the_limit)
{
	struct world world;
	struct call call;
	char bytes[300] = { 0 };
	uint32_t file;

	world_folders(&world);
	world_guest(&world, small_data);
	file = must_open(&world, ROOT, "file", CREAT, RW);
	CHECK_EQ(sys(&world, SYSCALL_fd_write, file, (uint64_t)0, bytes, sizeof bytes), WASI_OK);
	for (enum syscall_number number = 1; number <= SYSCALL_sock_shutdown; number++) {
		const struct syscall *row = syscall_find(number);
		size_t bound;

		call = (struct call){ .row = row };
		for (int i = 0; row->takes[i]; i++) {
			if (row->takes[i] == 'b' || row->takes[i] == 'p')
				call.args[i].bytes.length = 0;
			else
				call.args[i].n = UINT32_MAX;
		}
		bound = call_reply_bound(world.guest, &call);
		CHECK(bound <= 100 + 4 + 64, row->name);
	}
	CHECK_EQ(sys(&world, SYSCALL_fd_read, file, (uint64_t)0, UINT32_MAX), WASI_OK);
	CHECK_EQ(world.length, 100);
	CHECK_EQ(sys(&world, SYSCALL_random_get, UINT32_MAX), WASI_OK);
	CHECK_EQ(world.length, 100);
	world_free(&world);
}
