/* What paths lead to, and its times (traps 26, 48 to 50 and 70). */
#include "names.h"

static wasi_filestat_t seen;

/* ---- looking ---- */

TEST_PATHS(trap_26_stats_of_links_and_of_what_they_lead_to)
{
	struct world world;

	world_new(&world);
	put_dir(&world, "root/dir");
	put_file(&world, "root/dir/file", "12345");
	put_link(&world, "root/to_dir", "dir");
	put_link(&world, "root/dangling", "nowhere");
	CHECK_EQ(stat_path(&world, ROOT, 0, "to_dir", &seen), WASI_OK);
	CHECK_EQ(seen.filetype, WASI_FILETYPE_SYMBOLIC_LINK);
	CHECK_EQ(stat_path(&world, ROOT, 0, "to_dir/", &seen), WASI_OK);
	CHECK_EQ(seen.filetype, WASI_FILETYPE_DIRECTORY);
	CHECK_EQ(stat_path(&world, ROOT, FOLLOW, "to_dir", &seen), WASI_OK);
	CHECK_EQ(seen.filetype, WASI_FILETYPE_DIRECTORY);
	CHECK_EQ(stat_path(&world, ROOT, 0, "to_dir/file", &seen), WASI_OK);
	CHECK_EQ(seen.filetype, WASI_FILETYPE_REGULAR_FILE);
	CHECK_EQ(seen.size, 5);
	CHECK_EQ(stat_path(&world, ROOT, 0, "dangling", &seen), WASI_OK);
	CHECK_EQ(stat_path(&world, ROOT, FOLLOW, "dangling", &seen), WASI_ENOENT);
	CHECK_EQ(stat_path(&world, ROOT, 0, ".", &seen), WASI_OK);
	CHECK_EQ(stat_path(&world, ROOT, 0, "dir/..", &seen), WASI_OK);
	CHECK_EQ(stat_path(&world, ROOT, 2, "dir", &seen), WASI_EINVAL);
	world_free(&world);
}

TEST_PATHS(case_17_extreme_times_of_the_host_do_no_harm)
{
	static const struct { time_t seconds; uint64_t want; } rows[] = {
		{ -86400, 0 }, { -1, 0 }, { 0, 0 }, { 4102444800, UINT64_C(4102444800000000000) },
		{ 2000000000, UINT64_C(2000000000000000000) },
	};
	struct world world;

	world_new(&world);
	put_file(&world, "root/file", "");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct timespec times[2] = { { rows[i].seconds, 0 }, { rows[i].seconds, 0 } };

		REQUIRE(utimensat(AT_FDCWD, real(&world, "root/file"), times, 0) == 0);
		CHECK_EQ(stat_path(&world, ROOT, 0, "file", &seen), WASI_OK);
		CHECK_EQ(seen.mtim, rows[i].want);
		CHECK_EQ(seen.atim, rows[i].want);
	}
	world_free(&world);
}

TEST_PATHS(trap_70_files_differ_and_nothing_outside_is_there)
{
	struct world world;
	wasi_filestat_t a, b, again;

	world_new(&world);
	put_file(&world, "root/a", "same");
	put_file(&world, "root/b", "same");
	put_link(&world, "root/passwd", "/etc/passwd");
	CHECK_EQ(stat_path(&world, ROOT, 0, "a", &a), WASI_OK);
	CHECK_EQ(stat_path(&world, ROOT, 0, "b", &b), WASI_OK);
	CHECK_EQ(stat_path(&world, ROOT, 0, "a", &again), WASI_OK);
	CHECK(a.dev != b.dev || a.ino != b.ino);
	CHECK(a.dev == again.dev && a.ino == again.ino);
	CHECK_EQ(try_open(&world, ROOT, 0, "/etc/passwd", 0, R), WASI_EPERM);
	CHECK_EQ(try_open(&world, ROOT, FOLLOW, "passwd", 0, R), WASI_EPERM);
	CHECK_EQ(try_open(&world, ROOT, 0, "etc/passwd", 0, R), WASI_ENOENT);
	world_free(&world);
}

