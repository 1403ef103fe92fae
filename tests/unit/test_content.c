/* Contents that guests may know: what is promised and when it isn't, and that what was opened from what is known can always be
 * bound. That each kind of change is told, and before which answer, is tests/gateway/contents.test.js's. */
#include <sys/mman.h>

#include "breaks.h"

enum { FILES_HEAD = 8, ITEM_HEAD = 104 };

static void names_put(uint8_t *list, uint32_t *length, const char *name)
{
	uint16_t size = (uint16_t)strlen(name);

	memcpy(list + *length, &size, 2);
	memcpy(list + *length + 2, name, size);
	*length += 2u + size;
}

/* lease_files of these names, "" ends them. */
static wasi_errno_t ask(struct world *world, uint32_t largest, uint32_t most, const char *const *names)
{
	uint8_t list[1024];
	uint32_t length = 0;

	for (; *names; names++)
		names_put(list, &length, *names);
	return sys(world, SYSCALL_lease_files, ROOT, ".", largest, list, (size_t)length, most);
}

#define ASK(world, ...) ask(world, 65536u, 65536u, (const char *const[]){ __VA_ARGS__, NULL })

/* Where the nth item of an answer is; its errno, and its lease. */
static size_t item_at(const struct world *world, unsigned n)
{
	size_t at = FILES_HEAD;

	while (n--)
		at += u32_at(world, at) ? 4 : ITEM_HEAD + u32_at(world, at + 100);
	return at;
}

TEST(contents_come_with_what_path_open_and_stat_would_say)
{
	struct world world;
	uint8_t opened[24], stat[64];
	size_t at;

	leases_begin(1000);
	world_new(&world);
	put_file(&world, "root/a", "first");
	put_file(&world, "root/b", "");
	CHECK_EQ(ASK(&world, "a"), WASI_ENOTSUP); /* the folder isn't leased */
	CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 0u, "a", 0u, (uint64_t)WASI_RIGHT_FD_READ, (uint64_t)0, 0u, 16u), WASI_OK);
	memcpy(opened, world.reply, 24);
	CHECK_EQ(sys(&world, SYSCALL_fd_filestat_get, 16u), WASI_OK);
	memcpy(stat, world.reply, 64);
	CHECK_EQ(sys(&world, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_OK);
	CHECK_EQ(ASK(&world, "a", "none", "b"), WASI_OK);
	at = item_at(&world, 0);
	CHECK_EQ(u32_at(&world, at), WASI_OK);
	CHECK_EQ(u32_at(&world, at + 8), WASI_TRAIT_REGULAR | WASI_TRAIT_CACHEABLE);
	CHECK(memcmp(world.reply + at + 12, opened, 24) == 0);
	CHECK(memcmp(world.reply + at + 36, stat, 64) == 0);
	CHECK_EQ(u32_at(&world, at + 100), 5u);
	CHECK(memcmp(world.reply + at + ITEM_HEAD, "first", 5) == 0);
	CHECK_EQ(u32_at(&world, item_at(&world, 1)), WASI_ENOENT);
	CHECK_EQ(u32_at(&world, item_at(&world, 2)), WASI_OK);
	CHECK_EQ(u32_at(&world, item_at(&world, 2) + 100), 0u);
	CHECK_EQ(item_at(&world, 3), world.length);
	world_free(&world);
}

TEST(what_was_opened_from_what_is_known_is_the_file_that_was_read)
{
	struct world world;
	uint32_t lease;

	leases_begin(1000);
	world_new(&world);
	put_file(&world, "root/a", "old");
	CHECK_EQ(sys(&world, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_OK);
	CHECK_EQ(ASK(&world, "a"), WASI_OK);
	lease = u32_at(&world, FILES_HEAD + 4);
	put_file(&world, "root/new", "newer");
	REQUIRE(rename(real(&world, "root/new"), real(&world, "root/a")) == 0);
	CHECK(*broken(world.guest));
	/* broken, but not dropped: the page may have answered the open before it knew */
	CHECK_EQ(quiet(&world, SYSCALL_lease_open, ROOT, "a", lease, 20u), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_lease_open, ROOT, "a", lease, 21u), WASI_OK); /* and again */
	CHECK_EQ(sys(&world, SYSCALL_lease_drop, lease), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_lease_open, ROOT, "a", lease, 22u), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_read, 20u, (uint64_t)0, 10u), WASI_OK);
	CHECK_EQ(world.length, 3u);
	CHECK(memcmp(world.reply, "old", 3) == 0);
	CHECK_EQ(sys(&world, SYSCALL_fd_close, 20u), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_fd_read, 21u, (uint64_t)1, 10u), WASI_OK);
	CHECK(world.length == 2 && memcmp(world.reply, "ld", 2) == 0);
	CHECK_EQ(sys(&world, SYSCALL_fd_write, 21u, (uint64_t)0, "x", (size_t)1), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_read, 22u, (uint64_t)0, 10u), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_close, 21u), WASI_OK);
	world_free(&world);
}

