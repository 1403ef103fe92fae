/* fd_*: reading, writing, offsets, stats, sync. Offsets of files are the page's: they come with the call. */
#include "wait.h"

/* On the loop: more than this is written by a thread, and nothing that isn't in memory is read. */
enum { WRITE_INLINE_MAX = 64 << 10 };

static bool is_stdio(const struct object *object) { return object->kind == OBJECT_STDIN || object->kind == OBJECT_OUTPUT; }

/* Files only: BADF for folders, SPIPE for what has no offset. */
static wasi_errno_t need_file(const struct object *object)
{
	return object->kind == OBJECT_FILE ? WASI_OK : object->kind == OBJECT_DIRECTORY ? WASI_EBADF : WASI_ESPIPE;
}

static bool is_readable(const struct object *object) { return object->can_read && object_may(object, WASI_RIGHT_FD_READ); }
static bool is_writable(const struct object *object) { return object->can_write && object_may(object, WASI_RIGHT_FD_WRITE); }
static bool is_nonblocking(const struct object *object) { return object->fdflags & WASI_FDFLAG_NONBLOCK; }

/* ---- reading ---- */

static wasi_errno_t read_file(struct guest *guest, struct call *call, const struct object *object, uint64_t offset, uint64_t n)
{
	uint32_t room = guest_clamp(guest, n);
	bool inline_is_fine = call->may_block || object->fs == HOST_FS_MEMORY;
	size_t done;
	wasi_errno_t err;

	if (inline_is_fine) {
		err = host_pread(object->fd, call->reply, room, offset, &done);
	} else {
		err = host_pread_cached(object->fd, call->reply, room, offset, &done);
		if (err == WASI_EAGAIN)
			return SYS_ELSEWHERE;
	}
	if (err && !done)
		return err;
	call->reply_length = (uint32_t)done;
	return WASI_OK;
}

static wasi_errno_t read_stdin(struct guest *guest, struct call *call, struct object *object, uint64_t seen, uint32_t room)
{
	uint64_t bytes;
	bool ended;
	wasi_errno_t err;

	stdin_skip_to(&guest->input, seen);
	if (room == 0)
		return WASI_OK;
	if (wait_is_turn(object, call, WAIT_READ) && stdin_is_ready(&guest->input, &bytes, &ended)) {
		call->reply_length = (uint32_t)stdin_read(&guest->input, call->reply, room);
		return WASI_OK;
	}
	if (is_nonblocking(object))
		return WASI_EAGAIN;
	err = wait_on(guest, call, object, WAIT_READ, 0);
	call->wait.on_stdin = err == SYS_PARKED;
	return err;
}

static wasi_errno_t read_stream(struct guest *guest, struct call *call, struct object *object, uint32_t room)
{
	size_t done = 0;
	wasi_errno_t err = WASI_EAGAIN;

	if (wait_is_turn(object, call, WAIT_READ)) {
		if (object->kind == OBJECT_SOCKET)
			err = host_receive(object->fd, call->reply, room, false, &done);
		else /* one that the program calls non-blocking shows it what read(2) says: the end, while nobody writes */
			err = host_read(object->fd, call->reply, room, object->fifo && !is_nonblocking(object), &done);
	}
	if (err == WASI_EAGAIN && !is_nonblocking(object))
		return wait_on(guest, call, object, WAIT_READ, POLLIN);
	call->reply_length = (uint32_t)done;
	return err;
}

wasi_errno_t sys_fd_read(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];

	if (!is_readable(object))
		return WASI_EBADF;
	switch (object->kind) {
	case OBJECT_FILE: return read_file(guest, call, object, call->args[1].n, call->args[2].n);
	case OBJECT_STDIN: return read_stdin(guest, call, object, call->args[1].n, guest_clamp(guest, call->args[2].n));
	default: return read_stream(guest, call, object, guest_clamp(guest, call->args[2].n));
	}
}

wasi_errno_t sys_fd_pread(struct guest *guest, struct call *call)
{
	const struct object *object = guest->in[0];
	wasi_errno_t err = need_file(object);

	if (err || !is_readable(object))
		return err ? err : WASI_EBADF;
	return read_file(guest, call, object, call->args[1].n, call->args[2].n);
}

/* ---- writing ---- */

struct written {
	size_t done;
	uint64_t end; /* the new offset */
};

/* How much of a write is tried: a longer one is short, as a longer read is. But nobody would see that a quiet one was. */
static size_t length_tried(const struct guest *guest, const struct call *call, const union call_arg *bytes)
{
	return call->flags & CALL_QUIET ? bytes->bytes.length : guest_clamp(guest, bytes->bytes.length);
}

