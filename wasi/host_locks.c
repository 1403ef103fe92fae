/* Locks of open file descriptions (Linux, and POSIX 2024). */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "host.h"
#include "locks.h"

static struct flock flock_of(const struct lock_range *range)
{
	static const short types[] = { [WASI_LOCK_UNLOCK] = F_UNLCK, [WASI_LOCK_SHARED] = F_RDLCK, [WASI_LOCK_EXCLUSIVE] = F_WRLCK };

	return (struct flock){ .l_type = types[range->lock], .l_whence = SEEK_SET, .l_start = (off_t)range->first,
	                       .l_len = range->last >= INT64_MAX ? 0 : (off_t)(range->last - range->first + 1) };
}

static wasi_errno_t answer(int result)
{
	if (result == 0)
		return WASI_OK;
	return errno == EACCES ? WASI_EAGAIN : host_error(errno); /* fcntl(2): a lock is in the way */
}

wasi_errno_t host_set_lock(int fd, const struct lock_range *range)
{
	struct flock lock = flock_of(range);

	return answer(fcntl(fd, F_OFD_SETLK, &lock));
}

wasi_errno_t host_test_lock(int fd, struct lock_range *range)
{
	struct flock lock = flock_of(range);
	wasi_errno_t err = answer(fcntl(fd, F_OFD_GETLK, &lock));

	if (err)
		return err;
	if (lock.l_type == F_UNLCK) {
		*range = (struct lock_range){ 0, INT64_MAX, WASI_LOCK_UNLOCK };
		return WASI_OK;
	}
	range->first = (uint64_t)lock.l_start;
	range->last = lock.l_len ? (uint64_t)(lock.l_start + lock.l_len - 1) : INT64_MAX;
	range->lock = lock.l_type == F_WRLCK ? WASI_LOCK_EXCLUSIVE : WASI_LOCK_SHARED;
	return WASI_OK;
}

wasi_errno_t host_reopen_to_read(int fd, int *reopened)
{
	char link[40];

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	*reopened = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return *reopened >= 0 ? WASI_OK : host_error(errno);
}
