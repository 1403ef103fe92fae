/* The traps of preview1 as a program meets them, by their numbers: what hosts get wrong, and what the official suite and
 * wasmtime's own programs want. Descriptor 3 is a fresh folder, read-write, with what conformance.test.js put there: absolute (a
 * link to /etc/passwd), old and far (files of 1960 and 2400); 4 is /ro, read-only, with file and link (to file). stdin is at its
 * end. Arguments and environment are odd ones. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../guests/calls.h"
#include "../guests/check.h"

#define TRAP(number, condition, promise) CHECK(condition, "trap " #number ": " promise)
#define TRAP_EQ(number, got, want, promise) CHECK_EQ(got, want, "trap " #number ": " promise)
#define E(name) __WASI_ERRNO_##name
enum { RO = 4, CREAT = __WASI_OFLAGS_CREAT, FOLDER = __WASI_OFLAGS_DIRECTORY, EXCL = __WASI_OFLAGS_EXCL,
	TRUNC = __WASI_OFLAGS_TRUNC };
static const uint64_t R = __WASI_RIGHTS_FD_READ, W = __WASI_RIGHTS_FD_WRITE, RW = __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE;
/* ROUNDS: fewer, where each call is a wait. */
static int rounds = 2000;

/* Only the errno. */
static int try_open(int lookup, const char *path, int oflags, uint64_t rights)
{
	int fd = -1, error = path_open(ROOT, lookup, P(path), oflags, rights, 0, 0, &fd);

	if (!error)
		fd_close(fd);
	return error;
}

static void put(const char *path, const char *text)
{
	int fd = open_at(ROOT, path, CREAT | TRUNC, RW, 0);

	write_all(fd, text, (uint32_t)strlen(text));
	fd_close(fd);
}

static stat_t stat_of(int fd) { stat_t stat = { 0 }; fd_filestat_get(fd, &stat); return stat; }
static stat_t stat_at(int lookup, const char *path)
{
	stat_t stat = { 0 };
	path_filestat_get(ROOT, lookup, P(path), &stat);
	return stat;
}
static fdstat_t fdstat_of(int fd) { fdstat_t stat = { 0 }; fd_fdstat_get(fd, &stat); return stat; }

