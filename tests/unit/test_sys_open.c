/* path_open, of files, folders and things that are neither, and what a read-only folder refuses (traps 1 to 16). */
#include "names.h"

static wasi_filestat_t seen;

/* ---- opening ---- */

TEST_PATHS(trap_1_a_folder_opened_without_rights_is_a_whole_folder)
{
	struct world world;
	uint32_t dir, file;

	world_new(&world);
	put_dir(&world, "root/dir");
	CHECK_EQ(open_at(&world, ROOT, 0, "dir", DIRECTORY, 0, 0, &dir), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_path_create_directory, dir, "made"), WASI_OK);
	CHECK_EQ(open_at(&world, dir, 0, "file", CREAT | EXCL, RW, 0, &file), WASI_OK);
	CHECK_EQ(write_text(&world, file, 0, "x"), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_path_rename, dir, "file", dir, "renamed"), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_fd_readdir, dir, (uint64_t)0, 1000), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_path_unlink_file, dir, "renamed"), WASI_OK);
	world_free(&world);
}

TEST(trap_2_a_preopen_holds_its_rights)
{
	const uint64_t base = WASI_RIGHT_PATH_CREATE_DIRECTORY | WASI_RIGHT_PATH_CREATE_FILE | WASI_RIGHT_PATH_LINK_SOURCE |
		WASI_RIGHT_PATH_LINK_TARGET | WASI_RIGHT_PATH_OPEN | WASI_RIGHT_PATH_READLINK | WASI_RIGHT_PATH_RENAME_SOURCE |
		WASI_RIGHT_PATH_RENAME_TARGET | WASI_RIGHT_PATH_SYMLINK | WASI_RIGHT_PATH_REMOVE_DIRECTORY | WASI_RIGHT_PATH_UNLINK_FILE |
		WASI_RIGHT_PATH_FILESTAT_GET | WASI_RIGHT_PATH_FILESTAT_SET_TIMES | WASI_RIGHT_FD_READDIR | WASI_RIGHT_FD_FILESTAT_GET |
		WASI_RIGHT_FD_FILESTAT_SET_TIMES;
	const uint64_t inheriting = base | WASI_RIGHT_FD_DATASYNC | WASI_RIGHT_FD_READ | WASI_RIGHT_FD_SEEK |
		WASI_RIGHT_FD_FDSTAT_SET_FLAGS |
		WASI_RIGHT_FD_SYNC | WASI_RIGHT_FD_TELL | WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_ADVISE | WASI_RIGHT_FD_ALLOCATE |
		WASI_RIGHT_FD_FILESTAT_SET_SIZE | WASI_RIGHT_POLL_FD_READWRITE;
	struct world world;

	world_new(&world);
	for (uint32_t handle = ROOT; handle <= TMP; handle++) {
		wasi_fdstat_t fdstat = fdstat_of(&world, handle);

		CHECK_EQ(fdstat.filetype, WASI_FILETYPE_DIRECTORY);
		CHECK_EQ(fdstat.rights_base & base, base);
		CHECK_EQ(fdstat.rights_inheriting & inheriting, inheriting);
	}
	world_free(&world);
}

TEST_PATHS(trap_3_a_folder_reopens_with_the_rights_it_reports)
{
	struct world world;
	wasi_fdstat_t fdstat;

	world_new(&world);
	fdstat = fdstat_of(&world, ROOT);
	CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 0, ".", 0, fdstat.rights_base, fdstat.rights_inheriting, 0, 50), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 0, ".", 0, (uint64_t)0, (uint64_t)0, 0, 51), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 0, ".", DIRECTORY, (uint64_t)0, (uint64_t)0, 0, 52), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 0, ".", DIRECTORY, (uint64_t)R, (uint64_t)0, 0, 53), WASI_OK);
	/* 11 */
	CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 0, ".", 0, (uint64_t)0, (uint64_t)0, WASI_FDFLAG_NONBLOCK, 54), WASI_OK);
	world_free(&world);
}

