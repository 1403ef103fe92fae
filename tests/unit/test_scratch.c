/* The private folder: 0700, counted honestly, gone with its guest and never more than that. */
#include "world.h"

#include <dirent.h>

static unsigned entries_of(const struct world *world, const char *path, char *last, size_t room)
{
	DIR *dir = opendir(real(world, "%s", path));
	struct dirent *entry;
	unsigned count = 0;

	REQUIRE(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		count++;
		if (last)
			snprintf(last, room, "%s", entry->d_name);
	}
	closedir(dir);
	return count;
}

TEST_PATHS(it_is_private_and_gone_with_its_guest)
{
	struct world world;
	char name[256];
	struct stat st;
	uint32_t dir, handle;

	world_new(&world);
	REQUIRE(entries_of(&world, "scratch", name, sizeof name) == 1);
	CHECK(strlen(name) >= 32);
	REQUIRE(stat(real(&world, "scratch/%s", name), &st) == 0);
	CHECK_EQ(st.st_mode & 0777, 0700);
	must_open(&world, TMP, "file", CREAT, RW);
	CHECK_EQ(sys(&world, SYSCALL_path_create_directory, TMP, "a"), WASI_OK);
	dir = must_open(&world, TMP, "a", DIRECTORY, 0);
	for (int i = 0; i < 300; i++) { /* deeper than anybody's descriptors */
		CHECK_EQ(sys(&world, SYSCALL_path_create_directory, dir, "d"), WASI_OK);
		CHECK_EQ(sys(&world, SYSCALL_path_create_directory, dir, "empty"), WASI_OK);
		handle = must_open(&world, dir, "d", DIRECTORY, 0);
		must_open(&world, dir, "f", CREAT, W);
		close_handle(&world, dir);
		dir = handle;
	}
	/* links are removed, what they lead to isn't */
	CHECK_EQ(sys(&world, SYSCALL_path_symlink, "../../outside", TMP, "out"), WASI_OK);
	REQUIRE(symlink(real(&world, "outside"), real(&world, "scratch/%s/absolute", name)) == 0);
	REQUIRE(symlink("../../../outside", real(&world, "scratch/%s/a/out", name)) == 0);
	guest_free(world.guest);
	world.guest = NULL;
	CHECK_EQ(entries_of(&world, "scratch", NULL, 0), 0);
	CHECK_STR(get_file(&world, "outside/secret"), "secret");
	world_free(&world);
}

TEST(what_a_killed_gateway_left_is_swept_and_what_lives_is_not)
{
	struct world world;

	world_new(&world);
	put_dir(&world, "scratch/guest-left");
	put_dir(&world, "scratch/guest-left/full");
	put_file(&world, "scratch/guest-left/full/file", "");
	put_dir(&world, "scratch/somebody-elses");
	put_file(&world, "scratch/guest-a-file", "");
	put_link(&world, "scratch/guest-link", "../outside");
	must_open(&world, TMP, "mine", CREAT, RW);
	wasi_scratch_sweep(world.fds[3]);
	CHECK(!exists(&world, "scratch/guest-left"));
	CHECK(exists(&world, "scratch/somebody-elses"));
	CHECK(exists(&world, "scratch/guest-a-file"));
	CHECK_STR(get_file(&world, "outside/secret"), "secret");
	CHECK_EQ(try_open(&world, TMP, 0, "mine", 0, R), WASI_OK);
	world_free(&world);
}

/* ---- counting; the folder takes 1000 bytes ---- */

static void takes_1000(struct guest_config *config) { config->limits.scratch_bytes = 1000; }

static void small_new(struct world *world)
{
	world_folders(world);
	world_guest(world, takes_1000);
}

/* How many bytes fit now? */
static uint32_t room_left(struct world *world)
{
	static char bytes[2000];
	uint32_t handle = must_open(world, TMP, "probe", CREAT, RW), fits = 0;

	if (sys(world, SYSCALL_fd_write, handle, (uint64_t)0, bytes, sizeof bytes) == WASI_OK)
		fits = u32_at(world, 0);
	CHECK_EQ(close_handle(world, handle), WASI_OK);
	CHECK_EQ(sys(world, SYSCALL_path_unlink_file, TMP, "probe"), WASI_OK);
	return fits;
}

static void put(struct world *world, uint32_t handle, uint64_t offset, size_t length)
{
	static char bytes[2000];

	CHECK_EQ(sys(world, SYSCALL_fd_write, handle, offset, bytes, length), WASI_OK);
	CHECK_EQ(u32_at(world, 0), length);
}