static void opening(void)
{
	const uint64_t base = __WASI_RIGHTS_PATH_CREATE_DIRECTORY | __WASI_RIGHTS_PATH_CREATE_FILE |
		__WASI_RIGHTS_PATH_LINK_SOURCE | __WASI_RIGHTS_PATH_LINK_TARGET | __WASI_RIGHTS_PATH_OPEN | __WASI_RIGHTS_PATH_READLINK |
		__WASI_RIGHTS_PATH_RENAME_SOURCE | __WASI_RIGHTS_PATH_RENAME_TARGET | __WASI_RIGHTS_PATH_SYMLINK |
		__WASI_RIGHTS_PATH_REMOVE_DIRECTORY |
		__WASI_RIGHTS_PATH_UNLINK_FILE | __WASI_RIGHTS_PATH_FILESTAT_GET | __WASI_RIGHTS_PATH_FILESTAT_SET_TIMES |
		__WASI_RIGHTS_FD_READDIR | __WASI_RIGHTS_FD_FILESTAT_GET | __WASI_RIGHTS_FD_FILESTAT_SET_TIMES;
	const uint64_t more = __WASI_RIGHTS_FD_DATASYNC | __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK |
		__WASI_RIGHTS_FD_FDSTAT_SET_FLAGS |
		__WASI_RIGHTS_FD_SYNC | __WASI_RIGHTS_FD_TELL | __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_ADVISE |
		__WASI_RIGHTS_FD_ALLOCATE | __WASI_RIGHTS_FD_FILESTAT_SET_SIZE | __WASI_RIGHTS_POLL_FD_READWRITE;
	fdstat_t fdstat = fdstat_of(ROOT);
	char byte;
	int fd, other, error;

	path_create_directory(ROOT, P("dir"));
	fd = open_at(ROOT, "dir", FOLDER, 0, 0);
	TRAP(1, fd > 0 && path_create_directory(fd, P("sub")) == 0 && (other = open_at(fd, "f", CREAT, RW, 0)) > 0 &&
		fd_close(other) == 0 &&
	     path_rename(fd, P("f"), fd, P("g")) == 0 && path_unlink_file(fd, P("g")) == 0 &&
	     path_remove_directory(fd, P("sub")) == 0, "a folder opened without rights is a whole folder");
	fd_close(fd);
	TRAP(2, (fdstat.fs_rights_base & base) == base && (fdstat.fs_rights_inheriting & more) == more, "a preopen holds its rights");
	fd = -1;
	error = path_open(ROOT, 0, P("."), 0, fdstat.fs_rights_base, fdstat.fs_rights_inheriting, 0, &fd);
	TRAP(3, !error && fd_close(fd) == 0 && try_open(0, ".", 0, 0) == 0 && try_open(0, ".", FOLDER, 0) == 0 &&
		try_open(0, ".", FOLDER, R) == 0, "a folder reopens with the rights it reports, and without");
	TRAP_EQ(4, try_open(0, "dir", FOLDER, RW), E(ISDIR), "a folder can't be opened for writing");
	TRAP(5, try_open(0, "dir", FOLDER | CREAT, R) == E(INVAL) && try_open(0, "dir", FOLDER | EXCL, R) == E(INVAL) &&
		try_open(0, "dir", FOLDER | TRUNC, R) == E(INVAL), "a folder is neither created nor truncated by opening");
	put("file", "content");
	fd = open_at(ROOT, "file", 0, R, 0);
	other = open_at(ROOT, "file", 0, W, 0);
	TRAP(6, !(fdstat_of(fd).fs_rights_base & W) && write_all(fd, "x", 1) == -E(BADF) && !(fdstat_of(other).fs_rights_base & R) &&
	     read_some(other, &byte, 1) == -E(BADF), "what was opened to read isn't written, what was opened to write isn't read");
	TRAP_EQ(7, write_all(fd, "", 0), -E(BADF), "not even nothing is written to what was opened to read");
	fd_close(fd);
	fd_close(other);
	fd = open_at(ROOT, "rightless", CREAT, 0, 0);
	TRAP(8, fd > 0 && stat_of(fd).filetype == __WASI_FILETYPE_REGULAR_FILE && fd_filestat_set_times(fd, 1, 1, 5) == 0 &&
		fd_close(fd) == 0, "creating needs no rights");
	TRAP(9, try_open(0, "file", CREAT | EXCL, RW) == E(EXIST) && try_open(0, "missing", 0, R) == E(NOENT),
		"EXIST where something is, NOENT where nothing is");
	fd = open_at(ROOT, "file", 0, R, 0);
	TRAP_EQ(10, open_at(fd, "x", 0, R, 0), -E(NOTDIR), "a file is no folder to open from");
	fd_close(fd);
	error = path_open(ROOT, 0, P("."), 0, 0, 0, __WASI_FDFLAGS_NONBLOCK, &fd);
	TRAP(11, !error && fd_close(fd) == 0, "a folder opens with NONBLOCK");
	put("cut", "content");
	TRAP(12, try_open(0, "cut", TRUNC, W) == 0 && stat_at(0, "cut").size == 0 && open_at(RO, "file", TRUNC, R, 0) == -E(PERM) &&
	     open_at(RO, "file", 0, R, 0) > 0, "O_TRUNC truncates, but nothing that is read-only");
	TRAP_EQ(13, open_at(ROOT, "synced", CREAT, RW, __WASI_FDFLAGS_SYNC), -E(NOTSUP), "SYNC at open isn't pretended");
	fd = open_at(ROOT, "file", 0, RW, 0);
	TRAP(14, fd_fdstat_set_flags(fd, __WASI_FDFLAGS_SYNC) == E(INVAL) &&
		fd_fdstat_set_flags(fd, __WASI_FDFLAGS_DSYNC) == E(INVAL) &&
	     fd_fdstat_set_flags(fd, __WASI_FDFLAGS_RSYNC) == E(INVAL), "SYNC, DSYNC and RSYNC can't be set");
	TRAP(15, fd_fdstat_set_rights(fd, R, 0) == 0 && write_all(fd, "x", 1) == -E(NOTCAPABLE) &&
		fd_fdstat_set_rights(fd, RW, 0) == E(NOTCAPABLE), "rights that were dropped stay dropped");
	fd_close(fd);
	fd = open_at(ROOT, ".", FOLDER, 0, 0);
	TRAP(16, fd_fdstat_set_rights(fd, fdstat.fs_rights_base & ~(uint64_t)__WASI_RIGHTS_PATH_FILESTAT_SET_SIZE,
		fdstat.fs_rights_inheriting) == 0 &&
	     open_at(fd, "file", TRUNC, RW, 0) == -E(NOTCAPABLE) && open_at(ROOT, "cut", TRUNC, RW, 0) > 0,
	     "who dropped the right to truncate by opening can't");
	fd_close(fd);
}

