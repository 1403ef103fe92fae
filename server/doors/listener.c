#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/config.h"
#include "server/base/events.h"
#include "server/base/gateway.h"
#include "server/http/conn.h"
#include "lan.h"
#include "pairing_request.h"
#include "server/auth/peer.h"

enum { FAMILIES = 2, DOORS = FAMILIES + 1, DEBUG_DOOR = FAMILIES, PORT_FIRST = 20000, PORT_LAST = 32767, DRAWS = 100, BACKLOG = 512, ACCEPT_AT_ONCE = 64, SWEEP_MS = 1000,
	REFUSED_UIDS = 16, REFUSED_TOLD_MS = 60000 };

struct door {
	int fd; /* -1: closed */
	uv_poll_t poll;
	struct gateway *gateway;
};

struct listener {
	struct door doors[DOORS]; /* the last is the debugger's */
	uv_timer_t sweep;
	int peers_fd; /* asks the kernel whose process is at the other end; -1: it doesn't tell */
	uint64_t refusals_told_ms[REFUSED_UIDS];
	uid_t refused[REFUSED_UIDS]; /* the latest, so that one line a minute is said of each */
	bool resting; /* full, or out of descriptors: the others wait in the kernel's queue */
	bool stopped;
};

/* ---- binding ---- */

/* The address alone, or 127.0.0.1 and ::1. False: not a loopback address. */
static bool addresses_of(const char *words, struct sockaddr_storage addresses[FAMILIES], int *count)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&addresses[0];
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&addresses[words && strchr(words, ':') ? 0 : 1];
	char bare[64];

	memset(addresses, 0, FAMILIES * sizeof *addresses);
	v6->sin6_family = AF_INET6;
	v6->sin6_addr = in6addr_loopback;
	*count = 1;
	if (words && strchr(words, ':')) {
		struct in6_addr address;

		snprintf(bare, sizeof bare, "%s", words + (*words == '['));
		bare[strcspn(bare, "]")] = 0;
		return inet_pton(AF_INET6, bare, &address) == 1 && IN6_IS_ADDR_LOOPBACK(&address);
	}
	v4->sin_family = AF_INET;
	v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!words || !strcmp(words, "localhost")) {
		*count = FAMILIES;
		return true;
	}
	return inet_pton(AF_INET, words, &v4->sin_addr) == 1 && ntohl(v4->sin_addr.s_addr) >> 24 == 127;
}

/* -1 with errno. */
static int socket_bind(struct sockaddr_storage *address, int port)
{
	bool is_v6 = address->ss_family == AF_INET6;
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, error;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on); /* only past connections: two can't listen */
	if (is_v6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (is_v6)
		((struct sockaddr_in6 *)address)->sin6_port = htons((uint16_t)port);
	else
		((struct sockaddr_in *)address)->sin_port = htons((uint16_t)port);
	if (bind(fd, (struct sockaddr *)address, is_v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in)) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int port_of(int fd)
{
	struct sockaddr_in6 address;
	socklen_t length = sizeof address;

	getsockname(fd, (struct sockaddr *)&address, &length);
	return ntohs(address.sin6_port); /* the same place in both families */
}

/* Both, or none: whoever had the other would be `localhost` too. An absent family is fine. 0, or errno. */
static int bind_all(struct listener *listener, struct sockaddr_storage addresses[FAMILIES], int count, int *port)
{
	for (int i = 0; i < count; i++) {
		int error;

		listener->doors[i].fd = socket_bind(&addresses[i], *port);
		if (listener->doors[i].fd >= 0) {
			if (!*port)
				*port = port_of(listener->doors[i].fd);
			continue;
		}
		error = errno;
		if (i > 0 && (error == EAFNOSUPPORT || error == EADDRNOTAVAIL))
			continue;
		for (int made = 0; made < i; made++) {
			if (listener->doors[made].fd >= 0)
				close(listener->doors[made].fd);
			listener->doors[made].fd = -1;
		}
		return error;
	}
	return 0;
}

static int port_draw(void)
{
	uint32_t number;

	if (getrandom(&number, sizeof number, 0) != sizeof number)
		return PORT_FIRST;
	return PORT_FIRST + (int)(number % (PORT_LAST - PORT_FIRST + 1));
}

static int bind_some_port(struct listener *listener, struct sockaddr_storage addresses[FAMILIES], int count, int wanted, int kept, int *port)
{
	int error = EADDRINUSE;

	*port = wanted == PORT_OF_ROOT ? kept : wanted;
	if (*port) {
		error = bind_all(listener, addresses, count, port);
		if (!error || error != EADDRINUSE || wanted != PORT_OF_ROOT)
			return error;
		fprintf(stderr, "wvwasi-gw: port %d is taken: the app moves to another for good, where its browser storage starts empty\n", *port);
	}
	for (int draws = 0; draws < DRAWS && error == EADDRINUSE; draws++) {
		*port = wanted == PORT_OF_ROOT ? port_draw() : 0;
		error = bind_all(listener, addresses, count, port);
	}
	return error;
}

static void name_origin(struct gateway *gateway, const struct sockaddr_storage *address, bool is_localhost)
{
	char name[64] = "localhost";

	if (!is_localhost && address->ss_family == AF_INET6)
		strcpy(name, "[::1]");
	else if (!is_localhost)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, name, sizeof name);
	if (gateway->port == 80) /* browsers leave it out */
		snprintf(gateway->host, sizeof gateway->host, "%s", name);
	else
		snprintf(gateway->host, sizeof gateway->host, "%s:%d", name, gateway->port);
	snprintf(gateway->origin, sizeof gateway->origin, "http://%s", gateway->host);
}

