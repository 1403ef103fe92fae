/* The security cases as a program meets them, by their numbers. Descriptor 3 is a read-write folder root/ whose neighbours nobody
 * granted: outside/ (with secret and folder/) and root2/ (with secret). In it lie, put there from outside: links that lead out
 * (see conformance.test.js), fifo, socket, old and far (files of other centuries), file. 4 is /ro, read-only, with file. What is
 * outside is compared from outside, too. */
#include <stdio.h>
#include <stdlib.h>

#include "../guests/calls.h"
#include "../guests/check.h"

#define CASE(number, condition, promise) CHECK(condition, "case " #number ": " promise)
#define E(name) __WASI_ERRNO_##name
enum { RO = 4, CREAT = __WASI_OFLAGS_CREAT, FOLDER = __WASI_OFLAGS_DIRECTORY, TRUNC = __WASI_OFLAGS_TRUNC };
static const uint64_t R = __WASI_RIGHTS_FD_READ, W = __WASI_RIGHTS_FD_WRITE, RW = __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE;

/* ROUNDS: fewer, where each call is a wait. */
static int rounds = 2000;

static int try_open(int dir, const char *path, int oflags, uint64_t rights)
{
	int fd = -1, error = path_open(dir, FOLLOW, P(path), oflags, rights, 0, 0, &fd);

	if (!error)
		fd_close(fd);
	return error;
}

/* Every call that takes a path is refused for this one. `inside` names a file that may be moved. */
static int nothing_goes(const char *path)
{
	static const char *const said[] = { "open", "create", "stat", "mkdir", "rmdir", "unlink", "rename to", "rename from",
		"link to", "link from", "symlink", "times" };
	stat_t stat;
	const int errors[] = {
		try_open(ROOT, path, 0, R), try_open(ROOT, path, CREAT, RW), path_filestat_get(ROOT, FOLLOW, P(path), &stat),
		path_create_directory(ROOT, P(path)),
		path_remove_directory(ROOT, P(path)), path_unlink_file(ROOT, P(path)), path_rename(ROOT, P("file"), ROOT, P(path)),
		path_rename(ROOT, P(path), ROOT, P("stolen")), path_link(ROOT, 0, P("file"), ROOT, P(path)),
		path_link(ROOT, 0, P(path), ROOT, P("stolen")),
		path_symlink(P("x"), ROOT, P(path)), path_filestat_set_times(ROOT, FOLLOW, P(path), 1, 1, 5),
	};

	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (!errors[i]) {
			printf("# %s '%s' went\n", said[i], path);
			return 0;
		}
	return 1;
}

static int reads_secret(const char *path)
{
	char bytes[16] = "";
	int fd = -1;

	if (path_open(ROOT, FOLLOW, P(path), 0, R, 0, 0, &fd))
		return 0;
	read_some(fd, bytes, sizeof bytes);
	fd_close(fd);
	return memcmp(bytes, "secret", 6) == 0;
}

static void renumbering(void)
{
	int one = open_at(ROOT, "file", 0, R, 0), good = fd_renumber(one, one) == 0, leaks = 0;

	CASE(1, good && (leaks = open_at(ROOT, "file", 0, R, 0)) > 0 && fd_renumber(leaks, 99) == E(BADF) &&
		open_at(ROOT, "file", 0, R, 0) > 0, "renumbering to itself or to nothing does no harm");
	leaks = 0;
	for (int i = 0; i < rounds; i++)
		leaks += fd_renumber(open_at(ROOT, "file", 0, R, 0), one) != 0;
	CASE(1, leaks == 0, "nor two thousand times");
}

