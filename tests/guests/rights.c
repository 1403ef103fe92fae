/* Rights that a program drops stay dropped (trap 15), also where the page answers by itself: bytes read ahead, stats and listings
 * that it holds, offsets that are its own. In a fresh folder. */
#include <stdio.h>

#include "calls.h"
#include "check.h"

#define E(name) __WASI_ERRNO_##name
#define RIGHT(name) __WASI_RIGHTS_##name

static char buffer[100];
static stat_t stat;
static uint64_t at;
static uint32_t used;

static fdstat_t fdstat_of(int fd)
{
	fdstat_t fdstat = { 0 };

	fd_fdstat_get(fd, &fdstat);
	return fdstat;
}

static int drop(int fd, uint64_t rights)
{
	fdstat_t now = fdstat_of(fd);

	return fd_fdstat_set_rights(fd, now.fs_rights_base & ~rights, now.fs_rights_inheriting);
}

static int drop_below(int fd, uint64_t rights)
{
	fdstat_t now = fdstat_of(fd);

	return fd_fdstat_set_rights(fd, now.fs_rights_base, now.fs_rights_inheriting & ~rights);
}

static void of_a_file(void)
{
	in_t in = { (uint8_t *)buffer, 10 };
	out_t out = { (const uint8_t *)"x", 1 };
	int fd = open_at(ROOT, "d/f", 0, READ | WRITE, 0), to;

	CHECK(read_some(fd, buffer, 5) == 5 && drop(fd, RIGHT(FD_READ)) == 0 && read_some(fd, buffer, 5) == -E(NOTCAPABLE) &&
		fd_pread(fd, &in, 1, 0, &used) == E(NOTCAPABLE), "what was read ahead isn't read any more");
	CHECK(drop(fd, RIGHT(FD_SEEK)) == 0 && fd_seek(fd, 1, 0, &at) == E(NOTCAPABLE) && fd_tell(fd, &at) == 0 && at == 5,
		"seeking, but not telling");
	CHECK(fd_pwrite(fd, &out, 1, 0, &used) == E(NOTCAPABLE), "writing elsewhere");
	CHECK(drop(fd, RIGHT(FD_TELL)) == 0 && fd_tell(fd, &at) == E(NOTCAPABLE), "telling");
	CHECK(write_all(fd, "x", 1) == 1 && drop(fd, RIGHT(FD_WRITE)) == 0 && write_all(fd, "x", 1) == -E(NOTCAPABLE),
		"writing, after a write that was gathered");
	CHECK(fd_filestat_get(fd, &stat) == 0 && drop(fd, RIGHT(FD_FILESTAT_GET)) == 0 && fd_filestat_get(fd, &stat) == E(NOTCAPABLE),
		"its stat");
	CHECK(drop(fd, RIGHT(FD_FILESTAT_SET_SIZE)) == 0 && fd_filestat_set_size(fd, 0) != 0, "its size");
	CHECK(drop(fd, RIGHT(FD_FILESTAT_SET_TIMES)) == 0 && fd_filestat_set_times(fd, 1, 1, 5) == E(NOTCAPABLE), "its times");
	to = open_at(ROOT, "d/f", 0, READ, 0);
	CHECK(fd_renumber(fd, to) == 0 && read_some(to, buffer, 5) == -E(NOTCAPABLE) && fd_seek(to, 1, 0, &at) == E(NOTCAPABLE),
		"under another number too");
	CHECK(fd_fdstat_set_rights(to, READ, 0) == E(NOTCAPABLE), "and none comes back");
	fd_close(to);
}

static void of_offsets(void)
{
	in_t in = { (uint8_t *)buffer, 10 };
	int fd = open_at(ROOT, "d/f", 0, READ, 0);

	CHECK(read_some(fd, buffer, 5) == 5 && fd_pread(fd, &in, 1, 0, &used) == 0 && drop(fd, RIGHT(FD_SEEK)) == 0 &&
		read_some(fd, buffer, 5) == 5 && fd_pread(fd, &in, 1, 0, &used) == E(NOTCAPABLE), "reading on, but nowhere else");
	fd_close(fd);
}