TEST_PATHS(writes_past_the_limit_are_nospc)
{
	struct world world;
	uint32_t file;
	char bytes[600] = { 0 };

	small_new(&world);
	file = must_open(&world, TMP, "file", CREAT, RW);
	put(&world, file, 0, 600);
	CHECK_EQ(sys(&world, SYSCALL_fd_write, file, (uint64_t)600, bytes, (size_t)600), WASI_OK);
	CHECK_EQ(u32_at(&world, 0), 400);
	CHECK_EQ(sys(&world, SYSCALL_fd_write, file, (uint64_t)1000, bytes, (size_t)1), WASI_ENOSPC);
	CHECK_EQ(sys(&world, SYSCALL_fd_pwrite, file, (uint64_t)5000, bytes, (size_t)1), WASI_ENOSPC);
	put(&world, file, 0, 600); /* over what is there */
	CHECK_EQ(quiet(&world, SYSCALL_fd_write, file, (uint64_t)900, bytes, (size_t)600), WASI_ENOSPC);
	CHECK_EQ(u32_at(&world, 0), 100);
	CHECK_EQ(sys(&world, SYSCALL_fd_sync, file), WASI_ENOSPC);
	CHECK_EQ(sys(&world, SYSCALL_fd_filestat_set_size, file, (uint64_t)1001), WASI_ENOSPC);
	CHECK_EQ(sys(&world, SYSCALL_fd_filestat_set_size, file, (uint64_t)300), WASI_OK);
	CHECK_EQ(room_left(&world), 700);
	/* elsewhere nothing is counted */
	file = must_open(&world, ROOT, "file", CREAT, RW);
	put(&world, file, 0, 2000);
	CHECK_EQ(room_left(&world), 700);
	world_free(&world);
}

TEST_PATHS(what_is_freed_is_free_and_what_is_open_is_not)
{
	struct world world;
	uint32_t a, b;

	small_new(&world);
	a = must_open(&world, TMP, "a", CREAT, RW);
	put(&world, a, 0, 400);
	CHECK_EQ(room_left(&world), 600);
	b = must_open(&world, TMP, "a", 0, RW);
	CHECK_EQ(sys(&world, SYSCALL_path_unlink_file, TMP, "a"), WASI_OK);
	CHECK_EQ(room_left(&world), 600); /* its bytes are still there */
	put(&world, b, 400, 100);
	CHECK_EQ(close_handle(&world, a), WASI_OK);
	CHECK_EQ(room_left(&world), 500);
	CHECK_EQ(close_handle(&world, b), WASI_OK);
	CHECK_EQ(room_left(&world), 1000);
	/* two names are one file */
	a = must_open(&world, TMP, "a", CREAT, RW);
	put(&world, a, 0, 400);
	CHECK_EQ(close_handle(&world, a), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_path_link, TMP, 0, "a", TMP, "b"), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_path_unlink_file, TMP, "a"), WASI_OK);
	CHECK_EQ(room_left(&world), 600);
	CHECK_EQ(sys(&world, SYSCALL_path_unlink_file, TMP, "b"), WASI_OK);
	CHECK_EQ(room_left(&world), 1000);
	/* renamed over, and truncated by opening */
	a = must_open(&world, TMP, "a", CREAT, RW);
	b = must_open(&world, TMP, "b", CREAT, RW);
	put(&world, a, 0, 300);
	put(&world, b, 0, 500);
	CHECK_EQ(close_handle(&world, b), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_path_rename, TMP, "a", TMP, "b"), WASI_OK);
	CHECK_EQ(room_left(&world), 700);
	CHECK_EQ(try_open(&world, TMP, 0, "b", TRUNC, 0), WASI_OK);
	CHECK_EQ(room_left(&world), 1000);
	put(&world, a, 0, 300);
	CHECK_EQ(try_open(&world, TMP, 0, "b", CREAT | TRUNC, W), WASI_OK);
	CHECK_EQ(room_left(&world), 1000);
	world_free(&world);
}

TEST_PATHS(appends_are_counted_at_the_end)
{
	struct world world;
	uint32_t file;
	char bytes[600] = { 0 };

	small_new(&world);
	CHECK_EQ(open_at(&world, TMP, 0, "log", CREAT, W, WASI_FDFLAG_APPEND, &file), WASI_OK);
	put(&world, file, 0, 600);
	CHECK_EQ(sys(&world, SYSCALL_fd_write, file, (uint64_t)0, bytes, sizeof bytes), WASI_OK);
	CHECK_EQ(u32_at(&world, 0), 400);
	CHECK_EQ(u64_at(&world, 4), 1000);
	CHECK_EQ(sys(&world, SYSCALL_fd_pwrite, file, (uint64_t)0, bytes, (size_t)1), WASI_ENOSPC);
	CHECK_EQ(room_left(&world), 0);
	world_free(&world);
}

