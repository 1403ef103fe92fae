/* What any POSIX system answers about names, open objects, files and clocks. */
#include "host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static const wasi_errno_t errors[] = {
#define ERRNO(name, meaning) [name] = WASI_##name,
#define ERRNO_OF_WASI(name, meaning)
#include "errnos.def"
	[ESHUTDOWN] = WASI_EPIPE,
};

wasi_errno_t host_error(int number)
{
	if (number > 0 && (size_t)number < sizeof errors / sizeof *errors && errors[number])
		return errors[number];
	return WASI_EIO;
}

/* 0 or -1 with errno, as most calls answer */
static wasi_errno_t answer(int result) { return result < 0 ? host_error(errno) : WASI_OK; }

uint8_t host_filetype(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return WASI_FILETYPE_REGULAR_FILE;
	case S_IFDIR: return WASI_FILETYPE_DIRECTORY;
	case S_IFLNK: return WASI_FILETYPE_SYMBOLIC_LINK;
	case S_IFCHR: return WASI_FILETYPE_CHARACTER_DEVICE;
	case S_IFBLK: return WASI_FILETYPE_BLOCK_DEVICE;
	case S_IFSOCK: return WASI_FILETYPE_SOCKET_STREAM;
	default: return WASI_FILETYPE_UNKNOWN; /* preview1 has no FIFO */
	}
}

static uint64_t nanoseconds(struct timespec time)
{
	if (time.tv_sec < 0)
		return 0;
	if ((uint64_t)time.tv_sec >= UINT64_MAX / 1000000000)
		return UINT64_MAX;
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

void host_filestat(const struct stat *st, wasi_filestat_t *filestat)
{
	memset(filestat, 0, sizeof *filestat); /* the padding too: it goes to the page, and what lay on our stack doesn't */
	filestat->dev = st->st_dev;
	filestat->ino = st->st_ino;
	filestat->filetype = host_filetype(st->st_mode);
	filestat->nlink = st->st_nlink;
	filestat->size = (uint64_t)st->st_size;
	filestat->atim = nanoseconds(st->st_atim);
	filestat->mtim = nanoseconds(st->st_mtim);
	filestat->ctim = nanoseconds(st->st_ctim);
}

/* ---- names ---- */

wasi_errno_t host_stat_name(int dir, const char *name,
                            struct stat *st) { return answer(fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW)); }

wasi_errno_t host_make_directory(int dir, const char *name, mode_t mode) { return answer(mkdirat(dir, name, mode)); }

wasi_errno_t host_remove_directory(int dir, const char *name)
{
	wasi_errno_t err = answer(unlinkat(dir, name, AT_REMOVEDIR));

	return err == WASI_EEXIST ? WASI_ENOTEMPTY : err; /* POSIX allows either */
}

wasi_errno_t host_unlink(int dir, const char *name)
{
	struct stat st;
	wasi_errno_t err = answer(unlinkat(dir, name, 0));

	if (err == WASI_EPERM && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
		return WASI_EISDIR; /* POSIX's word for a directory is EPERM */
	return err;
}

wasi_errno_t host_rename(int from_dir, const char *from, int to_dir, const char *to)
{
	wasi_errno_t err = answer(renameat(from_dir, from, to_dir, to));

	return err == WASI_EEXIST ? WASI_ENOTEMPTY : err;
}

wasi_errno_t host_link(int from_dir, const char *from, int to_dir, const char *to)
{
	return answer(linkat(from_dir, from, to_dir, to, 0));
}

wasi_errno_t host_symlink(const char *target, int dir, const char *name) { return answer(symlinkat(target, dir, name)); }

wasi_errno_t host_readlink(int dir, const char *name, char *target, size_t room, size_t *length)
{
	ssize_t n = readlinkat(dir, name, target, room);

	*length = n > 0 ? (size_t)n : 0;
	return answer((int)n);
}

/* ---- open objects ---- */

wasi_errno_t host_close(int fd)
{
	/* Linux has closed it even when it says EINTR. */
	return close(fd) < 0 && errno != EINTR ? host_error(errno) : WASI_OK;
}

wasi_errno_t host_stat(int fd, struct stat *st) { return answer(fstat(fd, st)); }

wasi_errno_t host_set_times(int fd, const struct timespec times[2])
{
	int result = futimens(fd, times);

#ifdef AT_EMPTY_PATH
	if (result < 0 && errno == EBADF) /* O_PATH */
		result = utimensat(fd, "", times, AT_EMPTY_PATH);
#endif
	return answer(result);
}

wasi_errno_t host_set_size(int fd, uint64_t size)
{
	int result;

	if (size > INT64_MAX)
		return WASI_EINVAL;
	do
		result = ftruncate(fd, (off_t)size);
	while (result < 0 && errno == EINTR);
	return answer(result);
}

wasi_errno_t host_set_append(int fd, bool append)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return host_error(errno);
	return answer(fcntl(fd, F_SETFL, append ? flags | O_APPEND : flags & ~O_APPEND));
}