static void of_a_folder(void)
{
	int dir = open_at(ROOT, "d", __WASI_OFLAGS_DIRECTORY, 0, 0), fd = -1;

	for (int i = 0; i < 20; i++) /* so that whoever keeps such answers keeps these */
		path_filestat_get(dir, 0, P("f"), &stat);
	CHECK(path_filestat_get(dir, 0, P("f"), &stat) == 0 && path_filestat_get(dir, 0, P("none"), &stat) == E(NOENT) &&
		fd_readdir(dir, buffer, 100, 0, &used) == 0, "a folder as it is");
	CHECK(drop(dir, RIGHT(PATH_FILESTAT_GET)) == 0 && path_filestat_get(dir, 0, P("f"), &stat) == E(NOTCAPABLE) &&
	      path_filestat_get(dir, 0, P("none"), &stat) == E(NOTCAPABLE), "stats in it, of what isn't there too");
	CHECK(drop(dir, RIGHT(FD_READDIR)) == 0 && fd_readdir(dir, buffer, 100, 0, &used) == E(NOTCAPABLE), "its listing");
	CHECK(drop(dir, RIGHT(PATH_READLINK)) == 0 && path_readlink(dir, P("l"), buffer, 100, &used) == E(NOTCAPABLE), "its links");
	CHECK(drop(dir, RIGHT(PATH_UNLINK_FILE)) == 0 && path_unlink_file(dir, P("f")) == E(NOTCAPABLE), "removing");
	CHECK(drop(dir, RIGHT(PATH_RENAME_SOURCE)) == 0 && path_rename(dir, P("f"), ROOT, P("x")) == E(NOTCAPABLE), "renaming");
	CHECK(drop_below(dir, RIGHT(FD_WRITE)) == 0 && path_open(dir, 0, P("f"), 0, READ | WRITE, 0, 0, &fd) == E(NOTCAPABLE) &&
	      path_open(dir, 0, P("f"), 0, RIGHT(FD_READ), 0, 0, &fd) == 0 && read_some(fd, buffer, 1) == 1,
	      "writing what is opened below");
	fd_close(fd);
	CHECK(drop_below(dir, RIGHT(FD_READ)) == 0 && path_open(dir, 0, P("f"), 0, RIGHT(FD_READ), 0, 0, &fd) == E(NOTCAPABLE),
		"reading it");
	CHECK(drop(dir, RIGHT(PATH_FILESTAT_SET_SIZE)) == 0 && open_at(dir, "f", __WASI_OFLAGS_TRUNC, 0, 0) == -E(NOTCAPABLE) &&
	      path_filestat_get(ROOT, 0, P("d/f"), &stat) == 0 && stat.size == 20, "truncating");
	CHECK(drop(dir, RIGHT(PATH_OPEN)) == 0 && open_at(dir, "f", 0, 0, 0) == -E(NOTCAPABLE) &&
		open_at(dir, "none", 0, 0, 0) == -E(NOTCAPABLE), "opening");
	fd_close(dir);
}

static void of_polls(void)
{
	__wasi_subscription_t sub = { .u.tag = __WASI_EVENTTYPE_FD_READ };
	__wasi_event_t event;
	uint32_t count = 0;
	int fd = open_at(ROOT, "d/f", 0, READ | RIGHT(POLL_FD_READWRITE), 0);

	sub.u.u.fd_read.file_descriptor = fd;
	CHECK(drop(fd, RIGHT(POLL_FD_READWRITE)) == 0 && poll_oneoff(&sub, &event, 1, &count) == 0 && count == 1 &&
		event.error == E(NOTCAPABLE), "polling: the event says so");
	fd_close(fd);
}

int main(void)
{
	int fd;

	path_create_directory(ROOT, P("d"));
	path_symlink(P("f"), ROOT, P("d/l"));
	fd = open_at(ROOT, "d/f", __WASI_OFLAGS_CREAT, READ | WRITE, 0);
	write_all(fd, "0123456789abcdefghij", 20);
	fd_close(fd);
	of_a_file();
	of_offsets();
	of_a_folder();
	of_polls();
	return check_end();
}
