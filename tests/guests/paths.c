/* Names: where a path leads, and where it must not. Numbers in the promises are those of the list of known traps. */
#include "calls.h"
#include "check.h"

static int create(const char *path)
{
	int fd = open_at(ROOT, path, __WASI_OFLAGS_CREAT, READ | WRITE, 0);
	if (fd >= 0)
		write_all(fd, path, (uint32_t)strlen(path));
	return fd < 0 ? fd : fd_close(fd);
}

static int type_of(const char *path, int lookup)
{
	stat_t stat;
	int error = path_filestat_get(ROOT, lookup, P(path), &stat);
	return error ? -error : stat.filetype;
}

static int open_close(const char *path, int lookup, int oflags, uint64_t rights)
{
	int fd, error = path_open(ROOT, lookup, P(path), oflags, rights, 0, 0, &fd);
	return error ? error : fd_close(fd);
}

static void walking(void)
{
	path_create_directory(ROOT, P("dir"));
	path_create_directory(ROOT, P("dir/nested"));
	create("dir/nested/file");
	CHECK_EQ(open_close("/dir/nested/file", 0, 0, READ), __WASI_ERRNO_PERM, "17 an absolute path");
	CHECK_EQ(open_close("dir/.//nested/../../dir/nested/../nested///./file", 0, 0, READ), 0, "18 dots that stay inside");
	CHECK_EQ(open_close("dir/nested/../../../dir/nested/file", 0, 0, READ), __WASI_ERRNO_PERM,
		"19 dots that leave and come back");
	CHECK_EQ(open_close("..", 0, 0, READ), __WASI_ERRNO_PERM, "19 the folder above");
	int fd = -1;
	CHECK_EQ(path_open(ROOT, 0, "dir/nested/file\0", 16, 0, READ, 0, 0, &fd), __WASI_ERRNO_INVAL, "20 a NUL in a path");
	CHECK_EQ(open_close("dir/nested/file/", 0, 0, READ), __WASI_ERRNO_NOTDIR, "21 a slash after a file");
	CHECK_EQ(open_close("dir/nested/file///", 0, 0, READ), __WASI_ERRNO_NOTDIR, "21 more slashes after a file");
	CHECK_EQ(open_close("dir/nested///", 0, 0, 0), 0, "21 slashes after a folder");
	CHECK_EQ(open_close("", 0, 0, 0), __WASI_ERRNO_NOENT, "an empty path");
	CHECK_EQ(open_close("dir/nested/file/x", 0, 0, 0), __WASI_ERRNO_NOTDIR, "a path through a file");
	char longest[300];
	memset(longest, 'n', sizeof longest - 1);
	longest[sizeof longest - 1] = 0;
	CHECK_EQ(create(longest), -__WASI_ERRNO_NAMETOOLONG, "a name that is too long");
	CHECK_EQ(create("\xff\xfe bytes"), 0, "a name of any bytes");
	CHECK_EQ(type_of("\xff\xfe bytes", 0), __WASI_FILETYPE_REGULAR_FILE, "is found again");
}