/* The scratch folder's files are counted; how much of the write fits? */
static wasi_errno_t admit_scratch(struct guest *guest, const struct object *object, uint64_t offset, bool append, size_t *length,
                                  uint64_t *size)
{
	struct stat st;
	uint64_t fits = *length;
	wasi_errno_t err = host_stat(object->fd, &st);

	if (err)
		return err;
	*size = (uint64_t)st.st_size;
	err = scratch_admit(&guest->scratch, *size, append ? *size : offset, &fits);
	*length = (size_t)fits;
	return err;
}

static wasi_errno_t write_file(struct guest *guest, const struct call *call, const struct object *object, uint64_t offset, bool moves,
                               const union call_arg *bytes, struct written *written)
{
	bool counted = object->root->scratch && object->filetype == WASI_FILETYPE_REGULAR_FILE;
	bool append = object->fdflags & WASI_FDFLAG_APPEND;
	size_t length = length_tried(guest, call, bytes);
	uint64_t size = 0;
	wasi_errno_t err;

	*written = (struct written){ 0, offset };
	if (!call->may_block && length > WRITE_INLINE_MAX && object->fs != HOST_FS_MEMORY)
		return SYS_ELSEWHERE;
	if (counted) {
		err = admit_scratch(guest, object, offset, append, &length, &size);
		if (err)
			return err;
	}
	if (append && moves) {
		err = host_append(object->fd, bytes->bytes.at, length, &written->done, &written->end);
	} else {
		err = host_pwrite(object->fd, bytes->bytes.at, length, offset, &written->done);
		written->end = offset + written->done;
	}
	if (!err && written->done < bytes->bytes.length)
		err = WASI_ENOSPC; /* what didn't fit into the scratch folder */
	if (counted && written->done) {
		uint64_t end = append ? size + written->done : offset + written->done;

		if (end > size)
			scratch_resized(&guest->scratch, size, end);
	}
	/* A short write is a success, whose rest fails next time; but nobody looks at a quiet one's count. */
	return written->done && !(call->flags & CALL_QUIET) ? WASI_OK : err;
}

static wasi_errno_t wait_to_write(struct guest *guest, struct call *call, struct object *object, size_t progress)
{
	bool first = !call->park && call->may_block;
	wasi_errno_t err = wait_on(guest, call, object, WAIT_WRITE, object->kind == OBJECT_OUTPUT ? 0 : POLLOUT);

	if (err != SYS_PARKED)
		return err;
	call->park->progress = progress;
	call->wait.on_sink = object->kind == OBJECT_OUTPUT;
	if (first)
		call->wait.deadline_ns = 0; /* at once */
	return err;
}

/* FIFOs, sockets, terminals, stdout: what can't be taken now waits, in order. A quiet one goes on until everything is written. */
static wasi_errno_t write_stream(struct guest *guest, struct call *call, struct object *object, const union call_arg *bytes,
                                 struct written *written)
{
	const uint8_t *from = bytes->bytes.at;
	size_t length = length_tried(guest, call, bytes), done, before = call->park ? call->park->progress : 0;
	wasi_errno_t err = WASI_EAGAIN;

	written->done = before;
	written->end = 0;
	if (length == 0)
		return WASI_OK;
	if (wait_comes_first(call) && ((call->flags & CALL_QUIET) || (object->kind == OBJECT_OUTPUT && guest->sink)))
		return wait_to_write(guest, call, object, 0);
	while (wait_is_turn(object, call, WAIT_WRITE)) {
		done = 0;
		if (object->kind == OBJECT_OUTPUT) {
			done = guest->sink ? guest->sink(guest->sink_context, object->stream, from + written->done, length - written->done) : length;
			err = done ? WASI_OK : WASI_EAGAIN;
		} else if (object->kind == OBJECT_SOCKET) {
			err = host_send(object->fd, from + written->done, length - written->done, &done);
		} else {
			err = host_write(object->fd, from + written->done, length - written->done, &done);
		}
		written->done += done;
		if (err || written->done == length || !(call->flags & CALL_QUIET))
			break;
	}
	if (err != WASI_EAGAIN)
		return written->done && !(call->flags & CALL_QUIET) ? WASI_OK : err;
	return is_nonblocking(object) ? WASI_EAGAIN : wait_to_write(guest, call, object, written->done);
}

/* How far a failed quiet write came is told too. */
static bool tells_count(const struct call *call, wasi_errno_t err)
{
	return err == WASI_OK || (err < SYS_PARKED && (call->flags & CALL_QUIET));
}

wasi_errno_t sys_fd_write(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];
	const union call_arg *bytes = &call->args[2];
	struct written written = { 0, call->args[1].n };
	wasi_errno_t err;

	if (!is_writable(object))
		err = WASI_EBADF;
	else if (object->kind == OBJECT_FILE)
		err = write_file(guest, call, object, call->args[1].n, true, bytes, &written);
	else
		err = write_stream(guest, call, object, bytes, &written);
	if (tells_count(call, err)) {
		reply_u32(call, (uint32_t)written.done);
		reply_u64(call, written.end);
	}
	return err;
}