TEST(a_short_folder_gives_no_credit)
{
	struct world world;

	small_new(&world);
	REQUIRE(sys(&world, SYSCALL_path_open, TMP, 0, "file", CREAT, (uint64_t)RW, (uint64_t)0, 0, 50) == WASI_OK);
	CHECK_EQ(u32_at(&world, 28), 0);
	world_free(&world);
}

/* ---- names; a folder of 1 MiB ---- */

enum { MEBIBYTE = 1 << 20 };

static void takes_a_mebibyte(struct guest_config *config) { config->limits.scratch_bytes = MEBIBYTE; }

static wasi_errno_t make(struct world *world, unsigned kind, const char *name)
{
	static char target[1001];
	uint32_t handle;
	wasi_errno_t err;

	memset(target, 't', sizeof target - 1);
	switch (kind % 4) {
	case 0: return sys(world, SYSCALL_path_symlink, target, TMP, name);
	case 1: return sys(world, SYSCALL_path_create_directory, TMP, name);
	case 2: return sys(world, SYSCALL_path_link, TMP, 0, "first", TMP, name);
	}
	err = open_at(world, TMP, 0, name, CREAT | (kind & 4 ? EXCL : 0), W, 0, &handle);
	if (err)
		return err;
	CHECK_EQ(write_text(world, handle, 0, "x"), WASI_OK, name);
	return close_handle(world, handle);
}

static uint64_t bytes_on_disk(const struct world *world)
{
	char command[200];
	unsigned long long kibibytes = 0;
	FILE *du;

	snprintf(command, sizeof command, "du -sk '%s'", real(world, "scratch"));
	du = popen(command, "r");
	REQUIRE(du && fscanf(du, "%llu", &kibibytes) == 1);
	pclose(du);
	return kibibytes << 10;
}

TEST_PATHS(names_are_counted_whatever_they_name)
{
	struct world world;
	char name[16];
	unsigned made[2] = { 0, 0 }, count;

	world_folders(&world);
	world_guest(&world, takes_a_mebibyte);
	for (int round = 0; round < 2; round++) {
		close_handle(&world, must_open(&world, TMP, "first", CREAT, 0));
		for (count = 0; count < 10000; count++) {
			snprintf(name, sizeof name, "%u", count);
			if (make(&world, count, name) != WASI_OK)
				break;
		}
		made[round] = count;
		for (unsigned kind = 0; kind < 8; kind++)
			CHECK_EQ(make(&world, kind, "more"), WASI_ENOSPC);
		CHECK_EQ(make(&world, 1, "1"), WASI_EEXIST);
		CHECK_EQ(make(&world, 3, "first"), WASI_OK); /* it is there */
		CHECK(bytes_on_disk(&world) < 2 * MEBIBYTE);
		/* a name is free when what it named goes, when it is renamed over, and when what is open without one is closed */
		CHECK_EQ(sys(&world, SYSCALL_path_rename, TMP, "0", TMP, "3"), WASI_OK);
		CHECK_EQ(make(&world, 0, "0"), WASI_OK);
		CHECK_EQ(make(&world, 0, "more"), WASI_ENOSPC);
		for (unsigned i = 0; i < count; i++) {
			snprintf(name, sizeof name, "%u", i);
			CHECK_EQ(sys(&world, i % 4 == 1 ? SYSCALL_path_remove_directory : SYSCALL_path_unlink_file, TMP, name), WASI_OK,
				name);
		}
		CHECK_EQ(sys(&world, SYSCALL_path_unlink_file, TMP, "first"), WASI_OK);
	}
	CHECK(made[0] > 100 && made[0] == made[1]);
	world_free(&world);
}

TEST_PATHS(files_without_a_name_count_until_they_are_closed)
{
	struct world world;
	uint32_t handles[300], count = 0;

	world_folders(&world);
	world_guest(&world, takes_a_mebibyte);
	while (count < 300 && !open_at(&world, TMP, 0, "file", CREAT, W, 0, &handles[count])) {
		CHECK_EQ(sys(&world, SYSCALL_path_unlink_file, TMP, "file"), WASI_OK);
		count++;
	}
	CHECK(count < 300);
	REQUIRE(count);
	CHECK_EQ(close_handle(&world, handles[0]), WASI_OK);
	CHECK_EQ(open_at(&world, TMP, 0, "file", CREAT, W, 0, &handles[0]), WASI_OK);
	world_free(&world);
}
