/* Path resolution, by each mechanism: what opens, what doesn't, and that nothing outside is ever reached
 * (the numbers are the traps' and security cases' of the conformance page). */
#include "world.h"

#include <sys/resource.h>

static void make_tree(struct world *world)
{
	put_dir(world, "root/dir");
	put_dir(world, "root/dir/nested");
	put_file(world, "root/dir/nested/file", "nested");
	put_file(world, "root/file", "file");
	put_link(world, "root/to_dir", "dir");
	put_link(world, "root/to_dir_slash", "dir/");
	put_link(world, "root/to_file", "file");
	put_link(world, "root/to_nested", "dir/nested/file");
	put_link(world, "root/dir/up", "..");
	put_link(world, "root/dir/nested/far", "../../dir/nested/file");
	put_link(world, "root/dangling", "nowhere");
	put_link(world, "root/loop", "loop");
	put_link(world, "root/loop_a", "loop_b");
	put_link(world, "root/loop_b", "loop_a");
	put_link(world, "root/absolute", "/etc/passwd");
	put_link(world, "root/absolute_dir", "/etc");
	put_link(world, "root/out", "../outside");
	put_link(world, "root/out_slash", "../outside/");
	put_link(world, "root/out_file", "../outside/secret");
	put_link(world, "root/dot", ".");
	put_link(world, "root/esc", "dot/..");
	put_link(world, "root/via_out", "out_slash");
	put_link(world, "root/via_via_out", "via_out/");
	put_link(world, "root/dir/nested/out3", "../../../outside");
}

TEST_PATHS(traps_17_to_26_lookups)
{
	static const struct { const char *path; uint32_t lookup, oflags; wasi_errno_t want; } rows[] = {
		{ "file", 0, 0, WASI_OK },                          { "dir/nested/file", 0, 0, WASI_OK },
		{ "/dir/nested/file", 0, 0, WASI_EPERM },           { "//file", 0, 0, WASI_EPERM },           /* 17 */
		{ "dir/.//nested/../../dir/nested/../nested///./file", 0, 0, WASI_OK },                       /* 18 */
		{ "dir/nested/../../../root/file", 0, 0, WASI_EPERM }, { "..", 0, 0, WASI_EPERM },            /* 19 */
		{ "../root/file", 0, 0, WASI_EPERM },               { "../outside/secret", 0, 0, WASI_EPERM },
		{ "dir/../../outside/secret", 0, 0, WASI_EPERM },   { "", 0, 0, WASI_ENOENT },
		{ "file/", 0, 0, WASI_ENOTDIR },                    { "file///", 0, 0, WASI_ENOTDIR },        /* 21 */
		{ "file/.", 0, 0, WASI_ENOTDIR },                   { "file/..", 0, 0, WASI_ENOTDIR },
		{ "dir/nested/", 0, 0, WASI_OK },                   { "dir/nested///", 0, 0, WASI_OK },
		{ "missing", 0, 0, WASI_ENOENT },                   { "missing/..", 0, 0, WASI_ENOENT },
		{ "to_dir", 0, 0, WASI_ELOOP },                     { "to_dir", 0, DIRECTORY, WASI_ENOTDIR },  /* 22 */
		{ "to_dir/", 0, 0, WASI_OK },                       { "to_dir", FOLLOW, DIRECTORY, WASI_OK },
		{ "to_file", 0, 0, WASI_ELOOP },                    { "to_file", 0, DIRECTORY, WASI_ENOTDIR }, /* 23 */
		{ "to_file", FOLLOW, DIRECTORY, WASI_ENOTDIR },     { "to_file", FOLLOW, 0, WASI_OK },
		{ "to_file/", FOLLOW, 0, WASI_ENOTDIR },            { "to_nested", FOLLOW, 0, WASI_OK },
		{ "dangling", 0, 0, WASI_ELOOP },                   { "dangling", 0, DIRECTORY, WASI_ENOTDIR }, /* 24 */
		{ "dangling", FOLLOW, 0, WASI_ENOENT },             { "dangling/x", 0, 0, WASI_ENOENT },
		{ "loop", FOLLOW, 0, WASI_ELOOP },                  { "loop", 0, 0, WASI_ELOOP },             /* 25 */
		{ "loop_a", FOLLOW, 0, WASI_ELOOP },                { "loop/x", 0, 0, WASI_ELOOP },
		{ "to_dir/nested/file", 0, 0, WASI_OK },            { "to_dir_slash/nested/file", 0, 0, WASI_OK },
		{ "dir/up/file", 0, 0, WASI_OK },                   { "dir/up/dir/up/dir/nested/far", FOLLOW, 0, WASI_OK },
		{ "dot/dot/dot/file", 0, 0, WASI_OK },              { ".", 0, 0, WASI_OK },
		{ "./", 0, DIRECTORY, WASI_OK },                    { "dir/..", 0, DIRECTORY, WASI_OK },
		{ "dir/../.", 0, 0, WASI_OK },                      { "file", 0, DIRECTORY, WASI_ENOTDIR },
	};
	struct world world;

	world_new(&world);
	make_tree(&world);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		CHECK_EQ(try_open(&world, ROOT, rows[i].lookup, rows[i].path, rows[i].oflags, rows[i].oflags & DIRECTORY ? 0 : R),
			rows[i].want, rows[i].path);
	world_free(&world);
}

