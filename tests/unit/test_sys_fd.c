/* fd_*: reading, writing, offsets, sizes, flags, rights (traps 6, 14, 15, 40 to 52, 60). */
#include "world.h"

#include <sys/resource.h>

static wasi_filestat_t seen;

TEST_PATHS(trap_40_a_folder_has_no_bytes)
{
	struct world world;
	uint32_t dir;

	world_new(&world);
	put_dir(&world, "root/dir");
	dir = must_open(&world, ROOT, "dir", DIRECTORY, 0);
	CHECK_EQ(sys(&world, SYSCALL_fd_read, dir, (uint64_t)0, 10), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_pread, dir, (uint64_t)0, 10), WASI_EBADF);
	CHECK_EQ(write_text(&world, dir, 0, "x"), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_pwrite, dir, (uint64_t)0, "x", (size_t)1), WASI_EBADF);
	for (uint32_t whence = 0; whence < 3; whence++)
		CHECK_EQ(sys(&world, SYSCALL_fd_seek, dir, (uint64_t)0, (uint64_t)0, whence), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_tell, dir, (uint64_t)0), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_allocate, dir, (uint64_t)0, (uint64_t)10), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_filestat_set_size, dir, (uint64_t)0), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_advise, dir, (uint64_t)0, (uint64_t)0, 0), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_sync, dir), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_datasync, dir), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_fdstat_set_flags, dir, 0), WASI_EBADF);
	world_free(&world);
}

TEST_PATHS(trap_41_a_folder_asked_for_seeking_opens_without)
{
	struct world world;
	uint32_t dir;

	world_new(&world);
	dir = must_open(&world, ROOT, ".", DIRECTORY, WASI_RIGHT_FD_SEEK);
	CHECK_EQ(fdstat_of(&world, dir).rights_base & WASI_RIGHT_FD_SEEK, 0);
	CHECK_EQ(sys(&world, SYSCALL_fd_seek, dir, (uint64_t)0, (uint64_t)0, 1), WASI_EBADF);
	world_free(&world);
}

TEST_PATHS(trap_42_seeking_counts_from_the_pages_offset)
{
	static const struct { uint64_t at; int64_t delta; uint32_t whence; wasi_errno_t err; uint64_t to; } rows[] = {
		{ 0, 5, WASI_WHENCE_SET, WASI_OK, 5 },         { 0, -1, WASI_WHENCE_SET, WASI_EINVAL, 0 },
		{ 7, 0, WASI_WHENCE_CUR, WASI_OK, 7 },         { 7, -7, WASI_WHENCE_CUR, WASI_OK, 0 },
		{ 7, -8, WASI_WHENCE_CUR, WASI_EINVAL, 0 },    { 0, 0, WASI_WHENCE_END, WASI_OK, 4 },
		{ 0, 1000, WASI_WHENCE_END, WASI_OK, 1004 },   { 0, -4, WASI_WHENCE_END, WASI_OK, 0 },
		{ 0, -5, WASI_WHENCE_END, WASI_EINVAL, 0 },    { 0, 0, 3, WASI_EINVAL, 0 },
		{ 10, INT64_MAX, WASI_WHENCE_CUR, WASI_EOVERFLOW, 0 }, { 0, INT64_MAX, WASI_WHENCE_SET, WASI_OK, INT64_MAX },
	};
	struct world world;
	uint32_t file;

	world_new(&world);
	put_file(&world, "root/file", "file");
	file = must_open(&world, ROOT, "file", 0, R);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CHECK_EQ(sys(&world, SYSCALL_fd_seek, file, rows[i].at, (uint64_t)rows[i].delta, rows[i].whence), rows[i].err);
		if (!rows[i].err)
			CHECK_EQ(u64_at(&world, 0), rows[i].to);
	}
	CHECK_EQ(sys(&world, SYSCALL_fd_tell, file, (uint64_t)99), WASI_OK);
	CHECK_EQ(u64_at(&world, 0), 99);
	world_free(&world);
}