static void paths(void)
{
	int fd;

	path_create_directory(ROOT, P("dir/nested"));
	put("dir/nested/file", "nested");
	TRAP_EQ(17, try_open(0, "/dir/nested/file", 0, R), E(PERM), "an absolute path is refused");
	TRAP_EQ(18, try_open(0, "dir/.//nested/../../dir/nested/../nested///./file", 0, R), 0, "a winding path within opens");
	TRAP(19, try_open(0, "../../../x", 0, R) == E(PERM) && try_open(0, "dir/../../root/file", 0, R) == E(PERM),
		"too many dots are refused, even if they come back");
	fd = -1;
	TRAP_EQ(20, path_open(ROOT, 0, "dir/nested/file\0", 16, 0, R, 0, 0, &fd), E(INVAL), "a NUL in a path is refused");
	TRAP(21, try_open(0, "file/", 0, R) == E(NOTDIR) && try_open(0, "file///", 0, R) == E(NOTDIR) &&
		try_open(0, "dir/nested/", 0, 0) == 0 && try_open(0, "dir/nested///", 0, 0) == 0, "a slash at the end is for folders");
	path_symlink(P("dir"), ROOT, P("to_dir"));
	path_symlink(P("file"), ROOT, P("to_file"));
	path_symlink(P("nowhere"), ROOT, P("dangling"));
	path_symlink(P("self"), ROOT, P("self"));
	TRAP(22, try_open(0, "to_dir", 0, 0) == E(LOOP) && try_open(0, "to_dir", FOLDER, 0) == E(NOTDIR),
		"a link to a folder isn't followed unasked");
	TRAP(23, try_open(0, "to_file", 0, R) == E(LOOP) && try_open(0, "to_file", FOLDER, R) == E(NOTDIR) &&
		try_open(FOLLOW, "to_file", FOLDER, R) == E(NOTDIR) &&
	     try_open(FOLLOW, "to_dir", FOLDER, R) == 0, "a link to a file isn't followed unasked, and leads to no folder");
	TRAP(24, try_open(0, "dangling", 0, R) == E(LOOP) && try_open(0, "dangling", FOLDER, R) == E(NOTDIR),
		"a dangling link isn't followed unasked");
	TRAP_EQ(25, try_open(FOLLOW, "self", 0, R), E(LOOP), "a link to itself is a loop");
	TRAP(26, stat_at(0, "to_dir").filetype == __WASI_FILETYPE_SYMBOLIC_LINK &&
		stat_at(0, "to_dir/").filetype == __WASI_FILETYPE_DIRECTORY, "a link's stat is the link's, with a slash the folder's");
}

static void links(void)
{
	char buffer[16];
	uint32_t used = 99;
	stat_t a, b;
	int fd, other;

	TRAP_EQ(27, path_symlink(P("/etc/passwd"), ROOT, P("abs")), E(PERM), "no link to an absolute path is made");
	TRAP(28, path_symlink(P("x"), ROOT, P("missing/")) == E(NOENT) && path_symlink(P("x"), ROOT, P("dir")) == E(EXIST) &&
	     path_symlink(P("x"), ROOT, P("dir/")) == E(EXIST) && path_symlink(P("x"), ROOT, P("file/")) == E(NOTDIR) &&
	     path_symlink(P("x"), ROOT, P("file")) == E(EXIST), "links are made where nothing is");
	memset(buffer, '#', sizeof buffer);
	TRAP(29, path_readlink(ROOT, P("to_file"), buffer, 2, &used) == 0 && used == 2 && memcmp(buffer, "fi##", 4) == 0 &&
	     path_readlink(ROOT, P("to_file"), buffer, 0, &used) == 0 && used == 0 &&
	     path_readlink(ROOT, P("to_file"), buffer, 16, &used) == 0 && used == 4 &&
	     buffer[4] == '#', "readlink cuts silently and adds nothing");
	TRAP(30, path_link(ROOT, 0, P("file"), ROOT, P("cut")) == E(EXIST) &&
		path_link(ROOT, 0, P("file"), ROOT, P("file")) == E(EXIST) &&
	     path_link(ROOT, 0, P("file"), ROOT, P("dir")) == E(EXIST) &&
	     path_link(ROOT, 0, P("file"), ROOT, P("dangling")) == E(EXIST), "a hard link goes over nothing");
	TRAP(31, path_link(ROOT, 0, P("dir"), ROOT, P("dir2")) == E(PERM) &&
		path_link(ROOT, 0, P("file"), ROOT, P("link/")) == E(NOENT), "no hard links to folders");
	TRAP(32, path_link(ROOT, 0, P("dangling"), ROOT, P("dangling2")) == 0 &&
		stat_at(0, "dangling2").filetype == __WASI_FILETYPE_SYMBOLIC_LINK &&
	     path_link(ROOT, FOLLOW, P("to_file"), ROOT, P("followed")) == E(INVAL),
	     "a hard link to a link is one to the link itself");
	path_link(ROOT, 0, P("file"), ROOT, P("twin"));
	a = stat_at(0, "file");
	b = stat_at(0, "twin");
	fd = open_at(ROOT, "file", 0, R, 0);
	other = open_at(ROOT, "twin", 0, R, 0);
	{
		fdstat_t one = fdstat_of(fd), two = fdstat_of(other);

		TRAP(33, memcmp(&a, &b, sizeof a) == 0 && a.nlink == 2 && memcmp(&one, &two, sizeof one) == 0 &&
		     path_link(RO, 0, P("file"), ROOT, P("thawed")) == E(PERM),
		     "hard links are the same file, and lead out of no read-only folder");
	}
	fd_close(fd);
	fd_close(other);
}