TEST_PATHS(trap_20_a_nul_in_a_path_is_inval)
{
	struct world world;
	struct call call;

	world_new(&world);
	make_tree(&world);
	call_init(&world, &call, SYSCALL_path_open, ROOT, 0, "dir/nested/file", 0, (uint64_t)R, (uint64_t)0, 0, 16);
	call.args[2].bytes.length++; /* counts the NUL */
	CHECK_EQ(call_finish(&world, &call, call_step(&world, &call)), WASI_EINVAL);
	free(call.reply);
	world_free(&world);
}

/* Paths that would lead out: never OK, and never anything but these. */
static const char *const escapes[] = {
	"absolute", "absolute_dir", "absolute_dir/passwd", "out", "out/", "out/secret", "out_slash", "out_slash/", "out_slash/secret",
	"out_file",
	"esc", "esc/", "esc/outside/secret", "via_out", "via_out/", "via_out/secret", "via_via_out", "via_via_out/",
	"via_via_out/secret",
	"dir/nested/out3", "dir/nested/out3/secret", "to_dir/nested/out3/secret", "dir/up/out/secret", "dir/up/../outside/secret",
	"../outside/secret", "../outside/", "..", "../", "../root", "../root/file", "dot/../outside/secret", "/", "/etc/passwd",
	"dir/up/..",
};

TEST_PATHS(cases_4_to_9_no_open_leaves_the_root)
{
	struct world world;
	wasi_filestat_t stat;

	world_new(&world);
	make_tree(&world);
	for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
		CHECK_EQ(try_open(&world, ROOT, FOLLOW, escapes[i], 0, R), WASI_EPERM, escapes[i]);
		CHECK_EQ(try_open(&world, ROOT, FOLLOW, escapes[i], DIRECTORY, 0), WASI_EPERM, escapes[i]);
		CHECK(try_open(&world, ROOT, FOLLOW, escapes[i], CREAT, RW) != WASI_OK, escapes[i]);
		CHECK(try_open(&world, ROOT, FOLLOW, escapes[i], TRUNC, W) != WASI_OK, escapes[i]);
		CHECK_EQ(stat_path(&world, ROOT, FOLLOW, escapes[i], &stat), WASI_EPERM, escapes[i]);
	}
	world_free(&world);
}