/* ---- times ---- */

TEST_PATHS(traps_48_to_50_times_are_exact_and_only_those_asked_for)
{
	const uint64_t atim = UINT64_C(1234567890123456789), mtim = UINT64_C(1111111111999999999);
	struct world world;
	wasi_filestat_t target;

	world_new(&world);
	put_file(&world, "root/file", "");
	put_link(&world, "root/link", "file");
	put_dir(&world, "root/dir");
	CHECK_EQ(sys(&world, SYSCALL_path_filestat_set_times, ROOT, 0, "file", atim, mtim, WASI_FST_ATIM | WASI_FST_MTIM), WASI_OK);
	CHECK_EQ(stat_path(&world, ROOT, 0, "file", &seen), WASI_OK);
	CHECK_EQ(seen.atim, atim);
	CHECK_EQ(seen.mtim, mtim);
	CHECK_EQ(sys(&world, SYSCALL_path_filestat_set_times, ROOT, 0, "file", atim, mtim - 100, WASI_FST_MTIM), WASI_OK);
	CHECK_EQ(stat_path(&world, ROOT, 0, "file", &seen), WASI_OK);
	CHECK_EQ(seen.atim, atim);
	CHECK_EQ(seen.mtim, mtim - 100);
	/* 49 */
	CHECK_EQ(sys(&world, SYSCALL_path_filestat_set_times, ROOT, 0, "file", (uint64_t)1, (uint64_t)1,
		WASI_FST_ATIM | WASI_FST_ATIM_NOW), WASI_EINVAL);
	CHECK_EQ(sys(&world, SYSCALL_path_filestat_set_times, ROOT, 0, "file", (uint64_t)1, (uint64_t)1,
		WASI_FST_MTIM | WASI_FST_MTIM_NOW), WASI_EINVAL);
	CHECK_EQ(sys(&world, SYSCALL_path_filestat_set_times, ROOT, 0, "file", (uint64_t)1, (uint64_t)1, 16), WASI_EINVAL);
	CHECK_EQ(stat_path(&world, ROOT, 0, "file", &seen), WASI_OK);
	CHECK_EQ(seen.mtim, mtim - 100);
	/* 50 */
	CHECK_EQ(sys(&world, SYSCALL_path_filestat_set_times, ROOT, 0, "link", (uint64_t)7, (uint64_t)8,
		WASI_FST_ATIM | WASI_FST_MTIM), WASI_OK);
	CHECK_EQ(stat_path(&world, ROOT, 0, "link", &seen), WASI_OK);
	CHECK_EQ(seen.mtim, 8);
	CHECK_EQ(stat_path(&world, ROOT, 0, "file", &target), WASI_OK);
	CHECK_EQ(target.mtim, mtim - 100);
	CHECK_EQ(sys(&world, SYSCALL_path_filestat_set_times, ROOT, FOLLOW, "link", (uint64_t)9, (uint64_t)10,
		WASI_FST_ATIM | WASI_FST_MTIM), WASI_OK);
	CHECK_EQ(stat_path(&world, ROOT, 0, "link", &seen), WASI_OK);
	CHECK_EQ(seen.mtim, 8);
	CHECK_EQ(stat_path(&world, ROOT, 0, "file", &target), WASI_OK);
	CHECK_EQ(target.mtim, 10);
	CHECK_EQ(sys(&world, SYSCALL_path_filestat_set_times, ROOT, 0, "dir", (uint64_t)0, (uint64_t)0,
		WASI_FST_ATIM_NOW | WASI_FST_MTIM_NOW), WASI_OK);
	CHECK_EQ(stat_path(&world, ROOT, 0, "dir", &seen), WASI_OK);
	CHECK(seen.mtim > UINT64_C(1600000000000000000));
	world_free(&world);
}
