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

#include "bind.h"
#include "handshake_rank.h"
#include "server/base/config.h"
#include "server/base/events.h"
#include "server/base/gateway.h"
#include "server/tls/conn.h"
#include "server/tls/identity.h"

/* Signing costs the loop a millisecond or two, so unauthenticated clients get a bounded share of it. Browsers open six
 * connections at once, and handshakes over long distances are slow: further connections of one address wait, unread, for the
 * first ones. When others wait, too, those come first who rank higher (handshake_rank.h), and who is slow may have to go for
 * them. */
enum { HANDSHAKES_MAX = 8, HANDSHAKES_EACH_MAX = 4, QUEUE_MAX = 64, QUEUE_EACH_MAX = 16, TLS_CONNS_MAX = 256, BACKLOG = 64,
	ACCEPT_AT_ONCE = 16 };

/* Connections of both ports count against the same bounds. */
static struct listeners {
	struct lan lan;
	struct door {
		int fd;
		uv_poll_t poll;
		struct tls_conn_owner owner;
	} doors[LAN_DOORS];
	struct identity *identity;
	client_accept *accept;
	unsigned handshakes, tls_conns;
	bool resting, stopped;
	struct tls_conn *known[TLS_CONNS_MAX]; /* NULL: free */
	uint64_t since_ms[TLS_CONNS_MAX];      /* theirs */
	struct queued {
		struct door *door;
		int fd;
		uint64_t since_ms;
		char address[64];
	} queue[QUEUE_MAX]; /* oldest first */
	unsigned queued;
} listeners = { .doors = { { .fd = -1 }, { .fd = -1 } } };

/* ---- binding ---- */

static int bind_at(const struct name *address, int port)
{
	struct sockaddr_storage storage = { .ss_family = address->ip_length == 16 ? AF_INET6 : AF_INET };

	if (address->ip_length == 16)
		memcpy(&((struct sockaddr_in6 *)&storage)->sin6_addr, address->ip, 16);
	else
		memcpy(&((struct sockaddr_in *)&storage)->sin_addr, address->ip, 4);
	return bind_socket(&storage, port, BACKLOG);
}

/* Binds that port; if it is taken and `moves`, any other. -1 with errno. */
static int bind_near(const struct name *address, int port, bool moves)
{
	int fd = bind_at(address, port);

	return fd < 0 && moves && errno == EADDRINUSE ? bind_at(address, 0) : fd;
}

bool lan_bind(struct gateway *gateway, struct lan_setup *setup)
{
	struct door *app = &listeners.doors[LAN_APP], *watch = &listeners.doors[LAN_DEBUGGER];
	struct lan *lan = &listeners.lan;
	int wanted = gateway->config->lan_port;

	if (!setup->wanted)
		return true;
	/* The number of the app's loopback port, which stays the same: so the app keeps its origin and storage on the phone too. The
	 * debuggers' port is bound now as well, because nothing can be bound after the lock-in. */
	app->fd = bind_near(&setup->address, wanted ? wanted : gateway->port, !wanted);
	if (app->fd >= 0)
		watch->fd = bind_near(&setup->address, bind_port_of(app->fd) < 65535 ? bind_port_of(app->fd) + 1 : 0, true);
	if (app->fd < 0 || watch->fd < 0) {
		fprintf(stderr, "wvwasi-gw: %s: cannot listen on port '%d' of '%s' (--lan)\n", strerror(errno),
		        wanted ? wanted : gateway->port, setup->address.text);
		return false;
	}
	listeners.identity = identity_new(setup->credentials.certificate, setup->credentials.key);
	for (int which = 0; which < LAN_DOORS; which++)
		lan->ports[which] = bind_port_of(listeners.doors[which].fd);
	lan_origins_name(lan, setup);
	credentials_clear(&setup->credentials);
	if (!listeners.identity) {
		fprintf(stderr, "wvwasi-gw: the certificate can't be used for TLS: --lan\n");
		return false;
	}
	memcpy(lan->authority, setup->authority, sizeof lan->authority);
	lan->authority_length = setup->authority_length;
	memcpy(lan->fingerprint, setup->fingerprint, sizeof lan->fingerprint);
	gateway->lan = lan;
	return true;
}

void lan_renewed(struct gateway *gateway, const char *bytes, size_t length)
{
	const char *key = memchr(bytes, 0, length);
	struct identity *identity = key && memchr(key + 1, 0, length - (size_t)(key + 1 - bytes)) ?
	                            identity_new(bytes, key + 1) : NULL;

	if (!gateway->lan || !identity) {
		events_warn(gateway, "the new certificate can't be used: the old one stays in use");
		identity_drop(identity);
		return;
	}
	identity_drop(listeners.identity);
	listeners.identity = identity;
	events_line(gateway, gateway->config->json ? "{\"event\":\"certificate\"}" : "The certificate was renewed");
}

