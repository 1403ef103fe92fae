/* What debuggers are told of the network: each program's sockets, and what may be reached. On the loop's thread. */
#include <stdlib.h>
#include <string.h>

#include "server/base/config.h"
#include "server/base/gateway.h"
#include "server/base/net_address.h"
#include "server/network/network.h"
#include "internal.h"

enum { EVERY = 8 /* turns of the flush: sockets that move bytes change all the time */ };

/* ---- sockets ---- */

struct one {
	struct debug_socket socket;
	char own[NET_ENDPOINT_TEXT], peer[NET_ENDPOINT_TEXT], name[sizeof ((struct guest_socket *)0)->name];
};

static struct {
	struct one *all;
	size_t count, room;
} copied; /* of one program, while its frame is made */

static struct bytes text_of(const char *text) { return (struct bytes){ (const uint8_t *)text, (uint32_t)strlen(text) }; }

static void address_text(const uint8_t *bytes, size_t length, char text[NET_ENDPOINT_TEXT])
{
	struct net_endpoint endpoint;

	text[0] = 0;
	if (length && net_endpoint_read(bytes, length, &endpoint))
		net_endpoint_text(&endpoint, text);
}

static void copy(void *nothing, const struct guest_socket *socket)
{
	struct one *one;

	if (copied.count == copied.room) {
		size_t room = copied.room ? 2 * copied.room : 64;
		struct one *grown = realloc(copied.all, room * sizeof *grown);

		if (!grown)
			return; /* it is told of with its next change */
		copied.all = grown;
		copied.room = room;
	}
	one = &copied.all[copied.count++];
	one->socket = (struct debug_socket){ .handle = socket->handle, .kind = socket->kind, .state = socket->state,
		.flags = (socket->is_secure ? DEBUG_SOCKET_TLS : 0u) | (socket->received_all ? DEBUG_SOCKET_PEER_ENDED : 0u) |
			(socket->sent_all ? DEBUG_SOCKET_ALL_SENT : 0u), .received = socket->received, .sent = socket->sent };
	address_text(socket->own, socket->own_length, one->own);
	address_text(socket->peer, socket->peer_length, one->peer);
	strcpy(one->name, socket->name);
}

/* NULL: there are none, or no memory. */
static struct message *sockets_message(const struct program *program, bool changed_alone)
{
	struct message *message;
	size_t length = 4;
	uint8_t *at;

	copied.count = 0;
	guest_sockets(program->guest, changed_alone, copy, NULL);
	if (copied.count > UINT16_MAX)
		copied.count = UINT16_MAX;
	for (size_t i = 0; i < copied.count; i++) {
		struct one *one = &copied.all[i]; /* it doesn't move any more */

		one->socket.own = text_of(one->own);
		one->socket.peer = text_of(one->peer);
		one->socket.name = text_of(one->name);
		length += debug_socket_size(&one->socket);
	}
	message = copied.count ? debugger_message(DEBUG_SOCKETS, 0, (uint16_t)copied.count, length) : NULL;
	if (!message)
		return NULL;
	at = codec_put_u32(message->bytes + FRAME_HEAD, program->id);
	for (size_t i = 0; i < copied.count; i++)
		at = debug_socket_put(at, &copied.all[i].socket);
	return message;
}

/* ---- rules ---- */

/* Each with a NUL. */
static struct message *rules_message(uint32_t program, enum debug_rules which, const char *rules, size_t length)
{
	size_t size = 12, count = 0;
	struct message *message;
	uint8_t *at;

	for (size_t i = 0; i < length; i += strlen(rules + i) + 1, count++)
		size += 4 + strlen(rules + i);
	message = count ? debugger_message(DEBUG_RULES, 0, 0, size) : NULL;
	if (!message)
		return NULL;
	at = codec_put_u32(message->bytes + FRAME_HEAD, program);
	at = codec_put_u32(at, which);
	at = codec_put_u32(at, (uint32_t)count);
	for (size_t i = 0; i < length; i += strlen(rules + i) + 1)
		at = codec_put_string(at, rules + i, strlen(rules + i));
	return message;
}

/* One debugger, or with NULL all that keep up; the others get everything when they do. Takes message. */
static void tell(struct debugger *debugger, struct message *message)
{
	if (!message)
		return;
	for (struct debugger *one = debuggers_first(); one && !debugger; one = one->next) {
		if (one->conn->unsent > DEBUGGER_UNSENT_MAX)
			one->stale = true;
		else
			outlet_send(one, outlet_copy(message));
	}
	if (debugger)
		outlet_send(debugger, message);
	else
		message_free(message);
}

static void rules_tell(struct debugger *debugger, const struct program *program)
{
	struct network_rules rules = network_rules_of(program->network);

	program->debuggee->granted_changes = rules.granted_changes;
	tell(debugger, rules_message(program->id, DEBUG_RULES_KEPT, rules.kept, rules.kept_length));
	tell(debugger, rules_message(program->id, DEBUG_RULES_GRANTED, rules.granted, rules.granted_length));
}

void sockets_welcome(struct debugger *debugger)
{
	const struct config_list *net = &debugger->conn->gateway->config->net;
	size_t length = 0, at = 0;
	char *all;

	for (size_t i = 0; i < net->count; i++)
		length += strlen(net->items[i]) + 1;
	all = length ? malloc(length) : NULL;
	if (!all)
		return;
	for (size_t i = 0; i < net->count; at += strlen(net->items[i]) + 1, i++)
		strcpy(all + at, net->items[i]);
	tell(debugger, rules_message(0, DEBUG_RULES_USERS, all, length));
	free(all);
}

void sockets_all(struct debugger *debugger, const struct program *program)
{
	if (program->ending || !program->guest)
		return;
	rules_tell(debugger, program);
	tell(debugger, sockets_message(program, false));
}

void sockets_flush(void)
{
	static unsigned turn;

	if (++turn % EVERY)
		return;
	for (struct program *program = programs_first(); program; program = program->next) {
		if (!program->debuggee || program->ending || !program->guest)
			continue;
		if (program->debuggee->granted_changes != network_rules_of(program->network).granted_changes)
			rules_tell(NULL, program);
		tell(NULL, sockets_message(program, true));
	}
}
