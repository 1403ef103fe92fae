/* Several processes swap files, folders and links as fast as they can, while guests of every resolver open, create, rename, link,
 * remove and list along random paths: whatever they got must have been given to them. Longer and wilder than
 * tests/unit/test_race.c, without sanitizers, so that more races are met. RACE_SECONDS: how long.
 *
 *   root/    given      x (folder <-> links out), a (<-> outside/a), deep/one/b (<-> deep/two/b <-> outside/b),
 *                       f (file <-> links out)
 *   outside/ not        vault/ with its secret: no swapper touches it, so it must stay as it is to the nanosecond */
#include "../unit/world.h"

#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { SWAPPERS = 2, GUESTS = 3, FORBIDDEN = 5, WORN = 60000 };

struct count {
	unsigned long calls, successes, opens, lists, swaps;
	unsigned escapes;
	char first[200]; /* escape, for who looks into it */
};

static struct count *counts; /* shared: one for each guest and swapper */
static struct { dev_t dev; ino_t ino; struct timespec changed; nlink_t links; } forbidden[FORBIDDEN];
static const char *const nobodys[FORBIDDEN] = { "outside/vault", "outside/vault/secret", "outside/vault/sub", "outside", "" };
static const char landmark[] = "landmark-of-the-vault"; /* a name that guests can't make */
enum { UNTOUCHED = 3 }; /* of them, those that no swapper touches */

/* ---- swapping ---- */

static bool stopped(int stop)
{
	struct pollfd end = { stop, POLLIN, 0 };

	return poll(&end, 1, 0) != 0;
}

/* The folder that holds the path's last name, without following a link: what swaps mustn't be led outside itself. */
static int hold(int top, const char *path, const char **name)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH };
	const char *slash = strrchr(path, '/');
	char parent[64];

	snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
	*name = slash + 1;
	return (int)syscall(SYS_openat2, top, parent, &how, sizeof how);
}

static unsigned long rename_held(int top, const char *a, const char *b, unsigned flags)
{
	const char *from, *to;
	int from_dir = hold(top, a, &from), to_dir = hold(top, b, &to);
	bool done = from_dir >= 0 && to_dir >= 0 && syscall(SYS_renameat2, from_dir, from, to_dir, to, flags) == 0;

	close(from_dir);
	close(to_dir);
	return done;
}

static unsigned long exchange(int top, const char *a, const char *b) { return rename_held(top, a, b, RENAME_EXCHANGE); }
static unsigned long move(int top, const char *a, const char *b) { return rename_held(top, a, b, 0); }

static void swap_for_ever(int top, int stop, struct count *count)
{
	static const char *const links[] = { "root/to_out", "root/to_vault", "root/to_absolute", "root/to_up", "root/to_d" };

	while (!stopped(stop))
		for (int i = 0; i < 100; i++) {
			count->swaps += exchange(top, "root/x", links[i % 5]);
			count->swaps += exchange(top, "root/a", "outside/a");
			count->swaps += move(top, "root/deep/one/b", "root/deep/two/b");
			count->swaps += move(top, "root/deep/two/b", "outside/b");
			count->swaps += exchange(top, "root/f", i & 1 ? "root/f_out" : "root/f_up");
			count->swaps += move(top, "outside/b", "root/deep/one/b");
			count->swaps += exchange(top, "root/deep/one", "root/x");
			count->swaps += exchange(top, "root/deep/one", "root/x");
		}
	_exit(0);
}

/* ---- guests ---- */

static uint64_t dice;

static uint32_t roll(uint32_t sides)
{
	dice = dice * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(dice >> 33) % sides;
}

static const char *random_path(void)
{
	static const char *const names[] = { "x", "a", "deep", "one", "two", "b", "f", "..", "..", "..", ".", "vault", "secret",
		"sub", "outside", "to_out", "to_vault", "to_up", "to_d", "own", "new" };
	static const char *const known[] = { "x/secret", "x/vault/secret", "x/../x/secret", "deep/one/b/../../../f",
		"deep/one/b/../vault/secret",
	                                     "deep/two/b/../../../../outside/vault/secret", "f", "a/../vault/secret", "x/new",
	                                     "x/sub/new" };
	static char paths[2][200];
	static int at;
	char *path = paths[at++ & 1], *end = path;

	if (roll(3) == 0)
		return known[roll(sizeof known / sizeof *known)];
	for (uint32_t i = roll(6) + 1; i > 0; i--)
		end += sprintf(end, "%s%s", names[roll(sizeof names / sizeof *names)], i > 1 || roll(8) == 0 ? "/" : "");
	return path;
}

