/* sock_bind and sock_listen: the network makes the socket and lets it listen (rule `listen:`). */
#include "guest.h"
#include "sockets.h"

/* The question about the object that the call asks once; then it waits, and gets what came of it. */
static wasi_errno_t ask_once(struct call *call, struct object *object, enum network_question question, const void *bytes,
	size_t length, int fd)
{
	struct opened_socket *opened = object->opened;
	wasi_errno_t err;

	if (park_comes_first(call))
		return socket_wait(call, object);
	if (!call->park) {
		if (opened->asked)
			return WASI_EALREADY;
		err = socket_ask(object, question, bytes, length, fd);
		return err ? err : socket_wait(call, object);
	}
	socket_settle(object);
	if (opened->asked)
		return socket_wait(call, object);
	err = opened->error;
	opened->error = WASI_OK;
	return err;
}

wasi_errno_t sys_sock_bind(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];
	const union call_arg *endpoint = &call->args[1];

	if (!call->park && object->kind != OBJECT_UNCONNECTED)
		return object->kind == OBJECT_SOCKET || object->kind == OBJECT_LISTENER || object->kind == OBJECT_DATAGRAM ?
		       WASI_EINVAL : WASI_ENOTSOCK;
	if (!call->park && object->fd >= 0)
		return WASI_EINVAL;
	if (!endpoint_is_address(endpoint->bytes.at, endpoint->bytes.length, object->opened->family))
		return WASI_EAFNOSUPPORT;
	return ask_once(call, object, object->opened->type == SOCKET_DATAGRAM ? NETWORK_DATAGRAM : NETWORK_BIND,
	                endpoint->bytes.at, endpoint->bytes.length, -1);
}

wasi_errno_t sys_sock_listen(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];
	uint32_t backlog = (uint32_t)call->args[1].n;

	if (!call->park && object->kind == OBJECT_LISTENER)
		return WASI_OK;
	if (!call->park && object->kind != OBJECT_UNCONNECTED)
		return object->kind == OBJECT_SOCKET ? WASI_EINVAL : object->kind == OBJECT_DATAGRAM ? WASI_ENOTSUP : WASI_ENOTSOCK;
	if (!call->park && object->fd < 0)
		return object->opened->type == SOCKET_DATAGRAM ? WASI_ENOTSUP : WASI_EDESTADDRREQ;
	return ask_once(call, object, NETWORK_LISTEN, &backlog, sizeof backlog, object->fd);
}