TEST_PATHS(case_4_no_name_is_made_changed_or_removed_outside)
{
	struct world world;
	const char *const folders[] = { "out", "out_slash", "via_out", "via_via_out", "dir/nested/out3", "esc/outside", "../outside",
		"dir/up/../outside" };
	char path[256];

	world_new(&world);
	make_tree(&world);
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		static const char *const slashes[] = { "", "/" };

		for (int s = 0; s < 2; s++) {
			snprintf(path, sizeof path, "%s/made%s", folders[i], slashes[s]);
			CHECK(sys(&world, SYSCALL_path_create_directory, ROOT, path) != WASI_OK, path);
			CHECK(sys(&world, SYSCALL_path_symlink, "x", ROOT, path) != WASI_OK, path);
			CHECK(sys(&world, SYSCALL_path_rename, ROOT, "file", ROOT, path) != WASI_OK, path);
			CHECK(sys(&world, SYSCALL_path_rename, ROOT, "dir", ROOT, path) != WASI_OK, path);
			CHECK(sys(&world, SYSCALL_path_link, ROOT, 0, "file", ROOT, path) != WASI_OK, path);
			snprintf(path, sizeof path, "%s/secret%s", folders[i], slashes[s]);
			CHECK(sys(&world, SYSCALL_path_unlink_file, ROOT, path) != WASI_OK, path);
			CHECK(sys(&world, SYSCALL_path_remove_directory, ROOT, path) != WASI_OK, path);
			CHECK(sys(&world, SYSCALL_path_rename, ROOT, path, ROOT, "taken") != WASI_OK, path);
			CHECK(sys(&world, SYSCALL_path_link, ROOT, 0, path, ROOT, "taken") != WASI_OK, path);
			CHECK(sys(&world, SYSCALL_path_readlink, ROOT, path, 100) != WASI_OK, path);
			CHECK(sys(&world, SYSCALL_path_filestat_set_times, ROOT, FOLLOW, path, (uint64_t)1, (uint64_t)1,
				WASI_FST_ATIM | WASI_FST_MTIM) != WASI_OK, path);
		}
		snprintf(path, sizeof path, "%s/", folders[i]);
		CHECK(sys(&world, SYSCALL_path_remove_directory, ROOT, path) != WASI_OK, path);
		CHECK(sys(&world, SYSCALL_path_create_directory, ROOT, path) != WASI_OK, path);
		CHECK(sys(&world, SYSCALL_path_rename, ROOT, path, ROOT, "taken") != WASI_OK, path);
		CHECK(sys(&world, SYSCALL_path_rename, ROOT, "dir", ROOT, path) != WASI_OK, path);
		CHECK(sys(&world, SYSCALL_path_filestat_set_times, ROOT, 0, path, (uint64_t)1, (uint64_t)1, WASI_FST_MTIM) != WASI_OK,
			path);
		CHECK(!exists(&world, "outside/made"), path);
		CHECK(exists(&world, "outside/secret"), path);
		CHECK(!exists(&world, "root/taken"), path);
		CHECK(exists(&world, "root/file"), path);
		CHECK(exists(&world, "root/dir/nested/file"), path);
	}
	world_free(&world);
}

TEST_PATHS(case_5_two_steps_of_links_do_not_lead_out)
{
	struct world world;

	world_new(&world);
	CHECK_EQ(sys(&world, SYSCALL_path_symlink, ".", ROOT, "a"), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_path_symlink, "a/..", ROOT, "esc"), WASI_OK);
	CHECK_EQ(try_open(&world, ROOT, FOLLOW, "esc/outside/secret", 0, R), WASI_EPERM);
	CHECK_EQ(try_open(&world, ROOT, FOLLOW, "esc", DIRECTORY, 0), WASI_EPERM);
	world_free(&world);
}

TEST_PATHS(case_8_creating_through_a_link_that_leads_out_makes_nothing)
{
	struct world world;

	world_new(&world);
	put_link(&world, "root/out_new", "../outside/new");
	put_link(&world, "root/in_new", "new");
	CHECK_EQ(try_open(&world, ROOT, FOLLOW, "out_new", CREAT, RW), WASI_EPERM);
	CHECK_EQ(try_open(&world, ROOT, 0, "out_new", CREAT, RW), WASI_ELOOP);
	CHECK_EQ(try_open(&world, ROOT, FOLLOW, "out_new", CREAT | EXCL, RW), WASI_EEXIST);
	CHECK(!exists(&world, "outside/new"));
	CHECK_EQ(try_open(&world, ROOT, FOLLOW, "in_new", CREAT | EXCL, RW), WASI_EEXIST);
	CHECK_EQ(try_open(&world, ROOT, FOLLOW, "in_new", CREAT, RW), WASI_OK);
	CHECK(exists(&world, "root/new"));
	world_free(&world);
}