static void renames(void)
{
	int fd, dir;

	path_create_directory(ROOT, P("a"));
	path_create_directory(ROOT, P("empty"));
	path_create_directory(ROOT, P("full"));
	put("full/x", "x");
	TRAP(34, path_rename(ROOT, P("a"), ROOT, P("b")) == 0 && try_open(0, "a", FOLDER, 0) == E(NOENT) &&
		path_rename(ROOT, P("b"), ROOT, P("empty")) == 0, "a folder is renamed, over an empty one too");
	TRAP(35, path_rename(ROOT, P("empty"), ROOT, P("full")) == E(NOTEMPTY) &&
		path_rename(ROOT, P("empty"), ROOT, P("file")) == E(NOTDIR) &&
	     path_rename(ROOT, P("file"), ROOT, P("empty")) == E(ISDIR), "but over nothing else");
	put("one", "1");
	put("two", "2");
	TRAP(36, path_rename(ROOT, P("one"), ROOT, P("two")) == 0 && stat_at(0, "two").size == 1 &&
		path_rename(ROOT, P("empty/"), ROOT, P("renamed/")) == 0 &&
	     path_rename(RO, P("file"), ROOT, P("thawed")) == E(PERM) && path_rename(ROOT, P("two"), RO, P("two")) == E(PERM),
	     "a file replaces a file, slashes are for folders, read-only is neither side");
	TRAP(37, path_remove_directory(ROOT, P("renamed/")) == 0 && path_remove_directory(ROOT, P("file")) == E(NOTDIR) &&
	     path_remove_directory(ROOT, P("file/")) == E(NOTDIR) && path_remove_directory(ROOT, P("full")) == E(NOTEMPTY),
	     "only an empty folder is removed");
	TRAP(38, path_unlink_file(ROOT, P("full")) == E(ISDIR) && path_unlink_file(ROOT, P("full/")) == E(ISDIR) &&
		path_unlink_file(ROOT, P("two/")) == E(NOTDIR) &&
	     path_symlink(P("two"), ROOT, P("to_two")) == 0 && path_unlink_file(ROOT, P("to_two")) == 0 &&
	     stat_at(0, "two").size == 1, "only a file or a link is unlinked, and the link itself");
	path_create_directory(ROOT, P("open"));
	dir = open_at(ROOT, "open", FOLDER, 0, 0);
	fd = open_at(ROOT, "open/file", CREAT, RW, 0);
	TRAP(39, path_unlink_file(ROOT, P("open/file")) == 0 && path_remove_directory(ROOT, P("open")) == 0 &&
		path_create_directory(ROOT, P("open")) == 0 &&
	     write_all(fd, "still", 5) == 5 && fd_close(fd) == 0 && fd_close(dir) == 0, "what is open can be removed and made again");
}