TEST_PATHS(trap_43_reads_and_writes_at_a_place)
{
	struct world world;
	uint32_t file;

	world_new(&world);
	file = must_open(&world, ROOT, "file", CREAT, RW);
	CHECK_EQ(sys(&world, SYSCALL_fd_pwrite, file, (uint64_t)100, "", (size_t)0), WASI_OK);
	CHECK_EQ(stat_handle(&world, file, &seen), WASI_OK);
	CHECK_EQ(seen.size, 0);
	CHECK_EQ(sys(&world, SYSCALL_fd_pwrite, file, (uint64_t)50, "x", (size_t)1), WASI_OK);
	CHECK_EQ(u32_at(&world, 0), 1);
	CHECK_EQ(stat_handle(&world, file, &seen), WASI_OK);
	CHECK_EQ(seen.size, 51);
	CHECK_EQ(sys(&world, SYSCALL_fd_pread, file, (uint64_t)49, 10), WASI_OK);
	CHECK_EQ(world.length, 2);
	CHECK_EQ(world.reply[1], 'x');
	CHECK_EQ(sys(&world, SYSCALL_fd_pread, file, (uint64_t)51, 10), WASI_OK);
	CHECK_EQ(world.length, 0);
	CHECK_EQ(sys(&world, SYSCALL_fd_pread, file, (uint64_t)-1, 10), WASI_EINVAL);
	CHECK_EQ(sys(&world, SYSCALL_fd_pwrite, file, (uint64_t)-1, "x", (size_t)1), WASI_EINVAL);
	CHECK_EQ(sys(&world, SYSCALL_fd_read, file, (uint64_t)INT64_MAX + 1, 10), WASI_EINVAL);
	CHECK_EQ(sys(&world, SYSCALL_fd_write, file, (uint64_t)3, "abc", (size_t)3), WASI_OK);
	CHECK_EQ(u32_at(&world, 0), 3);
	CHECK_EQ(u64_at(&world, 4), 6);
	world_free(&world);
}

TEST_PATHS(traps_44_45_appends_land_at_the_end)
{
	struct world world;
	uint32_t file;

	world_new(&world);
	put_file(&world, "root/file", "12345");
	CHECK_EQ(open_at(&world, ROOT, 0, "file", 0, RW, WASI_FDFLAG_APPEND, &file), WASI_OK);
	CHECK_EQ(fdstat_of(&world, file).flags, WASI_FDFLAG_APPEND);
	CHECK_EQ(write_text(&world, file, 0, ""), WASI_OK);
	CHECK_EQ(u64_at(&world, 4), 5);
	CHECK_EQ(write_text(&world, file, 2, "678"), WASI_OK);
	CHECK_EQ(u64_at(&world, 4), 8); /* the file's end, not 2 + 3 */
	CHECK_STR(get_file(&world, "root/file"), "12345678");
	CHECK_EQ(write_text(&world, file, 0, ""), WASI_OK);
	CHECK_EQ(u64_at(&world, 4), 8);
	CHECK_EQ(sys(&world, SYSCALL_fd_pwrite, file, (uint64_t)0, "9", (size_t)1), WASI_OK);
	CHECK_STR(get_file(&world, "root/file"), "123456789");
	CHECK_EQ(sys(&world, SYSCALL_fd_fdstat_set_flags, file, 0), WASI_OK);
	CHECK_EQ(fdstat_of(&world, file).flags, 0);
	CHECK_EQ(write_text(&world, file, 0, "x"), WASI_OK);
	CHECK_STR(get_file(&world, "root/file"), "x23456789");
	CHECK_EQ(sys(&world, SYSCALL_fd_fdstat_set_flags, file, WASI_FDFLAG_APPEND), WASI_OK);
	CHECK_EQ(write_text(&world, file, 0, "0"), WASI_OK);
	CHECK_STR(get_file(&world, "root/file"), "x234567890");
	/* 14 */
	CHECK_EQ(sys(&world, SYSCALL_fd_fdstat_set_flags, file, 32), WASI_EINVAL);
	CHECK_EQ(fdstat_of(&world, file).flags, WASI_FDFLAG_APPEND);
	world_free(&world);
}

