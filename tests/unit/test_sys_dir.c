/* fd_readdir: complete, once each, with any buffer, while the folder changes (traps 53 to 55). */
#include "world.h"

struct entry { /* in the order of listing */
	char name[256];
	uint64_t ino, next;
	uint8_t type;
};

/* Reads a whole folder with buffers of this size, from a cookie on. Gives how many entries. */
static size_t list(struct world *world, uint32_t dir, uint64_t cookie, uint32_t room, struct entry *entries, size_t most)
{
	size_t count = 0;

	for (;;) {
		uint32_t at = 0, length;

		CHECK_EQ(sys(world, SYSCALL_fd_readdir, dir, cookie, room), WASI_OK);
		length = world->length;
		REQUIRE(length <= room);
		while (at + sizeof(wasi_dirent_t) <= length) {
			wasi_dirent_t record;

			memcpy(&record, world->reply + at, sizeof record);
			if (at + sizeof record + record.namlen > length)
				break; /* cut: it comes whole with the next buffer */
			REQUIRE(count < most && record.namlen < sizeof entries->name);
			memcpy(entries[count].name, world->reply + at + sizeof record, record.namlen);
			entries[count].name[record.namlen] = '\0';
			entries[count].ino = record.ino;
			entries[count].next = record.next;
			entries[count++].type = record.type;
			cookie = record.next;
			at += (uint32_t)(sizeof record + record.namlen);
		}
		REQUIRE(at > 0 || length < room); /* one entry must fit */
		if (length < room)
			return count;
	}
}

static const struct entry *find(const struct entry *entries, size_t count, const char *name)
{
	const struct entry *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(entries[i].name, name) == 0) {
			CHECK(!found, name);
			found = &entries[i];
		}
	}
	return found;
}

TEST_PATHS(trap_53_an_empty_folder_has_dot_and_dot_dot)
{
	struct world world;
	struct entry entries[8];
	wasi_filestat_t dir_stat, root_stat;
	uint32_t dir;

	world_new(&world);
	put_dir(&world, "root/empty");
	dir = must_open(&world, ROOT, "empty", DIRECTORY, 0);
	stat_handle(&world, dir, &dir_stat);
	stat_handle(&world, ROOT, &root_stat);
	CHECK_EQ(list(&world, dir, 0, 1000, entries, 8), 2);
	CHECK_STR(entries[0].name, ".");
	CHECK_STR(entries[1].name, "..");
	CHECK_EQ(entries[0].ino, dir_stat.ino);
	CHECK_EQ(entries[1].ino, root_stat.ino);
	CHECK_EQ(entries[0].type, WASI_FILETYPE_DIRECTORY);
	CHECK_EQ(entries[1].type, WASI_FILETYPE_DIRECTORY);
	/* what is above the granted folder isn't told */
	REQUIRE(list(&world, ROOT, 0, 1000, entries, 8) == 3);
	CHECK_EQ(entries[0].ino, root_stat.ino);
	CHECK_EQ(entries[1].ino, root_stat.ino);
	world_free(&world);
}

TEST_PATHS(trap_53_types_and_inodes_are_those_of_the_stats)
{
	struct world world;
	struct entry entries[16];
	wasi_filestat_t stat;
	uint32_t dir;
	size_t count;

	world_new(&world);
	put_dir(&world, "root/d");
	put_dir(&world, "root/d/dir");
	put_file(&world, "root/d/file", "x");
	put_link(&world, "root/d/link", "file");
	mkfifo(real(&world, "root/d/fifo"), 0644);
	dir = must_open(&world, ROOT, "d", DIRECTORY, 0);
	count = list(&world, dir, 0, 200, entries, 16);
	CHECK_EQ(count, 6);
	for (size_t i = 2; i < count; i++) {
		CHECK_EQ(stat_path(&world, dir, 0, entries[i].name, &stat), WASI_OK);
		CHECK_EQ(entries[i].ino, stat.ino, entries[i].name);
		CHECK_EQ(entries[i].type, stat.filetype, entries[i].name);
	}
	CHECK_EQ(sys(&world, SYSCALL_fd_readdir, must_open(&world, dir, "file", 0, R), (uint64_t)0, 100), WASI_ENOTDIR);
	world_free(&world);
}

TEST_PATHS(trap_54_a_record_that_does_not_fit_is_cut)
{
	struct world world;
	const char *name = "ünïcødé-😀-name";
	uint32_t dir, whole = (uint32_t)(sizeof(wasi_dirent_t) + 1 + sizeof(wasi_dirent_t) + 2 + sizeof(wasi_dirent_t) +
		strlen(name));
	uint8_t *all = malloc(whole);
	char path[64];

	world_new(&world);
	put_dir(&world, "root/d");
	snprintf(path, sizeof path, "root/d/%s", name);
	put_file(&world, path, "");
	dir = must_open(&world, ROOT, "d", DIRECTORY, 0);
	CHECK_EQ(sys(&world, SYSCALL_fd_readdir, dir, (uint64_t)0, 1000), WASI_OK);
	CHECK_EQ(world.length, whole);
	memcpy(all, world.reply, whole);
	for (uint32_t room = 0; room <= whole; room++) {
		CHECK_EQ(sys(&world, SYSCALL_fd_readdir, dir, (uint64_t)0, room), WASI_OK);
		CHECK_EQ(world.length, room);
		CHECK(memcmp(world.reply, all, room) == 0);
	}
	free(all);
	world_free(&world);
}