static void bytes(void)
{
	char buffer[8];
	in_t in[2] = { { (uint8_t *)buffer, 2 }, { (uint8_t *)buffer + 2, 3 } };
	out_t out[2] = { { (const uint8_t *)"ab", 2 }, { (const uint8_t *)"cde", 3 } }, none = { (const uint8_t *)"", 0 },
	one = { (const uint8_t *)"z", 1 };
	uint64_t at = 99;
	uint32_t done = 0, size;
	int fd, other, dir = open_at(ROOT, "dir", FOLDER, 0, 0);

	TRAP(40, read_some(dir, buffer, 1) == -E(BADF) && fd_pread(dir, in, 1, 0, &done) == E(BADF) &&
		write_all(dir, "x", 1) == -E(BADF) &&
	     fd_pwrite(dir, out, 1, 0, &done) == E(BADF) && fd_seek(dir, 0, 0, &at) == E(BADF) &&
	     fd_seek(dir, 0, 1, &at) == E(BADF) &&
	     fd_seek(dir, 0, 2, &at) == E(BADF) && fd_tell(dir, &at) == E(BADF) && fd_allocate(dir, 0, 1) == E(BADF) &&
	     fd_filestat_set_size(dir, 0) == E(BADF) &&
	     fd_advise(dir, 0, 0, 0) == E(BADF) && fd_datasync(dir) == E(BADF) && fd_sync(dir) == E(BADF) &&
	     fd_fdstat_set_flags(dir, 0) == E(BADF), "a folder has no bytes");
	fd_close(dir);
	dir = open_at(ROOT, "dir", FOLDER, __WASI_RIGHTS_FD_SEEK, 0);
	TRAP(41, dir > 0 && !(fdstat_of(dir).fs_rights_base & __WASI_RIGHTS_FD_SEEK) && fd_seek(dir, 0, 0, &at) == E(BADF),
		"a folder asked to seek opens and doesn't");
	fd_close(dir);
	put("bytes", "0123456789");
	fd = open_at(ROOT, "bytes", 0, RW, 0);
	TRAP(42, fd_seek(fd, -1, 0, &at) == E(INVAL) && fd_seek(fd, 100, 0, &at) == 0 && at == 100 && fd_seek(fd, 0, 1, &at) == 0 &&
		at == 100 && fd_seek(fd, -4, 2, &at) == 0 && at == 6, "before the start is refused, behind the end isn't");
	TRAP(43, fd_pread(fd, in, 2, 1, &done) == 0 && done == 5 && memcmp(buffer, "12345", 5) == 0 &&
		fd_pwrite(fd, out, 2, 1, &done) == 0 && done == 5 &&
	     fd_tell(fd, &at) == 0 && at == 6 && fd_pwrite(fd, &none, 1, 40, &done) == 0 && stat_of(fd).size == 10 &&
	     fd_pwrite(fd, &one, 1, 50, &done) == 0 &&
	     stat_of(fd).size == 51, "reads and writes at a place don't move the offset, and nothing written grows nothing");
	fd_close(fd);
	fd = open_at(ROOT, "log", CREAT, RW, __WASI_FDFLAGS_APPEND);
	write_all(fd, "first", 5);
	fd_seek(fd, 0, 0, &at);
	TRAP(44, write_all(fd, "more", 4) == 4 && stat_of(fd).size == 9 && fd_tell(fd, &at) == 0 && at == 9 &&
		fdstat_of(fd).fs_flags & __WASI_FDFLAGS_APPEND, "appends land at the end");
	TRAP(45, fd_pwrite(fd, &one, 1, 0, &done) == 0 && stat_of(fd).size == 10 && fd_tell(fd, &at) == 0 && at == 9 &&
		fd_fdstat_set_flags(fd, 0) == 0 &&
	     fd_pwrite(fd, &one, 1, 0, &done) == 0 && stat_of(fd).size == 10, "pwrite appends while APPEND is set, as on Linux");
	TRAP(46, fd_allocate(fd, 0, 100) == E(NOTSUP) && stat_of(fd).size == 10, "fd_allocate isn't pretended");
	other = open_at(ROOT, "log", 0, R, 0);
	TRAP_EQ(47, fd_filestat_set_size(other, 0), E(INVAL), "what was opened to read isn't truncated");
	TRAP(48, fd_filestat_set_times(other, 0, 1234567890123456789, 4) == 0 && stat_of(other).mtim == 1234567890123456789 &&
	     fd_filestat_set_times(other, 1000000001, 0, 1) == 0 && stat_of(other).atim == 1000000001 &&
	     stat_of(other).mtim == 1234567890123456789,
	     "times are exact to the nanosecond, and only the one that was asked for changes");
	TRAP(49, fd_filestat_set_times(other, 1, 1, 3) == E(INVAL) && fd_filestat_set_times(other, 1, 1, 12) == E(INVAL) &&
	     path_filestat_set_times(ROOT, 0, P("log"), 1, 1, 3) == E(INVAL) &&
	     path_filestat_set_times(ROOT, 0, P("log"), 1, 1, 12) == E(INVAL) &&
	     stat_of(other).mtim == 1234567890123456789, "a time can't be given and now");
	path_symlink(P("log"), ROOT, P("to_log"));
	TRAP(50, path_filestat_set_times(ROOT, 0, P("to_log"), 0, 5000000007, 4) == 0 && stat_at(0, "to_log").mtim == 5000000007 &&
	     stat_of(other).mtim == 1234567890123456789 && path_filestat_set_times(ROOT, FOLLOW, P("to_log"), 0, 77, 4) == 0 &&
	     stat_of(other).mtim == 77 &&
	     stat_at(0, "to_log").mtim == 5000000007, "a link's times are its own, unless it is followed");
	fd_close(fd);
	fd_close(other);
	other = open_at(ROOT, "shared", CREAT, R, 0);
	fd = open_at(ROOT, "shared", 0, RW, 0);
	TRAP(51, write_all(fd, "seen", 4) == 4 && read_some(other, buffer, 8) == 4 && memcmp(buffer, "seen", 4) == 0,
		"what one descriptor wrote another reads at once");
	fd_close(fd);
	fd_close(other);
	size = 0;
	for (int stream = 0; stream < 3; stream++) {
		stat_t stat = stat_of(stream);

		size += stat.size || stat.atim || stat.mtim || stat.ctim;
	}
	TRAP(52, size == 0 && fd_pread(0, in, 1, 0, &done) == E(SPIPE), "standard streams have neither size nor times nor places");
}