TEST_PATHS(an_append_knows_its_end_while_others_append)
{
	struct world world;
	uint32_t a, b;

	world_new(&world);
	CHECK_EQ(open_at(&world, ROOT, 0, "file", CREAT, W, WASI_FDFLAG_APPEND, &a), WASI_OK);
	CHECK_EQ(open_at(&world, ROOT, 0, "file", CREAT, W, WASI_FDFLAG_APPEND, &b), WASI_OK);
	CHECK_EQ(write_text(&world, a, 0, "aaa"), WASI_OK);
	CHECK_EQ(write_text(&world, b, 0, "bb"), WASI_OK);
	CHECK_EQ(u64_at(&world, 4), 5);
	CHECK_EQ(write_text(&world, a, 3, "a"), WASI_OK);
	CHECK_EQ(u64_at(&world, 4), 6);
	world_free(&world);
}

TEST_PATHS(traps_46_47_sizes)
{
	struct world world;
	uint32_t file, reader;

	world_new(&world);
	put_file(&world, "root/file", "file");
	file = must_open(&world, ROOT, "file", 0, RW);
	reader = must_open(&world, ROOT, "file", 0, R);
	CHECK_EQ(sys(&world, SYSCALL_fd_allocate, file, (uint64_t)0, (uint64_t)100), WASI_ENOTSUP); /* 46 */
	CHECK_EQ(sys(&world, SYSCALL_fd_allocate, file, (uint64_t)0, (uint64_t)0), WASI_EINVAL);
	CHECK_EQ(sys(&world, SYSCALL_fd_allocate, reader, (uint64_t)0, (uint64_t)10), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_allocate, file, (uint64_t)INT64_MAX, (uint64_t)10), WASI_EFBIG);
	CHECK_EQ(stat_handle(&world, file, &seen), WASI_OK);
	CHECK_EQ(seen.size, 4);
	CHECK_EQ(sys(&world, SYSCALL_fd_filestat_set_size, reader, (uint64_t)0), WASI_EINVAL); /* 47 */
	CHECK_EQ(sys(&world, SYSCALL_fd_filestat_set_size, file, (uint64_t)2), WASI_OK);
	CHECK_STR(get_file(&world, "root/file"), "fi");
	CHECK_EQ(sys(&world, SYSCALL_fd_filestat_set_size, file, (uint64_t)10), WASI_OK);
	CHECK_EQ(stat_handle(&world, reader, &seen), WASI_OK);
	CHECK_EQ(seen.size, 10);
	CHECK_EQ(sys(&world, SYSCALL_fd_filestat_set_size, file, (uint64_t)-1), WASI_EINVAL);
	world_free(&world);
}

TEST_PATHS(traps_48_49_times_by_handle)
{
	const uint64_t mtim = UINT64_C(1500000000123456789);
	struct world world;
	uint32_t file;

	world_new(&world);
	put_file(&world, "root/file", "file");
	file = must_open(&world, ROOT, "file", 0, R);
	CHECK_EQ(sys(&world, SYSCALL_fd_filestat_set_times, file, (uint64_t)7, mtim, WASI_FST_ATIM | WASI_FST_MTIM), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_fd_filestat_set_times, file, (uint64_t)9, mtim - 100, WASI_FST_MTIM), WASI_OK);
	CHECK_EQ(stat_handle(&world, file, &seen), WASI_OK);
	CHECK_EQ(seen.atim, 7);
	CHECK_EQ(seen.mtim, mtim - 100);
	CHECK_EQ(sys(&world, SYSCALL_fd_filestat_set_times, file, (uint64_t)1, (uint64_t)1, WASI_FST_ATIM | WASI_FST_ATIM_NOW),
		WASI_EINVAL);
	CHECK_EQ(sys(&world, SYSCALL_fd_filestat_set_times, file, (uint64_t)1, (uint64_t)1, WASI_FST_MTIM | WASI_FST_MTIM_NOW),
		WASI_EINVAL);
	CHECK_EQ(stat_handle(&world, file, &seen), WASI_OK);
	CHECK_EQ(seen.mtim, mtim - 100);
	CHECK_EQ(sys(&world, SYSCALL_fd_filestat_set_times, ROOT, (uint64_t)1, (uint64_t)2, WASI_FST_MTIM), WASI_OK);
	CHECK_EQ(stat_handle(&world, ROOT, &seen), WASI_OK);
	CHECK_EQ(seen.mtim, 2);
	CHECK_EQ(sys(&world, SYSCALL_fd_filestat_set_times, WASI_STDOUT, (uint64_t)1, (uint64_t)2, WASI_FST_MTIM), WASI_EBADF);
	world_free(&world);
}