wasi_errno_t sys_fd_pwrite(struct guest *guest, struct call *call)
{
	const struct object *object = guest->in[0];
	struct written written = { 0, 0 };
	wasi_errno_t err = need_file(object);

	if (!err && !is_writable(object))
		err = WASI_EBADF;
	if (!err)
		err = write_file(guest, call, object, call->args[1].n, false, &call->args[2], &written);
	if (tells_count(call, err))
		reply_u32(call, (uint32_t)written.done);
	return err;
}

/* ---- offsets ---- */

wasi_errno_t sys_fd_seek(struct guest *guest, struct call *call)
{
	const struct object *object = guest->in[0];
	int64_t delta = (int64_t)call->args[2].n, base = 0, to;
	struct stat st;
	wasi_errno_t err = need_file(object);

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
	wasi_errno_t err = need_file(guest->in[0]);

	if (!err)
		reply_u64(call, call->args[1].n);
	return err;
}

wasi_errno_t sys_fd_advise(struct guest *guest, struct call *call)
{
	const struct object *object = guest->in[0];
	uint64_t offset = call->args[1].n, length = call->args[2].n, advice = call->args[3].n;
	wasi_errno_t err = need_file(object);

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

/* ---- sizes ---- */

wasi_errno_t sys_fd_allocate(struct guest *guest, struct call *call)
{
	const struct object *object = guest->in[0];
	wasi_errno_t err = need_file(object);
	uint64_t end;

	if (err || !is_writable(object))
		return err ? err : WASI_EBADF;
	if (call->args[2].n == 0 || __builtin_add_overflow(call->args[1].n, call->args[2].n, &end))
		return WASI_EINVAL;
	if (end > INT64_MAX)
		return WASI_EFBIG;
	return WASI_ENOTSUP; /* the one answer that both suites take: WASI can't say what happens to the size */
}

wasi_errno_t sys_fd_filestat_set_size(struct guest *guest, struct call *call)
{
	const struct object *object = guest->in[0];
	uint64_t size = call->args[1].n;
	bool counted = object->root && object->root->scratch;
	struct stat st;
	wasi_errno_t err;

	if (object->kind == OBJECT_DIRECTORY)
		return WASI_EBADF;
	if (object->kind != OBJECT_FILE || !is_writable(object) || size > INT64_MAX)
		return WASI_EINVAL;
	if (counted) {
		err = host_stat(object->fd, &st);
		if (err)
			return err;
		if (size > (uint64_t)st.st_size) {
			uint64_t more = size - (uint64_t)st.st_size, fits = more;

			err = scratch_admit(&guest->scratch, (uint64_t)st.st_size, (uint64_t)st.st_size, &fits);
			if (err || fits < more)
				return WASI_ENOSPC;
		}
	}
	err = host_set_size(object->fd, size);
	if (!err && counted)
		scratch_resized(&guest->scratch, (uint64_t)st.st_size, size);
	return err;
}

/* ---- stats and flags ---- */

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
	uint64_t base = object->rights_base & ~object->dropped_base, inheriting = object->rights_inheriting & ~object->dropped_inheriting;

	if ((call->args[1].n & ~base) || (call->args[2].n & ~inheriting))
		return WASI_ENOTCAPABLE;
	object->dropped_base |= base & ~call->args[1].n;
	object->dropped_inheriting |= inheriting & ~call->args[2].n;
	return WASI_OK;
}

wasi_errno_t sys_fd_filestat_get(struct guest *guest, struct call *call)
{
	const struct object *object = guest->in[0];
	wasi_filestat_t filestat = { .filetype = object->filetype };
	struct stat st;
	wasi_errno_t err;

	if (!is_stdio(object)) {
		err = host_stat(object->fd, &st);
		if (err)
			return err;
		host_filestat(&st, &filestat);
	}
	reply_bytes(call, &filestat, sizeof filestat);
	return WASI_OK;
}

wasi_errno_t times_read(struct timespec times[2], uint64_t atim, uint64_t mtim, uint64_t flags)
{
	const uint64_t given[2] = { atim, mtim };

	if (flags > 15)
		return WASI_EINVAL;
	for (int i = 0; i < 2; i++, flags >>= 2) {
		if ((flags & 3) == 3)
			return WASI_EINVAL;
		times[i].tv_sec = (time_t)(given[i] / 1000000000);
		times[i].tv_nsec = flags & WASI_FST_ATIM ? (long)(given[i] % 1000000000) : flags & WASI_FST_ATIM_NOW ? UTIME_NOW : UTIME_OMIT;
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
	if (is_stdio(object) || object->kind == OBJECT_LISTENER || object->kind == OBJECT_SOCKET)
		return WASI_EBADF;
	return host_set_times(object->fd, times);
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