/* Records of a listing: counts them, and gives whether `name` is among them. */
static int list(int dir, uint8_t *buffer, uint32_t room, uint64_t *cookie, uint32_t *used, const char *name, uint64_t *ino)
{
	int found = 0;
	uint32_t at = 0;

	if (fd_readdir(dir, buffer, room, *cookie, used))
		return -1;
	while (at + 24 <= *used) {
		__wasi_dirent_t entry;

		memcpy(&entry, buffer + at, 24);
		if (at + 24 + entry.d_namlen > *used)
			break;
		if (strlen(name) == entry.d_namlen && memcmp(buffer + at + 24, name, entry.d_namlen) == 0 && ino)
			*ino = entry.d_ino;
		*cookie = entry.d_next;
		at += 24 + entry.d_namlen;
		found++;
	}
	return found;
}

static void listings(void)
{
	static uint8_t buffer[4096];
	uint64_t cookie = 0, ino = 0, first;
	uint32_t used, all, total = 0;
	int dir, round, found;

	path_create_directory(ROOT, P("bare"));
	dir = open_at(ROOT, "bare", FOLDER, 0, 0);
	TRAP(53, list(dir, buffer, sizeof buffer, &cookie, &used, ".", &ino) == 2 && ino == stat_of(dir).ino,
		"an empty folder has . and .. with their inodes");
	fd_close(dir);
	path_create_directory(ROOT, P("thousand"));
	dir = open_at(ROOT, "thousand", FOLDER, 0, 0);
	for (int i = 0; i < 1000; i++) {
		char name[32];

		snprintf(name, sizeof name, "entry-\xc3\xa4-%d", i);
		fd_close(open_at(dir, name, CREAT, 0, 0));
	}
	for (cookie = 0, round = 0; round < 2000; round++) {
		found = list(dir, buffer, 200, &cookie, &used, "", NULL);
		if (found <= 0)
			break;
		total += (uint32_t)found;
	}
	TRAP_EQ(54, total, 1002, "a thousand entries come through a small buffer, each once");
	cookie = 0;
	list(dir, buffer, sizeof buffer, &cookie, &all, "", NULL);
	memcpy(&first, buffer, 8); /* the first record's d_next */
	cookie = first;
	found = list(dir, buffer, 60, &cookie, &used, "..", &ino);
	for (cookie = 0; list(dir, buffer, sizeof buffer, &cookie, &used, "", NULL) > 0;)
		;
	TRAP(55, found >= 1 && fd_readdir(dir, buffer, sizeof buffer, cookie, &used) == 0 && used == 0 &&
	     fd_readdir(dir, buffer, sizeof buffer, cookie + 1, &used) == 0 && used == 0,
	     "every cookie is a place to go on from, and behind the last is nothing");
	fd_close(dir);
}

