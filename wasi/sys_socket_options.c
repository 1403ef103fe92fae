/* sock_get_option, sock_set_option: the few that do no harm, by WasmEdge's numbers (level 0) and TCP's (level 6). What is set before
 * a socket has a descriptor is kept, and set when it has one. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "guest.h"
#include "sockets.h"

enum { LEVEL_SOCKET = 0, LEVEL_TCP = 6, BUFFER_MOST = 4 << 20 };
enum { REUSE_ADDRESS = 0, TYPE = 1, ERROR = 2, SEND_BUFFER = 5, RECEIVE_BUFFER = 6, KEEP_ALIVE = 7, ACCEPTS = 13 };

/* An option that is passed on to the kernel. */
static const struct option {
	uint8_t level, name;       /* the program's */
	int host_level, host_name;
	int least, most;           /* as the kernel has it (tcp(7), net/ipv4/tcp.c); more than `most` of a buffer is cut */
	int first;                 /* its value before anybody sets it; 0 also: the kernel chooses it */
} options[SOCKET_OPTIONS] = {
	{ LEVEL_SOCKET, SEND_BUFFER, SOL_SOCKET, SO_SNDBUF, 0, BUFFER_MOST, 0 },
	{ LEVEL_SOCKET, RECEIVE_BUFFER, SOL_SOCKET, SO_RCVBUF, 0, BUFFER_MOST, 0 },
	{ LEVEL_SOCKET, KEEP_ALIVE, SOL_SOCKET, SO_KEEPALIVE, INT32_MIN, INT32_MAX, 0 },
	{ LEVEL_TCP, TCP_NODELAY, IPPROTO_TCP, TCP_NODELAY, INT32_MIN, INT32_MAX, 1 /* the dialer sets it */ },
	{ LEVEL_TCP, TCP_KEEPIDLE, IPPROTO_TCP, TCP_KEEPIDLE, 1, 32767, 7200 },
	{ LEVEL_TCP, TCP_KEEPINTVL, IPPROTO_TCP, TCP_KEEPINTVL, 1, 32767, 75 },
	{ LEVEL_TCP, TCP_KEEPCNT, IPPROTO_TCP, TCP_KEEPCNT, 1, 127, 9 },
};

/* Its place in options[]; SOCKET_OPTIONS: no such option, or this kind of socket can't have it: a relayed socket's descriptor is a
 * pair's, in which only what is sent has a buffer. */
static size_t option_find(const struct object *object, uint64_t level, uint64_t name)
{
	bool is_relayed = object->opened && object->opened->relayed, is_datagram = object_is_datagram(object);
	size_t i = 0;

	while (i < SOCKET_OPTIONS && (options[i].level != level || options[i].name != name))
		i++;
	if (i < SOCKET_OPTIONS && (is_relayed || is_datagram) && options[i].host_name != SO_SNDBUF &&
	    !(is_datagram && options[i].host_name == SO_KEEPALIVE)) /* which UDP has, without a use */
		return SOCKET_OPTIONS;
	return i;
}

static wasi_errno_t need_socket(const struct object *object)
{
	return object->kind == OBJECT_SOCKET || object->kind == OBJECT_LISTENER || object->kind == OBJECT_UNCONNECTED ||
	       object->kind == OBJECT_DATAGRAM ? WASI_OK : WASI_ENOTSOCK;
}

void socket_options_apply(struct object *object)
{
	struct opened_socket *opened = object->opened;

	for (size_t i = 0; i < SOCKET_OPTIONS; i++)
		if (opened->options_set & 1u << i)
			host_socket_option(object->fd, options[i].host_level, options[i].host_name, &opened->options[i], true);
	opened->options_set = 0;
}

/* As the kernel tells it: a buffer has twice the room that was asked for. */
static int option_kept(const struct opened_socket *opened, size_t i)
{
	bool is_buffer = options[i].host_name == SO_SNDBUF || options[i].host_name == SO_RCVBUF;
	int value = opened->options[i];

	if (!(opened->options_set & 1u << i))
		return options[i].first;
	return options[i].level == LEVEL_TCP && options[i].name != TCP_NODELAY ? value : is_buffer ? value * 2 : value != 0;
}

wasi_errno_t sys_sock_get_option(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];
	uint64_t level = call->args[1].n, name = call->args[2].n;
	int value = 0;
	wasi_errno_t err;
	size_t i;

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
	} else if ((i = option_find(object, level, name)) == SOCKET_OPTIONS) {
		return WASI_ENOPROTOOPT;
	} else if (object->fd >= 0) {
		err = host_socket_option(object->fd, options[i].host_level, options[i].host_name, &value, false);
	} else {
		value = option_kept(object->opened, i);
	}
	if (!err)
		reply_u64(call, (uint64_t)(uint32_t)value);
	return err;
}

wasi_errno_t sys_sock_set_option(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];
	uint64_t level = call->args[1].n, name = call->args[2].n;
	int value = (int32_t)call->args[3].n;
	wasi_errno_t err;
	size_t i;

	socket_settle(object);
	err = need_socket(object);
	if (err)
		return err;
	if (level == LEVEL_SOCKET && name == REUSE_ADDRESS)
		return WASI_OK;
	i = option_find(object, level, name);
	if (i == SOCKET_OPTIONS)
		return WASI_ENOPROTOOPT;
	if (object->kind == OBJECT_LISTENER && object->lent) /* it is everybody's */
		return WASI_EPERM;
	if (level == LEVEL_SOCKET && name != KEEP_ALIVE && (value < 0 || value > BUFFER_MOST))
		value = BUFFER_MOST; /* as the kernel, which takes it for unsigned */
	if (value < options[i].least || value > options[i].most)
		return WASI_EINVAL;
	if (object->fd >= 0)
		return host_socket_option(object->fd, options[i].host_level, options[i].host_name, &value, true);
	object->opened->options[i] = value;
	object->opened->options_set |= 1u << i;
	return WASI_OK;
}
