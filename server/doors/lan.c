#include "lan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "server/base/config.h"
#include "server/base/events.h"
#include "server/gateway.h"
#include "server/http/conn.h"
#include "server/base/events.h"
#include "server/tls/conn.h"
#include "server/tls/identity.h"

/* Signing costs a millisecond or two of the loop, so strangers can't have it signed without end. Browsers open six connections at once, and
 * what is far away shakes slowly: who comes too many at a time waits for the others of its address, unread. */
enum { SHAKES_MAX = 8, SHAKES_EACH_MAX = 4, QUEUE_MAX = 64, QUEUE_EACH_MAX = 16, FRONTS_MAX = 256, BACKLOG = 64, ACCEPT_AT_ONCE = 16 };

/* Both doors are one house: whoever comes by whichever counts against the same bounds. */
static struct house {
	struct lan lan;
	struct door {
		int fd;
		uv_poll_t poll;
		struct front_owner owner;
	} doors[LAN_DOORS];
	struct identity *identity;
	unsigned shaking, fronts;
	bool resting, stopped;
	struct front *known[FRONTS_MAX]; /* NULL: free */
	struct queued {
		struct door *door;
		int fd;
		uint64_t since_ms;
		char address[64];
	} queue[QUEUE_MAX]; /* oldest first */
	unsigned queued;
} house = { .doors = { { .fd = -1 }, { .fd = -1 } } };

/* ---- binding ---- */

static int bind_at(const struct name *address, int port)
{
	struct sockaddr_storage storage = { 0 };
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&storage;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&storage;
	socklen_t length = address->ip_length == 16 ? sizeof *v6 : sizeof *v4;
	int fd, on = 1, error;

	storage.ss_family = address->ip_length == 16 ? AF_INET6 : AF_INET;
	v4->sin_port = htons((uint16_t)port); /* the same place in both */
	if (address->ip_length == 16)
		memcpy(&v6->sin6_addr, address->ip, 16);
	else
		memcpy(&v4->sin_addr, address->ip, 4);
	fd = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&storage, length) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static void place_add(struct lan *lan, const struct name *name)
{
	if (lan->places_count == NAMES_MAX)
		return;
	for (int which = 0; which < LAN_DOORS; which++) {
		struct place *place = &lan->places[which][lan->places_count];
		char port[8] = "";

		if (lan->ports[which] != 443) /* browsers leave it out */
			snprintf(port, sizeof port, ":%d", lan->ports[which]);
		snprintf(place->host, sizeof place->host, name->ip_length == 16 ? "[%s]%s" : "%s%s", name->text, port);
		snprintf(place->origin, sizeof place->origin, name->ip_length == 16 ? "https://[%s]%s" : "https://%s%s", name->text, port);
	}
	lan->places_count++;
}

/* The address, and the host names that the certificate has: not its other addresses, which are another time's. */
static void places_name(struct lan *lan, const struct lan_offer *offer)
{
	struct certificate_facts facts;

	lan->places_count = 0;
	place_add(lan, &offer->address);
	if (certificate_read(offer->made.certificate, &facts))
		for (size_t i = 0; i < facts.names.count; i++)
			if (!facts.names.all[i].ip_length)
				place_add(lan, &facts.names.all[i]);
}

static int port_of(int fd)
{
	struct sockaddr_in6 address;
	socklen_t length = sizeof address;

	getsockname(fd, (struct sockaddr *)&address, &length);
	return ntohs(address.sin6_port);
}

/* A port of that number if it is free; moves: else of any. -1 with errno. */
static int bind_near(const struct name *address, int port, bool moves)
{
	int fd = bind_at(address, port);

	return fd < 0 && moves && errno == EADDRINUSE ? bind_at(address, 0) : fd;
}

