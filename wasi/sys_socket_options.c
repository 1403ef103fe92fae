/* sock_get_option, sock_set_option: the few that do no harm, by WasmEdge's numbers (level 0) and TCP's (level 6). */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "guest.h"
#include "sockets.h"

enum { LEVEL_SOCKET = 0, LEVEL_TCP = 6, BUFFER_MOST = 4 << 20 };
enum { REUSE_ADDRESS = 0, TYPE = 1, ERROR = 2, SEND_BUFFER = 5, RECEIVE_BUFFER = 6, KEEP_ALIVE = 7, ACCEPTS = 13 };

/* The kernel's name of an option that is passed on. */
static bool option_find(uint64_t level, uint64_t name, int *host_level, int *host_name)
{
	static const int of_socket[] = { [SEND_BUFFER] = SO_SNDBUF, [RECEIVE_BUFFER] = SO_RCVBUF, [KEEP_ALIVE] = SO_KEEPALIVE };

	*host_level = level == LEVEL_TCP ? IPPROTO_TCP : SOL_SOCKET;
	*host_name = 0;
	if (level == LEVEL_SOCKET && name < sizeof of_socket / sizeof *of_socket)
		*host_name = of_socket[name];
	else if (level == LEVEL_TCP && (name == TCP_NODELAY || name == TCP_KEEPIDLE || name == TCP_KEEPINTVL || name == TCP_KEEPCNT))
		*host_name = (int)name;
	return *host_name != 0;
}

static wasi_errno_t need_socket(const struct object *object)
{
	return object->kind == OBJECT_SOCKET || object->kind == OBJECT_LISTENER || object->kind == OBJECT_UNCONNECTED ||
	       object->kind == OBJECT_DATAGRAM ? WASI_OK : WASI_ENOTSOCK;
}

wasi_errno_t sys_sock_get_option(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];
	uint64_t level = call->args[1].n, name = call->args[2].n;
	int host_level, host_name, value = 0;
	wasi_errno_t err;

	socket_settle(object);
	err = need_socket(object);
	if (err)
		return err;
	if (level == LEVEL_SOCKET && name == TYPE) { /* in the order of WasmEdge's __wasi_filetype_t: datagram, stream */
		value = object->filetype == WASI_FILETYPE_SOCKET_DGRAM ? 1 : 2;
	} else if (level == LEVEL_SOCKET && name == ACCEPTS) {
		value = object->kind == OBJECT_LISTENER;
	} else if (level == LEVEL_SOCKET && name == REUSE_ADDRESS) {
		value = 1; /* whoever listens does it so */
	} else if (level == LEVEL_SOCKET && name == ERROR) {
		value = object->opened ? object->opened->error : 0;
		if (object->opened)
			object->opened->error = WASI_OK;
		if (!value && object->fd >= 0 && object->kind == OBJECT_SOCKET)
			value = host_socket_error(object->fd);
	} else if (!option_find(level, name, &host_level, &host_name)) {
		return WASI_ENOPROTOOPT;
	} else if (object->fd >= 0 && object->kind != OBJECT_DATAGRAM) {
		err = host_socket_option(object->fd, host_level, host_name, &value, false);
	}
	if (!err)
		reply_u64(call, (uint64_t)(uint32_t)value);
	return err;
}

wasi_errno_t sys_sock_set_option(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];
	uint64_t level = call->args[1].n, name = call->args[2].n, most = level == LEVEL_SOCKET ? BUFFER_MOST : 32767;
	int host_level, host_name, value = call->args[3].n < most ? (int)call->args[3].n : (int)most;
	wasi_errno_t err;

	socket_settle(object);
	err = need_socket(object);
	if (err)
		return err;
	if (level == LEVEL_SOCKET && name == REUSE_ADDRESS)
		return WASI_OK;
	if (!option_find(level, name, &host_level, &host_name))
		return WASI_ENOPROTOOPT;
	if (object->kind == OBJECT_LISTENER && object->lent)
		return WASI_OK; /* it is everybody's */
	/* before it is connected there's nothing to set it on, and none of them is promised */
	if (object->fd < 0 || object->kind == OBJECT_DATAGRAM)
		return WASI_OK;
	return host_socket_option(object->fd, host_level, host_name, &value, true);
}
