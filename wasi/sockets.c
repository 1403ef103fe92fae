#include "sockets.h"

#include <stdlib.h>
#include <string.h>

bool endpoint_is_address(const uint8_t *at, size_t length, uint8_t family)
{
	return length >= 3 && ((at[0] == 4 && family != 6 && length == 7) || (at[0] == 6 && family != 4 && length == 23));
}

struct opened_socket *socket_opened_new(const struct wasi_network *network, uint8_t family, uint8_t type)
{
	struct opened_socket *opened = network->opens(network) ? calloc(1, sizeof *opened) : NULL;

	if (!opened)
		return NULL;
	*opened = (struct opened_socket){ .network = network, .family = family, .type = type, .counted = true };
	return opened;
}

static void fd_replace(struct object *object, int fd, uint8_t kind)
{
	struct stat st;

	if (object->fd >= 0 && object->fd != fd) /* it was bound: the same socket */
		host_close(object->fd);
	object->fd = fd;
	object->kind = kind;
	if (!host_stat(fd, &st)) {
		object->dev = st.st_dev;
		object->ino = st.st_ino;
	}
}

void socket_addresses_keep(struct object *object)
{
	struct opened_socket *opened = object->opened;
	size_t length;

	opened->relayed = true;
	if (!host_socket_address(object->fd, false, opened->own.bytes, &length))
		opened->own.length = (uint16_t)length;
	if (!host_socket_address(object->fd, true, opened->other.bytes, &length))
		opened->other.length = (uint16_t)length;
}

static void bytes_keep(struct endpoint_bytes *kept, const struct network_answer *answer)
{
	kept->length = (uint16_t)(answer->length < sizeof kept->bytes ? answer->length : sizeof kept->bytes);
	memcpy(kept->bytes, answer->bytes, kept->length);
}

/* Room for one more; the oldest goes. NULL: no memory. */
static struct judged *judged_new(struct opened_socket *opened)
{
	struct judged *judged;

	if (!opened->judged)
		opened->judged = calloc(JUDGED_MAX, sizeof *judged);
	if (!opened->judged)
		return NULL;
	judged = &opened->judged[opened->judged_at];
	opened->judged_at = (opened->judged_at + 1) % JUDGED_MAX;
	opened->judged_count += opened->judged_count < JUDGED_MAX;
	return judged;
}

void socket_judged_add(struct opened_socket *opened, const uint8_t *address, size_t length)
{
	struct judged *judged = judged_new(opened);

	if (!judged)
		return;
	judged->named.length = (uint16_t)length;
	memcpy(judged->named.bytes, address, length);
	judged->is = judged->named;
}

static void judged_keep(struct opened_socket *opened, const struct network_answer *answer)
{
	struct judged *judged = judged_new(opened);

	if (!judged) {
		opened->error = WASI_ENOMEM;
		return;
	}
	judged->named = opened->asking;
	bytes_keep(&judged->is, answer);
}

/* What the network has given. */
static void taken(struct object *object, struct network_answer *answer)
{
	static const uint8_t kinds[] = { [NETWORK_CONNECT] = OBJECT_SOCKET, [NETWORK_BIND] = OBJECT_UNCONNECTED,
		[NETWORK_DATAGRAM] = OBJECT_DATAGRAM, [NETWORK_TLS] = OBJECT_SOCKET };
	struct opened_socket *opened = object->opened;

	switch (opened->question) {
	case NETWORK_LISTEN:
		object->kind = OBJECT_LISTENER;
		socket_use_addresses(object);
		socket_use_is(object, GUEST_SOCKET_LISTENING);
		return;
	case NETWORK_PEER:
		judged_keep(opened, answer);
		return;
	case NETWORK_DATAGRAM:
		opened->relayed = true;
		opened->bound = answer->length > 0;
		bytes_keep(&opened->own, answer);
		socket_use_own(object, opened->own.bytes, opened->own.length);
		break;
	case NETWORK_TLS:
		bytes_keep(&opened->told, answer);
		socket_use_is_secure(object);
		break;
	}
	if (answer->fd < 0) {
		opened->error = WASI_EIO;
		return;
	}
	fd_replace(object, answer->fd, kinds[opened->question]);
	answer->fd = -1;
	socket_options_apply(object);
	if (opened->question == NETWORK_CONNECT || opened->question == NETWORK_BIND)
		socket_use_addresses(object);
	socket_use_is(object, opened->question == NETWORK_BIND || opened->bound ? GUEST_SOCKET_BOUND :
		opened->question == NETWORK_DATAGRAM ? GUEST_SOCKET_OPEN : GUEST_SOCKET_CONNECTED);
}

void socket_settle(struct object *object)
{
	struct opened_socket *opened = object->opened;
	struct network_answer *answer = opened && opened->asked ? opened->network->answer(opened->asked) : NULL;

	if (!answer)
		return;
	opened->error = answer->error ? host_error(answer->error) : WASI_OK;
	if (!answer->error)
		taken(object, answer);
	else if (opened->question == NETWORK_CONNECT || opened->question == NETWORK_TLS)
		socket_use_is(object, GUEST_SOCKET_FAILED);
	opened->network->drop(opened->asked);
	opened->asked = NULL;
}

wasi_errno_t socket_ask(struct object *object, enum network_question question, const void *bytes, size_t length, int fd)
{
	struct opened_socket *opened = object->opened;
	int error = 0;

	if (!opened->counted && !opened->network->opens(opened->network))
		return WASI_EMFILE;
	opened->counted = true;
	opened->error = WASI_OK;
	opened->question = (uint8_t)question;
	opened->asked = opened->network->ask(opened->network, question, bytes, length, fd, &error);
	return opened->asked ? WASI_OK : host_error(error);
}

wasi_errno_t socket_wait(struct call *call, struct object *object)
{
	wasi_errno_t err = park_on(call, object, PARK_WRITE, 0);

	call->wait.on_network = err == SYS_PARKED;
	return err;
}

wasi_errno_t socket_connected(struct call *call, struct object *object, enum park_side side)
{
	wasi_errno_t err;

	if (object->kind == OBJECT_UNCONNECTED)
		socket_settle(object);
	switch (object->kind) {
	case OBJECT_SOCKET:
		return WASI_OK;
	case OBJECT_LISTENER:
	case OBJECT_DATAGRAM:
		return WASI_ENOTCONN;
	case OBJECT_UNCONNECTED:
		break;
	default:
		return WASI_ENOTSOCK;
	}
	if (!object->opened->asked || (object->opened->question != NETWORK_CONNECT && object->opened->question != NETWORK_TLS) ||
		side == PARK_NO_SIDE)
		return WASI_ENOTCONN;
	if (object->fdflags & WASI_FDFLAG_NONBLOCK)
		return WASI_EAGAIN;
	err = park_on(call, object, side, 0);
	call->wait.on_network = err == SYS_PARKED;
	return err;
}

void socket_closes(struct object *object)
{
	struct opened_socket *opened = object->opened;

	if (!opened)
		return;
	if (opened->asked)
		opened->network->drop(opened->asked);
	if (opened->counted)
		opened->network->closes(opened->network);
	free(opened->judged);
	free(opened);
	object->opened = NULL;
}
