#include "socket_use.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fd_table.h"
#include "host.h"
#include "network.h"
#include "sys.h"

void socket_uses_init(struct socket_uses *uses) { pthread_mutex_init(&uses->lock, NULL); }

void socket_uses_clear(struct socket_uses *uses) { pthread_mutex_destroy(&uses->lock); }

void socket_use_begin(struct socket_uses *uses, struct object *object, wasi_handle_t handle, enum guest_socket_kind kind,
	enum guest_socket_state state)
{
	struct socket_use *use = calloc(1, sizeof *use);

	object->use = use;
	if (!use)
		return;
	use->of = uses;
	use->socket.handle = handle;
	use->socket.kind = (uint8_t)kind;
	use->socket.state = (uint8_t)state;
	use->socket.changed = true;
	pthread_mutex_lock(&uses->lock);
	uses->total.opened += state != GUEST_SOCKET_LISTENING; /* that one was granted */
	use->next = uses->first;
	use->link = &uses->first;
	if (use->next)
		use->next->link = &use->next;
	uses->first = use;
	pthread_mutex_unlock(&uses->lock);
}

void socket_use_end(struct object *object)
{
	struct socket_use *use = object->use;

	object->use = NULL;
	if (!use)
		return;
	pthread_mutex_lock(&use->of->lock);
	*use->link = use->next;
	if (use->next)
		use->next->link = use->link;
	pthread_mutex_unlock(&use->of->lock);
	free(use);
}

/* NULL: it has none. Else it is locked, and changes. */
static struct guest_socket *change(struct object *object)
{
	if (!object->use)
		return NULL;
	pthread_mutex_lock(&object->use->of->lock);
	object->use->socket.changed = true;
	return &object->use->socket;
}

static void changed(struct object *object) { pthread_mutex_unlock(&object->use->of->lock); }

void socket_use_is(struct object *object, enum guest_socket_state state)
{
	struct guest_socket *socket = change(object);

	if (!socket)
		return;
	socket->state = (uint8_t)state;
	changed(object);
}

void socket_use_moved(struct object *object, size_t received, size_t sent)
{
	struct guest_socket *socket = received || sent ? change(object) : NULL;

	if (!socket)
		return;
	socket->received += received;
	socket->sent += sent;
	object->use->of->total.received += received;
	object->use->of->total.sent += sent;
	changed(object);
}

void socket_use_ended(struct object *object, bool receiving, bool sending)
{
	struct guest_socket *socket = change(object);

	if (!socket)
		return;
	socket->received_all |= receiving;
	socket->sent_all |= sending;
	changed(object);
}

void socket_use_is_secure(struct object *object)
{
	struct guest_socket *socket = change(object);

	if (!socket)
		return;
	socket->is_secure = true;
	changed(object);
}

void socket_use_target(struct object *object, const uint8_t *endpoint, size_t length)
{
	struct guest_socket *socket = change(object);

	if (!socket)
		return;
	socket->name[0] = 0;
	socket->peer_length = 0;
	if (length >= 3 && endpoint[0] == 'n') {
		snprintf(socket->name, sizeof socket->name, "%.*s:%d", (int)(length - 3), (const char *)endpoint + 3,
			endpoint[1] | endpoint[2] << 8);
	} else if (length <= sizeof socket->peer) {
		memcpy(socket->peer, endpoint, length);
		socket->peer_length = (uint8_t)length;
	}
	changed(object);
}

/* Text method, text URL: each behind a u16 with its length. */
void socket_use_request(struct object *object, const uint8_t *bytes, size_t length)
{
	struct guest_socket *socket = change(object);
	size_t method = length >= 2 ? bytes[0] | (size_t)bytes[1] << 8 : 0, at = 2 + method + 2, end;

	if (!socket)
		return;
	for (end = at + 8; at < length && end < length && bytes[end] != '/'; end++)
		; /* "https://" has eight letters, and "http://h" too */
	if (end < length)
		snprintf(socket->name, sizeof socket->name, "%.*s", (int)(end - at), (const char *)bytes + at);
	changed(object);
}

void socket_use_peer(struct object *object, const uint8_t *address, size_t length)
{
	struct guest_socket *socket = length <= sizeof socket->peer ? change(object) : NULL;

	if (!socket)
		return;
	memcpy(socket->peer, address, length);
	socket->peer_length = (uint8_t)length;
	changed(object);
}

void socket_use_own(struct object *object, const uint8_t *address, size_t length)
{
	struct guest_socket *socket = length <= sizeof socket->own ? change(object) : NULL;

	if (!socket)
		return;
	memcpy(socket->own, address, length);
	socket->own_length = (uint8_t)length;
	changed(object);
}

void socket_use_addresses(struct object *object)
{
	uint8_t bytes[NETWORK_ENDPOINT_MAX];
	size_t length;

	if (!object->use)
		return;
	if (!host_socket_address(object->fd, false, bytes, &length))
		socket_use_own(object, bytes, length);
	if (!host_socket_address(object->fd, true, bytes, &length))
		socket_use_peer(object, bytes, length);
}

void socket_use_did(struct object *object, wasi_errno_t err, size_t done, bool received, size_t room)
{
	socket_use_moved(object, received ? done : 0, received ? 0 : done);
	if (!err && received && room && !done)
		socket_use_ended(object, true, false);
	else if (err && err != WASI_EAGAIN && err != SYS_PARKED)
		socket_use_is(object, GUEST_SOCKET_FAILED);
}

/* ---- reading ---- */

void socket_uses_each(struct socket_uses *uses, bool changed_alone, void each(void *context, const struct guest_socket *socket),
	void *context)
{
	pthread_mutex_lock(&uses->lock);
	for (struct socket_use *use = uses->first; use; use = use->next) {
		if (changed_alone && !use->socket.changed)
			continue;
		each(context, &use->socket);
		use->socket.changed &= !changed_alone;
	}
	pthread_mutex_unlock(&uses->lock);
}

const char *guest_socket_kind_name(const struct guest_socket *socket)
{
	return socket->kind == GUEST_SOCKET_DATAGRAM ? "udp" : socket->kind == GUEST_SOCKET_REQUEST ? "request" : "tcp";
}

const char *guest_socket_state_name(const struct guest_socket *socket)
{
	static const char *const names[] = { [GUEST_SOCKET_OPEN] = "open", [GUEST_SOCKET_BOUND] = "bound",
		[GUEST_SOCKET_CONNECTING] = "connecting", [GUEST_SOCKET_CONNECTED] = "connected", [GUEST_SOCKET_LISTENING] = "listening",
		[GUEST_SOCKET_FAILED] = "failed" };

	if (socket->state != GUEST_SOCKET_CONNECTED || !(socket->received_all || socket->sent_all))
		return names[socket->state];
	return !socket->received_all ? "connected, all sent" : !socket->sent_all ? "connected, peer ended" : "ended";
}

struct guest_sockets_total socket_uses_total(struct socket_uses *uses)
{
	struct guest_sockets_total total;

	pthread_mutex_lock(&uses->lock);
	total = uses->total;
	pthread_mutex_unlock(&uses->lock);
	return total;
}