/* False: --peer-uid=require, and the kernel doesn't tell. */
static bool peers_start(struct listener *listener, const struct config *config)
{
	listener->peers_fd = peer_open();
	if (listener->peers_fd >= 0)
		return true;
	if (config->peer_uid == PEERS_REQUIRE)
		fprintf(stderr, "wvwasi-gw: %s: the kernel doesn't tell whose process connects, as --peer-uid=require wants it\n", strerror(errno));
	else
		fprintf(stderr, "wvwasi-gw: %s: the kernel doesn't tell whose process connects: other users of this machine are kept out by links and "
		        "cookies alone\n", strerror(errno));
	return config->peer_uid != PEERS_REQUIRE;
}

/* The debugger's page is another site than the app: another loopback address, on the same port where that is free. Without it (there is only
 * 127.0.0.1 in some containers) nobody can debug, and everything else works. */
static void debugger_bind(struct gateway *gateway, struct listener *listener, const struct sockaddr_storage *app)
{
	struct sockaddr_storage address = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
	uint32_t first = INADDR_LOOPBACK + 1; /* 127.0.0.2 */
	int port = gateway->port;

	v4->sin_family = AF_INET;
	v4->sin_addr.s_addr = htonl(first);
	if (app->ss_family == AF_INET && ((const struct sockaddr_in *)app)->sin_addr.s_addr == htonl(first))
		v4->sin_addr.s_addr = htonl(first + 1);
	listener->doors[DEBUG_DOOR].fd = socket_bind(&address, port);
	if (listener->doors[DEBUG_DOOR].fd < 0 && errno == EADDRINUSE) {
		port = 0;
		listener->doors[DEBUG_DOOR].fd = socket_bind(&address, 0);
	}
	if (listener->doors[DEBUG_DOOR].fd < 0)
		return;
	inet_ntop(AF_INET, &v4->sin_addr, gateway->debugger_host, sizeof gateway->debugger_host);
	if (!port)
		port = port_of(listener->doors[DEBUG_DOOR].fd);
	if (port != 80)
		snprintf(gateway->debugger_host + strlen(gateway->debugger_host), 8, ":%d", port);
	snprintf(gateway->debugger_origin, sizeof gateway->debugger_origin, "http://%s", gateway->debugger_host);
}

enum bound listener_bind(struct gateway *gateway, int kept_port)
{
	static struct listener listener = { .doors = { { .fd = -1 }, { .fd = -1 }, { .fd = -1 } } };
	const struct config *config = gateway->config;
	struct sockaddr_storage addresses[FAMILIES];
	int count, error;

	if (!addresses_of(config->address, addresses, &count)) {
		fprintf(stderr, "wvwasi-gw: not a loopback address (127.x.y.z or ::1): --address '%s'\n", config->address);
		return BOUND_NONSENSE;
	}
	error = bind_some_port(&listener, addresses, count, config->port, kept_port, &gateway->port);
	if (error) {
		fprintf(stderr, "wvwasi-gw: %s: cannot listen on port '%d' of '%s'\n", strerror(error), gateway->port,
		        config->address ? config->address : "localhost");
		return BOUND_NOT;
	}
	name_origin(gateway, &addresses[0], count == FAMILIES);
	debugger_bind(gateway, &listener, &addresses[0]);
	gateway->listener = &listener;
	return peers_start(&listener, config) ? BOUND : BOUND_NOT;
}

/* ---- accepting ---- */

static void on_connection(uv_poll_t *poll, int status, int events);

static void rest(struct listener *listener, bool rests)
{
	listener->resting = rests;
	for (int i = 0; i < DOORS; i++) {
		struct door *door = &listener->doors[i];

		if (door->fd >= 0 && rests)
			uv_poll_stop(&door->poll);
		else if (door->fd >= 0)
			uv_poll_start(&door->poll, UV_READABLE, on_connection);
	}
}

