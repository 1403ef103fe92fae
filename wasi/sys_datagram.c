/* Datagrams. No UDP socket comes here, since it could send to anybody: the network relays, over a SOCK_SEQPACKET socket on which
 * each datagram has a byte with its endpoint's length and the endpoint before it. Each new peer is judged before the first
 * datagram to it leaves. */
#include <stdlib.h>
#include <sys/uio.h>

#include "guest.h"
#include "sockets.h"

enum { DATAGRAM_MAX = 65507 };

/* Its relay is there, or the call waits for it (OK, PARKED, or why not). */
static wasi_errno_t need_relay(struct call *call, struct object *object)
{
	wasi_errno_t err;

	socket_settle(object);
	if (object->kind == OBJECT_DATAGRAM)
		return WASI_OK;
	if (object->kind != OBJECT_UNCONNECTED)
		return object->kind == OBJECT_SOCKET || object->kind == OBJECT_LISTENER ? WASI_ENOTSUP : WASI_ENOTSOCK;
	if (object->opened->type != SOCKET_DATAGRAM)
		return WASI_ENOTCONN;
	if (park_comes_first(call))
		return socket_wait(call, object);
	if (!object->opened->asked) {
		err = object->opened->error;
		object->opened->error = WASI_OK;
		if (!err)
			err = socket_ask(object, NETWORK_DATAGRAM, &object->opened->family, 0, -1);
		if (err)
			return err;
	}
	return socket_wait(call, object);
}

static const struct endpoint_bytes *judged_find(const struct opened_socket *opened, const uint8_t *endpoint, size_t length)
{
	for (size_t i = 0; i < opened->judged_count; i++)
		if (opened->judged[i].named.length == length && !memcmp(opened->judged[i].named.bytes, endpoint, length))
			return &opened->judged[i].is;
	return NULL;
}

/* The endpoint was judged; its address is in *is. Else the call waits, or fails. */
static wasi_errno_t need_peer(struct call *call, struct object *object, const uint8_t *endpoint, size_t length,
                              const struct endpoint_bytes **is)
{
	struct opened_socket *opened = object->opened;
	wasi_errno_t err = need_relay(call, object);

	if (err)
		return err;
	*is = judged_find(opened, endpoint, length);
	if (*is)
		return WASI_OK;
	if (length < 4 || length > NETWORK_ENDPOINT_MAX)
		return WASI_EINVAL;
	if (park_comes_first(call))
		return socket_wait(call, object);
	if (opened->error) {
		err = opened->error;
		opened->error = WASI_OK;
		return err;
	}
	if (!opened->asked) {
		err = socket_ask(object, NETWORK_PEER, endpoint, length, -1);
		if (err)
			return err;
		opened->asking.length = (uint16_t)length;
		memcpy(opened->asking.bytes, endpoint, length);
	}
	return socket_wait(call, object);
}

static wasi_errno_t send_to(struct call *call, struct object *object, const uint8_t *endpoint, size_t endpoint_length,
                            const uint8_t *bytes, size_t length)
{
	const struct endpoint_bytes *is;
	wasi_errno_t err = need_peer(call, object, endpoint, endpoint_length, &is);

	if (err)
		return err;
	if (length > DATAGRAM_MAX)
		return WASI_EMSGSIZE;
	err = host_datagram_send(object->fd, is->bytes, is->length, bytes, length);
	if (err == WASI_EAGAIN && !(object->fdflags & WASI_FDFLAG_NONBLOCK))
		return park_on(call, object, PARK_WRITE, POLLOUT);
	if (err)
		return err;
	socket_use_moved(object, 0, length);
	socket_use_peer(object, is->bytes, is->length);
	reply_u32(call, (uint32_t)length);
	return WASI_OK;
}

wasi_errno_t sys_sock_send_to(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];

	if (call->args[1].n)
		return WASI_EINVAL;
	return send_to(call, object, call->args[2].bytes.at, call->args[2].bytes.length, call->args[3].bytes.at,
	               guest_clamp(guest, call->args[3].bytes.length));
}

wasi_errno_t datagram_send(struct guest *guest, struct call *call, struct object *object, const union call_arg *bytes)
{
	const struct endpoint_bytes *peer = &object->opened->peer;

	if (!peer->length)
		return WASI_EDESTADDRREQ;
	return send_to(call, object, peer->bytes, peer->length, bytes->bytes.at, guest_clamp(guest, bytes->bytes.length));
}

wasi_errno_t datagram_connect(struct call *call, struct object *object, const union call_arg *endpoint)
{
	const struct endpoint_bytes *is;
	wasi_errno_t err = need_peer(call, object, endpoint->bytes.at, endpoint->bytes.length, &is);

	if (!err) {
		object->opened->peer.length = (uint16_t)endpoint->bytes.length;
		memcpy(object->opened->peer.bytes, endpoint->bytes.at, endpoint->bytes.length);
		object->opened->other = *is;
		socket_use_target(object, endpoint->bytes.at, endpoint->bytes.length);
		socket_use_peer(object, is->bytes, is->length);
		socket_use_is(object, GUEST_SOCKET_CONNECTED);
	}
	return err;
}

wasi_errno_t datagram_receive(struct call *call, struct object *object, uint32_t room, bool peek,
                              uint8_t endpoint[NETWORK_ENDPOINT_MAX], uint32_t *endpoint_length, uint8_t *into, size_t *done)
{
	wasi_errno_t err = need_relay(call, object);
	const struct endpoint_bytes *other;

	if (err)
		return err;
	other = &object->opened->other;
	do { /* a connected one hears its peer alone */
		err = WASI_EAGAIN;
		if (park_is_turn(object, call, PARK_READ))
			err = host_datagram_receive(object->fd, endpoint, endpoint_length, into, room, peek, done);
	} while (!err && other->length && !peek &&
		(*endpoint_length != other->length || memcmp(endpoint, other->bytes, other->length)));
	if (err == WASI_EAGAIN && !(object->fdflags & WASI_FDFLAG_NONBLOCK))
		return park_on(call, object, PARK_READ, POLLIN);
	if (!err && !peek) {
		socket_use_moved(object, *done, 0);
		socket_use_peer(object, endpoint, *endpoint_length);
	}
	if (!err && object->opened->bound && !judged_find(object->opened, endpoint, *endpoint_length))
		socket_judged_add(object->opened, endpoint, *endpoint_length); /* whoever has sent to us may be answered */
	return err;
}

wasi_errno_t sys_sock_receive_from(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];
	uint8_t endpoint[NETWORK_ENDPOINT_MAX];
	uint32_t endpoint_length = 0, room = guest_clamp(guest, call->args[2].n);
	size_t done = 0;
	uint8_t *bytes;
	wasi_errno_t err;

	if (call->args[1].n & ~(uint64_t)WASI_RIFLAG_RECV_PEEK)
		return WASI_EINVAL;
	bytes = malloc(room + 1);
	if (!bytes)
		return WASI_ENOMEM;
	err = datagram_receive(call, object, room, call->args[1].n & WASI_RIFLAG_RECV_PEEK, endpoint, &endpoint_length, bytes, &done);
	if (!err) {
		reply_u32(call, endpoint_length);
		reply_bytes(call, endpoint, endpoint_length);
		reply_bytes(call, bytes, done);
	}
	free(bytes);
	return err;
}
