/* fd_read and fd_pread. A file's offset is the page's: it comes with the call. */
#include "guest.h"
#include "park.h"
#include "sockets.h"

static bool is_nonblocking(const struct object *object) { return object->fdflags & WASI_FDFLAG_NONBLOCK; }

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
	if (park_is_turn(object, call, PARK_READ) && stdin_is_ready(&guest->input, &bytes, &ended)) {
		call->reply_length = (uint32_t)stdin_read(&guest->input, call->reply, room);
		return WASI_OK;
	}
	if (is_nonblocking(object))
		return WASI_EAGAIN;
	err = park_on(call, object, PARK_READ, 0);
	call->wait.on_stdin = err == SYS_PARKED;
	return err;
}

static wasi_errno_t read_stream(struct guest *guest, struct call *call, struct object *object, uint32_t room)
{
	size_t done = 0;
	wasi_errno_t err = WASI_EAGAIN;

	if (object_is_datagram(object)) {
		uint8_t endpoint[NETWORK_ENDPOINT_MAX];
		uint32_t endpoint_length;

		err = datagram_receive(call, object, room, false, endpoint, &endpoint_length, call->reply, &done);
		call->reply_length = err ? 0 : (uint32_t)done;
		return err;
	}
	if (object->kind == OBJECT_UNCONNECTED && (err = socket_connected(call, object, PARK_READ)))
		return err;
	err = WASI_EAGAIN;
	if (park_is_turn(object, call, PARK_READ)) {
		if (object->kind == OBJECT_SOCKET) {
			err = host_receive(object->fd, call->reply, room, false, &done);
			socket_use_did(object, err, done, true, room);
		} else { /* with NONBLOCK it gets what read(2) gives: the end, while nobody writes */
			err = host_read(object->fd, call->reply, room, object->fifo && !is_nonblocking(object), &done);
		}
	}
	if (err == WASI_EAGAIN && !is_nonblocking(object))
		return park_on(call, object, PARK_READ, POLLIN);
	call->reply_length = (uint32_t)done;
	return err;
}

wasi_errno_t sys_fd_read(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];

	if (!object->can_read)
		return WASI_EBADF;
	switch (object->kind) {
	case OBJECT_FILE: return read_file(guest, call, object, call->args[1].n, call->args[2].n);
	case OBJECT_STDIN: case OBJECT_TERMINAL: return read_stdin(guest, call, object, call->args[1].n,
		guest_clamp(guest, call->args[2].n));
	default: return read_stream(guest, call, object, guest_clamp(guest, call->args[2].n));
	}
}

wasi_errno_t sys_fd_pread(struct guest *guest, struct call *call)
{
	const struct object *object = guest->in[0];
	wasi_errno_t err = object_check_file(object);

	if (err || !object->can_read)
		return err ? err : WASI_EBADF;
	return read_file(guest, call, object, call->args[1].n, call->args[2].n);
}

int guest_file_dup(struct guest *guest, wasi_handle_t handle)
{
	struct object *object = NULL;

	fd_table_find(&guest->table, handle, &object);
	if (!object || object->kind != OBJECT_FILE || object->filetype != WASI_FILETYPE_REGULAR_FILE || object->slow ||
	    object->path_only || !object->can_read || !object_may(object, WASI_RIGHT_FD_READ | WASI_RIGHT_FD_SEEK) ||
	    object->poison || (object->root && object->root->withdrawn_ns))
		return -1;
	return fcntl(object->fd, F_DUPFD_CLOEXEC, 0);
}
