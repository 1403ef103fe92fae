/* Another process swaps folders, links and files as fast as it can, and no call of a guest ever lands outside (cases 4 and 11).
 * WVWASI_RACE_SECONDS: how long in all; a canary outside tells an escape. */
#include "world.h"

#include <dirent.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void exchange(int dir, const char *a, const char *b) { syscall(SYS_renameat2, dir, a, dir, b, 2 /* RENAME_EXCHANGE */); }

/* Runs until its pipe closes: when the test ends, however it ends. */
static void swap_for_ever(const struct world *world, int stop)
{
	int top = open(world->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct pollfd end = { stop, POLLIN, 0 };

	while (poll(&end, 1, 0) == 0) {
		for (int i = 0; i < 200; i++) {
			exchange(top, "root/x", "root/to_out");         /* folder <-> link out */
			exchange(top, "root/x", "root/to_absolute");
			exchange(top, "root/a", "outside/a");           /* folder in <-> folder out */
			renameat(top, "root/deep/one/b", top, "root/deep/two/b"); /* under somebody's ".." */
			renameat(top, "root/deep/two/b", top, "outside/b");
			renameat(top, "outside/b", top, "root/deep/one/b");
			exchange(top, "root/f", "root/f_out");          /* file <-> link to a file outside */
		}
	}
	_exit(0);
}

static unsigned reads, escapes;

static void read_secret(struct world *world, const char *path)
{
	uint32_t handle = WASI_HANDLE(20, 0);
	static uint16_t generation;
	wasi_errno_t err;

	handle |= (uint32_t)generation++ << 16;
	if (generation == 65535) { /* a new guest: slots wear out */
		guest_free(world->guest);
		world_guest(world, NULL);
		generation = 0;
		return;
	}
	err = sys(world, SYSCALL_path_open, ROOT, FOLLOW, path, 0, (uint64_t)R, (uint64_t)0, 0, handle);
	if (err)
		return;
	if (sys(world, SYSCALL_fd_read, handle, (uint64_t)0, 100) == WASI_OK) {
		reads++;
		if (strcmp(text_at(world, 0), "secret") == 0 && escapes++ == 0)
			printf("# '%s' reached the file outside\n", path);
	}
	sys(world, SYSCALL_fd_close, handle);
}

/* Each of these must only ever do something inside. */
static void one_round(struct world *world)
{
	static const char *const secrets[] = { "x/secret", "x/../x/secret", "f", "a/../f", "deep/one/b/../../../f",
		"deep/two/b/../../../../outside/secret", "x/./secret", "to_out/secret", "a/secret" };
	wasi_filestat_t stat;

	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
		if (strcmp(secrets[i], "a/secret") != 0)
			read_secret(world, secrets[i]);
	sys(world, SYSCALL_path_create_directory, ROOT, "x/made_dir");
	sys(world, SYSCALL_path_symlink, "whatever", ROOT, "x/made_link");
	sys(world, SYSCALL_path_link, ROOT, 0, "own", ROOT, "x/made_hard");
	sys(world, SYSCALL_path_rename, ROOT, "own", ROOT, "x/made_moved");
	sys(world, SYSCALL_path_rename, ROOT, "x/made_moved", ROOT, "own");
	sys(world, SYSCALL_path_unlink_file, ROOT, "x/canary");
	sys(world, SYSCALL_path_remove_directory, ROOT, "x/canary_dir");
	sys(world, SYSCALL_path_filestat_set_times, ROOT, FOLLOW, "x/canary", (uint64_t)1, (uint64_t)1,
		WASI_FST_ATIM | WASI_FST_MTIM);
	sys(world, SYSCALL_path_rename, ROOT, "x/canary", ROOT, "stolen");
	sys(world, SYSCALL_path_link, ROOT, 0, "x/canary", ROOT, "stolen");
	stat_path(world, ROOT, FOLLOW, "x/canary", &stat);
	{
		static uint16_t generation;
		uint32_t handle = WASI_HANDLE(21, generation++ % 60000);

		if (generation % 60000 == 0) {
			guest_free(world->guest);
			world_guest(world, NULL);
		}
		if (sys(world, SYSCALL_path_open, ROOT, FOLLOW, "x/made_file", CREAT | TRUNC, (uint64_t)RW, (uint64_t)0, 0,
		    handle) == WASI_OK) {
			sys(world, SYSCALL_fd_write, handle, (uint64_t)0, "made", (size_t)4);
			sys(world, SYSCALL_fd_close, handle);
		}
	}
	sys(world, SYSCALL_path_remove_directory, ROOT, "x/made_dir");
	sys(world, SYSCALL_path_unlink_file, ROOT, "x/made_link");
	sys(world, SYSCALL_path_unlink_file, ROOT, "x/made_hard");
	sys(world, SYSCALL_path_unlink_file, ROOT, "x/made_file");
}

/* "canary", "canary_dir", "secret", and what the swapper itself puts there. */
static void check_outside(const struct world *world)
{
	DIR *dir = opendir(real(world, "outside"));
	struct dirent *entry;
	struct stat st;

	while ((entry = readdir(dir)))
		CHECK(strncmp(entry->d_name, "made", 4) != 0, entry->d_name);
	closedir(dir);
	CHECK(exists(world, "outside/canary_dir"));
	REQUIRE(stat(real(world, "outside/canary"), &st) == 0);
	CHECK(st.st_mtime > 1000);
	CHECK_EQ(st.st_nlink, 1);
	CHECK(!exists(world, "root/stolen"));
	CHECK_EQ(escapes, 0);
}

TEST_PATHS(cases_4_11_no_swap_opens_a_way_out)
{
	struct world world;
	double seconds = getenv("WVWASI_RACE_SECONDS") ? atof(getenv("WVWASI_RACE_SECONDS")) : 6;
	uint64_t end;
	unsigned rounds = 0;
	int stop[2];
	pid_t child;

	world_new(&world);
	put_dir(&world, "root/x");
	put_file(&world, "root/x/secret", "inside");
	put_link(&world, "root/to_out", "../outside");
	put_link(&world, "root/to_absolute", real(&world, "outside"));
	put_dir(&world, "root/a");
	put_dir(&world, "outside/a");
	put_dir(&world, "root/deep");
	put_dir(&world, "root/deep/one");
	put_dir(&world, "root/deep/two");
	put_dir(&world, "root/deep/one/b");
	put_file(&world, "root/f", "inside");
	put_link(&world, "root/f_out", "../outside/secret");
	put_file(&world, "root/own", "own");
	put_file(&world, "outside/canary", "canary");
	put_dir(&world, "outside/canary_dir");
	REQUIRE(pipe(stop) == 0);
	child = fork();
	if (child == 0) {
		close(stop[1]);
		swap_for_ever(&world, stop[0]);
	}
	close(stop[0]);
	reads = escapes = 0;
	end = now_ns() + (uint64_t)(seconds / 3 * 1e9);
	while (now_ns() < end) {
		one_round(&world);
		rounds++;
	}
	close(stop[1]);
	waitpid(child, NULL, 0);
	printf("# %u rounds, %u reads\n", rounds, reads);
	CHECK(reads > 0); /* it wasn't refused every time */
	check_outside(&world);
	world_free(&world);
}