static void escaped(struct count *count, const char *what, const char *path)
{
	if (count->escapes++ == 0)
		snprintf(count->first, sizeof count->first, "%s '%s'", what, path);
}

static void check_stat(const struct world *world, struct count *count, const char *what, const char *path)
{
	wasi_filestat_t stat;

	memcpy(&stat, world->reply, sizeof stat);
	for (int i = 0; i < FORBIDDEN; i++)
		if (stat.ino == forbidden[i].ino && stat.dev == forbidden[i].dev)
			escaped(count, what, path);
}

static uint32_t fresh_handle(struct world *world)
{
	static uint16_t generation;

	if (++generation == WORN) { /* slots wear out: a new guest */
		guest_free(world->guest);
		world_guest(world, NULL);
		generation = 1;
	}
	return WASI_HANDLE(20, generation);
}

static void open_and_look(struct world *world, struct count *count)
{
	static const uint32_t ways[] = { 0, 0, DIRECTORY, CREAT, CREAT | TRUNC, CREAT | EXCL };
	uint32_t handle = fresh_handle(world), oflags = ways[roll(6)];
	const char *path = random_path();

	if (sys(world, SYSCALL_path_open, ROOT, roll(4) ? FOLLOW : 0, path, oflags, (uint64_t)(oflags & CREAT ? RW : R), (uint64_t)0,
	    0, handle) != WASI_OK)
		return;
	count->opens++;
	if (sys(world, SYSCALL_fd_filestat_get, handle) == WASI_OK)
		check_stat(world, count, "opened", path);
	if (sys(world, SYSCALL_fd_pread, handle, (uint64_t)0, 100) == WASI_OK) {
		if (memmem(world->reply, world->length, "secret", 6))
			escaped(count, "read", path);
		if (oflags & CREAT)
			sys(world, SYSCALL_fd_write, handle, (uint64_t)0, "made", (size_t)4);
	} else if (sys(world, SYSCALL_fd_readdir, handle, (uint64_t)0, 2000) == WASI_OK) {
		count->lists++;
		if (memmem(world->reply, world->length, landmark, sizeof landmark - 1))
			escaped(count, "listed", path);
	}
	sys(world, SYSCALL_fd_close, handle);
}

static wasi_errno_t one_call(struct world *world, struct count *count)
{
	const char *path = random_path(), *other = random_path();
	const uint32_t follow = roll(2);
	wasi_errno_t err;

	switch (roll(9)) {
	case 0: return sys(world, SYSCALL_path_create_directory, ROOT, path);
	case 1: return sys(world, SYSCALL_path_symlink, "../outside/vault/secret", ROOT, path);
	case 2: return sys(world, SYSCALL_path_link, ROOT, 0, path, ROOT, other);
	case 3: return sys(world, SYSCALL_path_rename, ROOT, path, ROOT, other);
	case 4: return sys(world, SYSCALL_path_unlink_file, ROOT, path);
	case 5: return sys(world, SYSCALL_path_remove_directory, ROOT, path);
	case 6: return sys(world, SYSCALL_path_filestat_set_times, ROOT, follow, path, (uint64_t)1, (uint64_t)1,
		WASI_FST_ATIM | WASI_FST_MTIM);
	case 7: return sys(world, SYSCALL_path_readlink, ROOT, path, 200);
	default:
		err = sys(world, SYSCALL_path_filestat_get, ROOT, follow, path);
		if (!err)
			check_stat(world, count, "looked at", path);
		return err;
	}
}

/* What the guests broke is put back: a race needs its pieces. */
static void mend(int top)
{
	static const char *const links[][2] = {
		{ "../outside", "root/to_out" }, { "../outside/vault", "root/to_vault" }, { "..", "root/to_up" }, { "deep", "root/to_d" },
		{ "../outside/vault/secret", "root/f_out" }, { "../../outside/vault/secret", "root/f_up" },
	};
	static const char *const folders[] = { "root/deep", "root/deep/one", "root/deep/two", "root/deep/one/b", "root/x",
		"root/x/sub", "root/a" };

	const char *name;
	int dir;

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++, close(dir))
		if ((dir = hold(top, folders[i], &name)) >= 0)
			mkdirat(dir, name, 0755);
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		symlinkat(links[i][0], top, links[i][1]);
	close(openat(top, "root/f", O_CREAT | O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644));
	close(openat(top, "root/own", O_CREAT | O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644));
}