/* ---- accepting ---- */

static void on_connection(uv_poll_t *poll, int status, int events);
static void queue_look(uint64_t now_ms);

static void rest(bool rests)
{
	listeners.resting = rests;
	for (struct door *door = listeners.doors; !listeners.stopped && door < listeners.doors + LAN_DOORS; door++)
		if (rests)
			uv_poll_stop(&door->poll);
		else
			uv_poll_start(&door->poll, UV_READABLE, on_connection);
}

static void on_handshake(struct tls_conn_owner *owner, struct tls_conn *conn, int plain_fd)
{
	uint64_t now = uv_now(owner->gateway->loop);

	listeners.handshakes--;
	for (size_t i = 0; plain_fd < 0 && i < TLS_CONNS_MAX; i++)
		if (listeners.known[i] == conn && now - listeners.since_ms[i] >= HANDSHAKE_YOUNG_MS)
			handshake_unfinished(tls_conn_address(conn), now);
	if (plain_fd >= 0)
		listeners.accept(owner->gateway, plain_fd, tls_conn_address(conn), conn, false,
		                 owner == &listeners.doors[LAN_DEBUGGER].owner);
	queue_look(now);
	if (listeners.resting)
		rest(false);
}

static void on_gone(struct tls_conn_owner *owner, struct tls_conn *conn)
{
	for (size_t i = 0; i < TLS_CONNS_MAX; i++)
		if (listeners.known[i] == conn) {
			listeners.known[i] = NULL;
			listeners.tls_conns--;
		}
	if (listeners.resting)
		rest(false);
}

static unsigned handshakes_of(const char *address)
{
	unsigned handshakes = 0;

	for (struct tls_conn **one = listeners.known; one < listeners.known + TLS_CONNS_MAX; one++)
		handshakes += *one && tls_conn_in_handshake(*one) && !strcmp(tls_conn_address(*one), address);
	return handshakes;
}

/* Of the handshakes that rank lower, the lowest, and of those the oldest, ends. False: there's none. */
static bool make_room_for(enum handshake_rank rank, uint64_t now_ms)
{
	size_t victim = TLS_CONNS_MAX;

	for (size_t i = 0; i < TLS_CONNS_MAX; i++) {
		enum handshake_rank its;

		if (!listeners.known[i] || !tls_conn_in_handshake(listeners.known[i]))
			continue;
		its = handshake_rank_of_open(tls_conn_address(listeners.known[i]), now_ms - listeners.since_ms[i], now_ms);
		if (its > rank || (its == rank && victim < TLS_CONNS_MAX && listeners.since_ms[i] < listeners.since_ms[victim])) {
			victim = i;
			rank = its;
		}
	}
	if (victim < TLS_CONNS_MAX)
		tls_conn_end(listeners.known[victim]);
	return victim < TLS_CONNS_MAX;
}

static void tls_conn_begin(struct door *door, int fd, const char *address)
{
	struct tls_conn *conn = tls_conn_new(&door->owner, listeners.identity, fd, address,
	                                     listeners.lan.origins[door - listeners.doors][0].origin);

	if (!conn)
		return;
	for (size_t i = 0; i < TLS_CONNS_MAX; i++)
		if (!listeners.known[i]) {
			listeners.known[i] = conn;
			listeners.since_ms[i] = uv_now(door->owner.gateway->loop);
			break;
		}
	listeners.tls_conns++;
	listeners.handshakes++;
	tls_conn_start(conn);
}

/* ---- connections that wait for their turn ---- */

static struct queued queue_take(unsigned at)
{
	struct queued taken = listeners.queue[at];

	listeners.queued--;
	memmove(&listeners.queue[at], &listeners.queue[at + 1], (listeners.queued - at) * sizeof taken);
	return taken;
}

/* The first of those that rank highest and may begin; QUEUE_MAX: there's none. */
static unsigned queue_best(uint64_t now_ms, enum handshake_rank *rank)
{
	unsigned best = QUEUE_MAX;

	*rank = RANK_OTHER;
	for (unsigned at = 0; at < listeners.queued; at++) {
		unsigned open = handshakes_of(listeners.queue[at].address);
		enum handshake_rank its = handshake_rank(listeners.queue[at].address, open, now_ms);

		if ((best == QUEUE_MAX || its < *rank) && open < HANDSHAKES_EACH_MAX) {
			best = at;
			*rank = its;
		}
	}
	return best;
}

