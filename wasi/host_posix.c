/* What any POSIX system answers, and the second mechanism: a walk over a path's components that follows no link by itself. */
#include "host.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static const wasi_errno_t errors[] = {
#define SAME(name) [name] = WASI_##name
	SAME(E2BIG), SAME(EACCES), SAME(EADDRINUSE), SAME(EADDRNOTAVAIL), SAME(EAFNOSUPPORT), SAME(EAGAIN), SAME(EALREADY), SAME(EBADF),
	SAME(EBADMSG), SAME(EBUSY), SAME(ECANCELED), SAME(ECHILD), SAME(ECONNABORTED), SAME(ECONNREFUSED), SAME(ECONNRESET), SAME(EDEADLK),
	SAME(EDESTADDRREQ), SAME(EDOM), SAME(EDQUOT), SAME(EEXIST), SAME(EFAULT), SAME(EFBIG), SAME(EHOSTUNREACH), SAME(EIDRM), SAME(EILSEQ),
	SAME(EINPROGRESS), SAME(EINTR), SAME(EINVAL), SAME(EIO), SAME(EISCONN), SAME(EISDIR), SAME(ELOOP), SAME(EMFILE), SAME(EMLINK),
	SAME(EMSGSIZE), SAME(EMULTIHOP), SAME(ENAMETOOLONG), SAME(ENETDOWN), SAME(ENETRESET), SAME(ENETUNREACH), SAME(ENFILE), SAME(ENOBUFS),
	SAME(ENODEV), SAME(ENOENT), SAME(ENOEXEC), SAME(ENOLCK), SAME(ENOLINK), SAME(ENOMEM), SAME(ENOMSG), SAME(ENOPROTOOPT), SAME(ENOSPC),
	SAME(ENOSYS), SAME(ENOTCONN), SAME(ENOTDIR), SAME(ENOTEMPTY), SAME(ENOTRECOVERABLE), SAME(ENOTSOCK), SAME(ENOTTY), SAME(ENXIO),
	SAME(EOVERFLOW), SAME(EOWNERDEAD), SAME(EPERM), SAME(EPIPE), SAME(EPROTO), SAME(EPROTONOSUPPORT), SAME(EPROTOTYPE), SAME(ERANGE),
	SAME(EROFS), SAME(ESPIPE), SAME(ESRCH), SAME(ESTALE), SAME(ETIMEDOUT), SAME(ETXTBSY), SAME(EXDEV),
#undef SAME
	[ENOTSUP] = WASI_ENOTSUP,
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

/* ---- the walk ---- */

enum { LINKS_MAX = 40 /* as Linux has it */, DEPTH_MAX = PATH_MAX / 2 };

struct walk {
	int root, flags;
	int links;
	size_t depth;
	size_t at;                 /* what is before it in `rest` has been walked */
	char rest[PATH_MAX];
	int held[DEPTH_MAX];       /* the directories between root and here: ".." goes back to one of these, wherever it was moved to */
};

static int walk_here(const struct walk *walk) { return walk->depth ? walk->held[walk->depth - 1] : walk->root; }

/* Puts a link's target in front of what is still to be walked. NOENT→ the original error is the caller's: *is_link tells. */
static wasi_errno_t walk_expand(struct walk *walk, const char *name, size_t after, bool *is_link)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(walk_here(walk), name, target, sizeof target);
	size_t rest_length = strlen(walk->rest + after);

	*is_link = length >= 0;
	if (length < 0)
		return WASI_OK;
	if (++walk->links > LINKS_MAX)
		return WASI_ELOOP;
	if (length == 0)
		return WASI_ENOENT;
	if (target[0] == '/')
		return WASI_EPERM;
	if ((size_t)length + rest_length >= sizeof walk->rest)
		return WASI_ENAMETOOLONG;
	memmove(walk->rest + length, walk->rest + after, rest_length + 1);
	memcpy(walk->rest, target, (size_t)length);
	walk->at = 0;
	return WASI_OK;
}

/* The path ended in the directory that we hold. */
static wasi_errno_t walk_open_here(const struct walk *walk, int *fd)
{
	if (walk->flags & O_CREAT)
		return walk->flags & O_EXCL ? WASI_EEXIST : WASI_EISDIR;
	*fd = openat(walk_here(walk), ".", walk->flags & ~O_NOFOLLOW);
	return answer(*fd);
}

/* The last name. *again: it was a link, whose target is to be walked now. */
static wasi_errno_t walk_open_last(struct walk *walk, const char *name, size_t after, bool slash, int *fd, bool *again)
{
	bool follow = (slash || !(walk->flags & O_NOFOLLOW)) && !((walk->flags & O_CREAT) && (walk->flags & O_EXCL));
	int flags = walk->flags | O_NOFOLLOW | (slash ? O_DIRECTORY : 0), error;
	struct stat st;
	wasi_errno_t err;

	*again = false;
	if (slash && (walk->flags & O_CREAT))
		return WASI_EISDIR;
	*fd = openat(walk_here(walk), name, flags, 0666);
	error = errno;
	if (*fd >= 0) {
		/* O_PATH opens links themselves. */
		if (!follow || !(flags & O_PATH) || (flags & O_DIRECTORY) || fstat(*fd, &st) < 0 || !S_ISLNK(st.st_mode))
			return WASI_OK;
		close(*fd);
		*fd = -1;
		error = ELOOP;
	}
	if (!follow || (error != ELOOP && error != ENOTDIR))
		return host_error(error);
	err = walk_expand(walk, name, after, again);
	return err || *again ? err : host_error(error);
}