TEST_PATHS(trap_55_every_cookie_is_a_place_to_go_on_from)
{
	struct world world;
	struct entry entries[40], again[40];
	char path[32];
	uint32_t dir;
	size_t count;

	world_new(&world);
	put_dir(&world, "root/d");
	for (int i = 0; i < 30; i++) {
		snprintf(path, sizeof path, "root/d/%d", i);
		put_file(&world, path, "");
	}
	dir = must_open(&world, ROOT, "d", DIRECTORY, 0);
	count = list(&world, dir, 0, 100, entries, 40);
	CHECK_EQ(count, 32);
	for (size_t i = 0; i < count; i++) {
		size_t rest = list(&world, dir, entries[i].next, 64, again, 40);

		CHECK_EQ(rest, count - 1 - i);
		if (rest)
			CHECK_STR(again[0].name, entries[i + 1].name);
	}
	CHECK_EQ(sys(&world, SYSCALL_fd_readdir, dir, entries[count - 1].next + 1, 100), WASI_OK);
	CHECK_EQ(world.length, 0);
	CHECK_EQ(sys(&world, SYSCALL_fd_readdir, dir, UINT64_MAX, 100), WASI_OK);
	CHECK_EQ(world.length, 0);
	/* a handle that never read from the start may go on too: over the loop's or another's cookie */
	CHECK_EQ(list(&world, must_open(&world, ROOT, "d", DIRECTORY, 0), 2, 100, again, 40), 30);
	world_free(&world);
}

TEST_PATHS(a_folder_that_changes_meanwhile_is_listed_once_each)
{
	struct world world;
	struct entry *entries = calloc(600, sizeof *entries);
	char path[32];
	uint32_t dir;
	uint64_t cookie = 0;
	size_t seen = 0;

	world_new(&world);
	put_dir(&world, "root/d");
	for (int i = 0; i < 500; i++) {
		snprintf(path, sizeof path, "root/d/%d", i);
		put_file(&world, path, "");
	}
	dir = must_open(&world, ROOT, "d", DIRECTORY, 0);
	/* remove what was just seen, and make others, as rm -r and build systems do */
	for (int made = 0;; made++) {
		wasi_dirent_t record;
		char name[32] = "";

		CHECK_EQ(sys(&world, SYSCALL_fd_readdir, dir, cookie, 64), WASI_OK);
		if (world.length < sizeof record)
			break;
		memcpy(&record, world.reply, sizeof record);
		REQUIRE(record.namlen < sizeof name);
		memcpy(name, world.reply + sizeof record, record.namlen);
		cookie = record.next;
		if (name[0] == '.')
			continue;
		seen++;
		CHECK_EQ(sys(&world, SYSCALL_path_unlink_file, dir, name), WASI_OK, name);
		snprintf(path, sizeof path, "root/d/new%d", made);
		put_file(&world, path, "");
	}
	CHECK_EQ(seen, 500);
	/* from the start: as it is now */
	CHECK_EQ(list(&world, dir, 0, 4096, entries, 600), 502);
	CHECK(find(entries, 502, "new7") != NULL);
	CHECK(find(entries, 502, "7") == NULL);
	free(entries);
	world_free(&world);
}

TEST(a_hundred_thousand_entries_with_any_buffer)
{
	enum { COUNT = 100000 };
	static const uint32_t rooms[] = { 4096, 65536, 1 << 20, 300 };
	struct world world;
	struct entry *entries = calloc(COUNT + 10, sizeof *entries);
	bool *found = calloc(COUNT, 1);
	uint32_t dir;
	int dir_fd;

	by_thread();
	world_new(&world);
	put_dir(&world, "root/d");
	dir_fd = open(real(&world, "root/d"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < COUNT; i++) {
		char name[16];

		snprintf(name, sizeof name, "%d", i);
		REQUIRE(mknodat(dir_fd, name, S_IFREG | 0644, 0) == 0);
	}
	close(dir_fd);
	dir = must_open(&world, ROOT, "d", DIRECTORY, 0);
	for (size_t r = 0; r < sizeof rooms / sizeof *rooms; r++) {
		size_t count = list(&world, dir, 0, rooms[r], entries, COUNT + 10);

		CHECK_EQ(count, COUNT + 2);
		memset(found, 0, COUNT);
		for (size_t i = 2; i < count; i++) {
			int number = atoi(entries[i].name);

			CHECK(!found[number]);
			found[number] = true;
		}
	}
	free(found);
	free(entries);
	world_free(&world);
}
