/* Attributes and times, of an open object and of what a path leads to. */
#include <time.h>

#include "devices.h"
#include "path.h"

/* ---- looking ---- */

wasi_errno_t sys_fd_filestat_get(struct guest *guest, struct call *call)
{
	const struct object *object = guest->in[0];
	wasi_filestat_t filestat;
	struct stat st;
	wasi_errno_t err;

	if (object_is_stdio(object) || object->kind == OBJECT_UNCONNECTED) {
		memset(&filestat, 0, sizeof filestat); /* the padding too: it goes to the page */
		filestat.filetype = object->filetype;
	} else {
		err = object->fd < 0 ? devices_stat(DEVICE_FOLDER, object->root->devices, &st) : host_stat(object->fd, &st);
		if (err)
			return err;
		root_hide(object->root, &st);
		host_filestat(&st, &filestat);
	}
	reply_bytes(call, &filestat, sizeof filestat);
	return WASI_OK;
}

/* What a path leads to, by a descriptor that only names it. */
static wasi_errno_t open_named(struct guest *guest, struct call *call, uint32_t lookup, const union call_arg *path, int *fd)
{
	return path_open(guest, call, guest->in[0], path, O_PATH | (lookup & WASI_LOOKUP_SYMLINK_FOLLOW ? 0 : O_NOFOLLOW), fd);
}

static wasi_errno_t stat_named(struct guest *guest, struct call *call, uint32_t lookup, const union call_arg *path,
                               struct stat *st)
{
	wasi_errno_t err;
	int fd;

	/* One name that is no link needs one system call, if that can't block. */
	if ((call->may_block || guest->in[0]->fs == HOST_FS_MEMORY) && !memchr(path->bytes.at, '/', path->bytes.length)) {
		struct path held;

		err = path_hold(&held, guest, call, guest->in[0], path);
		if (err)
			return err;
		if (held.last == PATH_NAME) {
			err = host_stat_name(held.dir, held.name, st);
			if (err || !S_ISLNK(st->st_mode) || !(lookup & WASI_LOOKUP_SYMLINK_FOLLOW))
				return err;
		}
	}
	err = open_named(guest, call, lookup, path, &fd);
	if (err)
		return err;
	err = host_stat(fd, st);
	host_close(fd);
	return err;
}

static wasi_errno_t stat_device(struct guest *guest, const struct call *call, struct stat *st)
{
	const struct wasi_devices *devices = guest->in[0]->root->devices;
	enum device device;
	wasi_errno_t err = path_check(guest, &call->args[2]);

	if (!err)
		err = devices_find(devices, &call->args[2], &device);
	return err ? err : devices_stat(device, devices, st);
}

wasi_errno_t sys_path_filestat_get(struct guest *guest, struct call *call)
{
	uint32_t lookup = (uint32_t)call->args[1].n;
	wasi_filestat_t filestat;
	struct stat st;
	wasi_errno_t err;

	if (lookup & ~WASI_LOOKUP_SYMLINK_FOLLOW)
		return WASI_EINVAL;
	if (guest->in[0]->kind == OBJECT_DIRECTORY && guest->in[0]->root->devices)
		err = stat_device(guest, call, &st);
	else
		err = stat_named(guest, call, lookup, &call->args[2], &st);
	if (err)
		return err;
	root_hide(guest->in[0]->root, &st);
	host_filestat(&st, &filestat);
	reply_bytes(call, &filestat, sizeof filestat);
	return WASI_OK;
}

/* ---- setting times ---- */

/* INVAL: a time and "now" together, or flags that don't exist. */
static wasi_errno_t times_read(struct timespec times[2], uint64_t atim, uint64_t mtim, uint64_t flags)
{
	const uint64_t given[2] = { atim, mtim };

	if (flags > 15)
		return WASI_EINVAL;
	for (int i = 0; i < 2; i++, flags >>= 2) {
		if ((flags & 3) == 3)
			return WASI_EINVAL;
		times[i].tv_sec = (time_t)(given[i] / 1000000000);
		times[i].tv_nsec = flags & WASI_FST_ATIM ? (long)(given[i] % 1000000000) : flags & WASI_FST_ATIM_NOW ? UTIME_NOW :
			UTIME_OMIT;
	}
	return WASI_OK;
}

wasi_errno_t sys_fd_filestat_set_times(struct guest *guest, struct call *call)
{
	const struct object *object = guest->in[0];
	struct timespec times[2];
	wasi_errno_t err = times_read(times, call->args[1].n, call->args[2].n, call->args[3].n);

	if (err)
		return err;
	if (object_is_stdio(object) || object->kind == OBJECT_LISTENER || object->kind == OBJECT_SOCKET ||
	    object->kind == OBJECT_UNCONNECTED || object->kind == OBJECT_DATAGRAM)
		return WASI_EBADF;
	if (object->kind == OBJECT_DIRECTORY && object->root->only)
		return WASI_ENOTCAPABLE;
	return host_set_times(object->fd, times);
}

/* What the guest has leased of it isn't as it was; but a folder stays leased, if the page did what the call does to what it
 * knows. */
static wasi_errno_t set_times_told(struct guest *guest, const struct call *call, int fd, const struct timespec times[2])
{
	struct stat st;
	wasi_errno_t err = host_stat(fd, &st);

	if (err)
		return err;
	if (!(call->flags & CALL_MUST) || !S_ISDIR(st.st_mode)) {
		leases_change_inode(&guest->leases, st.st_dev, st.st_ino);
		return host_set_times(fd, times);
	}
	leases_own_times_begin(&guest->leases, &st);
	err = host_set_times(fd, times);
	host_stat(fd, &st);
	leases_own_times_end(&guest->leases, &st);
	return err;
}

wasi_errno_t sys_path_filestat_set_times(struct guest *guest, struct call *call)
{
	uint32_t lookup = (uint32_t)call->args[1].n;
	struct timespec times[2];
	wasi_errno_t err = times_read(times, call->args[3].n, call->args[4].n, call->args[5].n);
	int fd;

	if (err)
		return err;
	if (lookup & ~WASI_LOOKUP_SYMLINK_FOLLOW)
		return WASI_EINVAL;
	err = open_named(guest, call, lookup, &call->args[2], &fd);
	if (err)
		return err;
	err = set_times_told(guest, call, fd, times);
	host_close(fd);
	return err;
}
