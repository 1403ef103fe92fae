/* What an open file does. Numbers in the promises are those of the list of known traps. */
#include "calls.h"
#include "check.h"

static uint64_t size_of(int fd)
{
	stat_t stat;
	return fd_filestat_get(fd, &stat) ? UINT64_MAX : stat.size;
}

static uint64_t tell(int fd)
{
	uint64_t position = UINT64_MAX;
	return fd_tell(fd, &position) ? UINT64_MAX : position;
}

static int seek(int fd, int64_t by, int whence, uint64_t *position)
{
	return fd_seek(fd, by, whence, position);
}

static void opening(void)
{
	fdstat_t stat;
	int fd = open_at(ROOT, "new", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, READ | WRITE, 0);
	CHECK(fd > ROOT, "a file is created");
	CHECK_EQ(open_at(ROOT, "new", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, READ, 0), -__WASI_ERRNO_EXIST,
		"9 EXCL on an existing file");
	CHECK_EQ(open_at(ROOT, "missing", 0, READ, 0), -__WASI_ERRNO_NOENT, "9 a missing file");
	CHECK_EQ(write_all(fd, "hello, world", 12), 12, "all bytes are written");
	CHECK_EQ(open_at(fd, "x", __WASI_OFLAGS_CREAT, WRITE, 0), -__WASI_ERRNO_NOTDIR, "10 a file isn't a folder to open in");

	int only_read = open_at(ROOT, "new", 0, READ, 0);
	CHECK_EQ(fd_fdstat_get(only_read, &stat), 0, "fdstat of a file");
	CHECK_EQ(stat.fs_filetype, __WASI_FILETYPE_REGULAR_FILE, "a file is a regular file");
	CHECK(!(stat.fs_rights_base & __WASI_RIGHTS_FD_WRITE), "6 opened for reading, FD_WRITE isn't reported");
	CHECK_EQ(write_all(only_read, "x", 1), -__WASI_ERRNO_BADF, "6 opened for reading, writing is BADF");
	CHECK_EQ(write_all(only_read, "", 0), -__WASI_ERRNO_BADF, "7 so is writing nothing");
	CHECK_EQ(fd_filestat_set_size(only_read, 0), __WASI_ERRNO_INVAL, "47 set_size without writing is INVAL");
	char buffer[64] = { 0 };
	CHECK_EQ(read_some(only_read, buffer, 64), 12, "what another descriptor wrote is read");
	CHECK(!memcmp(buffer, "hello, world", 12), "51 byte for byte");
	CHECK_EQ(read_some(only_read, buffer, 64), 0, "then the end of file");

	int only_write = open_at(ROOT, "new", 0, WRITE, 0);
	CHECK_EQ(read_some(only_write, buffer, 1), -__WASI_ERRNO_BADF, "6 opened for writing, reading is BADF");
	fd_fdstat_get(only_write, &stat);
	CHECK(!(stat.fs_rights_base & __WASI_RIGHTS_FD_READ), "6 opened for writing, FD_READ isn't reported");

	int none = open_at(ROOT, "norights", __WASI_OFLAGS_CREAT, 0, 0);
	CHECK(none > 0, "8 CREAT with no rights creates");
	stat_t filestat;
	CHECK_EQ(fd_filestat_get(none, &filestat), 0, "8 and can be asked for its stat");
	CHECK_EQ(fd_filestat_set_times(none, 0, 1000, __WASI_FSTFLAGS_MTIM), 0, "8 and given a time");
	CHECK_EQ(fd_close(none), 0, "8 and closed");

	int truncated = open_at(ROOT, "new", __WASI_OFLAGS_TRUNC, WRITE, 0);
	CHECK_EQ(size_of(truncated), 0, "12 TRUNC truncates");
	CHECK_EQ(size_of(only_read), 0, "12 for other descriptors too");
	CHECK_EQ(open_at(ROOT, "sync", __WASI_OFLAGS_CREAT, WRITE, __WASI_FDFLAGS_SYNC), -__WASI_ERRNO_NOTSUP,
		"13 SYNC at open is NOTSUP");
	CHECK(open_at(ROOT, ".", 0, 0, __WASI_FDFLAGS_NONBLOCK) > 0, "11 a folder opens with NONBLOCK");
	CHECK_EQ(open_at(ROOT, ".", __WASI_OFLAGS_DIRECTORY | __WASI_OFLAGS_CREAT, 0, 0), -__WASI_ERRNO_INVAL,
		"5 DIRECTORY and CREAT");
	CHECK_EQ(open_at(ROOT, ".", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE, 0), -__WASI_ERRNO_ISDIR,
	         "4 DIRECTORY for reading and writing");
	fd_close(fd), fd_close(only_read), fd_close(only_write), fd_close(truncated);
	CHECK_EQ(fd_close(fd), __WASI_ERRNO_BADF, "closed once only");
}