static void read_only(void)
{
	stat_t before, after;
	char bytes[8];
	out_t out = { (const uint8_t *)"x", 1 };
	uint32_t done;
	int fd;

	path_filestat_get(RO, 0, P("file"), &before);
	CASE(2, try_open(RO, "file", TRUNC, R) == E(PERM) && path_filestat_get(RO, 0, P("file"), &after) == 0 &&
		after.size == before.size && before.size > 0, "a read-only file isn't truncated while opening it to read");
	CASE(3, path_link(RO, 0, P("file"), ROOT, P("thawed")) == E(PERM) &&
		path_rename(RO, P("file"), ROOT, P("thawed")) == E(PERM) &&
	     path_link(ROOT, 0, P("file"), RO, P("in")) == E(PERM) && path_rename(ROOT, P("file"), RO, P("in")) == E(PERM),
	     "nothing is linked or moved out of a read-only folder, or in");
	fd = open_at(RO, "file", 0, R, 0);
	CASE(3, try_open(RO, "file", 0, W) == E(PERM) && try_open(RO, "new", CREAT, R) == E(PERM) &&
		path_create_directory(RO, P("d")) == E(PERM) &&
	     path_unlink_file(RO, P("file")) == E(PERM) && path_symlink(P("x"), RO, P("l")) == E(PERM) &&
	     path_filestat_set_times(RO, 0, P("file"), 1, 1, 5) == E(PERM) &&
	     fd_filestat_set_times(fd, 1, 1, 5) == E(PERM) && fd_filestat_set_size(fd, 0) != 0 && fd_write(fd, &out, 1, &done) != 0 &&
	     fd_allocate(fd, 0, 9) != 0 && fd_filestat_set_times(RO, 1, 1, 5) == E(PERM), "read-only means read-only");
	{
		int other = open_at(ROOT, "file", 0, RW, 0);

		fd_renumber(fd, other);
		CASE(3, fd_write(other, &out, 1, &done) != 0 && fd_filestat_set_size(other, 0) != 0 &&
			fd_filestat_set_times(other, 1, 1, 5) == E(PERM) && read_some(other, bytes, 4) > 0, "by a renumbered descriptor too");
		fd_close(other);
	}
	{
		int folder = open_at(RO, ".", FOLDER, 0, 0);

		CASE(3, open_at(folder, "new", CREAT, RW, 0) == -E(PERM) && path_create_directory(folder, P("d")) == E(PERM),
			"and in a folder opened below");
		fd_close(folder);
	}
}

static void ways_out(void)
{
	static const char *const slashes[] = { "out/secret", "trail/secret", "chain/secret", "out/folder/", "trail/folder/",
		"chain/folder", "trail/new/", "chain/new" };
	static const char *const dots[] = { "../outside/secret", "dir/../../outside/secret", "../root2/secret", "../root/file",
		"dir/../../root/file" };
	int good = 1;

	for (size_t i = 0; i < sizeof slashes / sizeof *slashes; i++)
		good = good && nothing_goes(slashes[i]);
	CASE(4, good, "slashes at the end, of a path or in a link's target, open no way out");
	path_symlink(P("."), ROOT, P("a"));
	path_symlink(P("a/.."), ROOT, P("esc"));
	CASE(5, nothing_goes("esc/outside/secret") && !reads_secret("esc/outside/secret"), "nor do two links that go up in steps");
	CASE(6, nothing_goes("out/secret") && nothing_goes("deep_out/secret") && !reads_secret("deep_out/secret"),
		"nor a link in the middle, however many dots it has");
	CASE(7, path_symlink(P("/etc/passwd"), ROOT, P("new_abs")) == E(PERM) && !reads_secret("abs_secret") &&
		try_open(ROOT, "abs_secret", 0, R) == E(PERM) &&
	     nothing_goes("abs_dir/secret"), "absolute links aren't made, and those that are there lead nowhere");
	{
		char target[64];
		uint32_t used = 0;

		CASE(7, path_readlink(ROOT, P("abs_dir"), target, sizeof target, &used) == E(PERM), "nor do they tell where they lead");
	}
	CASE(8, try_open(ROOT, "to_new_outside", CREAT, RW) != 0 && try_open(ROOT, "outf", CREAT | TRUNC, RW) == E(PERM) &&
		try_open(ROOT, "outf", 0, W) == E(PERM), "nothing is created or written through a link that leads out");
	for (size_t i = 0; i < sizeof dots / sizeof *dots; i++)
		good = good && try_open(ROOT, dots[i], 0, R) == E(PERM) && nothing_goes(dots[i]);
	CASE(9, good, "dots that leave are refused, even if they come back");
	CASE(10, nothing_goes("../root2/secret"), "a neighbour whose name begins with ours is a neighbour");
	CASE(12, path_rename(ROOT, P("file"), ROOT, P("../moved")) == E(PERM) &&
		path_rename(ROOT, P("file"), ROOT, P("out/moved")) == E(PERM) &&
	     path_link(ROOT, 0, P("file"), ROOT, P("../linked")) == E(PERM) &&
	     path_rename(ROOT, P("../outside/secret"), ROOT, P("stolen")) == E(PERM), "nothing is moved out or in");
	CASE(13, nothing_goes("magic_root/etc/passwd") && try_open(ROOT, "magic_cwd", 0, R) != 0 &&
		try_open(ROOT, "magic_exe", 0, R) != 0 && try_open(ROOT, "magic_fd", 0, R) != 0, "magic links aren't followed");
}