wasi_errno_t host_sync(int fd, bool data_only)
{
	int result;

	do
		result = data_only ? fdatasync(fd) : fsync(fd);
	while (result < 0 && errno == EINTR);
	return answer(result);
}

wasi_errno_t host_advise(int fd, uint64_t offset, uint64_t length, int advice)
{
	static const int advices[] = {
		[WASI_ADVICE_NORMAL] = POSIX_FADV_NORMAL, [WASI_ADVICE_SEQUENTIAL] = POSIX_FADV_SEQUENTIAL,
		[WASI_ADVICE_RANDOM] = POSIX_FADV_RANDOM, [WASI_ADVICE_WILLNEED] = POSIX_FADV_WILLNEED,
		[WASI_ADVICE_DONTNEED] = POSIX_FADV_DONTNEED, [WASI_ADVICE_NOREUSE] = POSIX_FADV_NOREUSE,
	};
	int error = posix_fadvise(fd, (off_t)offset, (off_t)length, advices[advice]);

	return error ? host_error(error) : WASI_OK;
}

bool host_is_tty(int fd)
{
	struct termios modes;

	return tcgetattr(fd, &modes) == 0;
}

/* ---- files ---- */

wasi_errno_t host_pread(int fd, uint8_t *bytes, size_t length, uint64_t offset, size_t *done)
{
	*done = 0;
	if (offset > INT64_MAX)
		return WASI_EINVAL;
	while (*done < length) {
		ssize_t n = pread(fd, bytes + *done, length - *done, (off_t)(offset + *done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return host_error(errno);
		if (n == 0)
			break;
		*done += (size_t)n;
	}
	return WASI_OK;
}

wasi_errno_t host_pwrite(int fd, const uint8_t *bytes, size_t length, uint64_t offset, size_t *done)
{
	*done = 0;
	if (offset > INT64_MAX)
		return WASI_EINVAL;
	while (*done < length) {
		ssize_t n = pwrite(fd, bytes + *done, length - *done, (off_t)(offset + *done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return host_error(errno);
		*done += (size_t)n;
	}
	return WASI_OK;
}

wasi_errno_t host_append(int fd, const uint8_t *bytes, size_t length, size_t *done, uint64_t *end)
{
	wasi_errno_t err = WASI_OK;
	off_t at;

	*done = 0;
	while (*done < length && !err) {
		ssize_t n = write(fd, bytes + *done, length - *done);

		if (n >= 0)
			*done += (size_t)n;
		else if (errno != EINTR)
			err = host_error(errno);
	}
	/* An append leaves the descriptor's own offset behind what it wrote, whoever else appends meanwhile. */
	at = *done ? lseek(fd, 0, SEEK_CUR) : lseek(fd, 0, SEEK_END);
	*end = at > 0 ? (uint64_t)at : 0;
	return err;
}

/* ---- the rest ---- */

uint64_t host_clock_ns(int clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return nanoseconds(now);
}

uint64_t host_clock_res_ns(int clock)
{
	struct timespec step;

	clock_getres(clock, &step);
	return nanoseconds(step);
}

bool host_file_size_is_limited(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur != RLIM_INFINITY;
}

wasi_errno_t host_lock(int fd) { return answer(flock(fd, LOCK_EX | LOCK_NB)); }