static void positions(void)
{
	char buffer[16] = { 0 };
	uint64_t at = 0;
	int fd = open_at(ROOT, "positions", __WASI_OFLAGS_CREAT, READ | WRITE, 0);
	write_all(fd, "0123456789", 10);
	CHECK_EQ(tell(fd), 10, "a write moves the offset");
	CHECK_EQ(seek(fd, -3, __WASI_WHENCE_END, &at), 0, "seek from the end");
	CHECK_EQ(at, 7, "says where it is");
	CHECK_EQ(read_some(fd, buffer, 2), 2, "reads from there");
	CHECK_EQ(tell(fd), 9, "42 CUR 0 is tell");
	CHECK_EQ(seek(fd, -100, __WASI_WHENCE_CUR, &at), __WASI_ERRNO_INVAL, "42 before the start is INVAL");
	CHECK_EQ(tell(fd), 9, "and moves nothing");
	CHECK_EQ(seek(fd, 100, __WASI_WHENCE_SET, &at), 0, "42 beyond the end is fine");
	CHECK_EQ(read_some(fd, buffer, 1), 0, "nothing is there");
	CHECK_EQ(seek(fd, 0, 9, &at), __WASI_ERRNO_INVAL, "an unknown whence is INVAL");
	CHECK_EQ(write_all(fd, "x", 1), 1, "a write beyond the end");
	CHECK_EQ(size_of(fd), 101, "leaves a hole");
	in_t in[3] = { { (uint8_t *)buffer, 2 }, { NULL, 0 }, { (uint8_t *)buffer + 2, 3 } };
	uint32_t done = 0;
	CHECK_EQ(fd_pread(fd, in, 3, 4, &done), 0, "43 pread into several buffers");
	CHECK(done > 0 && !memcmp(buffer, "45678", done), "43 has the bytes of its offset");
	CHECK_EQ(tell(fd), 101, "43 and moves nothing");
	out_t out[2] = { { (const uint8_t *)"ab", 2 }, { (const uint8_t *)"cd", 2 } };
	CHECK_EQ(fd_pwrite(fd, out, 2, 0, &done), 0, "43 pwrite from several buffers");
	CHECK_EQ(done, 4, "43 writes all");
	CHECK_EQ(tell(fd), 101, "43 and moves nothing");
	CHECK_EQ(fd_pwrite(fd, out, 0, 500, &done), 0, "43 pwrite of nothing past the end");
	CHECK_EQ(size_of(fd), 101, "43 doesn't grow the file");
	seek(fd, 0, __WASI_WHENCE_SET, &at);
	CHECK_EQ(fd_read(fd, in, 3, &done), 0, "a read into several buffers");
	CHECK_EQ(done, 5, "fills all of them");
	CHECK(!memcmp(buffer, "abcd4", 5), "in order");
	CHECK_EQ(fd_filestat_set_size(fd, 3), 0, "a file is cut");
	CHECK_EQ(size_of(fd), 3, "to its new size");
	CHECK_EQ(fd_filestat_set_size(fd, 50), 0, "a file is lengthened");
	CHECK_EQ(size_of(fd), 50, "to its new size");
	CHECK_EQ(fd_allocate(fd, 0, 1000), __WASI_ERRNO_NOTSUP, "46 allocate is NOTSUP");
	CHECK_EQ(size_of(fd), 50, "46 and changes nothing");
	CHECK_EQ(fd_sync(fd), 0, "sync");
	CHECK_EQ(fd_datasync(fd), 0, "datasync");
	CHECK_EQ(fd_advise(fd, 0, 10, __WASI_ADVICE_SEQUENTIAL), 0, "advise");
	CHECK_EQ(fd_advise(fd, 0, 10, 77), __WASI_ERRNO_INVAL, "an unknown advice is INVAL");
	const uint64_t far = 5ull << 32;
	CHECK_EQ(seek(fd, (int64_t)far, __WASI_WHENCE_SET, &at), 0, "offsets beyond 32 bits");
	CHECK_EQ(write_all(fd, "far", 3), 3, "are written at");
	CHECK_EQ(size_of(fd), far + 3, "and counted");
	CHECK_EQ(fd_pread(fd, in, 1, far, &done), 0, "and read at");
	CHECK(!memcmp(buffer, "fa", 2), "byte for byte");
	fd_filestat_set_size(fd, 0);
	fd_close(fd);
}