TEST_PATHS(case_13_no_magic_link_is_followed)
{
	static const char *const links[] = { "self/root", "self/cwd", "self/exe", "self/root/etc/passwd", "self/fd/0", "self/cwd/.",
		"thread-self/root" };
	struct world world;
	struct wasi_grant grants[4], proc;
	struct guest_config config;
	const char *failed;

	world_folders(&world);
	world_config(&world, &config, grants);
	proc = (struct wasi_grant){ .name = "/proc", .dir_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	config.grants = &proc;
	config.grants_count = 1;
	REQUIRE(guest_new(&config, &world.guest, &failed) == WASI_OK);
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		CHECK(try_open(&world, ROOT, FOLLOW, links[i], 0, R) != WASI_OK, links[i]);
	CHECK_EQ(try_open(&world, ROOT, FOLLOW, "self/status", 0, R), WASI_OK);
	CHECK_EQ(try_open(&world, ROOT, FOLLOW, "self/mem", 0, R), WASI_EPERM);
	CHECK_EQ(try_open(&world, ROOT, FOLLOW, "self/environ", 0, R), WASI_EPERM);
	CHECK_EQ(try_open(&world, ROOT, FOLLOW, "self/oom_score_adj", 0, RW), WASI_EPERM);
	guest_free(world.guest);
	world.guest = NULL;
	close(proc.dir_fd);
	world_free(&world);
}

TEST_PATHS(long_paths_end_where_the_systems_do)
{
	struct world world;
	char path[5000];
	wasi_filestat_t stat;

	world_new(&world);
	put_dir(&world, "root/d");
	for (size_t i = 0; i + 2 < sizeof path; i += 2)
		memcpy(path + i, "./", 3);
	path[4094] = '\0'; /* 4094 bytes: as much as a system takes */
	CHECK_EQ(try_open(&world, ROOT, 0, path, 0, R), WASI_OK);
	path[4094] = '.';
	path[4096] = '\0';
	CHECK_EQ(try_open(&world, ROOT, 0, path, 0, R), WASI_ENAMETOOLONG);
	memset(path, 'n', sizeof path);
	path[256] = '\0';
	CHECK_EQ(stat_path(&world, ROOT, 0, path, &stat), WASI_ENAMETOOLONG);
	CHECK_EQ(sys(&world, SYSCALL_path_create_directory, ROOT, path), WASI_ENAMETOOLONG);
	path[255] = '\0';
	CHECK_EQ(stat_path(&world, ROOT, 0, path, &stat), WASI_ENOENT);
	CHECK_EQ(sys(&world, SYSCALL_path_create_directory, ROOT, path), WASI_OK);
	world_free(&world);
}

TEST_PATHS(five_hundred_folders_deep_and_back)
{
	struct world world;
	struct rlimit files = { 4096, 4096 };
	char down[2048] = "", back[4096] = "";
	uint32_t handle = ROOT, next;

	setrlimit(RLIMIT_NOFILE, &files);
	world_new(&world);
	for (int i = 0; i < 500; i++) {
		CHECK_EQ(sys(&world, SYSCALL_path_create_directory, handle, "d"), WASI_OK);
		CHECK_EQ(open_at(&world, handle, 0, "d", DIRECTORY, 0, 0, &next), WASI_OK);
		if (handle != ROOT)
			CHECK_EQ(close_handle(&world, handle), WASI_OK);
		handle = next;
		strcat(down, "d/");
		strcat(back, "../");
	}
	CHECK_EQ(try_open(&world, ROOT, 0, down, 0, 0), WASI_OK);
	/* A folder's handle is as deep as it was reached: from there nothing leads up. */
	CHECK_EQ(try_open(&world, handle, 0, "..", DIRECTORY, 0), WASI_EPERM);
	memmove(back + strlen(down), back, strlen(back) + 1);
	memcpy(back, down, strlen(down));
	CHECK_EQ(try_open(&world, ROOT, 0, back, DIRECTORY, 0), WASI_OK);
	strcat(back, "..");
	CHECK_EQ(try_open(&world, ROOT, 0, back, DIRECTORY, 0), WASI_EPERM);
	world_free(&world);
}

TEST_PATHS(forty_links_are_followed_and_no_more)
{
	struct world world;
	char name[32], target[32];
	wasi_filestat_t stat;

	world_new(&world);
	put_file(&world, "root/l0", "end");
	for (int i = 1; i <= 41; i++) {
		snprintf(name, sizeof name, "root/l%d", i);
		snprintf(target, sizeof target, "l%d", i - 1);
		put_link(&world, name, target);
	}
	CHECK_EQ(stat_path(&world, ROOT, FOLLOW, "l40", &stat), WASI_OK);
	CHECK_EQ(stat_path(&world, ROOT, FOLLOW, "l41", &stat), WASI_ELOOP);
	world_free(&world);
}

TEST_PATHS(names_may_be_any_bytes)
{
	static const char *const names[] = { "\xff\xfe", "ein Name", "ünïcødé", "-rf", "a\nb", "\x01\x7f", "'\"\\", "...", ". ",
		" " };
	struct world world;
	char path[64];

	world_new(&world);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		uint32_t handle = must_open(&world, ROOT, names[i], CREAT | EXCL, RW);

		CHECK_EQ(write_text(&world, handle, 0, "x"), WASI_OK, names[i]);
		CHECK_EQ(close_handle(&world, handle), WASI_OK);
		snprintf(path, sizeof path, "root/%s", names[i]);
		CHECK_STR(get_file(&world, path), "x", names[i]);
		CHECK_EQ(sys(&world, SYSCALL_path_unlink_file, ROOT, names[i]), WASI_OK, names[i]);
	}
	world_free(&world);
}