static void symbolic_links(void)
{
	CHECK_EQ(path_symlink(P("dir/nested"), ROOT, P("to_dir")), 0, "a link to a folder");
	CHECK_EQ(path_symlink(P("dir/nested/file"), ROOT, P("to_file")), 0, "a link to a file");
	CHECK_EQ(path_symlink(P("nowhere"), ROOT, P("dangling")), 0, "a link to nothing");
	CHECK_EQ(path_symlink(P("self"), ROOT, P("self")), 0, "a link to itself");
	CHECK_EQ(path_symlink(P(".."), ROOT, P("up")), 0, "a link to the folder above");
	CHECK_EQ(open_close("to_dir", 0, 0, 0), __WASI_ERRNO_LOOP, "22 not following, a link to a folder");
	CHECK_EQ(open_close("to_file", 0, 0, READ), __WASI_ERRNO_LOOP, "23 not following, a link to a file");
	CHECK_EQ(open_close("to_file", FOLLOW, __WASI_OFLAGS_DIRECTORY, 0), __WASI_ERRNO_NOTDIR,
		"23 following to a file as a folder");
	CHECK_EQ(open_close("to_dir", FOLLOW, __WASI_OFLAGS_DIRECTORY, 0), 0, "23 following to a folder as a folder");
	CHECK_EQ(open_close("to_file", FOLLOW, 0, READ), 0, "following to a file");
	CHECK_EQ(open_close("dangling", 0, 0, READ), __WASI_ERRNO_LOOP, "24 not following, a link to nothing");
	CHECK_EQ(open_close("dangling", 0, __WASI_OFLAGS_DIRECTORY, 0), __WASI_ERRNO_NOTDIR, "24 and as a folder");
	CHECK_EQ(open_close("dangling", FOLLOW, 0, READ), __WASI_ERRNO_NOENT, "following to nothing");
	CHECK_EQ(open_close("self", FOLLOW, 0, READ), __WASI_ERRNO_LOOP, "25 a link to itself");
	CHECK_EQ(open_close("up/secret", FOLLOW, 0, READ), __WASI_ERRNO_PERM, "a link that leads out");
	CHECK_EQ(open_close("to_dir/file", 0, 0, READ), 0, "a link in the middle of a path");
	CHECK_EQ(type_of("to_dir", 0), __WASI_FILETYPE_SYMBOLIC_LINK, "26 a link's own stat");
	CHECK_EQ(type_of("to_dir", FOLLOW), __WASI_FILETYPE_DIRECTORY, "26 its target's stat");
	CHECK_EQ(type_of("to_dir/", 0), __WASI_FILETYPE_DIRECTORY, "26 a slash asks for the target");
	CHECK_EQ(path_symlink(P("/etc/passwd"), ROOT, P("absolute")), __WASI_ERRNO_PERM, "27 an absolute target");
	CHECK_EQ(path_symlink(P("x"), ROOT, P("missing/")), __WASI_ERRNO_NOENT, "28 a new name with a slash");
	CHECK_EQ(path_symlink(P("x"), ROOT, P("dir")), __WASI_ERRNO_EXIST, "28 the name of a folder");
	CHECK_EQ(path_symlink(P("x"), ROOT, P("dir/")), __WASI_ERRNO_EXIST, "28 the name of a folder with a slash");
	CHECK_EQ(path_symlink(P("x"), ROOT, P("dir/nested/file/")), __WASI_ERRNO_NOTDIR, "28 the name of a file with a slash");
	CHECK_EQ(path_symlink(P("x"), ROOT, P("dir/nested/file")), __WASI_ERRNO_EXIST, "28 the name of a file");
	/* two steps, each of which is harmless: "." as a name, then that name and one up */
	path_symlink(P("."), ROOT, P("here"));
	path_symlink(P("here/.."), ROOT, P("escape"));
	CHECK_EQ(open_close("escape/secret", FOLLOW, 0, READ), __WASI_ERRNO_PERM, "two links that lead out together");

	char target[32];
	uint32_t used = 77;
	memset(target, '#', sizeof target);
	CHECK_EQ(path_readlink(ROOT, P("to_dir"), target, sizeof target, &used), 0, "a link is read");
	CHECK(used == 10 && !memcmp(target, "dir/nested#", 11), "29 without a NUL, its tail untouched");
	CHECK_EQ(path_readlink(ROOT, P("to_dir"), target, 3, &used), 0, "29 a short buffer");
	CHECK_EQ(used, 3, "29 is filled");
	CHECK_EQ(path_readlink(ROOT, P("to_dir"), target, 0, &used), 0, "29 an empty buffer");
	CHECK_EQ(used, 0, "29 stays empty");
	CHECK_EQ(path_readlink(ROOT, P("dir"), target, sizeof target, &used), __WASI_ERRNO_INVAL, "a folder is not a link");
}

static void hard_links(void)
{
	stat_t one, two;
	CHECK_EQ(path_link(ROOT, 0, P("dir/nested/file"), ROOT, P("linked")), 0, "a second name");
	path_filestat_get(ROOT, 0, P("dir/nested/file"), &one);
	path_filestat_get(ROOT, 0, P("linked"), &two);
	CHECK(one.dev == two.dev && one.ino == two.ino && one.nlink == 2 && two.nlink == 2 && one.size == two.size &&
		one.mtim == two.mtim, "33 is the same file");
	CHECK_EQ(path_link(ROOT, 0, P("linked"), ROOT, P("linked")), __WASI_ERRNO_EXIST, "30 onto itself");
	CHECK_EQ(path_link(ROOT, 0, P("linked"), ROOT, P("dir")), __WASI_ERRNO_EXIST, "30 onto a folder");
	CHECK_EQ(path_link(ROOT, 0, P("linked"), ROOT, P("dangling")), __WASI_ERRNO_EXIST, "30 onto a link to nothing");
	CHECK_EQ(path_link(ROOT, 0, P("dir"), ROOT, P("linked_dir")), __WASI_ERRNO_PERM, "31 of a folder");
	CHECK_EQ(path_link(ROOT, 0, P("linked"), ROOT, P("name/")), __WASI_ERRNO_NOENT, "31 to a name with a slash");
	CHECK_EQ(path_link(ROOT, 0, P("dangling"), ROOT, P("dangling2")), 0, "32 of a link to nothing");
	CHECK_EQ(type_of("dangling2", 0), __WASI_FILETYPE_SYMBOLIC_LINK, "32 is that link");
	CHECK_EQ(path_link(ROOT, FOLLOW, P("to_file"), ROOT, P("followed")), __WASI_ERRNO_INVAL, "32 following is INVAL");
	CHECK_EQ(path_unlink_file(ROOT, P("linked")), 0, "a name is removed");
	path_filestat_get(ROOT, 0, P("dir/nested/file"), &one);
	CHECK_EQ(one.nlink, 1, "the other stays");
}