TEST_PATHS(traps_4_5_folders_are_not_opened_for_writing)
{
	struct world world;

	world_new(&world);
	put_dir(&world, "root/dir");
	CHECK_EQ(try_open(&world, ROOT, 0, "dir", DIRECTORY, RW), WASI_EISDIR);
	CHECK_EQ(try_open(&world, ROOT, 0, "dir", 0, W), WASI_EISDIR);
	CHECK_EQ(try_open(&world, ROOT, 0, ".", 0, RW), WASI_EISDIR);
	CHECK_EQ(try_open(&world, ROOT, 0, "dir", DIRECTORY | CREAT, 0), WASI_EINVAL);
	CHECK_EQ(try_open(&world, ROOT, 0, "dir", DIRECTORY | EXCL, 0), WASI_EINVAL);
	CHECK_EQ(try_open(&world, ROOT, 0, "dir", DIRECTORY | TRUNC, 0), WASI_EINVAL);
	CHECK_EQ(try_open(&world, ROOT, 0, "dir", CREAT, R), WASI_EISDIR);
	CHECK_EQ(try_open(&world, ROOT, 0, "new/", CREAT, RW), WASI_EISDIR);
	world_free(&world);
}

TEST_PATHS(trap_6_a_file_reports_and_keeps_its_access_mode)
{
	struct world world;
	uint32_t reader, writer;

	world_new(&world);
	put_file(&world, "root/file", "file");
	reader = must_open(&world, ROOT, "file", 0, R);
	writer = must_open(&world, ROOT, "file", 0, W);
	CHECK_EQ(fdstat_of(&world, reader).rights_base & RW, R);
	CHECK_EQ(fdstat_of(&world, writer).rights_base & RW, W);
	CHECK_EQ(write_text(&world, reader, 0, "x"), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_pwrite, reader, (uint64_t)0, "x", (size_t)1), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_read, writer, (uint64_t)0, 10), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_pread, writer, (uint64_t)0, 10), WASI_EBADF);
	CHECK_STR(get_file(&world, "root/file"), "file");
	world_free(&world);
}

TEST_PATHS(trap_7_not_even_nothing_is_written_to_what_was_opened_to_read)
{
	struct world world;
	uint32_t reader;

	world_new(&world);
	put_file(&world, "root/file", "file");
	reader = must_open(&world, ROOT, "file", 0, R);
	CHECK_EQ(write_text(&world, reader, 0, ""), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_pwrite, reader, (uint64_t)0, "", (size_t)0), WASI_EBADF);
	/* nor by a quiet write, whose error is told by the next call that reports */
	CHECK_EQ(quiet(&world, SYSCALL_fd_write, reader, (uint64_t)0, "", (size_t)0), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_sync, reader), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_sync, reader), WASI_OK);
	world_free(&world);
}

TEST_PATHS(trap_8_creating_needs_no_rights)
{
	struct world world;
	uint32_t handle;
	wasi_filestat_t stat;

	world_new(&world);
	handle = must_open(&world, ROOT, "new", CREAT, 0);
	CHECK(exists(&world, "root/new"));
	CHECK_EQ(stat_handle(&world, handle, &stat), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_fd_filestat_set_times, handle, (uint64_t)5, (uint64_t)6, WASI_FST_ATIM | WASI_FST_MTIM),
		WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_fd_read, handle, (uint64_t)0, 10), WASI_EBADF);
	CHECK_EQ(close_handle(&world, handle), WASI_OK);
	world_free(&world);
}