bool lan_bind(struct gateway *gateway, struct lan_offer *offer)
{
	struct door *app = &house.doors[LAN_APP], *watch = &house.doors[LAN_WATCH];
	struct lan *lan = &house.lan;
	int wanted = gateway->config->lan_port;

	if (!offer->wanted)
		return true;
	/* The number that the app has on this machine: it is kept, so the app keeps its origin and storage on the phone, too. Nothing can be bound
	 * after the lock-in, so debuggers' port is there from the start. */
	app->fd = bind_near(&offer->address, wanted ? wanted : gateway->port, !wanted);
	if (app->fd >= 0)
		watch->fd = bind_near(&offer->address, port_of(app->fd) < 65535 ? port_of(app->fd) + 1 : 0, true);
	if (app->fd < 0 || watch->fd < 0) {
		fprintf(stderr, "wvwasi-gw: %s: cannot listen on port '%d' of '%s' (--lan)\n", strerror(errno), wanted ? wanted : gateway->port,
		        offer->address.text);
		return false;
	}
	house.identity = identity_new(offer->made.certificate, offer->made.key);
	for (int which = 0; which < LAN_DOORS; which++)
		lan->ports[which] = port_of(house.doors[which].fd);
	places_name(lan, offer);
	made_clear(&offer->made);
	if (!house.identity) {
		fprintf(stderr, "wvwasi-gw: the certificate can't be used for TLS: --lan\n");
		return false;
	}
	memcpy(lan->authority, offer->authority, sizeof lan->authority);
	lan->authority_length = offer->authority_length;
	memcpy(lan->fingerprint, offer->fingerprint, sizeof lan->fingerprint);
	gateway->lan = lan;
	return true;
}

void lan_renewed(struct gateway *gateway, const char *bytes, size_t length)
{
	const char *key = memchr(bytes, 0, length);
	struct identity *identity = key && memchr(key + 1, 0, length - (size_t)(key + 1 - bytes)) ? identity_new(bytes, key + 1) : NULL;

	if (!gateway->lan || !identity) {
		events_warn(gateway, "the new certificate can't be used: the old one is kept");
		identity_drop(identity);
		return;
	}
	identity_drop(house.identity);
	house.identity = identity;
	events_line(gateway, gateway->config->json ? "{\"event\":\"certificate\"}" : "The certificate was renewed");
}

/* ---- accepting ---- */

static void on_connection(uv_poll_t *poll, int status, int events);
static void queue_look(void);

static void rest(bool rests)
{
	house.resting = rests;
	for (struct door *door = house.doors; !house.stopped && door < house.doors + LAN_DOORS; door++)
		if (rests)
			uv_poll_stop(&door->poll);
		else
			uv_poll_start(&door->poll, UV_READABLE, on_connection);
}

static void on_shaken(struct front_owner *owner, struct front *front, int plain_fd)
{
	house.shaking--;
	if (plain_fd >= 0)
		visit_new_remote(owner->gateway, plain_fd, front_address(front), front, owner == &house.doors[LAN_WATCH].owner);
	queue_look();
	if (house.resting)
		rest(false);
}

static void on_gone(struct front_owner *owner, struct front *front)
{
	for (size_t i = 0; i < FRONTS_MAX; i++)
		if (house.known[i] == front) {
			house.known[i] = NULL;
			house.fronts--;
		}
	if (house.resting)
		rest(false);
}

/* Someone who opens many without getting on with them doesn't keep the others out. */
static bool has_room_for(const char *address)
{
	unsigned shaking = 0;

	for (size_t i = 0; i < FRONTS_MAX; i++)
		if (house.known[i] && front_shakes(house.known[i]) && !strcmp(front_address(house.known[i]), address))
			shaking++;
	return shaking < SHAKES_EACH_MAX;
}

static void front_begin(struct door *door, int fd, const char *address)
{
	struct front *front = front_new(&door->owner, house.identity, fd, address, house.lan.places[door - house.doors][0].origin);

	if (!front)
		return;
	for (size_t i = 0; i < FRONTS_MAX; i++)
		if (!house.known[i]) {
			house.known[i] = front;
			break;
		}
	house.fronts++;
	house.shaking++;
	front_start(front);
}

/* ---- who waits for others of its address ---- */

