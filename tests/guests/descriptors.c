/* Descriptor numbers: lowest free first, renumbering, preopens, and many of them. */
#include "calls.h"
#include "check.h"
#include <stdlib.h>

static int open_self(void)
{
	return open_at(ROOT, "self", __WASI_OFLAGS_CREAT, READ | WRITE, 0);
}

static void preopens(void)
{
	__wasi_prestat_t prestat;
	uint8_t name[64];
	memset(name, '#', sizeof name);
	CHECK_EQ(fd_prestat_get(ROOT, &prestat), 0, "56 the first preopen is number 3");
	CHECK_EQ(prestat.tag, __WASI_PREOPENTYPE_DIR, "56 a folder");
	CHECK_EQ(prestat.u.dir.pr_name_len, 1, "56 with its name's length");
	CHECK_EQ(fd_prestat_dir_name(ROOT, name, 1), 0, "56 and its name");
	CHECK(name[0] == '/' && name[1] == '#', "56 without a NUL");
	CHECK_EQ(fd_prestat_dir_name(ROOT, name, 0), __WASI_ERRNO_NAMETOOLONG, "56 a short buffer");
	CHECK_EQ(fd_prestat_dir_name(ROOT, name, 64), 0, "56 a long one");
	CHECK_EQ(fd_prestat_get(4, &prestat), __WASI_ERRNO_BADF, "56 BADF ends the scan");
	for (int fd = 0; fd < 3; fd++)
		CHECK_EQ(fd_prestat_get(fd, &prestat), __WASI_ERRNO_BADF, "56 a standard stream is no preopen");
	int file = open_self();
	CHECK_EQ(fd_prestat_get(file, &prestat), __WASI_ERRNO_BADF, "56 nor is a file");
	fd_close(file);
	fdstat_t stat;
	fd_fdstat_get(ROOT, &stat);
	const uint64_t least = __WASI_RIGHTS_PATH_CREATE_DIRECTORY | __WASI_RIGHTS_PATH_CREATE_FILE | __WASI_RIGHTS_PATH_LINK_SOURCE |
		__WASI_RIGHTS_PATH_LINK_TARGET | __WASI_RIGHTS_PATH_OPEN | __WASI_RIGHTS_PATH_READLINK |
		__WASI_RIGHTS_PATH_RENAME_SOURCE |
		__WASI_RIGHTS_PATH_RENAME_TARGET | __WASI_RIGHTS_PATH_SYMLINK | __WASI_RIGHTS_PATH_REMOVE_DIRECTORY |
		__WASI_RIGHTS_PATH_UNLINK_FILE | __WASI_RIGHTS_PATH_FILESTAT_GET | __WASI_RIGHTS_PATH_FILESTAT_SET_TIMES |
		__WASI_RIGHTS_FD_READDIR | __WASI_RIGHTS_FD_FILESTAT_GET | __WASI_RIGHTS_FD_FILESTAT_SET_TIMES;
	CHECK_EQ(stat.fs_rights_base & least, least, "2 a preopen's rights");
	int again, error = path_open(ROOT, 0, ".", 1, 0, stat.fs_rights_base, stat.fs_rights_inheriting, 0, &again);
	CHECK_EQ(error, 0, "3 it reopens itself with the rights it reports");
	fd_close(again);
}

static void numbers(int rounds)
{
	int a = open_self(), b = open_self(), c = open_self();
	CHECK(a == 4 && b == 5 && c == 6, "numbers grow by one");
	fd_close(a);
	CHECK_EQ(open_self(), 4, "the lowest free number is next");
	write_all(b, "b", 1);
	fdstat_t before, after;
	fd_fdstat_get(b, &before);
	CHECK_EQ(fd_renumber(b, c), 0, "58 renumber replaces");
	CHECK_EQ(write_all(b, "x", 1), -__WASI_ERRNO_BADF, "58 the old number is closed");
	fd_fdstat_get(c, &after);
	CHECK(!memcmp(&before, &after, sizeof before), "58 fdstat is the same");
	uint64_t at = 99;
	fd_tell(c, &at);
	CHECK_EQ(at, 1, "58 and the offset went along");
	CHECK_EQ(fd_renumber(c, 127), __WASI_ERRNO_BADF, "58 onto a number that isn't open");
	CHECK_EQ(fd_renumber(c, -1), __WASI_ERRNO_BADF, "58 onto none");
	CHECK_EQ(fd_renumber(b, c), __WASI_ERRNO_BADF, "58 from a closed one");
	CHECK_EQ(fd_renumber(c, c), 0, "58 onto itself");
	CHECK_EQ(write_all(c, "y", 1), 1, "58 leaves it open");
	CHECK_EQ(open_self(), 5, "58 and opening goes on");
	fd_close(4), fd_close(5), fd_close(6);

	bool all = true;
	for (int i = 0; i < rounds && all; i++) {
		int from = open_self(), to = open_self();
		all = from == 4 && to == 5 && !fd_renumber(from, to) && !fd_close(to);
	}
	CHECK(all, "58 two thousand renumbers leak nothing (or as many as asked for)");
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < rounds / 2; i++)
			all &= open_self() == 4 + i;
		for (int i = 0; i < rounds / 2; i++)
			all &= !fd_close(4 + i);
	}
	CHECK(all, "59 half as many files are open at once, again and again");
}

/* Closes number 3: last. */
static void closing_preopens(void)
{
	__wasi_prestat_t prestat;
	int dir = open_at(ROOT, ".", 0, 0, 0);
	CHECK_EQ(fd_renumber(dir, ROOT), 0, "58 over a preopen");
	CHECK_EQ(fd_prestat_get(ROOT, &prestat), __WASI_ERRNO_BADF, "58 which is one no more");
	dir = open_at(ROOT, ".", 0, 0, 0);
	CHECK(dir >= 0, "58 but a folder");
	CHECK_EQ(fd_close(ROOT), 0, "57 it is closed");
	CHECK_EQ(open_at(ROOT, ".", 0, 0, 0), -__WASI_ERRNO_BADF, "57 and not used any more");
	CHECK(open_at(dir, "self", 0, READ, 0) >= 0, "57 other folders go on");
}

/* descriptors [ROUNDS] */
int main(int argc, char **argv)
{
	preopens();
	numbers(argc > 1 ? atoi(argv[1]) : 2000);
	closing_preopens();
	return check_end();
}