TEST_PATHS(traps_9_to_13_creating_and_truncating)
{
	struct world world;
	uint32_t file;

	world_new(&world);
	put_file(&world, "root/file", "file");
	CHECK_EQ(try_open(&world, ROOT, 0, "file", CREAT | EXCL, RW), WASI_EEXIST); /* 9 */
	CHECK_EQ(try_open(&world, ROOT, 0, "missing", 0, RW), WASI_ENOENT);
	CHECK_EQ(try_open(&world, ROOT, 0, "missing/new", CREAT, RW), WASI_ENOENT);
	CHECK_EQ(try_open(&world, ROOT, 0, "file/new", CREAT, RW), WASI_ENOTDIR);
	file = must_open(&world, ROOT, "file", 0, RW);
	CHECK_EQ(try_open(&world, file, 0, "x", 0, R), WASI_ENOTDIR); /* 10 */
	CHECK_EQ(try_open(&world, file, 0, ".", 0, R), WASI_ENOTDIR);
	CHECK_EQ(try_open(&world, ROOT, 0, "file", CREAT, R), WASI_OK);
	CHECK_STR(get_file(&world, "root/file"), "file");
	CHECK_EQ(try_open(&world, ROOT, 0, "file", TRUNC, W), WASI_OK); /* 12 */
	CHECK_STR(get_file(&world, "root/file"), "");
	/* 13 */
	CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 0, "file", 0, (uint64_t)RW, (uint64_t)0, WASI_FDFLAG_SYNC, 60), WASI_ENOTSUP);
	CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 0, "file", 0, (uint64_t)RW, (uint64_t)0, WASI_FDFLAG_DSYNC, 61), WASI_ENOTSUP);
	CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 0, "file", 0, (uint64_t)RW, (uint64_t)0, WASI_FDFLAG_RSYNC, 62), WASI_ENOTSUP);
	CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 0, "file", 16, (uint64_t)R, (uint64_t)0, 0, 63), WASI_EINVAL);
	CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 2, "file", 0, (uint64_t)R, (uint64_t)0, 0, 64), WASI_EINVAL);
	CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 0, "file", 0, (uint64_t)R, (uint64_t)0, 32, 65), WASI_EINVAL);
	world_free(&world);
}

TEST_PATHS(an_open_tells_what_the_page_may_do_with_the_object)
{
	struct world world;

	world_new(&world);
	put_file(&world, "root/file", "file");
	mkfifo(real(&world, "root/fifo"), 0644);
	REQUIRE(sys(&world, SYSCALL_path_open, ROOT, 0, "file", 0, (uint64_t)R, (uint64_t)0, 0, 50) == WASI_OK);
	CHECK_EQ(world.length, 32);
	CHECK_EQ(u32_at(&world, 24), WASI_TRAIT_REGULAR | WASI_TRAIT_CACHEABLE);
	CHECK_EQ(u32_at(&world, 28), 0); /* no credit without writing */
	REQUIRE(sys(&world, SYSCALL_path_open, ROOT, 0, "file", 0, (uint64_t)RW, (uint64_t)0, 0, 51) == WASI_OK);
	CHECK_EQ(u32_at(&world, 28), 2 << 20);
	REQUIRE(sys(&world, SYSCALL_path_open, ROOT, 0, ".", 0, (uint64_t)0, (uint64_t)0, 0, 52) == WASI_OK);
	CHECK_EQ(u32_at(&world, 24), 0);
	REQUIRE(sys(&world, SYSCALL_path_open, ROOT, 0, "fifo", 0, (uint64_t)R, (uint64_t)0, 0, 53) == WASI_OK);
	CHECK_EQ(u32_at(&world, 24), WASI_TRAIT_STREAM);
	world_free(&world);
}

TEST_PATHS(trap_16_who_dropped_the_right_to_truncate_by_opening_cant)
{
	struct world world;
	uint32_t dir;
	wasi_fdstat_t rights;

	world_new(&world);
	put_dir(&world, "root/dir");
	put_file(&world, "root/dir/file", "file");
	dir = must_open(&world, ROOT, "dir", DIRECTORY, 0);
	rights = fdstat_of(&world, dir);
	CHECK(rights.rights_base & WASI_RIGHT_PATH_FILESTAT_SET_SIZE);
	CHECK_EQ(sys(&world, SYSCALL_fd_fdstat_set_rights, dir, rights.rights_base & ~WASI_RIGHT_PATH_FILESTAT_SET_SIZE,
		rights.rights_inheriting), WASI_OK);
	CHECK_EQ(try_open(&world, dir, 0, "file", TRUNC, W), WASI_ENOTCAPABLE);
	CHECK_EQ(try_open(&world, dir, 0, "file", TRUNC, 0), WASI_ENOTCAPABLE);
	CHECK_STR(get_file(&world, "root/dir/file"), "file");
	CHECK_EQ(try_open(&world, ROOT, 0, "dir/file", TRUNC, W), WASI_OK);
	CHECK_STR(get_file(&world, "root/dir/file"), "");
	world_free(&world);
}

/* ---- read-only ---- */