static void guest_for_ever(struct world *world, int top, int stop, struct count *count, int which)
{
	static void (*const ways[GUESTS])(void) = { by_thread, by_loop, by_walk };

	ways[which]();
	dice = now_ns() ^ (uint64_t)which << 60;
	world_guest(world, NULL);
	for (unsigned long round = 0; round % 50 || !stopped(stop); round++) {
		if (round % 200 == 0)
			mend(top);
		open_and_look(world, count);
		count->calls += 2;
		count->successes += one_call(world, count) == WASI_OK;
	}
	guest_free(world->guest);
	_exit(0);
}

/* ---- the test ---- */

static void remember(int top, bool check)
{
	for (int i = 0; i < FORBIDDEN; i++) {
		struct stat st;

		REQUIRE(fstatat(top, *nobodys[i] ? nobodys[i] : ".", &st, AT_SYMLINK_NOFOLLOW) == 0, nobodys[i]);
		if (!check) {
			forbidden[i].dev = st.st_dev;
			forbidden[i].ino = st.st_ino;
			forbidden[i].changed = st.st_ctim;
			forbidden[i].links = st.st_nlink;
		} else if (i < UNTOUCHED) {
			CHECK(st.st_ctim.tv_sec == forbidden[i].changed.tv_sec && st.st_ctim.tv_nsec == forbidden[i].changed.tv_nsec,
				nobodys[i]);
			CHECK_EQ(st.st_nlink, forbidden[i].links, nobodys[i]);
		}
	}
}

TEST(cases_4_to_12_no_swap_by_other_processes_opens_a_way_out)
{
	struct world world;
	const char *seconds = getenv("RACE_SECONDS");
	pid_t children[SWAPPERS + GUESTS];
	int stop[2], top, status;
	struct count sum = { 0 };

	world_folders(&world);
	put_dir(&world, "outside/vault");
	put_dir(&world, "outside/vault/sub");
	put_dir(&world, "outside/a");
	put_file(&world, real(&world, "outside/vault/%s", landmark) + strlen(world.path) + 1, "");
	put_file(&world, "outside/vault/secret", "secret");
	put_link(&world, "root/to_absolute", real(&world, "outside/vault"));
	top = open(world.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mend(top);
	remember(top, false);
	counts = mmap(NULL, (SWAPPERS + GUESTS) * sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(counts != MAP_FAILED && pipe(stop) == 0);
	fflush(stdout);

	for (int i = 0; i < SWAPPERS + GUESTS; i++) {
		children[i] = fork();
		REQUIRE(children[i] >= 0);
		if (children[i])
			continue;
		close(stop[1]); /* when the test ends, however it ends, the pipe says so */
		if (nice(5) < 0 || i < SWAPPERS)
			swap_for_ever(top, stop[0], &counts[i]);
		guest_for_ever(&world, top, stop[0], &counts[i], i - SWAPPERS);
	}
	close(stop[0]);
	usleep((useconds_t)((seconds ? atof(seconds) : 10) * 1e6));
	close(stop[1]);
	for (int i = 0; i < SWAPPERS + GUESTS; i++) {
		REQUIRE(waitpid(children[i], &status, 0) == children[i]);
		CHECK_EQ(status, 0);
		CHECK_EQ(counts[i].escapes, 0, counts[i].first);
		/* Whoever did nothing has shown nothing. */
		CHECK(i < SWAPPERS ? counts[i].swaps > 1000 : counts[i].opens > 100 && counts[i].successes > 100 && counts[i].lists > 10);
		sum.swaps += counts[i].swaps;
		sum.calls += counts[i].calls;
		sum.opens += counts[i].opens;
		sum.successes += counts[i].successes;
		sum.lists += counts[i].lists;
	}
	remember(top, true);
	printf("# %lu swaps, %lu calls, %lu opens and %lu changes succeeded, %lu listings\n", sum.swaps, sum.calls, sum.opens,
		sum.successes, sum.lists);
	close(top);
	world.guest = NULL;
	world_free(&world);
}