TEST_PATHS(trap_51_what_one_handle_wrote_another_reads)
{
	struct world world;
	uint32_t writer, reader;

	world_new(&world);
	reader = must_open(&world, ROOT, "file", CREAT, R);
	writer = must_open(&world, ROOT, "file", 0, W);
	CHECK_EQ(write_text(&world, writer, 0, "now"), WASI_OK);
	CHECK_STR(read_text(&world, reader, 0, 10), "now");
	world_free(&world);
}

TEST(traps_52_60_standard_streams)
{
	struct world world;

	world_new(&world);
	for (uint32_t handle = 0; handle < 3; handle++) {
		wasi_fdstat_t fdstat = fdstat_of(&world, handle);

		CHECK_EQ(stat_handle(&world, handle, &seen), WASI_OK);
		CHECK_EQ(seen.size, 0);
		CHECK_EQ(seen.atim, 0);
		CHECK_EQ(seen.mtim, 0);
		CHECK_EQ(seen.ctim, 0);
		CHECK_EQ(fdstat.rights_base & (WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_TELL), 0);
		CHECK_EQ(fdstat.filetype, WASI_FILETYPE_UNKNOWN);
		CHECK_EQ(sys(&world, SYSCALL_fd_seek, handle, (uint64_t)0, (uint64_t)0, 1), WASI_ESPIPE);
		CHECK_EQ(sys(&world, SYSCALL_fd_readdir, handle, (uint64_t)0, 100), WASI_ENOTDIR);
		CHECK_EQ(sys(&world, SYSCALL_path_create_directory, handle, "x"), WASI_ENOTDIR);
		CHECK_EQ(sys(&world, SYSCALL_path_rename, handle, "x", ROOT, "y"), WASI_ENOTDIR);
		CHECK_EQ(sys(&world, SYSCALL_path_unlink_file, handle, "x"), WASI_ENOTDIR);
		CHECK_EQ(sys(&world, SYSCALL_fd_sync, handle), WASI_EINVAL);
		CHECK_EQ(sys(&world, SYSCALL_fd_filestat_set_size, handle, (uint64_t)0), WASI_EINVAL);
	}
	CHECK_EQ(sys(&world, SYSCALL_fd_pread, WASI_STDIN, (uint64_t)0, 10), WASI_ESPIPE);
	CHECK_EQ(sys(&world, SYSCALL_fd_pwrite, WASI_STDOUT, (uint64_t)0, "x", (size_t)1), WASI_ESPIPE);
	CHECK_EQ(sys(&world, SYSCALL_fd_read, WASI_STDOUT, (uint64_t)0, 10), WASI_EBADF);
	CHECK_EQ(write_text(&world, WASI_STDIN, 0, "x"), WASI_EBADF);
	CHECK_EQ(write_text(&world, WASI_STDOUT, 0, "forgotten"), WASI_OK);
	CHECK_EQ(u32_at(&world, 0), 9);
	world_free(&world);
}

static void as_terminal(struct guest_config *config) { config->tty = true; }

TEST(trap_60_a_terminal_is_a_character_device_and_a_file_is_not)
{
	struct world world;

	world_folders(&world);
	world_guest(&world, as_terminal);
	for (uint32_t handle = 0; handle < 3; handle++)
		CHECK_EQ(fdstat_of(&world, handle).filetype, WASI_FILETYPE_CHARACTER_DEVICE);
	CHECK_EQ(fdstat_of(&world, must_open(&world, ROOT, "file", CREAT, RW)).filetype, WASI_FILETYPE_REGULAR_FILE);
	world_free(&world);
}