TEST_PATHS(cases_2_3_read_only_means_read_only)
{
	struct world world;
	uint32_t file, dir;

	world_new(&world);
	put_dir(&world, "frozen/dir");
	put_file(&world, "root/file", "mine");
	CHECK_EQ(try_open(&world, FROZEN, 0, "file", TRUNC, R), WASI_EPERM);
	CHECK_EQ(try_open(&world, FROZEN, 0, "file", 0, RW), WASI_EPERM);
	CHECK_EQ(try_open(&world, FROZEN, 0, "new", CREAT, R), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_create_directory, FROZEN, "new"), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_remove_directory, FROZEN, "dir"), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_unlink_file, FROZEN, "file"), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_symlink, "x", FROZEN, "new"), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_filestat_set_times, FROZEN, 0, "file", (uint64_t)1, (uint64_t)1, WASI_FST_MTIM),
		WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_rename, FROZEN, "file", ROOT, "out"), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_rename, ROOT, "file", FROZEN, "in"), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_rename, FROZEN, "file", FROZEN, "moved"), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_link, FROZEN, 0, "file", ROOT, "out"), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_link, ROOT, 0, "file", FROZEN, "in"), WASI_EPERM);
	file = must_open(&world, FROZEN, "file", 0, R);
	CHECK_EQ(write_text(&world, file, 0, "x"), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_fd_filestat_set_size, file, (uint64_t)0), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_fd_filestat_set_times, file, (uint64_t)1, (uint64_t)1, WASI_FST_MTIM), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_fd_allocate, file, (uint64_t)0, (uint64_t)100), WASI_EPERM);
	CHECK_STR(read_text(&world, file, 0, 100), "frozen");
	/* below it too, and through a handle of a folder below it */
	dir = must_open(&world, FROZEN, "dir", DIRECTORY, 0);
	CHECK_EQ(try_open(&world, dir, 0, "new", CREAT, RW), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_create_directory, dir, "new"), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_rename, ROOT, "file", dir, "in"), WASI_EPERM);
	CHECK(!exists(&world, "root/out"));
	CHECK(!exists(&world, "frozen/in"));
	world_free(&world);
}

TEST_PATHS(case_12_between_two_grants_both_ends_stay_beneath)
{
	struct world world;

	world_new(&world);
	put_file(&world, "root/file", "moved");
	put_link(&world, "other/out", "../outside");
	CHECK_EQ(sys(&world, SYSCALL_path_rename, ROOT, "file", OTHER, "there"), WASI_OK);
	CHECK_STR(get_file(&world, "other/there"), "moved");
	CHECK_EQ(sys(&world, SYSCALL_path_link, OTHER, 0, "there", ROOT, "linked"), WASI_OK);
	CHECK_STR(get_file(&world, "root/linked"), "moved");
	CHECK_EQ(sys(&world, SYSCALL_path_rename, ROOT, "linked", OTHER, "../outside/x"), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_rename, ROOT, "linked", OTHER, "out/x"), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_rename, ROOT, "linked", TMP, "x"), WASI_EXDEV);
	CHECK_EQ(sys(&world, SYSCALL_path_link, ROOT, 0, "linked", TMP, "x"), WASI_EXDEV);
	CHECK(!exists(&world, "outside/x"));
	world_free(&world);
}

/* ---- things that aren't files ---- */