static void queue_add(struct door *door, int fd, const char *address)
{
	struct queued *last = &house.queue[house.queued];
	unsigned same = 0;

	for (struct queued *one = house.queue; one < last; one++)
		same += !strcmp(one->address, address);
	if (house.queued == QUEUE_MAX || same == QUEUE_EACH_MAX) {
		close(fd);
		return;
	}
	*last = (struct queued){ .door = door, .fd = fd, .since_ms = uv_now(door->owner.gateway->loop) };
	snprintf(last->address, sizeof last->address, "%s", address);
	house.queued++;
}

static struct queued queue_take(unsigned at)
{
	struct queued taken = house.queue[at];

	house.queued--;
	memmove(&house.queue[at], &house.queue[at + 1], (house.queued - at) * sizeof taken);
	return taken;
}

/* A place has become free. */
static void queue_look(void)
{
	for (unsigned at = 0; at < house.queued && !house.stopped && house.shaking < SHAKES_MAX && house.fronts < FRONTS_MAX; ) {
		struct queued taken;

		if (!has_room_for(house.queue[at].address)) {
			at++;
			continue;
		}
		taken = queue_take(at);
		front_begin(taken.door, taken.fd, taken.address);
	}
}

/* Who waits for as long as a handshake may take waits for nobody's good. */
static void queue_sweep(uint64_t now_ms)
{
	while (house.queued && (house.stopped || now_ms > house.queue[0].since_ms + HANDSHAKE_DEADLINE_MS))
		close(queue_take(0).fd);
}

static void welcome(struct door *door, int fd, const struct sockaddr_storage *peer)
{
	char address[64] = "";

	if (peer->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)peer)->sin6_addr, address, sizeof address);
	else
		inet_ntop(AF_INET, &((const struct sockaddr_in *)peer)->sin_addr, address, sizeof address);
	if (door == &house.doors[LAN_WATCH] && !house.lan.watch_open)
		close(fd);
	else if (has_room_for(address))
		front_begin(door, fd, address);
	else
		queue_add(door, fd, address);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
	struct door *door = poll->data;
	struct gateway *gateway = door->owner.gateway;

	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		struct sockaddr_storage peer = { 0 };
		socklen_t length = sizeof peer;
		int fd;

		if (house.shaking >= SHAKES_MAX || house.fronts >= FRONTS_MAX) { /* they wait in the kernel's queue; a handshake ends within 5 s */
			rest(true);
			return;
		}
		fd = accept4(door->fd, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
			events_warn(gateway, "%s: no other machine is let in for now", strerror(errno));
			rest(true);
		}
		if (fd < 0 && errno != EINTR && errno != ECONNABORTED)
			return;
		if (fd >= 0)
			welcome(door, fd, &peer);
	}
}

void lan_start(struct gateway *gateway)
{
	for (struct door *door = house.doors; gateway->lan && door < house.doors + LAN_DOORS; door++) {
		door->owner = (struct front_owner){ gateway, on_shaken, on_gone };
		door->poll.data = door;
		if (uv_poll_init(gateway->loop, &door->poll, door->fd) == 0)
			uv_poll_start(&door->poll, UV_READABLE, on_connection);
	}
}

void lan_sweep(struct gateway *gateway, uint64_t now_ms)
{
	for (size_t i = 0; gateway->lan && i < FRONTS_MAX; i++)
		if (house.known[i])
			front_sweep(house.known[i], now_ms);
	queue_sweep(now_ms);
	if (gateway->lan && house.resting)
		rest(false);
}

void lan_stop(struct gateway *gateway)
{
	if (!gateway->lan || house.stopped)
		return;
	house.stopped = true;
	for (struct door *door = house.doors; door < house.doors + LAN_DOORS; door++) {
		uv_poll_stop(&door->poll);
		uv_close((uv_handle_t *)&door->poll, NULL);
		close(door->fd);
	}
	queue_sweep(0);
	for (size_t i = 0; i < FRONTS_MAX; i++)
		if (house.known[i] && front_shakes(house.known[i]))
			front_end(house.known[i]);
}

void lan_cut(struct gateway *gateway)
{
	for (size_t i = 0; gateway->lan && i < FRONTS_MAX; i++)
		if (house.known[i])
			front_end(house.known[i]);
	identity_drop(house.identity);
	house.identity = NULL;
}