TEST_PATHS(trap_14_sync_flags_cannot_be_set_and_change_nothing)
{
	struct world world;
	uint32_t file;

	world_new(&world);
	put_file(&world, "root/file", "file");
	file = must_open(&world, ROOT, "file", 0, RW);
	for (uint32_t flags = 0; flags < 64; flags++) {
		bool good = !(flags & ~(uint32_t)(WASI_FDFLAG_APPEND | WASI_FDFLAG_NONBLOCK));

		CHECK_EQ(sys(&world, SYSCALL_fd_fdstat_set_flags, file, WASI_FDFLAG_APPEND), WASI_OK);
		CHECK_EQ(sys(&world, SYSCALL_fd_fdstat_set_flags, file, flags), good ? WASI_OK : WASI_EINVAL);
		CHECK_EQ(fdstat_of(&world, file).flags, good ? flags : WASI_FDFLAG_APPEND);
	}
	world_free(&world);
}

TEST_PATHS(trap_15_rights_only_shrink)
{
	struct world world;
	uint32_t file, dir, below;
	wasi_fdstat_t before, after;

	world_new(&world);
	put_dir(&world, "root/dir");
	put_file(&world, "root/dir/file", "file");
	file = must_open(&world, ROOT, "dir/file", 0, RW);
	before = fdstat_of(&world, file);
	CHECK_EQ(sys(&world, SYSCALL_fd_fdstat_set_rights, file, before.rights_base & ~(uint64_t)(R | WASI_RIGHT_FD_SEEK),
		(uint64_t)0), WASI_OK);
	after = fdstat_of(&world, file);
	CHECK_EQ(after.rights_base, before.rights_base & ~(uint64_t)(R | WASI_RIGHT_FD_SEEK));
	CHECK_EQ(sys(&world, SYSCALL_fd_read, file, (uint64_t)0, 10), WASI_ENOTCAPABLE);
	CHECK_EQ(sys(&world, SYSCALL_fd_pread, file, (uint64_t)0, 10), WASI_ENOTCAPABLE);
	CHECK_EQ(sys(&world, SYSCALL_fd_seek, file, (uint64_t)0, (uint64_t)0, 0), WASI_ENOTCAPABLE);
	CHECK_EQ(write_text(&world, file, 0, "x"), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_fd_fdstat_set_rights, file, before.rights_base, (uint64_t)0), WASI_ENOTCAPABLE);
	CHECK_EQ(sys(&world, SYSCALL_fd_fdstat_set_rights, file, after.rights_base, UINT64_C(1) << 40), WASI_ENOTCAPABLE);
	/* of a folder, and of what is opened below it */
	dir = must_open(&world, ROOT, "dir", DIRECTORY, 0);
	before = fdstat_of(&world, dir);
	CHECK_EQ(sys(&world, SYSCALL_fd_fdstat_set_rights, dir, before.rights_base & ~WASI_RIGHT_PATH_UNLINK_FILE,
	             before.rights_inheriting & ~(WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_SEEK)), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_path_unlink_file, dir, "file"), WASI_ENOTCAPABLE);
	CHECK_EQ(try_open(&world, dir, 0, "file", 0, RW), WASI_ENOTCAPABLE);
	below = must_open(&world, dir, "file", 0, R);
	CHECK_EQ(fdstat_of(&world, below).rights_base & WASI_RIGHT_FD_SEEK, 0);
	CHECK_EQ(sys(&world, SYSCALL_fd_seek, below, (uint64_t)0, (uint64_t)0, 0), WASI_ENOTCAPABLE);
	below = must_open(&world, dir, ".", DIRECTORY, 0);
	CHECK_EQ(fdstat_of(&world, below).rights_inheriting & W, 0);
	CHECK_EQ(try_open(&world, below, 0, "file", 0, W), WASI_ENOTCAPABLE);
	/* the preopen itself lost nothing */
	CHECK_EQ(try_open(&world, ROOT, 0, "dir/file", 0, RW), WASI_OK);
	world_free(&world);
}

