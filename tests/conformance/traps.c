/* The traps of preview1 as a program meets them, by their numbers: what hosts get wrong, and what the official suite and
 * wasmtime's own programs want. Descriptor 3 is a fresh folder, read-write, with what conformance.test.js put there: absolute (a
 * link to /etc/passwd), old and far (files of 1960 and 2400); 4 is /ro, read-only, with file and link (to file). stdin is at its
 * end. Arguments and environment are odd ones. */
#include "traps.h"

int rounds = 2000;

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
