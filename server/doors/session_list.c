#include "session_list.h"

#include <string.h>

#include "server/auth/sessions.h"
#include "server/base/config.h"
#include "server/base/gateway.h"
#include "server/base/net_address.h"
#include "server/network/network.h"
#include "server/program/program.h"
#include "wasi/wasi.h"

/* The answer is one message of the channel: what has no room is counted. */
enum { ROOM = 40 << 10, SOCKETS_MAX = 256 };

static const uint64_t SECOND_NS = 1000000000u;

struct listing {
	size_t room;
	uint64_t left_out;
};

/* Takes item. False: it has no room, and is counted. */
static bool add(struct listing *listing, cJSON *to, cJSON *item)
{
	char *text = cJSON_PrintUnformatted(item);
	size_t length = text ? strlen(text) + 1 : SIZE_MAX;

	cJSON_free(text);
	if (length <= listing->room) {
		listing->room -= length;
		cJSON_AddItemToArray(to, item);
		return true;
	}
	listing->left_out++;
	cJSON_Delete(item);
	return false;
}

/* Rules, each with a NUL. */
static void rules_add(struct listing *listing, cJSON *to, const char *key, const char *rules, size_t length)
{
	cJSON *all = cJSON_AddArrayToObject(to, key);

	for (size_t at = 0; at < length; at += strlen(rules + at) + 1)
		add(listing, all, cJSON_CreateString(rules + at));
}

/* ---- sockets ---- */

struct copied {
	struct guest_socket all[SOCKETS_MAX];
	size_t count;
	uint64_t more;
};

static void copy(void *context, const struct guest_socket *socket)
{
	struct copied *copied = context;

	if (copied->count < SOCKETS_MAX)
		copied->all[copied->count++] = *socket;
	else
		copied->more++;
}

static void address_add(cJSON *to, const char *key, const uint8_t *bytes, size_t length)
{
	struct net_endpoint endpoint;
	char text[NET_ENDPOINT_TEXT];

	if (!length || !net_endpoint_read(bytes, length, &endpoint) || endpoint.is_name)
		return;
	net_endpoint_text(&endpoint, text);
	cJSON_AddStringToObject(to, key, text);
}

static cJSON *socket_json(const struct guest_socket *socket)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddNumberToObject(json, "handle", WASI_HANDLE_SLOT(socket->handle));
	cJSON_AddStringToObject(json, "kind", guest_socket_kind_name(socket));
	cJSON_AddStringToObject(json, "state", guest_socket_state_name(socket));
	if (socket->name[0])
		cJSON_AddStringToObject(json, "name", socket->name);
	address_add(json, "peer", socket->peer, socket->peer_length);
	address_add(json, "own", socket->own, socket->own_length);
	if (socket->is_secure)
		cJSON_AddTrueToObject(json, "tls");
	cJSON_AddNumberToObject(json, "received", (double)socket->received);
	cJSON_AddNumberToObject(json, "sent", (double)socket->sent);
	return json;
}

static void sockets_add(struct listing *listing, cJSON *to, struct guest *guest)
{
	static struct copied copied; /* on the loop's thread, and large */
	cJSON *all = cJSON_AddArrayToObject(to, "sockets");

	copied.count = copied.more = 0;
	guest_sockets(guest, false, copy, &copied);
	for (size_t i = 0; i < copied.count; i++)
		add(listing, all, socket_json(&copied.all[i]));
	listing->left_out += copied.more;
}

/* ---- programs and sessions ---- */

static void program_add(struct listing *listing, cJSON *to, struct program *program)
{
	struct network_rules rules = network_rules_of(program->network);
	cJSON *json = cJSON_CreateObject();

	cJSON_AddNumberToObject(json, "program", program->id);
	cJSON_AddStringToObject(json, "name", program->name);
	if (!add(listing, to, json))
		return;
	if (rules.kept_length)
		rules_add(listing, json, "keeps", rules.kept, rules.kept_length);
	if (rules.granted_length)
		rules_add(listing, json, "granted", rules.granted, rules.granted_length);
	sockets_add(listing, json, program->guest);
}

/* What its programs have connected so far, and those that run. */
static void network_add(struct listing *listing, cJSON *to, const struct session *session)
{
	uint64_t opened = session->network.opened, received = session->network.received, sent = session->network.sent;
	cJSON *network = cJSON_AddObjectToObject(to, "network"), *programs = cJSON_AddArrayToObject(network, "programs");

	for (struct program *program = programs_first(); program; program = program->next) {
		struct guest_sockets_total total;

		if (program->session != session || !program->guest || program->ending)
			continue;
		total = guest_sockets_total(program->guest);
		opened += total.opened;
		received += total.received;
		sent += total.sent;
		if (total.opened || network_rules_of(program->network).kept_length || network_rules_of(program->network).granted_length)
			program_add(listing, programs, program);
	}
	cJSON_AddNumberToObject(network, "sockets", (double)opened);
	cJSON_AddNumberToObject(network, "received", (double)received);
	cJSON_AddNumberToObject(network, "sent", (double)sent);
}

static void session_add(struct listing *listing, cJSON *to, const struct session *session, uint64_t now_ns)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddNumberToObject(json, "session", session->id);
	cJSON_AddStringToObject(json, "scope", scope_name(session->scope));
	cJSON_AddStringToObject(json, "address", session->address);
	cJSON_AddStringToObject(json, "browser", session->browser);
	cJSON_AddNumberToObject(json, "seconds", (double)((now_ns - session->opened_ns) / SECOND_NS));
	cJSON_AddNumberToObject(json, "bytes", (double)session->bytes);
	cJSON_AddNumberToObject(json, "connections", session->connections);
	cJSON_AddNumberToObject(json, "running", (double)session->programs);
	if (add(listing, to, json))
		network_add(listing, json, session);
}

cJSON *session_list(struct gateway *gateway, uint64_t now_ns)
{
	struct listing listing = { .room = ROOM };
	cJSON *event = cJSON_CreateObject(), *rules, *all;

	cJSON_AddStringToObject(event, "event", "sessions");
	rules = cJSON_AddArrayToObject(event, "net");
	for (size_t i = 0; i < gateway->config->net.count; i++)
		add(&listing, rules, cJSON_CreateString(gateway->config->net.items[i]));
	all = cJSON_AddArrayToObject(event, "sessions");
	for (const struct session *session = sessions_first(); session; session = session->next)
		session_add(&listing, all, session, now_ns);
	if (listing.left_out)
		cJSON_AddNumberToObject(event, "left_out", (double)listing.left_out);
	return event;
}
