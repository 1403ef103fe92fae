/* sock_*: listening sockets that were granted, and the connections that they accept. */
#include <stdlib.h>

#include "guest.h"
#include "park.h"
#include "sockets.h"

wasi_errno_t sys_sock_accept(struct guest *guest, struct call *call)
{
	struct object *listener = guest->in[0], accepted;
	uint64_t fdflags = call->args[1].n;
	wasi_fdstat_t fdstat;
	struct stat st;
	wasi_errno_t err = WASI_EAGAIN;
	int fd = -1;

	if (listener->kind != OBJECT_LISTENER)
		return listener->kind == OBJECT_SOCKET || listener->kind == OBJECT_UNCONNECTED ? WASI_EINVAL : WASI_ENOTSOCK;
	if (fdflags & ~(uint64_t)WASI_FDFLAG_NONBLOCK)
		return WASI_EINVAL;
	if (park_is_turn(listener, call, PARK_READ))
		err = host_accept(listener->fd, &fd);
	if (err == WASI_EAGAIN && !(listener->fdflags & WASI_FDFLAG_NONBLOCK))
		return park_on(call, listener, PARK_READ, POLLIN);
	if (!err)
		err = host_stat(fd, &st);
	if (err) {
		if (fd >= 0)
			host_close(fd);
		return err;
	}
	object_init(&accepted, fd, &st, true, true);
	if (listener->opened && !(accepted.opened = socket_opened_new(listener->opened->network, 0, SOCKET_STREAM))) {
		host_close(fd);
		return WASI_EMFILE;
	}
	accepted.fdflags = (uint16_t)fdflags;
	accepted.rights_base &= listener->rights_inheriting;
	accepted.dropped_base = listener->dropped_inheriting;
	socket_use_begin(&guest->socket_uses, &accepted, (wasi_handle_t)call->args[2].n, GUEST_SOCKET_STREAM, GUEST_SOCKET_CONNECTED);
	socket_use_addresses(&accepted);
	object_fdstat(&accepted, &fdstat);
	reply_bytes(call, &fdstat, sizeof fdstat);
	fd_table_put(&guest->table, (wasi_handle_t)call->args[2].n, &accepted);
	return WASI_OK;
}

/* WAITALL: what has come is kept with the parked call until all is there, an error or the end. */
static wasi_errno_t receive_all(struct guest *guest, struct call *call, struct object *object, uint32_t room)
{
	uint8_t *into = call->reply + 4;
	size_t done = 0, n;
	wasi_errno_t err = WASI_EAGAIN;

	if (call->park && call->park->received) {
		done = call->park->progress;
		memcpy(into, call->park->received, done);
	}
	if (park_is_turn(object, call, PARK_READ) && !park_comes_first(call)) {
		do {
			err = host_receive(object->fd, into + done, room - done, false, &n);
			socket_use_did(object, err, n, true, room - done);
			done += n;
		} while (!err && n && done < room);
	}
	/* The caller doesn't park a linked call but answers AGAIN; no bytes may be lost then. */
	if (err == WASI_EAGAIN && !(object->fdflags & WASI_FDFLAG_NONBLOCK) && !(done && (call->flags & CALL_LINK))) {
		uint8_t *received = call->park ? call->park->received : NULL;

		if (done && !received)
			received = malloc(room);
		if (!done || received) {
			err = park_on(call, object, PARK_READ, POLLIN);
			if (err == SYS_PARKED) {
				call->park->received = received;
				call->park->progress = done;
				if (done)
					memcpy(received, into, done);
				return err;
			}
			free(received);
		}
		if (!done)
			return err;
		/* no memory: what has come is the answer */
	}
	if (err && !done)
		return err;
	reply_u32(call, 0);
	call->reply_length += (uint32_t)done;
	return WASI_OK;
}

wasi_errno_t sys_sock_recv(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];
	uint64_t flags = call->args[1].n;
	uint32_t room = guest_clamp(guest, call->args[2].n);
	size_t done = 0;
	uint8_t endpoint[NETWORK_ENDPOINT_MAX];
	uint32_t endpoint_length;
	wasi_errno_t err;

	if (object_is_datagram(object)) {
		err = datagram_receive(call, object, room, flags & WASI_RIFLAG_RECV_PEEK, endpoint, &endpoint_length, call->reply + 4,
			&done);
		if (!err) {
			reply_u32(call, 0);
			call->reply_length += (uint32_t)done;
		}
		return err;
	}
	err = socket_connected(call, object, PARK_READ);
	if (err)
		return err;
	if (flags & ~(uint64_t)(WASI_RIFLAG_RECV_PEEK | WASI_RIFLAG_RECV_WAITALL | SOCKET_RECV_WAITS))
		return WASI_EINVAL;
	if (flags == WASI_RIFLAG_RECV_WAITALL && room)
		return receive_all(guest, call, object, room);
	err = WASI_EAGAIN;
	if (park_is_turn(object, call, PARK_READ)) {
		err = host_receive(object->fd, call->reply + 4, room, flags & WASI_RIFLAG_RECV_PEEK, &done);
		if (!(flags & WASI_RIFLAG_RECV_PEEK))
			socket_use_did(object, err, done, true, room);
	}
	if (err == WASI_EAGAIN && (flags & SOCKET_RECV_WAITS || !(object->fdflags & WASI_FDFLAG_NONBLOCK)))
		return park_on(call, object, PARK_READ, POLLIN);
	if (err)
		return err;
	reply_u32(call, 0);
	call->reply_length += (uint32_t)done;
	return WASI_OK;
}

