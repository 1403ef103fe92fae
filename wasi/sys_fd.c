/* Of an open object: offsets, flags, rights, its way to the disk, its end. */
#include "guest.h"

/* ---- offsets ---- */

wasi_errno_t sys_fd_seek(struct guest *guest, struct call *call)
{
	const struct object *object = guest->in[0];
	int64_t delta = (int64_t)call->args[2].n, base = 0, to;
	struct stat st;
	wasi_errno_t err = object_check_file(object);

	if (object->device && call->args[3].n <= WASI_WHENCE_END) {
		reply_u64(call, 0);
		return WASI_OK;
	}
	if (err)
		return err;
	switch (call->args[3].n) {
	case WASI_WHENCE_SET:
		break;
	case WASI_WHENCE_CUR:
		base = (int64_t)call->args[1].n;
		break;
	case WASI_WHENCE_END:
		err = host_stat(object->fd, &st);
		if (err)
			return err;
		base = st.st_size;
		break;
	default:
		return WASI_EINVAL;
	}
	if (__builtin_add_overflow(base, delta, &to))
		return WASI_EOVERFLOW;
	if (to < 0)
		return WASI_EINVAL;
	reply_u64(call, (uint64_t)to);
	return WASI_OK;
}

wasi_errno_t sys_fd_tell(struct guest *guest, struct call *call)
{
	wasi_errno_t err = guest->in[0]->device ? WASI_OK : object_check_file(guest->in[0]);

	if (!err)
		reply_u64(call, call->args[1].n);
	return err;
}

wasi_errno_t sys_fd_advise(struct guest *guest, struct call *call)
{
	const struct object *object = guest->in[0];
	uint64_t offset = call->args[1].n, length = call->args[2].n, advice = call->args[3].n;
	wasi_errno_t err = object_check_file(object);

	if (err)
		return err;
	if (advice > WASI_ADVICE_NOREUSE || offset > INT64_MAX || length > INT64_MAX)
		return WASI_EINVAL;
	if (object->path_only)
		return WASI_EBADF;
	if (!call->may_block && (advice == WASI_ADVICE_WILLNEED || advice == WASI_ADVICE_DONTNEED))
		return SYS_ELSEWHERE; /* may start, or wait for, the disk */
	return host_advise(object->fd, offset, length, (int)advice);
}

/* ---- flags and rights ---- */

wasi_errno_t sys_fd_fdstat_get(struct guest *guest, struct call *call)
{
	wasi_fdstat_t fdstat;

	object_fdstat(guest->in[0], &fdstat);
	reply_bytes(call, &fdstat, sizeof fdstat);
	return WASI_OK;
}

wasi_errno_t sys_fd_fdstat_set_flags(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];
	uint64_t flags = call->args[1].n;
	wasi_errno_t err;

	if (flags & ~(uint64_t)(WASI_FDFLAG_APPEND | WASI_FDFLAG_NONBLOCK))
		return WASI_EINVAL;
	if (object->kind == OBJECT_DIRECTORY)
		return WASI_EBADF;
	if (object->kind == OBJECT_FILE && !object->path_only && (flags ^ object->fdflags) & WASI_FDFLAG_APPEND) {
		err = host_set_append(object->fd, flags & WASI_FDFLAG_APPEND);
		if (err)
			return err;
	}
	object->fdflags = (uint16_t)flags;
	return WASI_OK;
}

/* Only shrinks: what was dropped stays dropped, here and in what is opened below. */
wasi_errno_t sys_fd_fdstat_set_rights(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];
	uint64_t base = object->rights_base & ~object->dropped_base,
	    inheriting = object->rights_inheriting & ~object->dropped_inheriting;

	if ((call->args[1].n & ~base) || (call->args[2].n & ~inheriting))
		return WASI_ENOTCAPABLE;
	object->dropped_base |= base & ~call->args[1].n;
	object->dropped_inheriting |= inheriting & ~call->args[2].n;
	return WASI_OK;
}

/* ---- to the disk ---- */

static wasi_errno_t sync_object(const struct object *object, const struct call *call, bool data_only)
{
	if (object->kind == OBJECT_DIRECTORY || object->path_only)
		return WASI_EBADF;
	if (object->kind != OBJECT_FILE)
		return WASI_EINVAL;
	if (!call->may_block && object->fs != HOST_FS_MEMORY)
		return SYS_ELSEWHERE;
	return host_sync(object->fd, data_only);
}

wasi_errno_t sys_fd_sync(struct guest *guest, struct call *call) { return sync_object(guest->in[0], call, false); }
wasi_errno_t sys_fd_datasync(struct guest *guest, struct call *call) { return sync_object(guest->in[0], call, true); }

/* ---- the end; guest_call() closes: these rows ENDS ---- */

wasi_errno_t sys_fd_close(struct guest *guest, struct call *call) { return WASI_OK; }
wasi_errno_t sys_fd_renumber(struct guest *guest, struct call *call) { return WASI_OK; }