static void appending(void)
{
	fdstat_t stat;
	uint64_t at;
	int fd = open_at(ROOT, "log", __WASI_OFLAGS_CREAT, READ | WRITE, __WASI_FDFLAGS_APPEND);
	fd_fdstat_get(fd, &stat);
	CHECK_EQ(stat.fs_flags, __WASI_FDFLAGS_APPEND, "44 fdstat shows APPEND, in WASI's number");
	write_all(fd, "one", 3);
	seek(fd, 0, __WASI_WHENCE_SET, &at);
	write_all(fd, "two", 3);
	CHECK_EQ(size_of(fd), 6, "44 an append ignores seek");
	CHECK_EQ(tell(fd), 6, "44 after an append the offset is the end");
	int other = open_at(ROOT, "log", 0, WRITE, 0);
	seek(other, 0, __WASI_WHENCE_END, &at);
	write_all(other, "three", 5);
	write_all(fd, "four", 4);
	CHECK_EQ(size_of(fd), 15, "an append comes after what others wrote");
	CHECK_EQ(tell(fd), 15, "and its offset is the new end");
	CHECK_EQ(fd_fdstat_set_flags(fd, 0), 0, "44 APPEND is switched off");
	seek(fd, 0, __WASI_WHENCE_SET, &at);
	write_all(fd, "ONE", 3);
	CHECK_EQ(size_of(fd), 15, "44 and then seek counts");
	CHECK_EQ(fd_fdstat_set_flags(fd, __WASI_FDFLAGS_SYNC), __WASI_ERRNO_INVAL, "14 SYNC can't be switched on");
	char buffer[16] = { 0 };
	in_t in = { (uint8_t *)buffer, 15 };
	uint32_t done;
	fd_pread(fd, &in, 1, 0, &done);
	CHECK(!memcmp(buffer, "ONEtwothreefour", 15), "all in order");
	fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND);
	out_t out = { (const uint8_t *)"!", 1 };
	CHECK_EQ(fd_pwrite(fd, &out, 1, 0, &done), 0, "45 pwrite on an APPEND file");
	CHECK_EQ(size_of(fd), 16, "45 appends, as Linux does");
	fd_close(fd), fd_close(other);
}

static void rights(void)
{
	int fd = open_at(ROOT, "rights", __WASI_OFLAGS_CREAT, READ | WRITE, 0);
	fdstat_t stat;
	fd_fdstat_get(fd, &stat);
	int error = fd_fdstat_set_rights(fd, stat.fs_rights_base & ~(uint64_t)__WASI_RIGHTS_FD_WRITE, stat.fs_rights_inheriting);
	CHECK_EQ(error, 0, "15 rights are dropped");
	fd_fdstat_get(fd, &stat);
	CHECK(!(stat.fs_rights_base & __WASI_RIGHTS_FD_WRITE), "15 and reported so");
	error = write_all(fd, "x", 1);
	CHECK(error == -__WASI_ERRNO_BADF || error == -__WASI_ERRNO_NOTCAPABLE, "15 a dropped right is gone");
	CHECK_EQ(fd_fdstat_set_rights(fd, stat.fs_rights_base | __WASI_RIGHTS_FD_WRITE, stat.fs_rights_inheriting),
		__WASI_ERRNO_NOTCAPABLE, "15 for good");
	fd_close(fd);
}