static void descriptors(void)
{
	__wasi_prestat_t prestat;
	uint8_t name[8] = "########";
	int fd, other, last = 0, leaks = 0;

	TRAP(56, fd_prestat_get(ROOT, &prestat) == 0 && prestat.u.dir.pr_name_len == 1 && fd_prestat_get(RO, &prestat) == 0 &&
		fd_prestat_get(5, &prestat) == E(BADF) &&
	     fd_prestat_get(0, &prestat) == E(BADF) && fd_prestat_dir_name(RO, name, 2) == E(NAMETOOLONG) &&
	     fd_prestat_dir_name(ROOT, name, 8) == 0 && name[0] == '/' && name[1] == '#', "preopens are told from three on");
	fd = open_at(ROOT, "file", 0, R, 0);
	other = open_at(ROOT, "cut", 0, RW, 0);
	{
		fdstat_t before = fdstat_of(fd), after;
		int good = fd_renumber(fd, other) == 0 && fd_fdstat_get(fd, &after) == E(BADF);

		after = fdstat_of(other);
		good = good && memcmp(&before, &after, sizeof before) == 0;
		TRAP(58, good && fd_renumber(other, 127) == E(BADF) && fd_renumber(other, -1) == E(BADF) &&
			fd_renumber(other, 102) == E(BADF) &&
		     fd_renumber(other, other) == 0 && (fd = open_at(ROOT, "file", 0, R, 0)) > 0,
		     "renumbering replaces what is open and nothing else");
		for (int i = 0; i < rounds; i++) {
			int from = open_at(ROOT, "file", 0, R, 0);

			leaks += fd_renumber(from, other) != 0;
			last = from;
		}
		TRAP(58, leaks == 0 && last < 16, "two thousand times leaks nothing");
	}
	fd_close(fd);
	fd_close(other);
	for (int round = 0; round < 4; round++)
		for (int i = 0; i < rounds; i++)
			leaks += (fd = open_at(ROOT, "file", 0, R, 0)) < 0 || fd_close(fd) != 0;
	TRAP(59, leaks == 0 && write_all(-31337, "x", 1) == -E(BADF), "opening and closing leaks nothing, and a wild number is none");
	fd = open_at(ROOT, "file", 0, R, 0);
	TRAP(60, !isatty(fd), "a file is no terminal");
	fd_close(fd);
}

static __wasi_subscription_t clock_in(uint64_t userdata, int id, uint64_t timeout)
{
	__wasi_subscription_t sub = { .userdata = userdata };

	sub.u.tag = __WASI_EVENTTYPE_CLOCK;
	sub.u.u.clock.id = (__wasi_clockid_t){ id };
	sub.u.u.clock.timeout = timeout;
	return sub;
}

static __wasi_subscription_t ready(uint64_t userdata, int tag, int fd)
{
	__wasi_subscription_t sub = { .userdata = userdata };

	sub.u.tag = (uint8_t)tag;
	sub.u.u.fd_read.file_descriptor = fd;
	return sub;
}

static uint64_t now(int id)
{
	uint64_t time = 0;

	clock_time_get(id, 0, &time);
	return time;
}

static int sleeps(int id)
{
	__wasi_subscription_t sub = clock_in(7, id, 5000000);
	__wasi_event_t event;
	uint32_t count = 0;
	uint64_t before = now(1);

	return poll_oneoff(&sub, &event, 1, &count) == 0 && count == 1 && event.userdata == 7 &&
		event.type == __WASI_EVENTTYPE_CLOCK && now(1) - before >= 5000000;
}