/* ---- whose process it is ---- */

static void refusal_say(struct gateway *gateway, uid_t uid)
{
	struct listener *listener = gateway->listener;
	uint64_t now = uv_now(gateway->loop);
	size_t oldest = 0;

	for (size_t i = 0; i < REFUSED_UIDS; i++) {
		if (listener->refusals_told_ms[i] && listener->refused[i] == uid && now - listener->refusals_told_ms[i] < REFUSED_TOLD_MS)
			return;
		if (listener->refusals_told_ms[i] < listener->refusals_told_ms[oldest])
			oldest = i;
	}
	listener->refused[oldest] = uid;
	listener->refusals_told_ms[oldest] = now;
	events_warn(gateway, "a connection of another user was refused, uid %u (to let that user knock: --allow-uid %u)", (unsigned)uid, (unsigned)uid);
}

static bool is_allowed(const struct config_list *allowed, uid_t uid)
{
	for (size_t i = 0; i < allowed->count; i++)
		if (strtoul(allowed->items[i], NULL, 10) == uid)
			return true;
	return false;
}

/* Before a byte of it is looked at. False: it isn't let in to knock. */
static bool peer_judge(struct gateway *gateway, int fd, bool *is_ours)
{
	uid_t uid = 0;

	*is_ours = false;
	switch (peer_uid(gateway->listener->peers_fd, fd, &uid)) {
	case PEER_KNOWN:
		*is_ours = uid == geteuid();
		if (*is_ours || is_allowed(&gateway->config->allow_uids, uid))
			return true;
		refusal_say(gateway, uid);
		return false;
	case PEER_GONE: /* nobody's any more: whoever it was can't be told from root */
		return false;
	case PEER_UNKNOWN:
		break;
	}
	return gateway->config->peer_uid != PEERS_REQUIRE;
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
	struct door *door = poll->data;

	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		struct sockaddr_storage peer;
		socklen_t length = sizeof peer;
		char address[64] = "";
		bool is_ours;
		int fd;

		if (!http_conns_have_room()) {
			rest(door->gateway->listener, true);
			return;
		}
		fd = accept4(door->fd, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
			events_warn(door->gateway, "%s: nobody else is let in for now", strerror(errno));
			rest(door->gateway->listener, true);
		}
		if (fd < 0 && errno != EINTR && errno != ECONNABORTED)
			return;
		if (fd < 0)
			continue;
		if (!peer_judge(door->gateway, fd, &is_ours)) {
			close(fd);
			continue;
		}
		if (peer.ss_family == AF_INET6)
			inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&peer)->sin6_addr, address, sizeof address);
		else
			inet_ntop(AF_INET, &((struct sockaddr_in *)&peer)->sin_addr, address, sizeof address);
		http_conn_new(door->gateway, fd, address, is_ours, door == &door->gateway->listener->doors[DEBUG_DOOR]);
	}
}

void listener_has_room(struct gateway *gateway)
{
	if (gateway->listener->resting && !gateway->listener->stopped)
		rest(gateway->listener, false);
}

static void on_sweep(uv_timer_t *timer)
{
	struct gateway *gateway = timer->data;

	http_conns_sweep(uv_now(gateway->loop));
	lan_sweep(gateway, uv_now(gateway->loop));
	pairing_request_sweep(gateway);
	listener_has_room(gateway);
}

void listener_start(struct gateway *gateway)
{
	struct listener *listener = gateway->listener;

	for (int i = 0; i < DOORS; i++) {
		struct door *door = &listener->doors[i];

		door->gateway = gateway;
		door->poll.data = door;
		if (door->fd >= 0 && uv_poll_init(gateway->loop, &door->poll, door->fd) == 0)
			uv_poll_start(&door->poll, UV_READABLE, on_connection);
	}
	uv_timer_init(gateway->loop, &listener->sweep);
	listener->sweep.data = gateway;
	uv_timer_start(&listener->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
}

void listener_stop(struct gateway *gateway)
{
	struct listener *listener = gateway->listener;

	listener->stopped = true;
	for (int i = 0; i < DOORS; i++) {
		struct door *door = &listener->doors[i];

		if (door->fd < 0)
			continue;
		uv_poll_stop(&door->poll);
		uv_close((uv_handle_t *)&door->poll, NULL);
		close(door->fd);
		door->fd = -1;
	}
	uv_timer_stop(&listener->sweep);
	uv_close((uv_handle_t *)&listener->sweep, NULL);
	http_conns_close(gateway);
}
