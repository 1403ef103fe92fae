/* sock_open and what makes a connection of it. The network is asked, and answers later (network.h). */
#include <stdlib.h>

#include "guest.h"
#include "sockets.h"

enum { CONNECT_DONT_WAIT = 1 };

#define RIGHTS_SOCKET \
	(WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE | WASI_RIGHT_POLL_FD_READWRITE | WASI_RIGHT_SOCK_SHUTDOWN | \
	 WASI_RIGHT_SOCK_ACCEPT | WASI_RIGHT_FD_FILESTAT_GET | WASI_RIGHT_FD_FDSTAT_SET_FLAGS)

wasi_errno_t sys_sock_open(struct guest *guest, struct call *call)
{
	uint64_t family = call->args[0].n, type = call->args[1].n;
	struct opened_socket *opened;
	struct object object = { .fd = -1, .kind = OBJECT_UNCONNECTED, .fs = HOST_FS_MEMORY, .can_read = true, .can_write = true };
	wasi_fdstat_t fdstat;

	if (!guest->network)
		return WASI_EACCES;
	if (family != 0 && family != 4 && family != 6)
		return WASI_EAFNOSUPPORT;
	if (type != SOCKET_STREAM && type != SOCKET_DATAGRAM)
		return WASI_EPROTONOSUPPORT;
	opened = calloc(1, sizeof *opened);
	if (!opened)
		return WASI_ENOMEM;
	opened->network = guest->network;
	opened->family = (uint8_t)family;
	opened->type = (uint8_t)type;
	object.opened = opened;
	object.filetype = type == SOCKET_STREAM ? WASI_FILETYPE_SOCKET_STREAM : WASI_FILETYPE_SOCKET_DGRAM;
	object.rights_base = RIGHTS_SOCKET;
	object.rights_inheriting = RIGHTS_SOCKET & ~WASI_RIGHT_SOCK_ACCEPT;
	socket_use_begin(&guest->socket_uses, &object, (wasi_handle_t)call->args[2].n, type == SOCKET_STREAM ? GUEST_SOCKET_STREAM :
		GUEST_SOCKET_DATAGRAM, GUEST_SOCKET_OPEN);
	object_fdstat(&object, &fdstat);
	reply_bytes(call, &fdstat, sizeof fdstat);
	fd_table_put(&guest->table, (wasi_handle_t)call->args[2].n, &object);
	return WASI_OK;
}

/* Only what it looks like: whether it may be reached is the network's to say. */
static bool is_endpoint(const union call_arg *endpoint, uint8_t family)
{
	uint32_t length = endpoint->bytes.length;

	return length >= 4 && length <= NETWORK_ENDPOINT_MAX &&
	       (endpoint->bytes.at[0] == 'n' || endpoint_is_address(endpoint->bytes.at, length, family));
}

/* What a connection that is asked for already has come to. */
static wasi_errno_t connect_goes_on(struct call *call, struct object *object)
{
	wasi_errno_t err;

	socket_settle(object);
	if (object->kind == OBJECT_SOCKET)
		return call->park ? WASI_OK : WASI_EISCONN;
	if (object->opened->asked)
		return call->park ? socket_wait(call, object) : WASI_EALREADY;
	err = object->opened->error;
	object->opened->error = WASI_OK;
	return err;
}

wasi_errno_t sys_sock_connect(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];
	const union call_arg *endpoint = &call->args[1];
	struct opened_socket *opened = object->opened; /* NULL: of a connection that was accepted */
	bool waits = !(call->args[2].n & CONNECT_DONT_WAIT) && !(object->fdflags & WASI_FDFLAG_NONBLOCK);
	wasi_errno_t err;

	if (object_is_datagram(object))
		return is_endpoint(endpoint, opened->family) ? datagram_connect(call, object, endpoint) : WASI_EAFNOSUPPORT;
	if (object->kind != OBJECT_UNCONNECTED)
		return object->kind == OBJECT_SOCKET ? call->park ? WASI_OK : WASI_EISCONN :
		       object->kind == OBJECT_LISTENER ? WASI_EINVAL : WASI_ENOTSOCK;
	if (call->args[2].n & ~(uint64_t)CONNECT_DONT_WAIT)
		return WASI_EINVAL;
	if (park_comes_first(call)) /* the network is asked on the loop's thread alone */
		return socket_wait(call, object);
	if (call->park || opened->asked || opened->error)
		return connect_goes_on(call, object);
	if (!is_endpoint(endpoint, opened->family))
		return endpoint->bytes.length && endpoint->bytes.at[0] != 'n' ? WASI_EAFNOSUPPORT : WASI_EINVAL;
	err = socket_ask(object, NETWORK_CONNECT, endpoint->bytes.at, endpoint->bytes.length, object->fd);
	if (err)
		return err;
	opened->peer.length = (uint16_t)endpoint->bytes.length;
	memcpy(opened->peer.bytes, endpoint->bytes.at, endpoint->bytes.length);
	socket_use_target(object, endpoint->bytes.at, endpoint->bytes.length);
	socket_use_is(object, GUEST_SOCKET_CONNECTING);
	return waits ? socket_wait(call, object) : WASI_EINPROGRESS;
}

wasi_errno_t sys_sock_address(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];
	bool peer = call->args[1].n == 1;
	size_t length;
	wasi_errno_t err;

	if (call->args[1].n > 1)
		return WASI_EINVAL;
	if (object->kind == OBJECT_UNCONNECTED) {
		if (!park_comes_first(call))
			socket_settle(object);
		/* Asked for in one batch with the connection: it has none before. */
		if (object->kind == OBJECT_UNCONNECTED && object->opened->asked && !(object->fdflags & WASI_FDFLAG_NONBLOCK))
			return socket_wait(call, object);
	}
	if (object->kind != OBJECT_SOCKET && object->kind != OBJECT_LISTENER && object->kind != OBJECT_UNCONNECTED &&
	    object->kind != OBJECT_DATAGRAM)
		return WASI_ENOTSOCK;
	if (object->opened && object->opened->relayed) {
		const struct endpoint_bytes *kept = peer ? &object->opened->other : &object->opened->own;

		reply_bytes(call, kept->bytes, kept->length);
		return kept->length ? WASI_OK : peer ? WASI_ENOTCONN : WASI_EINVAL;
	}
	if (object->fd < 0)
		return peer ? WASI_ENOTCONN : WASI_EINVAL;
	err = host_socket_address(object->fd, peer, call->reply, &length);
	if (!err)
		call->reply_length = (uint32_t)length;
	return err;
}
