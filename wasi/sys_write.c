/* fd_write and fd_pwrite, and the calls that change a file's size. A file's offset is the page's: it comes with the call. */
#include "guest.h"
#include "park.h"
#include "sockets.h"

/* On the loop: a longer write is a thread's, unless the file is in memory. */
enum { WRITE_INLINE_MAX = 64 << 10 };

static bool is_nonblocking(const struct object *object) { return object->fdflags & WASI_FDFLAG_NONBLOCK; }

struct written {
	size_t done;
	uint64_t end; /* the new offset */
};

/* How much of a write is tried: a longer one is cut short, as a long read is. Not a quiet one: nobody reads its count. */
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

static wasi_errno_t write_file(struct guest *guest, const struct call *call, const struct object *object, uint64_t offset,
                               bool moves, const union call_arg *bytes, struct written *written)
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
	/* A short write is a success; the program's next write fails. But nobody reads a quiet one's count. */
	return written->done && !(call->flags & CALL_QUIET) ? WASI_OK : err;
}

static wasi_errno_t wait_to_write(struct guest *guest, struct call *call, struct object *object, size_t progress)
{
	bool first = !call->park && call->may_block;
	wasi_errno_t err = park_on(call, object, PARK_WRITE, object_is_output(object) ? 0 : POLLOUT);

	if (err != SYS_PARKED)
		return err;
	call->park->progress = progress;
	call->wait.on_sink = object_is_output(object);
	if (first)
		call->wait.deadline_ns = 0; /* at once */
	return err;
}

/* FIFOs, sockets, terminals, stdout: what can't be taken now waits, in order, until everything is written, as in write(2). Short
 * are writes with NONBLOCK, and those that fail behind a part. */
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
	/* A device always runs on a thread, and no call waits there. */
	if (park_comes_first(call) && !object->slow && !object_is_datagram(object) &&
	    (!is_nonblocking(object) || (object_is_output(object) && guest->sink)))
		return wait_to_write(guest, call, object, 0);
	if (object_is_datagram(object)) {
		err = datagram_send(guest, call, object, bytes);
		call->reply_length = 0;
		written->done = err ? 0 : length;
		return err;
	}
	if (object->kind == OBJECT_UNCONNECTED && (err = socket_connected(call, object, PARK_WRITE)))
		return err;
	err = WASI_EAGAIN;
	while (park_is_turn(object, call, PARK_WRITE)) {
		done = 0;
		if (object_is_output(object)) {
			done = guest->sink ? guest->sink(guest->sink_context, object->stream, from + written->done,
			                                 length - written->done) : length;
			err = done ? WASI_OK : WASI_EAGAIN;
		} else if (object->kind == OBJECT_SOCKET) {
			err = host_send(object->fd, from + written->done, length - written->done, &done);
			socket_use_did(object, err, done, false, 0);
		} else {
			err = host_write(object->fd, from + written->done, length - written->done, &done);
		}
		written->done += done;
		if (err || written->done == length)
			break;
	}
	/* A chain doesn't wait either. */
	if (err == WASI_EAGAIN && !is_nonblocking(object) && !(written->done && (object->slow || call->flags & CALL_LINK))) {
		err = wait_to_write(guest, call, object, written->done);
		if (err == SYS_PARKED)
			return err;
	}
	return written->done && !(call->flags & CALL_QUIET) ? WASI_OK : err;
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

	if (!object->can_write)
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
	wasi_errno_t err = object_check_file(object);

	if (!err && !object->can_write)
		err = WASI_EBADF;
	if (!err)
		err = write_file(guest, call, object, call->args[1].n, false, &call->args[2], &written);
	if (tells_count(call, err))
		reply_u32(call, (uint32_t)written.done);
	return err;
}

/* ---- sizes ---- */

wasi_errno_t sys_fd_allocate(struct guest *guest, struct call *call)
{
	const struct object *object = guest->in[0];
	wasi_errno_t err = object_check_file(object);
	uint64_t end;

	if (err || !object->can_write)
		return err ? err : WASI_EBADF;
	if (call->args[2].n == 0 || __builtin_add_overflow(call->args[1].n, call->args[2].n, &end))
		return WASI_EINVAL;
	if (end > INT64_MAX)
		return WASI_EFBIG;
	return WASI_ENOTSUP; /* the one answer that both test suites accept: WASI can't say what happens to the size */
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
	if (object->kind != OBJECT_FILE || !object->can_write || size > INT64_MAX)
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