static void folders_are_not_files(void)
{
	char byte;
	uint64_t at;
	uint32_t done;
	in_t in = { (uint8_t *)&byte, 1 };
	out_t out = { (const uint8_t *)"x", 1 };
	int dir = open_at(ROOT, ".", __WASI_OFLAGS_DIRECTORY, 0, 0);
	CHECK_EQ(read_some(dir, &byte, 1), -__WASI_ERRNO_BADF, "40 read of a folder");
	CHECK_EQ(write_all(dir, "x", 1), -__WASI_ERRNO_BADF, "40 write of a folder");
	CHECK_EQ(fd_pread(dir, &in, 1, 0, &done), __WASI_ERRNO_BADF, "40 pread of a folder");
	CHECK_EQ(fd_pwrite(dir, &out, 1, 0, &done), __WASI_ERRNO_BADF, "40 pwrite of a folder");
	CHECK_EQ(fd_seek(dir, 0, __WASI_WHENCE_SET, &at), __WASI_ERRNO_BADF, "40 seek of a folder");
	CHECK_EQ(fd_tell(dir, &at), __WASI_ERRNO_BADF, "40 tell of a folder");
	CHECK_EQ(fd_allocate(dir, 0, 1), __WASI_ERRNO_BADF, "40 allocate of a folder");
	CHECK_EQ(fd_filestat_set_size(dir, 0), __WASI_ERRNO_BADF, "40 set_size of a folder");
	CHECK_EQ(fd_advise(dir, 0, 0, __WASI_ADVICE_NORMAL), __WASI_ERRNO_BADF, "40 advise of a folder");
	CHECK_EQ(fd_datasync(dir), __WASI_ERRNO_BADF, "40 datasync of a folder");
	CHECK_EQ(fd_sync(dir), __WASI_ERRNO_BADF, "40 sync of a folder");
	CHECK_EQ(fd_fdstat_set_flags(dir, 0), __WASI_ERRNO_BADF, "40 set_flags of a folder");
	fd_close(dir);
}

static void standard_streams(void)
{
	stat_t stat;
	fdstat_t fdstat;
	uint64_t at;
	uint8_t byte;
	in_t in = { &byte, 1 };
	uint32_t done;
	for (int fd = 0; fd < 3; fd++) {
		CHECK_EQ(fd_filestat_get(fd, &stat), 0, "a standard stream has a stat");
		CHECK(stat.size == 0 && stat.atim == 0 && stat.mtim == 0 && stat.ctim == 0, "52 of zeros");
		CHECK_EQ(fd_fdstat_get(fd, &fdstat), 0, "and an fdstat");
		CHECK_EQ(fdstat.fs_filetype, __WASI_FILETYPE_UNKNOWN, "60 that isn't a terminal's");
	}
	CHECK_EQ(fd_pread(0, &in, 1, 0, &done), __WASI_ERRNO_SPIPE, "52 pread of stdin");
	CHECK_EQ(fd_seek(0, 0, __WASI_WHENCE_SET, &at), __WASI_ERRNO_SPIPE, "seek of stdin");
	CHECK_EQ(fd_seek(1, 0, __WASI_WHENCE_CUR, &at), __WASI_ERRNO_SPIPE, "seek of stdout");
	CHECK_EQ(write_all(-31337, "x", 1), -__WASI_ERRNO_BADF, "59 a number that isn't open");
}

int main(void)
{
	opening();
	positions();
	appending();
	rights();
	folders_are_not_files();
	standard_streams();
	return check_end();
}
