/* Wire handles: slots, generations, limits (docs/PROTOCOL.md, Handles; traps 57 to 59, cases 1, 16 and 20). */
#include "world.h"

#include <dirent.h>

static wasi_errno_t open_as(struct world *world, uint32_t handle, const char *path)
{
	return sys(world, SYSCALL_path_open, ROOT, 0, path, CREAT, (uint64_t)RW, (uint64_t)0, 0, handle);
}

static unsigned open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

TEST(a_handle_never_opened_is_a_protocol_error)
{
	struct world world;

	world_new(&world);
	CHECK_EQ(sys(&world, SYSCALL_fd_tell, 500, (uint64_t)0), WASI_EBADF);
	CHECK(world.bad_handle);
	CHECK_EQ(sys(&world, SYSCALL_fd_tell, WASI_HANDLE(3, 1), (uint64_t)0), WASI_EBADF);
	CHECK(world.bad_handle);
	CHECK_EQ(sys(&world, SYSCALL_path_rename, ROOT, "x", 501, "y"), WASI_EBADF);
	CHECK(world.bad_handle);
	CHECK_EQ(open_as(&world, ROOT, "x"), WASI_EBADF);
	CHECK(world.bad_handle);
	CHECK(!exists(&world, "root/x"));
	world_free(&world);
}

TEST(a_slot_is_used_again_with_a_higher_generation_only)
{
	struct world world;

	world_new(&world);
	CHECK_EQ(open_as(&world, WASI_HANDLE(9, 5), "x"), WASI_OK);
	CHECK_EQ(open_as(&world, WASI_HANDLE(9, 6), "x"), WASI_EBADF); /* in use */
	CHECK(world.bad_handle);
	CHECK_EQ(close_handle(&world, WASI_HANDLE(9, 5)), WASI_OK);
	CHECK_EQ(close_handle(&world, WASI_HANDLE(9, 5)), WASI_EBADF);
	CHECK(world.bad_handle);
	CHECK_EQ(open_as(&world, WASI_HANDLE(9, 5), "x"), WASI_EBADF); /* stale */
	CHECK(world.bad_handle);
	CHECK_EQ(open_as(&world, WASI_HANDLE(9, 4), "x"), WASI_EBADF);
	CHECK(world.bad_handle);
	CHECK_EQ(open_as(&world, WASI_HANDLE(9, 65535), "x"), WASI_OK);
	CHECK_EQ(close_handle(&world, WASI_HANDLE(9, 65535)), WASI_OK);
	CHECK_EQ(open_as(&world, WASI_HANDLE(9, 65535), "x"), WASI_EBADF); /* the slot's last */
	CHECK(world.bad_handle);
	world_free(&world);
}

TEST(a_failed_open_leaves_a_handle_that_answers_badf)
{
	struct world world;
	struct call call;

	world_new(&world);
	CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 0, "missing", 0, (uint64_t)R, (uint64_t)0, 0, 20), WASI_ENOENT);
	CHECK_EQ(sys(&world, SYSCALL_fd_read, 20, (uint64_t)0, 10), WASI_EBADF);
	CHECK(!world.bad_handle);
	CHECK_EQ(close_handle(&world, 20), WASI_EBADF);
	CHECK(!world.bad_handle);
	CHECK_EQ(sys(&world, SYSCALL_path_open, 20, 0, "x", 0, (uint64_t)R, (uint64_t)0, 0, 21), WASI_EBADF); /* and so on */
	CHECK_EQ(sys(&world, SYSCALL_fd_read, 21, (uint64_t)0, 10), WASI_EBADF);
	CHECK(!world.bad_handle);
	CHECK_EQ(open_as(&world, WASI_HANDLE(20, 1), "x"), WASI_OK);
	/* a skipped one too */
	call_init(&world, &call, SYSCALL_path_open, ROOT, 0, "x", 0, (uint64_t)R, (uint64_t)0, 0, 22);
	CHECK(guest_call_skipped(world.guest, &call));
	CHECK_EQ(sys(&world, SYSCALL_fd_read, 22, (uint64_t)0, 10), WASI_EBADF);
	CHECK(!world.bad_handle);
	call.args[7].n = ROOT;
	CHECK(!guest_call_skipped(world.guest, &call));
	CHECK_EQ(sys(&world, SYSCALL_fd_prestat_get, ROOT), WASI_OK);
	free(call.reply);
	world_free(&world);
}

static void few_handles(struct guest_config *config) { config->limits.handles = 20; }

TEST(case_16_past_the_limit_opens_are_mfile)
{
	struct world world;

	world_folders(&world);
	world_guest(&world, few_handles);
	CHECK_EQ(open_as(&world, 19, "x"), WASI_OK);
	CHECK_EQ(open_as(&world, 20, "x"), WASI_EMFILE);
	CHECK(!world.bad_handle);
	CHECK_EQ(open_as(&world, 65535, "x"), WASI_EMFILE);
	CHECK_EQ(sys(&world, SYSCALL_fd_read, 20, (uint64_t)0, 10), WASI_EBADF);
	CHECK(!world.bad_handle);
	world_free(&world);
}

