/* What a guest is given: grants, what its page makes of them, and nothing else (case 10, design's narrowing). */
#include "world.h"

struct wish {
	const char *name, *grant;
	bool read_only;
	wasi_errno_t want;
	const char *file; /* what is then at "where" in the first preopen */
};

static wasi_errno_t grant_wish(struct world *world, const struct wish *wish)
{
	struct wasi_grant grants[4];
	struct guest_config config;
	struct wasi_preopen preopen = { wish->name, wish->grant, wish->read_only };
	const char *failed = NULL;
	wasi_errno_t err;

	world_config(world, &config, grants);
	config.preopens = &preopen;
	config.preopens_count = 1;
	config.preopens_given = true;
	err = guest_new(&config, &world->guest, &failed);
	if (err)
		CHECK_STR(failed, wish->grant);
	return err;
}

TEST_PATHS(pages_narrow_their_grants_and_never_widen_them)
{
	static const struct wish wishes[] = {
		{ "/data", "/", false, WASI_OK, "root" },             { "/data", "/sub", false, WASI_OK, "sub" },
		{ "/data", "/sub/", false, WASI_OK, "sub" },          { "/data", "//sub/./deep", false, WASI_OK, "deep" },
		{ ".", "/other", false, WASI_OK, "other" },           { "/x", "/ro", false, WASI_OK, "frozen" },
		{ "/x", "/tmp", false, WASI_OK, NULL },               { "/x", "/otherwise", false, WASI_ENOENT, NULL },
		{ "/x", "/sub/../..", false, WASI_ENOTCAPABLE, NULL },{ "/x", "/..", false, WASI_ENOTCAPABLE, NULL },
		{ "/x", "sub", false, WASI_ENOTCAPABLE, NULL },       { "/x", "", false, WASI_ENOTCAPABLE, NULL },
		{ "/x", "/out", false, WASI_EPERM, NULL },            { "/x", "/where", false, WASI_ENOTDIR, NULL },
		{ "/x", "/missing", false, WASI_ENOENT, NULL },       { "/x", "../outside", false, WASI_ENOTCAPABLE, NULL },
	};

	for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
		struct world world;

		world_folders(&world);
		put_dir(&world, "root/sub");
		put_dir(&world, "root/sub/deep");
		put_link(&world, "root/out", "../outside");
		put_file(&world, "root/where", "root");
		put_file(&world, "root/sub/where", "sub");
		put_file(&world, "root/sub/deep/where", "deep");
		put_file(&world, "other/where", "other");
		put_file(&world, "frozen/where", "frozen");
		CHECK_EQ(grant_wish(&world, &wishes[i]), wishes[i].want, wishes[i].grant);
		if (world.guest) {
			const struct guest_preopen *preopens;

			CHECK_EQ(guest_preopens(world.guest, &preopens), 1);
			CHECK_STR(preopens[0].name, wishes[i].name);
			CHECK_EQ(preopens[0].read_only, strcmp(wishes[i].grant, "/ro") == 0);
			if (wishes[i].file)
				CHECK_STR(read_text(&world, must_open(&world, ROOT, "where", 0, R), 0, 100), wishes[i].file, wishes[i].grant);
			CHECK_EQ(try_open(&world, ROOT, 0, "..", DIRECTORY, 0), WASI_EPERM);
			CHECK_EQ(sys(&world, SYSCALL_fd_prestat_get, ROOT + 1), WASI_EBADF); /* and nothing else */
		}
		world_free(&world);
	}
}

TEST(case_10_a_longer_name_is_another_name)
{
	struct world world;
	struct wasi_grant grants[4], data;
	struct guest_config config;
	struct wasi_preopen preopen = { "/x", "/database", false };
	const char *failed;

	world_folders(&world);
	put_dir(&world, "other/base");
	world_config(&world, &config, grants);
	data = grants[2];
	data.name = "/data";
	config.grants = &data;
	config.grants_count = 1;
	config.preopens = &preopen;
	config.preopens_count = 1;
	config.preopens_given = true;
	CHECK_EQ(guest_new(&config, &world.guest, &failed), WASI_ENOTCAPABLE);
	preopen.grant = "/";
	CHECK_EQ(guest_new(&config, &world.guest, &failed), WASI_ENOTCAPABLE); /* wider */
	preopen.grant = "/data/base";
	CHECK_EQ(guest_new(&config, &world.guest, &failed), WASI_OK);
	world_free(&world);
}