TEST(an_open_file_is_leased_and_shared_while_it_is_read_only)
{
	struct world world;
	uint32_t lease;

	leases_begin(1000);
	world_new(&world);
	put_file(&world, "root/a", "abc");
	CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 0u, "a", 0u, (uint64_t)WASI_RIGHT_FD_READ, (uint64_t)0, 0u, 16u), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_lease_file, 16u), WASI_OK);
	lease = u32_at(&world, 0);
	CHECK_EQ(u32_at(&world, 8), 1u);
	CHECK_EQ(sys(&world, SYSCALL_fd_close, 16u), WASI_OK); /* what is kept stays */
	CHECK_EQ(sys(&world, SYSCALL_lease_open, ROOT, "a", lease, 20u), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_fd_read, 20u, (uint64_t)0, 10u), WASI_OK);
	CHECK_EQ(world.length, 3u);
	/* another grant may be read-only, or not */
	CHECK_EQ(sys(&world, SYSCALL_lease_open, OTHER, "a", lease, 21u), WASI_ENOTCAPABLE);
	CHECK_EQ(sys(&world, SYSCALL_lease_drop, lease), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_fd_read, 20u, (uint64_t)0, 10u), WASI_OK); /* and so does what is open */
	CHECK_EQ(world.length, 3u);

	CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 0u, "a", 0u, (uint64_t)RW, (uint64_t)0, 0u, 17u), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_lease_file, 17u), WASI_OK);
	CHECK_EQ(u32_at(&world, 8), 0u);
	CHECK_EQ(sys(&world, SYSCALL_lease_open, ROOT, "a", u32_at(&world, 0), 22u), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_lease_file, ROOT), WASI_EINVAL);
	world_free(&world);
}