TEST_PATHS(files_of_eight_gigabytes_are_read_at_their_end)
{
	const uint64_t far = UINT64_C(8) << 30;
	struct world world;
	uint32_t file;

	world_new(&world);
	file = must_open(&world, ROOT, "big", CREAT, RW);
	CHECK_EQ(sys(&world, SYSCALL_fd_pwrite, file, far - 3, "end", (size_t)3), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_fd_seek, file, (uint64_t)0, (uint64_t)-3, 2), WASI_OK);
	CHECK_EQ(u64_at(&world, 0), far - 3);
	CHECK_STR(read_text(&world, file, far - 3, 100), "end");
	CHECK_EQ(stat_handle(&world, file, &seen), WASI_OK);
	CHECK_EQ(seen.size, far);
	world_free(&world);
}

TEST_PATHS(a_read_is_short_only_at_the_end)
{
	enum { SIZE = 3 << 20 };
	struct world world;
	uint32_t file;
	char *bytes = malloc(SIZE);

	memset(bytes, 'z', SIZE);
	world_new(&world);
	file = must_open(&world, ROOT, "file", CREAT, RW);
	CHECK_EQ(sys(&world, SYSCALL_fd_write, file, (uint64_t)0, bytes, (size_t)SIZE), WASI_OK);
	CHECK_EQ(u32_at(&world, 0), SIZE);
	CHECK_EQ(u64_at(&world, 4), SIZE);
	CHECK_EQ(sys(&world, SYSCALL_fd_sync, file), WASI_OK);
	{
		int fd = open(real(&world, "root/file"), O_RDONLY | O_CLOEXEC);

		char some[65536];

		/* only a part is in memory */
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
		CHECK_EQ(pread(fd, some, sizeof some, 0), sizeof some);
		close(fd);
	}
	CHECK_EQ(sys(&world, SYSCALL_fd_read, file, (uint64_t)0, SIZE), WASI_OK);
	CHECK_EQ(world.length, SIZE);
	CHECK(memcmp(world.reply, bytes, SIZE) == 0);
	CHECK_EQ(sys(&world, SYSCALL_fd_read, file, (uint64_t)10, 100u << 20), WASI_OK); /* clamped, by the limit and the end */
	CHECK_EQ(world.length, SIZE - 10);
	free(bytes);
	world_free(&world);
}

TEST(a_full_disk_is_said_after_what_fitted)
{
	struct world world;
	struct rlimit old, small = { 1000, RLIM_INFINITY };
	uint32_t file;
	char bytes[1500] = { 0 };

	by_thread();
	world_new(&world);
	file = must_open(&world, ROOT, "file", CREAT, RW);
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	CHECK_EQ(sys(&world, SYSCALL_fd_write, file, (uint64_t)0, bytes, sizeof bytes), WASI_OK);
	CHECK_EQ(u32_at(&world, 0), 1000);
	CHECK_EQ(u64_at(&world, 4), 1000);
	CHECK_EQ(sys(&world, SYSCALL_fd_write, file, (uint64_t)1000, bytes, sizeof bytes), WASI_EFBIG);
	/* quiet: the count alone would be lost, so it fails, and says how far it came */
	CHECK_EQ(sys(&world, SYSCALL_fd_filestat_set_size, file, (uint64_t)0), WASI_OK);
	CHECK_EQ(quiet(&world, SYSCALL_fd_write, file, (uint64_t)0, bytes, sizeof bytes), WASI_EFBIG);
	CHECK_EQ(world.length, 12);
	CHECK_EQ(u32_at(&world, 0), 1000);
	CHECK_EQ(u64_at(&world, 4), 1000);
	setrlimit(RLIMIT_FSIZE, &old);
	world_free(&world);
}

TEST_PATHS(advice_is_checked_and_taken)
{
	struct world world;
	uint32_t file;

	world_new(&world);
	file = must_open(&world, ROOT, "file", CREAT, RW);
	for (uint32_t advice = 0; advice <= WASI_ADVICE_NOREUSE; advice++)
		CHECK_EQ(sys(&world, SYSCALL_fd_advise, file, (uint64_t)0, (uint64_t)100, advice), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_fd_advise, file, (uint64_t)0, (uint64_t)100, 6), WASI_EINVAL);
	CHECK_EQ(sys(&world, SYSCALL_fd_advise, file, (uint64_t)-1, (uint64_t)100, 0), WASI_EINVAL);
	CHECK_EQ(sys(&world, SYSCALL_fd_sync, file), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_fd_datasync, file), WASI_OK);
	world_free(&world);
}