TEST(grants_are_named_as_the_person_wrote_them)
{
	struct world world;
	struct wasi_grant grants[4], own[2];
	struct guest_config config;
	struct wasi_preopen preopens[3] = { { "a", ".", false }, { "b", "../up", false }, { "c", "../up/sub", false } };
	const char *failed;

	world_folders(&world);
	put_dir(&world, "root/sub");
	world_config(&world, &config, grants);
	own[0] = grants[0];
	own[0].name = ".";
	own[1] = grants[2];
	own[1].name = "../up";
	config.grants = own;
	config.grants_count = 2;
	config.preopens = preopens;
	config.preopens_count = 2;
	config.preopens_given = true;
	CHECK_EQ(guest_new(&config, &world.guest, &failed), WASI_OK);
	guest_free(world.guest);
	preopens[0].grant = "./sub";
	CHECK_EQ(guest_new(&config, &world.guest, &failed), WASI_OK);
	guest_free(world.guest);
	config.preopens_count = 3;
	CHECK_EQ(guest_new(&config, &world.guest, &failed), WASI_ENOTCAPABLE);
	CHECK_STR(failed, "../up/sub");
	world_free(&world);
}

TEST_PATHS(a_page_may_have_a_folder_read_only)
{
	struct world world;
	const struct wish wish = { "/data", "/", true, WASI_OK, NULL };

	world_folders(&world);
	REQUIRE(grant_wish(&world, &wish) == WASI_OK);
	CHECK_EQ(try_open(&world, ROOT, 0, "new", CREAT, RW), WASI_EPERM);
	CHECK_EQ(sys(&world, SYSCALL_path_create_directory, ROOT, "new"), WASI_EPERM);
	world_free(&world);
}

TEST(no_preopens_are_none)
{
	struct world world;
	struct wasi_grant grants[4];
	struct guest_config config;
	const struct guest_preopen *preopens;
	const char *failed;

	world_folders(&world);
	world_config(&world, &config, grants);
	config.preopens_given = true;
	REQUIRE(guest_new(&config, &world.guest, &failed) == WASI_OK);
	CHECK_EQ(guest_preopens(world.guest, &preopens), 0);
	CHECK_EQ(sys(&world, SYSCALL_fd_prestat_get, 3), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_path_create_directory, WASI_STDIN, "/tmp/x"), WASI_ENOTDIR);
	world_free(&world);
}

TEST(a_granted_folder_that_was_removed_is_told_of)
{
	struct world world;
	struct wasi_grant grants[4];
	struct guest_config config;
	const struct guest_preopen *preopens;
	const char *failed;

	world_folders(&world);
	world_config(&world, &config, grants);
	REQUIRE(rmdir(real(&world, "root")) == 0);
	put_dir(&world, "root"); /* of the same name, but not the one that was granted */
	REQUIRE(guest_new(&config, &world.guest, &failed) == WASI_OK);
	REQUIRE(guest_preopens(world.guest, &preopens) == 4);
	CHECK(preopens[0].is_gone);
	for (int i = 1; i < 4; i++)
		CHECK(!preopens[i].is_gone);
	CHECK_EQ(try_open(&world, ROOT, 0, "file", CREAT, W), WASI_ENOENT);
	world_free(&world);
}

TEST(case_20_guests_share_no_handles)
{
	struct world world;
	struct guest *first;
	uint32_t file;

	world_new(&world);
	file = must_open(&world, ROOT, "file", CREAT, RW);
	first = world.guest;
	world_guest(&world, NULL);
	CHECK_EQ(sys(&world, SYSCALL_fd_read, file, (uint64_t)0, 10), WASI_EBADF);
	guest_free(first);
	CHECK_EQ(try_open(&world, ROOT, 0, "file", 0, R), WASI_OK);
	world_free(&world);
	guest_free(NULL);
}