TEST(trap_57_a_closed_preopen_is_gone_and_others_stay)
{
	struct world world;

	world_new(&world);
	CHECK_EQ(close_handle(&world, OTHER), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_fd_prestat_get, OTHER), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_prestat_get, ROOT), WASI_OK);
	CHECK_EQ(open_as(&world, 30, "x"), WASI_OK);
	world_free(&world);
}

TEST(trap_58_renumbering_ends_what_it_covers)
{
	struct world world;
	unsigned before;

	world_new(&world);
	CHECK_EQ(open_as(&world, 30, "from"), WASI_OK);
	CHECK_EQ(open_as(&world, 31, "to"), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_fd_renumber, 30, 31), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_fd_tell, 31, (uint64_t)0), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_tell, 30, (uint64_t)0), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_fd_renumber, 30, 30), WASI_OK); /* case 1 */
	CHECK_EQ(sys(&world, SYSCALL_fd_tell, 30, (uint64_t)0), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_fd_renumber, 30, OTHER), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_fd_renumber, WASI_STDOUT, WASI_STDERR), WASI_OK);
	CHECK_EQ(write_text(&world, WASI_STDOUT, 0, "x"), WASI_OK);
	before = open_descriptors();
	for (uint32_t i = 0; i < 2000; i++) {
		CHECK_EQ(open_as(&world, WASI_HANDLE(40, i), "to"), WASI_OK);
		CHECK_EQ(sys(&world, SYSCALL_fd_renumber, 30, WASI_HANDLE(40, i)), WASI_OK);
	}
	CHECK_EQ(open_descriptors(), before);
	world_free(&world);
}

TEST_PATHS(trap_59_opening_and_closing_leaks_nothing)
{
	struct world world;
	unsigned before;
	uint16_t generation = 0;

	world_new(&world);
	put_file(&world, "root/file", "");
	before = open_descriptors();
	for (int round = 0; round < 4; round++, generation++) {
		for (uint32_t i = 0; i < 500; i++)
			CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 0, "file", 0, (uint64_t)R, (uint64_t)0, 0,
				WASI_HANDLE(3000 + i, generation)), WASI_OK);
		for (uint32_t i = 0; i < 500; i++)
			CHECK_EQ(close_handle(&world, WASI_HANDLE(3000 + i, generation)), WASI_OK);
		for (uint32_t i = 0; i < 500; i++) {
			wasi_filestat_t stat;

			CHECK_EQ(stat_path(&world, ROOT, FOLLOW, "./file", &stat), WASI_OK);
			CHECK_EQ(sys(&world, SYSCALL_path_create_directory, ROOT, "./file"), WASI_EEXIST);
			CHECK_EQ(try_open(&world, ROOT, 0, "file/x", CREAT, RW), WASI_ENOTDIR);
		}
	}
	CHECK_EQ(open_descriptors(), before);
	world_free(&world);
	CHECK(open_descriptors() < before);
}

TEST(descriptors_are_not_inherited_by_other_programs)
{
	struct world world;
	uint32_t dir;
	bool before[64];

	for (int fd = 0; fd < 64; fd++)
		before[fd] = fcntl(fd, F_GETFD) >= 0; /* whoever started us may have left some open */
	world_new(&world);
	dir = must_open(&world, ROOT, ".", DIRECTORY, 0);
	must_open(&world, dir, "file", CREAT, RW);
	for (int fd = 3; fd < 64; fd++)
		if (!before[fd] && fcntl(fd, F_GETFD) >= 0)
			CHECK_EQ(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	world_free(&world);
}

/* For a program that goes back: what it opened since is closed, and no slot has the same handle twice. */
TEST(every_slot_that_was_used_is_told_with_its_last_handle)
{
	static const struct { uint32_t handle; bool is_open; } want[] = {
		{ WASI_HANDLE(9, 5), false }, { WASI_HANDLE(10, 0), true }, { WASI_HANDLE(11, 2), false },
	};
	struct world world;
	struct guest_slot slot;
	uint32_t at = 0;
	size_t count = 0;

	world_new(&world);
	CHECK_EQ(open_as(&world, WASI_HANDLE(9, 5), "x"), WASI_OK);
	CHECK_EQ(open_as(&world, WASI_HANDLE(10, 0), "x"), WASI_OK);
	CHECK_EQ(open_as(&world, WASI_HANDLE(11, 2), "no/such"), WASI_ENOENT);
	CHECK_EQ(close_handle(&world, WASI_HANDLE(9, 5)), WASI_OK);
	while (count < sizeof want / sizeof *want && guest_slot_next(world.guest, &at, &slot)) {
		if (WASI_HANDLE_SLOT(slot.handle) < 9) { /* streams and preopens */
			CHECK(slot.is_open);
			continue;
		}
		CHECK_EQ(slot.handle, want[count].handle);
		CHECK_EQ(slot.is_open, want[count].is_open);
		count++;
	}
	CHECK_EQ(count, sizeof want / sizeof *want);
	world_free(&world);
}