TEST(what_may_block_is_not_done_on_the_loop)
{
	struct world world;
	struct call call;
	uint32_t file;
	char *bytes = calloc(1, 70000);

	by_loop();
	world_new(&world);
	file = must_open(&world, ROOT, "file", CREAT, RW);
	if (sys(&world, SYSCALL_fd_sync, file) == WASI_OK && !world.was_elsewhere) {
		printf("# %s is in memory: nothing there blocks\n", world.path);
	} else {
		CHECK_EQ(sys(&world, SYSCALL_fd_datasync, file), WASI_OK);
		CHECK(world.was_elsewhere);
		CHECK_EQ(sys(&world, SYSCALL_fd_write, file, (uint64_t)0, bytes, (size_t)70000), WASI_OK);
		CHECK(world.was_elsewhere);
		CHECK_EQ(sys(&world, SYSCALL_fd_sync, file), WASI_OK);
		int fd = open(real(&world, "root/file"), O_RDONLY | O_CLOEXEC);
		/* That it leaves the cache is advice, and a quick disk may have it back before the read has asked: one of many tries. */
		for (int tries = 0; tries < 100 && (tries == 0 || !world.was_elsewhere); tries++) {
			posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
			CHECK_EQ(sys(&world, SYSCALL_fd_read, file, (uint64_t)0, 1000), WASI_OK);
		}
		close(fd);
		CHECK(world.was_elsewhere); /* not in the cache any more */
	}
	CHECK_EQ(sys(&world, SYSCALL_fd_read, file, (uint64_t)0, 1000), WASI_OK);
	CHECK(!world.was_elsewhere);
	CHECK_EQ(write_text(&world, file, 0, "x"), WASI_OK);
	CHECK(!world.was_elsewhere);
	CHECK_EQ(try_open(&world, ROOT, 0, "file", 0, R), WASI_OK);
	CHECK_EQ(try_open(&world, ROOT, 0, "new", CREAT, RW), WASI_OK);
	CHECK(!world.was_elsewhere);
	CHECK_EQ(sys(&world, SYSCALL_path_filestat_get, ROOT, 0, "file"), WASI_OK);
	CHECK(!world.was_elsewhere);
	CHECK_EQ(sys(&world, SYSCALL_path_filestat_get, ROOT, 0, "never"), WASI_ENOENT);
	CHECK_EQ(sys(&world, SYSCALL_path_filestat_get, ROOT, 0, "never"), WASI_ENOENT);
	CHECK(!world.was_elsewhere);
	CHECK_EQ(sys(&world, SYSCALL_path_create_directory, ROOT, "dir"), WASI_OK);
	CHECK(!world.was_elsewhere);
	CHECK_EQ(sys(&world, SYSCALL_path_rename, ROOT, "dir", ROOT, "dir2"), WASI_OK);
	CHECK(!world.was_elsewhere);
	CHECK_EQ(sys(&world, SYSCALL_fd_readdir, ROOT, (uint64_t)0, 1000), WASI_OK);
	CHECK(world.was_elsewhere);
	CHECK_EQ(sys(&world, SYSCALL_fd_readdir, ROOT, (uint64_t)1, 1000), WASI_OK);
	CHECK(!world.was_elsewhere);
	/* ELSEWHERE has done nothing: the handle that it would have made is still free */
	call_init(&world, &call, SYSCALL_path_open, ROOT, 0, "x/../y", CREAT, (uint64_t)RW, (uint64_t)0, 0, 900);
	if (guest_call(world.guest, &call) == CALL_ELSEWHERE) {
		call.may_block = true;
		CHECK_EQ(guest_call(world.guest, &call), CALL_DONE);
	}
	CHECK(!call.bad_handle);
	free(call.reply);
	free(bytes);
	world_free(&world);
}