TEST_PATHS(folders_that_may_not_be_read_can_be_passed_through)
{
	struct world world;
	wasi_filestat_t stat;
	uint32_t handle;

	if (geteuid() == 0) /* root reads everything */
		return;
	world_new(&world);
	put_dir(&world, "root/x");
	put_file(&world, "root/x/file", "x");
	chmod(real(&world, "root/x"), 0111);
	CHECK_EQ(stat_path(&world, ROOT, 0, "x/file", &stat), WASI_OK);
	CHECK_EQ(open_at(&world, ROOT, 0, "x", DIRECTORY, 0, 0, &handle), WASI_OK);
	CHECK_EQ(stat_path(&world, handle, 0, "file", &stat), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_fd_readdir, handle, (uint64_t)0, 1000), WASI_EACCES);
	chmod(real(&world, "root/x"), 0755);
	world_free(&world);
}

TEST_PATHS(case_10_a_folder_moved_out_takes_no_one_along)
{
	struct world world;
	uint32_t handle;

	world_new(&world);
	put_dir(&world, "root/moving");
	put_file(&world, "root/moving/own", "own");
	handle = must_open(&world, ROOT, "moving", DIRECTORY, 0);
	REQUIRE(rename(real(&world, "root/moving"), real(&world, "outside/moved")) == 0);
	/* Its handle still names it, as everywhere, but nothing above it. */
	CHECK_EQ(try_open(&world, handle, 0, "own", 0, R), WASI_OK);
	CHECK_EQ(try_open(&world, handle, 0, "../secret", 0, R), WASI_EPERM);
	CHECK_EQ(try_open(&world, ROOT, 0, "moving/own", 0, R), WASI_ENOENT);
	world_free(&world);
}
