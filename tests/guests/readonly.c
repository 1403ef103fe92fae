/* Number 4 is a folder granted for reading only: nothing in it changes, by no way. */
#include "calls.h"
#include "check.h"

enum { RO = 4 };

int main(void)
{
	int fd;
	uint32_t done;
	char content[32] = { 0 };
	stat_t stat;
	int file = open_at(RO, "file", 0, READ, 0);
	CHECK(file > RO, "a file is opened for reading");
	CHECK_EQ(read_some(file, content, 32), 8, "and read");
	CHECK(!strcmp(content, "original"), "byte for byte");
	CHECK_EQ(open_at(RO, "file", 0, READ | WRITE, 0), -__WASI_ERRNO_PERM, "not opened for writing");
	CHECK_EQ(path_open(RO, 0, P("file"), __WASI_OFLAGS_TRUNC, READ, 0, 0, &fd), __WASI_ERRNO_PERM, "12 not truncated");
	CHECK_EQ(path_open(RO, 0, P("new"), __WASI_OFLAGS_CREAT, READ, 0, 0, &fd), __WASI_ERRNO_PERM, "nothing is created");
	CHECK_EQ(path_create_directory(RO, P("dir")), __WASI_ERRNO_PERM, "no folder either");
	CHECK_EQ(path_unlink_file(RO, P("file")), __WASI_ERRNO_PERM, "nothing is removed");
	CHECK_EQ(path_remove_directory(RO, P("sub")), __WASI_ERRNO_PERM, "no folder either");
	CHECK_EQ(path_symlink(P("file"), RO, P("link")), __WASI_ERRNO_PERM, "no link");
	CHECK_EQ(path_rename(RO, P("file"), RO, P("other")), __WASI_ERRNO_PERM, "no renaming inside");
	CHECK_EQ(path_rename(RO, P("file"), ROOT, P("other")), __WASI_ERRNO_PERM, "36 no renaming out");
	CHECK_EQ(path_link(RO, 0, P("file"), ROOT, P("other")), __WASI_ERRNO_PERM, "33 no linking out");
	fd_close(open_at(ROOT, "mine", __WASI_OFLAGS_CREAT, WRITE, 0));
	CHECK_EQ(path_rename(ROOT, P("mine"), RO, P("mine")), __WASI_ERRNO_PERM, "36 no renaming in");
	CHECK_EQ(path_link(ROOT, 0, P("mine"), RO, P("mine")), __WASI_ERRNO_PERM, "33 no linking in");
	CHECK_EQ(path_filestat_set_times(RO, 0, P("file"), 0, 1, __WASI_FSTFLAGS_MTIM), __WASI_ERRNO_PERM, "no times");
	CHECK_EQ(fd_filestat_set_times(file, 0, 1, __WASI_FSTFLAGS_MTIM), __WASI_ERRNO_PERM, "not by a descriptor either");
	int other = open_at(ROOT, "mine", 0, READ | WRITE, 0);
	CHECK_EQ(fd_renumber(file, other), 0, "a renumbered descriptor");
	int written = write_all(other, "x", 1);
	CHECK(written == -__WASI_ERRNO_BADF || written == -__WASI_ERRNO_PERM, "doesn't write either");
	int sub = open_at(RO, "sub", 0, 0, 0);
	CHECK_EQ(open_at(sub, "x", __WASI_OFLAGS_CREAT, WRITE, 0), -__WASI_ERRNO_PERM, "nor does a folder below");
	in_t in = { (uint8_t *)content, 32 };
	CHECK_EQ(fd_pread(other, &in, 1, 0, &done), 0, "the content");
	CHECK(done == 8 && !memcmp(content, "original", 8), "is what it was");
	CHECK(!path_filestat_get(RO, 0, P("file"), &stat) && stat.size == 8, "and the size");
	return check_end();
}
