#include "sockets.h"

#include <stdlib.h>
#include <string.h>

static void connected(struct object *object, int fd)
{
	struct stat st;

	if (object->fd >= 0) /* it was bound: the same socket */
		host_close(object->fd);
	object->fd = fd;
	object->kind = OBJECT_SOCKET;
	if (!host_stat(fd, &st)) {
		object->dev = st.st_dev;
		object->ino = st.st_ino;
	}
}

void socket_settle(struct object *object)
{
	struct opened_socket *opened = object->opened;
	struct network_answer *answer = opened && opened->asked ? opened->network->answer(opened->asked) : NULL;

	if (!answer)
		return;
	opened->error = answer->error ? host_error(answer->error) : WASI_OK;
	if (!answer->error && opened->question == NETWORK_CONNECT) {
		connected(object, answer->fd);
		answer->fd = -1;
	}
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
		return WASI_ENOTCONN;
	case OBJECT_UNCONNECTED:
		break;
	default:
		return WASI_ENOTSOCK;
	}
	if (!object->opened->asked || object->opened->question != NETWORK_CONNECT || side == PARK_NO_SIDE)
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
	free(opened);
	object->opened = NULL;
}