/* ---- received past calls ---- */

static const struct call nobody; /* it isn't parked */

static struct object *stream_find(struct guest *guest, wasi_handle_t handle)
{
	struct object *object = NULL;

	fd_table_find(&guest->table, handle, &object);
	return object && object->kind == OBJECT_SOCKET && !object_is_datagram(object) && object->can_read && !object->poison &&
	       object_may(object, WASI_RIGHT_FD_READ) ? object : NULL;
}

int guest_stream_dup(struct guest *guest, wasi_handle_t handle, uint64_t at)
{
	const struct object *object = stream_find(guest, handle);

	if (!object || !object->use || object->use->socket.received != at || !park_is_turn(object, &nobody, PARK_READ))
		return -1;
	return fcntl(object->fd, F_DUPFD_CLOEXEC, 0);
}

bool guest_stream_took(struct guest *guest, wasi_handle_t handle, size_t bytes)
{
	struct object *object = stream_find(guest, handle);

	if (!object)
		return false;
	socket_use_moved(object, bytes, 0);
	return park_is_turn(object, &nobody, PARK_READ);
}

/* ---- sending, and the end ---- */

/* Sends what is left of the bytes, of which `*done` are sent already. OK: all are, or as many as this call may send. */
static wasi_errno_t send_left(struct object *object, const uint8_t *at, size_t length, size_t *done)
{
	wasi_errno_t err;
	size_t n;

	do {
		err = host_send(object->fd, at + *done, length - *done, &n);
		socket_use_did(object, err, err ? 0 : n, false, 0);
		*done += err ? 0 : n;
	} while (!err && *done < length);
	return err;
}

/* The call waits until all is sent, as send(2) does, an error, or the end of the connection; so the page can ask for the next one
 * before this one is answered. Without SEND_ALL what was sent before an error is told in its place. */
static wasi_errno_t send_all(struct guest *guest, struct call *call, struct object *object)
{
	bool quiet = call->flags & CALL_QUIET; /* nobody reads its count */
	size_t length = quiet ? call->args[2].bytes.length : guest_clamp(guest, call->args[2].bytes.length);
	size_t done = call->park ? call->park->progress : 0;
	bool waits = !(object->fdflags & WASI_FDFLAG_NONBLOCK);
	wasi_errno_t err = WASI_EAGAIN;

	if (waits && park_comes_first(call)) /* on a thread it would begin again */
		return park_on(call, object, PARK_WRITE, POLLOUT);
	if (park_is_turn(object, call, PARK_WRITE))
		err = send_left(object, call->args[2].bytes.at, length, &done);
	/* The caller doesn't park a linked call but answers AGAIN: what was sent is told instead. */
	if (err == WASI_EAGAIN && waits && !(done && call->flags & CALL_LINK)) {
		err = park_on(call, object, PARK_WRITE, POLLOUT);
		if (err == SYS_PARKED) {
			call->park->progress = done;
			return err;
		}
	}
	if (err && !quiet && !(done && (err == WASI_EAGAIN || !(call->args[1].n & SOCKET_SEND_ALL))))
		return err;
	reply_u32(call, (uint32_t)done);
	return quiet ? err : WASI_OK;
}

wasi_errno_t sys_sock_send(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];
	uint64_t flags = call->args[1].n;
	wasi_errno_t err;

	if (flags & ~(uint64_t)SOCKET_SEND_ALL) /* the only flag there is; preview1 has none */
		return WASI_EINVAL;
	if (object_is_datagram(object))
		return datagram_send(guest, call, object, &call->args[2]);
	err = socket_connected(call, object, PARK_WRITE);
	return err ? err : send_all(guest, call, object);
}

wasi_errno_t sys_sock_shutdown(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];
	uint64_t how = call->args[1].n;
	/* Shutting a listener down would end it for every guest: it is only lent. */
	wasi_errno_t err = socket_connected(call, object, PARK_NO_SIDE);

	if (err)
		return err;
	if (how == 0 || how > (WASI_SDFLAG_RD | WASI_SDFLAG_WR))
		return WASI_EINVAL;
	err = host_shutdown(object->fd, how & WASI_SDFLAG_RD, how & WASI_SDFLAG_WR);
	if (!err)
		socket_use_ended(object, how & WASI_SDFLAG_RD, how & WASI_SDFLAG_WR);
	return err;
}
