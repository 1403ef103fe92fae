/* What guests were promised to be told of: limits, several guests on one folder, what is said when there is no room to say it.
 * That each kind of change is told, and before which answer, is tests/gateway/leases.test.js's. */
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>

#include "breaks.h"

enum { LEASE_HEAD = 88 };

static bool may_mount;

/* Mounts of our own, where we may have them, before leases begin. */
static int start(unsigned most)
{
	static bool tried;

	if (!tried)
		may_mount = unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
	tried = true;
	return leases_begin(most);
}

static uint32_t get_u32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof value);
	return value;
}

/* Of the entry with this name in what lease_folder gave; 0xFF: there is none. */
static uint8_t told_of(const struct world *world, const char *name)
{
	static const uint32_t told[] = { 0, 16, 64 };

	for (uint32_t at = LEASE_HEAD, left = get_u32(world->reply + 80); left; left--) {
		const uint8_t *entry = world->reply + at;
		uint16_t length = (uint16_t)(entry[10] | entry[11] << 8);
		const uint8_t *here = entry + 12 + told[entry[9]];

		if (length == strlen(name) && !memcmp(here, name, length))
			return entry[9];
		at += 12 + told[entry[9]] + length;
	}
	return 0xFF;
}

TEST(without_something_to_hear_with_there_is_no_lease)
{
	struct world world;

	world_new(&world);
	CHECK_EQ(sys(&world, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_ENOTSUP);
	CHECK_EQ(sys(&world, SYSCALL_lease_name, ROOT, "x"), WASI_ENOTSUP);
	CHECK_EQ(sys(&world, SYSCALL_lease_drop, 7u), WASI_OK);
	world_free(&world);
}

TEST(past_the_limit_names_are_told_and_attributes_arent)
{
	struct world world;

	start(3);
	world_new(&world);
	put_file(&world, "root/a", "a");
	put_file(&world, "root/b", "b");
	put_file(&world, "root/c", "c");
	CHECK_EQ(sys(&world, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_OK);
	CHECK_EQ((told_of(&world, "a") == 2) + (told_of(&world, "b") == 2) + (told_of(&world, "c") == 2), 2);
	CHECK_EQ((told_of(&world, "a") == 0) + (told_of(&world, "b") == 0) + (told_of(&world, "c") == 0), 1);
	CHECK_EQ(sys(&world, SYSCALL_lease_folder, OTHER, ".", 65536u), WASI_ENOTSUP);
	world_free(&world); /* and gives all watches back: */
	world_new(&world);
	put_file(&world, "root/a", "a");
	CHECK_EQ(sys(&world, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_OK);
	CHECK_EQ(told_of(&world, "a"), 2);
	CHECK_EQ(sys(&world, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_OK); /* again: the old one's are free before */
	CHECK_EQ(told_of(&world, "a"), 2);
	world_free(&world);
}

TEST(two_guests_are_told_of_the_same_change_each_once)
{
	struct world world, second;
	struct guest_config config;
	struct wasi_grant grants[4];
	const char *failed;

	start(1000);
	world_new(&world);
	put_file(&world, "root/a", "a");
	second = world;
	second.reply = NULL;
	world_config(&second, &config, grants);
	REQUIRE(guest_new(&config, &second.guest, &failed) == WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_OK);
	CHECK_EQ(sys(&second, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_OK);
	put_file(&world, "root/a", "changed");
	wasi_leases_hear();
	CHECK(guest_has_news(world.guest) && guest_has_news(second.guest));
	CHECK(!guest_has_news(world.guest));
	CHECK_STR(broken(world.guest), "2:a");
	CHECK_STR(broken(second.guest), "2:a");
	put_file(&world, "root/a", "again"); /* nobody was promised anything about it since */
	CHECK_STR(broken(world.guest), "");
	guest_free(second.guest);
	free(second.reply);
	put_file(&world, "root/b", "b");
	CHECK_STR(broken(world.guest), "1:b");
	world_free(&world);
}

TEST(what_a_guest_changes_itself_is_no_news_to_it)
{
	struct world world;

	start(1000);
	world_new(&world);
	put_file(&world, "root/a", "a");
	CHECK_EQ(sys(&world, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 0u, "a", 0u, (uint64_t)RW, (uint64_t)0, 0u, 16u), WASI_OK);
	CHECK_EQ(quiet(&world, SYSCALL_fd_write, 16u, (uint64_t)0, "xyz", (size_t)3), WASI_OK);
	wasi_leases_hear();
	CHECK(!guest_has_news(world.guest));
	CHECK_STR(broken(world.guest), "2:a");
	CHECK_EQ(sys(&world, SYSCALL_lease_name, ROOT, "a"), WASI_OK);
	CHECK_EQ(get_u32(world.reply + 4), 1u); /* the stamp: that break is known */
	CHECK_EQ(world.reply[72 + 9], 2);
	CHECK_EQ(sys(&world, SYSCALL_lease_name, ROOT, "a"), WASI_OK); /* twice: one promise */
	put_file(&world, "root/a", "foreign");
	CHECK_STR(broken(world.guest), "2:a");
	world_free(&world);
}

TEST(nobody_keeps_more_than_a_share_of_the_watches_from_others)
{
	struct world world, second;
	struct guest_config config;
	struct wasi_grant grants[4];
	const char *failed;

	start(12);
	world_new(&world);
	for (int i = 0; i < 11; i++) {
		char name[30];

		snprintf(name, sizeof name, "root/f%d", i);
		put_file(&world, name, "");
	}
	put_dir(&world, "root/sub");
	for (int i = 0; i < 3; i++) {
		char name[30];

		snprintf(name, sizeof name, "root/sub/f%d", i);
		put_file(&world, name, "");
	}
	second = world;
	second.reply = NULL;
	world_config(&second, &config, grants);
	REQUIRE(guest_new(&config, &second.guest, &failed) == WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_OK);
	CHECK_EQ(told_of(&world, "f0") + told_of(&world, "f5") + told_of(&world, "f10"), 6); /* it has all there are */
	CHECK_EQ(sys(&second, SYSCALL_lease_folder, ROOT, "sub", 65536u), WASI_OK);
	CHECK_EQ(told_of(&second, "f0") + told_of(&second, "f1") + told_of(&second, "f2"), 6);
	CHECK_STR(broken(world.guest), "0:");
	/* It gets what is left, and takes nothing back from who has less than half. */
	CHECK_EQ(sys(&world, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_OK);
	CHECK_STR(broken(second.guest), "");
	{
		unsigned known = 0;

		for (int i = 0; i < 11; i++) {
			char name[30];

			snprintf(name, sizeof name, "f%d", i);
			known += told_of(&world, name) == 2;
		}
		CHECK_EQ(known, 7); /* and one for the folder */
	}
	guest_free(second.guest);
	free(second.reply);
	world_free(&world);
}

TEST(contents_are_taken_back_too_the_first_ones_first)
{
	struct world world, second;
	struct guest_config config;
	struct wasi_grant grants[4];
	const char *failed;
	uint32_t leases[12], held = 0, lost = 0;
	size_t length;
	uint8_t *breaks;

	start(12);
	world_new(&world);
	put_dir(&world, "root/sub");
	for (int i = 0; i < 3; i++)
		put_file(&world, real(&world, "root/sub/f%d", i) + strlen(world.path) + 1, "");
	second = world;
	second.reply = NULL;
	world_config(&second, &config, grants);
	REQUIRE(guest_new(&config, &second.guest, &failed) == WASI_OK);
	for (int i = 0; i < 12; i++) {
		char name[30];

		snprintf(name, sizeof name, "root/f%d", i);
		put_file(&world, name, "");
		CHECK_EQ(sys(&world, SYSCALL_lease_file, must_open(&world, ROOT, name + 5, 0, R)), WASI_OK);
		leases[held++] = u32_at(&world, 0);
	}
	CHECK_EQ(sys(&second, SYSCALL_lease_folder, ROOT, "sub", 65536u), WASI_OK);
	CHECK_EQ(told_of(&second, "f0") + told_of(&second, "f1") + told_of(&second, "f2"), 6);
	breaks = guest_breaks_take(world.guest, &length);
	for (size_t at = 0; at < length; at += BREAK_HEAD)
		CHECK_EQ(get_u32(breaks + at + 4), leases[lost++]);
	CHECK_EQ(lost, 4);
	free(breaks);
	guest_free(second.guest);
	free(second.reply);
	world_free(&world);
}

TEST(a_folder_of_any_size_is_given_back_without_an_overflow)
{
	struct world world, second;
	struct guest_config config;
	struct wasi_grant grants[4];
	const char *failed;
	enum { FILES = 17000 }; /* more than the kernel's queue has room for */
	char name[30];

	start(40000);
	world_new(&world);
	put_dir(&world, "root/big");
	put_dir(&world, "root/small");
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "root/big/%d", i);
		put_file(&world, name, "");
	}
	second = world;
	second.reply = NULL;
	world_config(&second, &config, grants);
	REQUIRE(guest_new(&config, &second.guest, &failed) == WASI_OK);
	CHECK_EQ(sys(&second, SYSCALL_lease_folder, ROOT, "small", 65536u), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_lease_folder, ROOT, "big", 4u << 20), WASI_OK);
	CHECK_EQ(told_of(&world, "16999"), 2);
	put_file(&world, "root/big/new", "");
	CHECK_STR(broken(world.guest), "1:new");
	guest_free(world.guest); /* all its watches at once */
	world.guest = second.guest;
	CHECK_STR(broken(second.guest), "");
	free(second.reply);
	world_free(&world);
}

TEST(when_the_last_lease_has_gone_nothing_is_left_to_hear)
{
	struct pollfd readable = { .fd = start(1000), .events = POLLIN };
	struct world world;

	world_new(&world);
	put_file(&world, "root/a", "a");
	CHECK_EQ(sys(&world, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_OK);
	world_free(&world);
	CHECK(!wasi_leases_held());
	wasi_leases_hear();
	CHECK_EQ(poll(&readable, 1, 0), 0);
}

/* A link stands in for what FAT and its like do by themselves. */
TEST(where_other_letters_lead_to_the_same_file_there_is_no_lease)
{
	struct world world;

	start(1000);
	world_new(&world);
	put_file(&world, "root/1", "");
	put_file(&world, "root/Name 2", "");
	put_file(&world, "root/nAME 3", "");
	CHECK_EQ(sys(&world, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_OK);
	put_file(&world, "root/sub.c", "");
	remove(real(&world, "root/Name 2"));
	remove(real(&world, "root/nAME 3"));
	{
		char from[300];

		snprintf(from, sizeof from, "%s", real(&world, "root/sub.c"));
		REQUIRE(link(from, real(&world, "root/SUB.C")) == 0);
	}
	CHECK_EQ(sys(&world, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_ENOTSUP);
	world_free(&world);
}

TEST(a_mount_anywhere_breaks_everything)
{
	struct world world;

	start(1000);
	world_new(&world);
	if (may_mount) {
		put_dir(&world, "root/place");
		CHECK_EQ(sys(&world, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_OK);
		CHECK_EQ(told_of(&world, "place"), 1);
		REQUIRE(mount("none", real(&world, "root/place"), "tmpfs", 0, NULL) == 0);
		CHECK_STR(broken(world.guest), "0:");
		CHECK_EQ(sys(&world, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_OK);
		CHECK_EQ(told_of(&world, "place"), 0); /* who it is now is told by another file system */
		REQUIRE(umount(real(&world, "root/place")) == 0);
		CHECK_STR(broken(world.guest), "0:");
	}
	world_free(&world);
}

TEST(more_breaks_than_there_is_room_for_break_everything)
{
	struct leases leases = { 0 };
	char name[300];
	struct stat st;
	struct world world;
	uint32_t id, stamp;
	int fd;

	start(1000);
	world_new(&world);
	memset(name, 'n', 200);
	fd = open(real(&world, "root"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	REQUIRE(fd >= 0 && fstat(fd, &st) == 0);
	/* 64 long names a lease, then it is broken; taken again and again without anybody taking the breaks */
	for (int round = 0; round < 120 && !leases.breaks.overflowed; round++) {
		REQUIRE(lease_new(&leases, fd, st.st_dev, st.st_ino, &id, &stamp) == WASI_OK);
		for (int i = 0; i < 64; i++) {
			snprintf(name + 200, sizeof name - 200, "%d", i);
			put_file(&world, real(&world, "root/%s", name) + strlen(world.path) + 1, "");
			remove(real(&world, "root/%s", name));
		}
		wasi_leases_hear();
	}
	CHECK(leases.breaks.overflowed);
	leases_clear(&leases);
	close(fd);
	world_free(&world);
}