TEST_PATHS(case_15_special_files_never_hang)
{
	struct world world;
	uint32_t handle;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	world_new(&world);
	REQUIRE(mkfifo(real(&world, "root/fifo"), 0644) == 0);
	snprintf(address.sun_path, sizeof address.sun_path, "%s", real(&world, "root/socket"));
	REQUIRE(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
	close(fd);
	CHECK_EQ(try_open(&world, ROOT, 0, "socket", 0, R), WASI_ENXIO);
	CHECK_EQ(try_open(&world, ROOT, 0, "fifo", 0, W), WASI_ENXIO);
	CHECK_EQ(open_at(&world, ROOT, 0, "fifo", 0, R, 0, &handle), WASI_OK);
	CHECK_EQ(fdstat_of(&world, handle).filetype, WASI_FILETYPE_UNKNOWN);
	CHECK_EQ(try_open(&world, ROOT, 0, "fifo", 0, W), WASI_OK); /* now somebody reads */
	CHECK_EQ(stat_path(&world, ROOT, 0, "socket", &seen), WASI_OK);
	CHECK_EQ(seen.filetype, WASI_FILETYPE_SOCKET_STREAM);
	CHECK_EQ(sys(&world, SYSCALL_fd_seek, handle, (uint64_t)0, (uint64_t)0, 0), WASI_ESPIPE);
	CHECK_EQ(sys(&world, SYSCALL_fd_tell, handle, (uint64_t)0), WASI_ESPIPE);
	CHECK_EQ(sys(&world, SYSCALL_fd_pread, handle, (uint64_t)0, 10), WASI_ESPIPE);
	CHECK_EQ(remove_file(&world, "fifo"), WASI_OK);
	CHECK_EQ(remove_file(&world, "socket"), WASI_OK);
	world_free(&world);
}

TEST_PATHS(devices_answer_as_they_do)
{
	struct world world;
	struct wasi_grant grants[4], dev;
	struct guest_config config;
	const char *failed;
	uint32_t null, zero;

	world_folders(&world);
	world_config(&world, &config, grants);
	dev = (struct wasi_grant){ .name = "/dev", .dir_fd = open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	config.grants = &dev;
	config.grants_count = 1;
	REQUIRE(guest_new(&config, &world.guest, &failed) == WASI_OK);
	null = must_open(&world, ROOT, "null", 0, RW);
	zero = must_open(&world, ROOT, "zero", 0, R);
	CHECK_EQ(fdstat_of(&world, null).filetype, WASI_FILETYPE_CHARACTER_DEVICE);
	CHECK(fdstat_of(&world, null).rights_base & WASI_RIGHT_FD_SEEK); /* isatty() of wasi-libc: no terminal */
	CHECK_EQ(write_text(&world, null, 0, "gone"), WASI_OK);
	CHECK_STR(read_text(&world, null, 0, 10), "");
	CHECK_EQ(sys(&world, SYSCALL_fd_read, zero, (uint64_t)0, 10), WASI_OK);
	CHECK_EQ(world.length, 10);
	guest_free(world.guest);
	world.guest = NULL;
	close(dev.dir_fd);
	world_free(&world);
}

TEST_PATHS(a_file_that_is_made_like_another_has_its_mode)
{
	static const mode_t modes[] = { 0755, 0700, 0600, 0444, 04755 };
	mode_t umasked = umask(022);
	struct world world;
	struct stat st;

	world_new(&world);
	put_file(&world, "root/old", "old");
	put_link(&world, "root/link", "nowhere");
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		uint32_t like, made = world.next_slot++;

		REQUIRE(chmod(real(&world, "root/old"), modes[i]) == 0);
		like = must_open(&world, ROOT, "old", 0, R);
		CHECK_EQ(sys(&world, SYSCALL_path_create_like, ROOT, "new", like, made), WASI_OK);
		CHECK_EQ(write_text(&world, made, 0, "new"), WASI_OK);
		CHECK_STR(read_text(&world, made, 0, 10), "new");
		REQUIRE(stat(real(&world, "root/new"), &st) == 0);
		CHECK_EQ(st.st_mode & 07777, modes[i] & 0777);
		for (const char *const *taken = (const char *const[]){ "new", "link", ".", "old/", NULL }; *taken; taken++)
			CHECK_EQ(sys(&world, SYSCALL_path_create_like, ROOT, *taken, like, world.next_slot++), WASI_EEXIST, *taken);
		CHECK_EQ(sys(&world, SYSCALL_path_create_like, ROOT, "../new", like, world.next_slot++), WASI_EPERM);
		CHECK_EQ(sys(&world, SYSCALL_path_create_like, FROZEN, "new", like, world.next_slot++), WASI_EPERM);
		CHECK_EQ(sys(&world, SYSCALL_path_create_like, ROOT, "dir", ROOT, world.next_slot++), WASI_EINVAL);
		CHECK_EQ(sys(&world, SYSCALL_path_unlink_file, ROOT, "new"), WASI_OK);
	}
	world_free(&world);
	umask(umasked);
}
