/* What is asked of the network: addresses of a name, a request, TLS on a connection. */
#include <stdlib.h>

#include "guest.h"
#include "sockets.h"

/* Asks, waits, and gives the answer, which is the parked call's. */
static wasi_errno_t asked(struct guest *guest, struct call *call, enum network_question question, const void *bytes,
	size_t length, struct network_answer **answer)
{
	bool is_new = !call->park;
	wasi_errno_t err;
	int error = 0;

	if (!guest->network)
		return WASI_EACCES;
	if (!is_new && (*answer = guest->network->answer(call->park->asked)))
		return (*answer)->error ? host_error((*answer)->error) : WASI_OK;
	err = park_on_all(call, NULL, 0);
	if (err != SYS_PARKED)
		return err;
	call->wait.on_network = true;
	if (!is_new || call->may_block) /* on a worker nothing is asked yet: it comes again on the loop */
		return SYS_PARKED;
	call->park->network = guest->network;
	call->park->asked = guest->network->ask(guest->network, question, bytes, length, -1, &error);
	return call->park->asked ? SYS_PARKED : host_error(error);
}

wasi_errno_t sys_sock_resolve(struct guest *guest, struct call *call)
{
	const union call_arg *name = &call->args[0];
	uint64_t port = call->args[1].n, family = call->args[2].n, most = guest_clamp(guest, call->args[4].n);
	uint8_t question[1 + NETWORK_ENDPOINT_MAX] = { (uint8_t)family, 'n', (uint8_t)port, (uint8_t)(port >> 8) };
	struct network_answer *answer;
	wasi_errno_t err;

	if (port > 65535 || !name->bytes.length || name->bytes.length > NETWORK_ENDPOINT_MAX - 3)
		return WASI_EINVAL;
	if (family != 0 && family != 4 && family != 6)
		return WASI_EAFNOSUPPORT;
	memcpy(question + 4, name->bytes.at, name->bytes.length);
	err = asked(guest, call, NETWORK_RESOLVE, question, 4 + name->bytes.length, &answer);
	if (err)
		return err;
	for (size_t at = 0; at < answer->length && at + 1 + answer->bytes[at] <= most &&
		at + 1 + answer->bytes[at] <= answer->length;) {
		size_t length = 1u + answer->bytes[at];

		reply_bytes(call, answer->bytes + at, length);
		at += length;
	}
	return WASI_OK;
}

wasi_errno_t sys_http_request(struct guest *guest, struct call *call)
{
	struct network_answer *answer;
	struct object object;
	struct opened_socket *opened;
	wasi_fdstat_t fdstat;
	struct stat st;
	wasi_errno_t err = asked(guest, call, NETWORK_HTTP, call->args[0].bytes.at, call->args[0].bytes.length, &answer);

	if (err)
		return err;
	err = host_stat(answer->fd, &st);
	opened = err ? NULL : socket_opened_new(guest->network, 0, SOCKET_STREAM);
	if (!opened)
		return err ? err : WASI_EMFILE;
	object_init(&object, answer->fd, &st, true, true);
	answer->fd = -1;
	object.opened = opened;
	socket_use_begin(&guest->socket_uses, &object, (wasi_handle_t)call->args[1].n, GUEST_SOCKET_REQUEST, GUEST_SOCKET_CONNECTED);
	socket_use_request(&object, call->args[0].bytes.at, call->args[0].bytes.length);
	object_fdstat(&object, &fdstat);
	reply_bytes(call, &fdstat, sizeof fdstat);
	fd_table_put(&guest->table, (wasi_handle_t)call->args[1].n, &object);
	return WASI_OK;
}

/* The connection goes to the network; whoever reads or writes waits until the one for the plaintext has come. */
static wasi_errno_t tls_ask(struct call *call, struct object *object)
{
	const union call_arg *name = &call->args[1], *options = &call->args[2];
	uint8_t bytes[2 + NETWORK_ENDPOINT_MAX + SOCKET_OPTIONS_MAX];
	wasi_errno_t err;

	if (object->kind != OBJECT_SOCKET)
		return object->kind == OBJECT_UNCONNECTED ? WASI_ENOTCONN : WASI_ENOTSOCK;
	if (object->opened->relayed) /* by HTTP, or TLS already */
		return WASI_EINVAL;
	if (name->bytes.length > NETWORK_ENDPOINT_MAX || options->bytes.length > SOCKET_OPTIONS_MAX)
		return WASI_EINVAL;
	if (object->queue && object->queue->holds)
		return WASI_EBUSY;
	socket_addresses_keep(object);
	bytes[0] = (uint8_t)name->bytes.length;
	bytes[1] = (uint8_t)(name->bytes.length >> 8);
	memcpy(bytes + 2, name->bytes.at, name->bytes.length);
	if (options->bytes.length)
		memcpy(bytes + 2 + name->bytes.length, options->bytes.at, options->bytes.length);
	err = socket_ask(object, NETWORK_TLS, bytes, 2 + name->bytes.length + options->bytes.length, object->fd);
	if (err)
		return err;
	host_close(object->fd); /* the network has it now */
	object->fd = -1;
	object->kind = OBJECT_UNCONNECTED;
	socket_use_is(object, GUEST_SOCKET_CONNECTING);
	return socket_wait(call, object);
}

wasi_errno_t sys_sock_start_tls(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];
	struct opened_socket *opened = object->opened;
	wasi_errno_t err;

	if (!opened) /* not a connection that the network made */
		return object->kind == OBJECT_SOCKET ? WASI_EINVAL : WASI_ENOTSOCK;
	if (park_comes_first(call))
		return socket_wait(call, object);
	if (!call->park)
		return tls_ask(call, object);
	socket_settle(object);
	if (opened->asked)
		return socket_wait(call, object);
	err = opened->error;
	opened->error = WASI_OK;
	if (!err)
		reply_bytes(call, opened->told.bytes, opened->told.length);
	return err;
}