static wasi_errno_t walk_enter(struct walk *walk, const char *name, size_t after)
{
	int fd = openat(walk_here(walk), name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), error = errno;
	wasi_errno_t err;
	bool is_link;

	if (fd >= 0) {
		if (walk->depth == DEPTH_MAX) {
			close(fd);
			return WASI_ENAMETOOLONG;
		}
		walk->held[walk->depth++] = fd;
		walk->at = after;
		return WASI_OK;
	}
	if (error != ENOTDIR && error != ELOOP)
		return host_error(error);
	err = walk_expand(walk, name, after, &is_link);
	return err || is_link ? err : WASI_ENOTDIR;
}

static wasi_errno_t walk_on(struct walk *walk, int *fd)
{
	for (;;) {
		char name[NAME_MAX + 1];
		size_t start = walk->at + strspn(walk->rest + walk->at, "/");
		size_t length = strcspn(walk->rest + start, "/");
		size_t after = start + length;
		size_t slashes = strspn(walk->rest + after, "/");
		bool last = walk->rest[after + slashes] == '\0', again;
		wasi_errno_t err;

		if (length == 0)
			return walk_open_here(walk, fd);
		if (length > NAME_MAX)
			return WASI_ENAMETOOLONG;
		memcpy(name, walk->rest + start, length);
		name[length] = '\0';
		if (strcmp(name, ".") == 0) {
			walk->at = after;
		} else if (strcmp(name, "..") == 0) {
			if (walk->depth == 0)
				return WASI_EPERM;
			close(walk->held[--walk->depth]);
			walk->at = after;
		} else if (!last) {
			err = walk_enter(walk, name, after);
			if (err)
				return err;
		} else {
			err = walk_open_last(walk, name, after, slashes > 0, fd, &again);
			if (err || !again)
				return err;
		}
	}
}

wasi_errno_t host_walk(int root, const char *path, int flags, int *fd)
{
	struct walk walk;
	size_t length = strlen(path);
	wasi_errno_t err;

	if (length == 0)
		return WASI_ENOENT;
	if (length >= sizeof walk.rest)
		return WASI_ENAMETOOLONG;
	if (path[0] == '/')
		return WASI_EPERM;
	walk.root = root;
	walk.flags = flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NONBLOCK | O_NOCTTY);
	walk.links = 0;
	walk.depth = 0;
	walk.at = 0;
	memcpy(walk.rest, path, length + 1);
	err = walk_on(&walk, fd);
	while (walk.depth)
		close(walk.held[--walk.depth]);
	return err;
}

wasi_errno_t host_open_name(int dir, const char *name, int flags, int *fd)
{
	do
		*fd = openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC | (flags & O_PATH ? 0 : O_NONBLOCK | O_NOCTTY), 0666);
	while (*fd < 0 && errno == EINTR);
	return answer(*fd);
}

/* ---- names ---- */

wasi_errno_t host_stat_name(int dir, const char *name, struct stat *st) { return answer(fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW)); }

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

/* ---- streams ---- */

wasi_errno_t host_read(int fd, uint8_t *bytes, size_t length, bool fifo, size_t *done)
{
	ssize_t n;

	*done = 0;
	do
		n = read(fd, bytes, length);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return host_error(errno);
	if (n == 0 && length && fifo) {
		struct pollfd ends = { fd, POLLIN, 0 };

		/* Without O_NONBLOCK the open would have waited for a writer; POLLHUP says that there has been one. */
		poll(&ends, 1, 0);
		if (!(ends.revents & POLLHUP))
			return WASI_EAGAIN;
	}
	*done = (size_t)n;
	return WASI_OK;
}

wasi_errno_t host_write(int fd, const uint8_t *bytes, size_t length, size_t *done)
{
	ssize_t n;

	*done = 0;
	do
		n = write(fd, bytes, length);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return host_error(errno);
	*done = (size_t)n;
	return WASI_OK;
}

wasi_errno_t host_accept(int fd, int *accepted)
{
	do
		*accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	while (*accepted < 0 && (errno == EINTR || errno == ECONNABORTED));
	return answer(*accepted);
}

wasi_errno_t host_receive(int fd, uint8_t *bytes, size_t length, bool peek, size_t *done)
{
	ssize_t n;

	*done = 0;
	do
		n = recv(fd, bytes, length, MSG_DONTWAIT | (peek ? MSG_PEEK : 0));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return host_error(errno);
	*done = (size_t)n;
	return WASI_OK;
}

wasi_errno_t host_send(int fd, const uint8_t *bytes, size_t length, size_t *done)
{
	ssize_t n;

	*done = 0;
	do
		n = send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return host_error(errno);
	*done = (size_t)n;
	return WASI_OK;
}

wasi_errno_t host_shutdown(int fd, bool reading, bool writing)
{
	return answer(shutdown(fd, reading && writing ? SHUT_RDWR : reading ? SHUT_RD : SHUT_WR));
}

wasi_errno_t host_poll(struct pollfd *fds, size_t count)
{
	int ready;

	do
		ready = poll(fds, count, 0);
	while (ready < 0 && errno == EINTR);
	return answer(ready);
}

uint64_t host_readable_bytes(int fd)
{
	int count = 0;

	return ioctl(fd, FIONREAD, &count) == 0 && count > 0 ? (uint64_t)count : 0;
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