/* Begins what may begin. One that ranks low may have to end for it: what it gave up ends in on_handshake(), which looks again. */
static void queue_look(uint64_t now_ms)
{
	enum handshake_rank rank;
	unsigned best;

	while (!listeners.stopped && listeners.tls_conns < TLS_CONNS_MAX && (best = queue_best(now_ms, &rank)) < QUEUE_MAX) {
		if (listeners.handshakes < HANDSHAKES_MAX) {
			struct queued taken = queue_take(best);

			tls_conn_begin(taken.door, taken.fd, taken.address);
		} else if (!make_room_for(rank, now_ms)) {
			return;
		}
	}
}

/* Who comes when the queue is full takes the place of the last one that ranks lower. */
static bool queue_make_room(const char *address, uint64_t now_ms)
{
	enum handshake_rank rank = handshake_rank(address, handshakes_of(address), now_ms);

	for (unsigned at = listeners.queued; at-- > 0; ) {
		const char *other = listeners.queue[at].address;

		if (handshake_rank(other, handshakes_of(other), now_ms) > rank)
			return close(queue_take(at).fd) == 0;
	}
	return false;
}

static void queue_add(struct door *door, int fd, const char *address)
{
	uint64_t now_ms = uv_now(door->owner.gateway->loop);
	struct queued *last;
	unsigned same = 0;

	for (struct queued *one = listeners.queue; one < listeners.queue + listeners.queued; one++)
		same += !strcmp(one->address, address);
	if (same == QUEUE_EACH_MAX || (listeners.queued == QUEUE_MAX && !queue_make_room(address, now_ms))) {
		close(fd);
		return;
	}
	last = &listeners.queue[listeners.queued++];
	*last = (struct queued){ .door = door, .fd = fd, .since_ms = now_ms };
	snprintf(last->address, sizeof last->address, "%s", address);
	queue_look(now_ms);
}

/* Gives up connections that have waited for as long as a handshake may take. */
static void queue_sweep(uint64_t now_ms)
{
	while (listeners.queued && (listeners.stopped || now_ms > listeners.queue[0].since_ms + HANDSHAKE_DEADLINE_MS))
		close(queue_take(0).fd);
}

static void welcome(struct door *door, int fd, const struct sockaddr_storage *peer)
{
	char address[64] = "";

	if (peer->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)peer)->sin6_addr, address, sizeof address);
	else
		inet_ntop(AF_INET, &((const struct sockaddr_in *)peer)->sin_addr, address, sizeof address);
	if (door == &listeners.doors[LAN_DEBUGGER] && !listeners.lan.debugger_open)
		close(fd);
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

		if (listeners.tls_conns >= TLS_CONNS_MAX) { /* they wait in the kernel's queue */
			rest(true);
			return;
		}
		fd = accept4(door->fd, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
			events_warn(gateway, "%s: cannot accept connections of other machines for now", strerror(errno));
			rest(true);
		}
		if (fd < 0 && errno != EINTR && errno != ECONNABORTED)
			return;
		if (fd >= 0)
			welcome(door, fd, &peer);
	}
}

void lan_start(struct gateway *gateway, client_accept *accept)
{
	listeners.accept = accept;
	for (struct door *door = listeners.doors; gateway->lan && door < listeners.doors + LAN_DOORS; door++) {
		door->owner = (struct tls_conn_owner){ gateway, on_handshake, on_gone };
		door->poll.data = door;
		if (uv_poll_init(gateway->loop, &door->poll, door->fd) == 0)
			uv_poll_start(&door->poll, UV_READABLE, on_connection);
	}
}

void lan_sweep(struct gateway *gateway, uint64_t now_ms)
{
	for (size_t i = 0; gateway->lan && i < TLS_CONNS_MAX; i++)
		if (listeners.known[i])
			tls_conn_sweep(listeners.known[i], now_ms);
	queue_sweep(now_ms);
	queue_look(now_ms);
	if (gateway->lan && listeners.resting)
		rest(false);
}

void lan_stop(struct gateway *gateway)
{
	if (!gateway->lan || listeners.stopped)
		return;
	listeners.stopped = true;
	for (struct door *door = listeners.doors; door < listeners.doors + LAN_DOORS; door++) {
		uv_poll_stop(&door->poll);
		uv_close((uv_handle_t *)&door->poll, NULL);
		close(door->fd);
	}
	queue_sweep(0);
	for (size_t i = 0; i < TLS_CONNS_MAX; i++)
		if (listeners.known[i] && tls_conn_in_handshake(listeners.known[i]))
			tls_conn_end(listeners.known[i]);
}

void lan_cut(struct gateway *gateway)
{
	for (size_t i = 0; gateway->lan && i < TLS_CONNS_MAX; i++)
		if (listeners.known[i])
			tls_conn_end(listeners.known[i]);
	identity_drop(listeners.identity);
	listeners.identity = NULL;
}