TEST(a_file_that_somebody_else_may_write_unheard_isnt_leased)
{
	struct world world;
	char *mapped;
	int fd;

	leases_begin(1000);
	world_new(&world);
	put_file(&world, "root/a", "abc");
	CHECK_EQ(sys(&world, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_OK);
	fd = open(real(&world, "root/a"), O_RDWR | O_CLOEXEC);
	REQUIRE(fd >= 0 && (mapped = mmap(NULL, 3, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) != MAP_FAILED);
	CHECK_EQ(ASK(&world, "a"), WASI_OK);
	CHECK_EQ(u32_at(&world, FILES_HEAD), WASI_EBUSY);
	close(fd);
	CHECK_EQ(ASK(&world, "a"), WASI_OK);
	CHECK_EQ(u32_at(&world, FILES_HEAD), WASI_EBUSY); /* the mapping alone is enough */
	munmap(mapped, 3);
	CHECK_EQ(ASK(&world, "a"), WASI_OK);
	CHECK_EQ(u32_at(&world, FILES_HEAD), WASI_OK);
	broken(world.guest);

	/* who comes later is noticed when he opens it, readers are nobody's business */
	close(open(real(&world, "root/a"), O_RDONLY | O_CLOEXEC));
	CHECK_STR(broken(world.guest), "");
	fd = open(real(&world, "root/a"), O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0 && *broken(world.guest));
	close(fd);
	world_free(&world);
}

TEST(only_so_much_is_read_and_only_regular_files)
{
	struct world world;
	char large[3000];

	leases_begin(1000);
	world_new(&world);
	memset(large, 'x', sizeof large - 1);
	large[sizeof large - 1] = '\0';
	put_file(&world, "root/large", large);
	put_file(&world, "root/small", "s");
	put_dir(&world, "root/dir");
	REQUIRE(symlink("small", real(&world, "root/link")) == 0);
	CHECK_EQ(sys(&world, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_OK);
	CHECK_EQ(ask(&world, 1000, 65536, (const char *const[]){ "large", "small", "dir", "link", NULL }), WASI_OK);
	CHECK_EQ(u32_at(&world, item_at(&world, 0)), WASI_E2BIG);
	CHECK_EQ(u32_at(&world, item_at(&world, 1)), WASI_OK);
	CHECK_EQ(u32_at(&world, item_at(&world, 2)), WASI_EINVAL);
	CHECK_EQ(u32_at(&world, item_at(&world, 3)), WASI_EINVAL);
	CHECK_EQ(ask(&world, 65536, 1000, (const char *const[]){ "large", "small", NULL }), WASI_OK);
	CHECK_EQ(u32_at(&world, item_at(&world, 0)), WASI_E2BIG);
	CHECK_EQ(u32_at(&world, item_at(&world, 1)), WASI_OK);
	CHECK_EQ(ask(&world, 65536, 120, (const char *const[]){ "small", "small", NULL }), WASI_OK);
	CHECK_EQ(item_at(&world, 1), world.length); /* no room for a second one */
	CHECK_EQ(ask(&world, 65536, 7, (const char *const[]){ "small", NULL }), WASI_E2BIG);
	CHECK_EQ(ask(&world, 1000, 65536, (const char *const[]){ NULL }), WASI_OK); /* no names: all that are small */
	CHECK_EQ(world.length, item_at(&world, 1));
	CHECK_EQ(u32_at(&world, FILES_HEAD + 100), 1u);
	CHECK_EQ(ASK(&world, "dir/x"), WASI_EINVAL);
	CHECK_EQ(ASK(&world, ".."), WASI_EINVAL);
	CHECK_EQ(sys(&world, SYSCALL_lease_files, ROOT, ".", 10u, "\5", (size_t)1, 1000u), WASI_EINVAL);
	CHECK_EQ(sys(&world, SYSCALL_lease_files, ROOT, ".", 10u, "\5\0abc", (size_t)5, 1000u), WASI_EINVAL);
	CHECK_EQ(sys(&world, SYSCALL_lease_files, ROOT, "small", 10u, "", (size_t)0, 1000u), WASI_ENOTDIR);
	world_free(&world);
}

TEST(own_changes_end_it_whatever_the_handle)
{
	struct world world;

	leases_begin(1000);
	world_new(&world);
	put_file(&world, "root/a", "abc");
	CHECK_EQ(sys(&world, SYSCALL_lease_folder, ROOT, ".", 65536u), WASI_OK);
	CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 0u, "a", 0u, (uint64_t)RW, (uint64_t)0, 0u, 16u), WASI_OK);
	CHECK_EQ(ASK(&world, "a"), WASI_OK); /* it writes itself: leased all the same */
	CHECK_EQ(u32_at(&world, FILES_HEAD), WASI_OK);
	broken(world.guest);
	CHECK_EQ(ASK(&world, "a"), WASI_OK);
	CHECK_EQ(quiet(&world, SYSCALL_fd_write, 16u, (uint64_t)0, "xyz", (size_t)3), WASI_OK);
	CHECK(*broken(world.guest));
	world_free(&world);
	CHECK(!wasi_leases_held());
}

TEST(a_guest_may_keep_so_many_and_gives_all_back)
{
	struct world world;
	unsigned kept = 0;
	wasi_errno_t err;

	leases_begin(1000);
	world_new(&world);
	put_file(&world, "root/a", "abc");
	CHECK_EQ(sys(&world, SYSCALL_path_open, ROOT, 0u, "a", 0u, (uint64_t)WASI_RIGHT_FD_READ, (uint64_t)0, 0u, 16u), WASI_OK);
	while ((err = sys(&world, SYSCALL_lease_file, 16u)) == WASI_OK)
		kept++;
	CHECK_EQ(err, WASI_ENOTSUP);
	CHECK_EQ(kept, CONTENTS_MAX);
	world_free(&world);
	CHECK(!wasi_leases_held());
}