TEST_PATHS(of_one_granted_file_nothing_beside_it_is_seen)
{
	static const char swap[] = ".wvwasi-0123456789abcdef.swap", *const others[] = { "secret", "none", "dir", "dir/file", "..", "./secret",
		"file/../secret", ".wvwasi-0123456789abcdeg.swap", "file2", "fil", ".wvwasi-0123456789abcdef.swap2" };
	struct world world;
	struct wasi_grant grants[4];
	struct guest_config config;
	struct wasi_preopen preopen = { "/x", "/root/dir", false };
	const struct guest_preopen *preopens;
	wasi_filestat_t seen;
	const char *failed;
	uint32_t made;

	world_folders(&world);
	put_file(&world, "root/file", "text");
	put_file(&world, "root/secret", "secret");
	put_dir(&world, "root/dir");
	world_config(&world, &config, grants);
	grants[0].name = "/root";
	grants[0].only = "file";
	config.preopens = &preopen;
	config.preopens_count = 1;
	config.preopens_given = true;
	CHECK_EQ(guest_new(&config, &world.guest, &failed), WASI_ENOTCAPABLE);
	config.preopens_given = false;
	REQUIRE(guest_new(&config, &world.guest, &failed) == WASI_OK);
	REQUIRE(guest_preopens(world.guest, &preopens) == 4);
	CHECK_EQ(preopens[0].filestat.nlink, 1);
	CHECK_EQ(preopens[0].filestat.mtim, 0);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		CHECK_EQ(try_open(&world, ROOT, FOLLOW, others[i], 0, R), WASI_ENOTCAPABLE, others[i]);
		CHECK_EQ(try_open(&world, ROOT, 0, others[i], CREAT, RW), WASI_ENOTCAPABLE, others[i]);
		CHECK_EQ(stat_path(&world, ROOT, 0, others[i], &seen), WASI_ENOTCAPABLE, others[i]);
		CHECK_EQ(sys(&world, SYSCALL_path_unlink_file, ROOT, others[i]), WASI_ENOTCAPABLE, others[i]);
		CHECK_EQ(sys(&world, SYSCALL_path_rename, ROOT, "file", ROOT, others[i]), WASI_ENOTCAPABLE, others[i]);
		CHECK_EQ(sys(&world, SYSCALL_path_rename, ROOT, others[i], OTHER, "stolen"), WASI_ENOTCAPABLE, others[i]);
	}
	CHECK_EQ(sys(&world, SYSCALL_path_create_directory, ROOT, swap), WASI_ENOTCAPABLE);
	CHECK_EQ(sys(&world, SYSCALL_path_symlink, "secret", ROOT, swap), WASI_ENOTCAPABLE);
	CHECK_EQ(sys(&world, SYSCALL_path_link, ROOT, 0, "file", OTHER, "link"), WASI_ENOTCAPABLE);
	CHECK_EQ(sys(&world, SYSCALL_lease_folder, ROOT, ".", 4000), WASI_ENOTCAPABLE);
	CHECK_EQ(sys(&world, SYSCALL_lease_folder, must_open(&world, ROOT, ".", DIRECTORY, 0), ".", 4000), WASI_ENOTCAPABLE);
	CHECK_EQ(sys(&world, SYSCALL_fd_filestat_set_times, ROOT, (uint64_t)0, (uint64_t)0, WASI_FST_MTIM), WASI_ENOTCAPABLE);
	CHECK_EQ(sys(&world, SYSCALL_fd_readdir, ROOT, (uint64_t)0, 4000), WASI_OK);
	CHECK(memmem(world.reply, world.length, "file", 4) && !memmem(world.reply, world.length, "secret", 6));
	CHECK_EQ(stat_path(&world, ROOT, 0, ".", &seen), WASI_OK);
	CHECK_EQ(seen.mtim, 0);

	/* It is read, written, and replaced as a whole. */
	made = world.next_slot++;
	CHECK_STR(read_text(&world, must_open(&world, ROOT, "file", 0, RW), 0, 10), "text");
	CHECK_EQ(sys(&world, SYSCALL_path_create_like, ROOT, swap, world.next_slot - 1, made), WASI_OK);
	CHECK_EQ(write_text(&world, made, 0, "new"), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_path_rename, ROOT, swap, ROOT, "file"), WASI_OK);
	CHECK_STR(get_file(&world, "root/file"), "new");

	/* A link that somebody puts in its place leads nowhere. */
	REQUIRE(unlink(real(&world, "root/file")) == 0);
	put_link(&world, "root/file", "secret");
	CHECK_EQ(try_open(&world, ROOT, FOLLOW, "file", 0, R), WASI_ELOOP);
	CHECK_EQ(try_open(&world, ROOT, FOLLOW, "file", TRUNC, RW), WASI_ELOOP);
	CHECK_EQ(sys(&world, SYSCALL_path_readlink, ROOT, "file", 100), WASI_ENOTCAPABLE);
	CHECK_STR(get_file(&world, "root/secret"), "secret");
	world_free(&world);
}