static void strange_things(void)
{
	stat_t stat;
	int fd = open_at(ROOT, "fifo", 0, R, 0);

	CASE(15, fd > 0 && fd_close(fd) == 0, "a FIFO opens without waiting");
	CASE(15, open_at(ROOT, "socket", 0, R, 0) < 0 && path_filestat_get(ROOT, 0, P("socket"), &stat) == 0,
		"a socket doesn't open, and has a stat");
	fd = open_at(ROOT, "fifo", 0, W, 0);
	CASE(15, fd < 0 || fd_close(fd) == 0, "to write it either, there being no reader");
	CASE(17, path_filestat_get(ROOT, 0, P("old"), &stat) == 0 && path_filestat_get(ROOT, 0, P("far"), &stat) == 0,
		"times of other centuries do no harm");
	CASE(22, fd_filestat_get(ROOT, (stat_t *)0xffffffc8u) == E(FAULT) && random_get((void *)0xfffffff0u, 64) == E(FAULT) &&
	     path_open(ROOT, 0, (const char *)0xfffffff0u, 64, 0, R, 0, 0, (int *)16) == E(FAULT),
	     "pointers out of memory are FAULT, before anything happens");
}

/* While another program of the same page has them open (tests/browsers/guests.js runs two at once). */
static void strangers(void)
{
	stat_t stat;
	char byte;
	int found = 0, first = open_at(ROOT, "file", 0, R, 0);

	fd_close(first);
	for (int fd = first; fd < 300; fd++)
		found += fd_filestat_get(fd, &stat) != E(BADF) || read_some(fd, &byte, 1) != -E(BADF) || fd_close(fd) != E(BADF);
	CASE(20, first > RO && found == 0, "a descriptor that it didn't open is nobody's");
}

static void exhaustion(void)
{
	static __wasi_subscription_t subs[20000];
	static __wasi_event_t events[20000];
	uint32_t count = 0;
	char *path = malloc(100000);
	int opened = 0, fd, error = 0;

	memset(path, 'x', 100000);
	CASE(16, path_create_directory(ROOT, path, 100000) == E(NAMETOOLONG), "a name may be too long");
	for (size_t i = 0; i < sizeof subs / sizeof *subs; i++)
		subs[i].u.tag = __WASI_EVENTTYPE_CLOCK, subs[i].u.u.clock.id = 1;
	error = poll_oneoff(subs, events, 20000, &count);
	CASE(16, error == E(NOMEM) || error == E(INVAL), "subscriptions may be too many");
	if (rounds < 2000)
		goto out;
	while (opened < 70000 && (fd = open_at(ROOT, "file", 0, R, 0)) > 0)
		opened++;
	CASE(16, -fd == E(MFILE) && opened >= 1000, "descriptors may be too many");
	for (int i = 0; i < opened; i++)
		fd_close(RO + 1 + i);
out:
	CASE(16, open_at(ROOT, "file", 0, R, 0) > 0, "and the program goes on");
}

int main(void)
{
	if (getenv("ROUNDS"))
		rounds = atoi(getenv("ROUNDS"));
	renumbering();
	read_only();
	ways_out();
	strange_things();
	strangers();
	exhaustion();
	return check_end();
}
