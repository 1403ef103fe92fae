/* fd_lock: open file description locks; they and other processes' fcntl(2) locks exclude each other. They belong to the handle:
 * its close ends them. The kernel doesn't report when a lock becomes free, so a waiting lock is tried again, soon and then less
 * often; it needs no thread. */
#include <stdlib.h>
#include <time.h>

#include "guest.h"
#include "park.h"

enum { FIRST_WAIT_MS = 1, LONGEST_WAIT_MS = 32, THREAD_WAIT_MS = 10, LOCKS_MAX = 1024 /* of a guest */ };

static wasi_errno_t check_lock(const struct object *object, uint64_t lock, uint64_t flags, uint64_t start, uint64_t length)
{
	bool exclusive = lock == WASI_LOCK_EXCLUSIVE;
	wasi_errno_t err = object_check_file(object);

	if (err)
		return err;
	if (lock > WASI_LOCK_EXCLUSIVE || flags > WASI_LOCKFLAG_TEST || start > INT64_MAX || length > INT64_MAX - start)
		return WASI_EINVAL;
	if (lock == WASI_LOCK_UNLOCK)
		return flags ? WASI_EINVAL : object->path_only ? WASI_EBADF : WASI_OK;
	if (object->path_only || !(exclusive ? object->can_write : object->can_read))
		return WASI_EBADF;
	return object_may(object, exclusive ? WASI_RIGHT_FD_WRITE : WASI_RIGHT_FD_READ) ? WASI_OK : WASI_ENOTCAPABLE;
}

/* Handles that were opened from a lease share a descriptor, and would share its locks. So this one gets its own, which only
 * reads. */
static wasi_errno_t stop_sharing(struct object *object)
{
	wasi_errno_t err;
	int fd;

	if (!object->pinned)
		return WASI_OK;
	err = host_reopen_to_read(object->fd, &fd);
	if (err)
		return WASI_ENOLCK;
	pinned_drop(object->pinned);
	object->pinned = NULL;
	object->lent = false;
	object->fd = fd;
	return WASI_OK;
}

static wasi_errno_t set_lock(struct guest *guest, struct object *object, const struct lock_range *range)
{
	uint32_t count = object->locks ? object->locks->count : 0;
	struct locks *next = locks_with(object->locks, range);
	wasi_errno_t err = next ? WASI_OK : WASI_ENOMEM;

	if (!err && next->count > count && guest->locks_count - count + next->count > LOCKS_MAX)
		err = WASI_ENOLCK;
	if (!err)
		err = host_set_lock(object->fd, range);
	if (err) {
		free(next);
		return err;
	}
	guest->locks_count += next->count - count;
	free(object->locks);
	object->locks = next;
	return WASI_OK;
}

/* On a network file system each try runs on a thread: it sleeps a little there, so that tries don't follow each other without
 * pause. */
static wasi_errno_t wait_for_lock(struct call *call, struct object *object)
{
	struct object *const objects[] = { object };
	bool is_new = !call->park;
	wasi_errno_t err = park_on_all(call, objects, 1);
	uint64_t wait_ms;

	if (err != SYS_PARKED)
		return err;
	if (object->slow && call->may_block)
		nanosleep(&(struct timespec){ .tv_nsec = THREAD_WAIT_MS * 1000000 }, NULL);
	wait_ms = is_new ? FIRST_WAIT_MS : call->park->progress * 2;
	call->park->progress = wait_ms < LONGEST_WAIT_MS ? wait_ms : LONGEST_WAIT_MS;
	call->wait = (struct call_wait){ .deadline_ns = host_clock_ns(CLOCK_MONOTONIC) + call->park->progress * 1000000 };
	return err;
}

wasi_errno_t sys_fd_lock(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];
	uint64_t lock = call->args[1].n, flags = call->args[2].n, start = call->args[3].n, length = call->args[4].n;
	struct lock_range range = { .first = start, .last = length ? start + length - 1 : INT64_MAX, .lock = (uint8_t)lock };
	wasi_errno_t err = check_lock(object, lock, flags, start, length);

	if (!err && lock != WASI_LOCK_UNLOCK)
		err = stop_sharing(object);
	if (err)
		return err;
	if (flags & WASI_LOCKFLAG_TEST) {
		err = host_test_lock(object->fd, &range);
	} else {
		err = lock == WASI_LOCK_UNLOCK && !object->locks ? WASI_OK : set_lock(guest, object, &range);
		if (err == WASI_EAGAIN && (flags & WASI_LOCKFLAG_WAIT))
			return wait_for_lock(call, object);
		range = (struct lock_range){ 0, UINT64_MAX, WASI_LOCK_UNLOCK };
	}
	if (err)
		return err;
	reply_u32(call, range.lock);
	reply_u64(call, range.first);
	reply_u64(call, range.last >= INT64_MAX ? 0 : range.last - range.first + 1);
	return WASI_OK;
}