static void renaming(void)
{
	path_create_directory(ROOT, P("a"));
	path_create_directory(ROOT, P("empty"));
	path_create_directory(ROOT, P("full"));
	create("full/x");
	create("f1"), create("f2");
	CHECK_EQ(path_rename(ROOT, P("a"), ROOT, P("b")), 0, "34 a folder to a free name");
	CHECK_EQ(type_of("a", 0), -__WASI_ERRNO_NOENT, "34 its old name is gone");
	CHECK_EQ(path_rename(ROOT, P("b"), ROOT, P("empty")), 0, "34 a folder onto an empty one");
	CHECK_EQ(path_rename(ROOT, P("empty"), ROOT, P("full")), __WASI_ERRNO_NOTEMPTY, "35 a folder onto a full one");
	CHECK_EQ(path_rename(ROOT, P("empty"), ROOT, P("f1")), __WASI_ERRNO_NOTDIR, "35 a folder onto a file");
	CHECK_EQ(path_rename(ROOT, P("f1"), ROOT, P("empty")), __WASI_ERRNO_ISDIR, "35 a file onto a folder");
	CHECK_EQ(path_rename(ROOT, P("f1"), ROOT, P("f2")), 0, "36 a file onto a file");
	char content[8] = { 0 };
	int fd = open_at(ROOT, "f2", 0, READ, 0);
	read_some(fd, content, 8);
	fd_close(fd);
	CHECK(!strcmp(content, "f1"), "36 replaces it");
	CHECK_EQ(path_rename(ROOT, P("empty///"), ROOT, P("emptied//")), 0, "36 slashes after folders");
	CHECK_EQ(path_rename(ROOT, P("missing"), ROOT, P("x")), __WASI_ERRNO_NOENT, "a missing file");
	CHECK_EQ(path_rename(ROOT, P("f2"), ROOT, P("../f2")), __WASI_ERRNO_PERM, "out of the root");
	CHECK_EQ(type_of("f2", 0), __WASI_FILETYPE_REGULAR_FILE, "moves nothing");
	int full = open_at(ROOT, "full", 0, 0, 0);
	CHECK_EQ(path_rename(ROOT, P("f2"), full, P("f3")), 0, "between two open folders");
	CHECK_EQ(type_of("full/f3", 0), __WASI_FILETYPE_REGULAR_FILE, "arrives");
	fd_close(full);
}

static void removing(void)
{
	CHECK_EQ(path_remove_directory(ROOT, P("full")), __WASI_ERRNO_NOTEMPTY, "37 a full folder");
	CHECK_EQ(path_remove_directory(ROOT, P("full/x")), __WASI_ERRNO_NOTDIR, "37 a file isn't a folder");
	CHECK_EQ(path_remove_directory(ROOT, P("full/x/")), __WASI_ERRNO_NOTDIR, "37 with a slash neither");
	CHECK_EQ(path_remove_directory(ROOT, P("emptied/")), 0, "37 an empty folder with a slash");
	CHECK_EQ(path_unlink_file(ROOT, P("full")), __WASI_ERRNO_ISDIR, "38 a folder isn't a file");
	CHECK_EQ(path_unlink_file(ROOT, P("full/")), __WASI_ERRNO_ISDIR, "38 with a slash neither");
	CHECK_EQ(path_unlink_file(ROOT, P("full/x/")), __WASI_ERRNO_NOTDIR, "38 a file with a slash");
	CHECK_EQ(path_unlink_file(ROOT, P("to_file")), 0, "38 a link is removed itself");
	CHECK_EQ(type_of("dir/nested/file", 0), __WASI_FILETYPE_REGULAR_FILE, "38 not its target");
	int fd = open_at(ROOT, "full/x", 0, READ | WRITE, 0);
	CHECK_EQ(path_unlink_file(ROOT, P("full/x")), 0, "39 an open file is removed");
	CHECK_EQ(create("full/x"), 0, "39 and made anew");
	char content[8];
	CHECK_EQ(read_some(fd, content, 8), 6, "39 the old one is still read");
	CHECK_EQ(fd_close(fd), 0, "39 and closed");
	path_create_directory(ROOT, P("gone"));
	fd = open_at(ROOT, "gone", 0, 0, 0);
	CHECK_EQ(path_remove_directory(ROOT, P("gone")), 0, "39 an open folder is removed");
	CHECK_EQ(open_at(fd, "x", __WASI_OFLAGS_CREAT, WRITE, 0), -__WASI_ERRNO_NOENT, "39 nothing is made in it");
	CHECK_EQ(fd_close(fd), 0, "39 and it is closed");
	CHECK_EQ(path_create_directory(ROOT, P("dir")), __WASI_ERRNO_EXIST, "a folder that is there");
	CHECK_EQ(path_create_directory(ROOT, P("missing/dir")), __WASI_ERRNO_NOENT, "a folder in none");
	CHECK_EQ(path_create_directory(ROOT, P("../dir")), __WASI_ERRNO_PERM, "a folder outside");
}

int main(void)
{
	walking();
	symbolic_links();
	hard_links();
	renaming();
	removing();
	return check_end();
}