static void polls(void)
{
	__wasi_subscription_t subs[3];
	__wasi_event_t events[3];
	uint32_t count = 0;
	int fd = open_at(ROOT, "file", 0, RW, 0), good = 1;

	subs[0] = ready(1, __WASI_EVENTTYPE_FD_READ, 99);
	TRAP(61, poll_oneoff(subs, events, 0, &count) == E(INVAL) && poll_oneoff(subs, events, 1, &count) == E(BADF),
		"no subscriptions is INVAL, a bad descriptor fails the call");
	TRAP(62, sleeps(1) && sleeps(0), "five milliseconds are never less, on either clock");
	subs[0] = ready(1, __WASI_EVENTTYPE_FD_READ, fd);
	subs[1] = ready(2, __WASI_EVENTTYPE_FD_WRITE, fd);
	TRAP(63, poll_oneoff(subs, events, 2, &count) == 0 && count == 2 && !events[0].error && !events[1].error,
		"files are always ready");
	subs[0] = ready(1, __WASI_EVENTTYPE_FD_WRITE, 1);
	subs[1] = clock_in(2, 1, 200000000);
	TRAP(63, poll_oneoff(subs, events, 2, &count) == 0 && count == 1 && events[0].userdata == 1,
		"stdout is writable before a clock rings");
	for (int i = 0; i < rounds / 2; i++) {
		subs[0] = clock_in(1, 1, 0);
		subs[1] = clock_in(2, 1, 1000000000000);
		good = good && poll_oneoff(subs, events, 1, &count) == 0 && count == 1 && poll_oneoff(subs, events, 2, &count) == 0 &&
			count == 1 && events[0].userdata == 1;
	}
	TRAP(64, good, "no time is no time, and only the clock that rang is told");
	subs[0] = ready(1, __WASI_EVENTTYPE_FD_READ, 0);
	subs[1] = clock_in(2, 1, 10000000000);
	TRAP(65, poll_oneoff(subs, events, 2, &count) == 0 && count == 1 && events[0].userdata == 1 &&
		events[0].fd_readwrite.flags & 1, "stdin at its end is ready, and says so");
	fd_close(fd);
}

static void process(int argc, char **argv)
{
	static uint8_t chance[100000];
	uint64_t time, last = 0, good = 1;
	uint32_t zeros = 0, count, size;
	stat_t a, b;

	for (int i = 0; i < 1000; i++, last = time)
		good = good && (time = now(1)) >= last;
	TRAP(66, good && clock_time_get(9, 0, &time) == E(INVAL) && clock_time_get(2, 0, &time) == E(BADF),
		"the monotonic clock never goes back, others don't exist");
	random_get(chance, sizeof chance);
	for (size_t i = 70000; i < sizeof chance; i++)
		zeros += chance[i] == 0;
	TRAP(67, random_get(chance, 0) == 0 && zeros < 1000, "random bytes fill everything");
	TRAP(68, sock_shutdown(99, 3) == E(BADF) && sock_shutdown(1, 3) == E(NOTSOCK), "what is not a socket says so");
	args_sizes_get(&count, &size);
	TRAP(69, argc == 3 && strcmp(argv[1], "a \"b\"\n'c'") == 0 && strcmp(argv[2], "\xc3\xa4") == 0 &&
		size == strlen(argv[0]) + 1 + 10 + 3 &&
	     strcmp(getenv("ODD") ? getenv("ODD") : "", "x=\"y z\"\n") == 0,
	     "arguments and environment come byte for byte, and sizes are bytes");
	a = stat_at(0, "file");
	b = stat_at(0, "two");
	TRAP(70, (a.dev != b.dev || a.ino != b.ino) && fopen("/nowhere/at/all", "r") == NULL &&
		try_open(0, "absolute", 0, R) == E(LOOP) &&
	     try_open(FOLLOW, "absolute", 0, R) == E(PERM), "files differ, and nothing outside is there");
	TRAP(70, path_filestat_get(ROOT, 0, P("old"), &a) == 0 && path_filestat_get(ROOT, 0, P("far"), &b) == 0,
		"files of other centuries have a stat");
}

static void at_last(void)
{
	__wasi_prestat_t prestat;
	int dir = open_at(ROOT, "dir", FOLDER, 0, 0);

	TRAP(57, fd_close(ROOT) == 0 && fd_prestat_get(ROOT, &prestat) == E(BADF) && try_open(0, "file", 0, R) == E(BADF) &&
		stat_of(dir).filetype == __WASI_FILETYPE_DIRECTORY &&
	     stat_of(RO).filetype == __WASI_FILETYPE_DIRECTORY, "a closed preopen is gone, and others stay");
}

int main(int argc, char **argv)
{
	if (getenv("ROUNDS"))
		rounds = atoi(getenv("ROUNDS"));
	opening();
	paths();
	links();
	renames();
	bytes();
	listings();
	descriptors();
	polls();
	process(argc, argv);
	at_last();
	return check_end();
}
