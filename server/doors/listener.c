#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/auth/peer.h"
#include "server/base/config.h"
#include "server/base/events.h"
#include "server/base/gateway.h"

enum { ACCEPT_AT_ONCE = 64, REFUSED_UIDS = 16, REFUSED_TOLD_MS = 60000 };

struct door {
	int fd; /* -1: closed */
	uv_poll_t poll;
	struct gateway *gateway;
};

struct listener {
	struct door doors[LOOPBACK_SOCKETS];
	client_accept *accept;
	int peers_fd; /* for asking the kernel whose process is at the other end; -1: it can't tell */
	uint64_t refusals_told_ms[REFUSED_UIDS];
	uid_t refused[REFUSED_UIDS]; /* the latest, so that each is reported at most once a minute */
	bool resting; /* at its bound, or out of descriptors: further connections wait in the kernel's queue */
	bool stopped;
};

/* False: --peer-uid=require, but the kernel can't tell. */
static bool peers_start(struct listener *listener, const struct config *config)
{
	listener->peers_fd = peer_open();
	if (listener->peers_fd >= 0)
		return true;
	if (config->peer_uid == PEERS_REQUIRE)
		fprintf(stderr, "wvwasi-gw: %s: the kernel can't tell whose process connects, which --peer-uid=require demands\n",
		        strerror(errno));
	else
		fprintf(stderr,
			"wvwasi-gw: %s: the kernel can't tell whose process connects: other users of this machine are kept out by links and "
		        "cookies alone\n", strerror(errno));
	return config->peer_uid != PEERS_REQUIRE;
}

enum bound listener_bind(struct gateway *gateway, int kept_port)
{
	static struct listener listener;
	int fds[LOOPBACK_SOCKETS];
	enum bound bound = loopback_bind(gateway, kept_port, fds);

	for (int i = 0; i < LOOPBACK_SOCKETS; i++)
		listener.doors[i].fd = fds[i];
	gateway->listener = &listener;
	return bound != BOUND || peers_start(&listener, gateway->config) ? bound : BOUND_NOT;
}

/* ---- accepting ---- */

static void on_connection(uv_poll_t *poll, int status, int events);

static void rest(struct listener *listener, bool rests)
{
	listener->resting = rests;
	for (int i = 0; i < LOOPBACK_SOCKETS; i++) {
		struct door *door = &listener->doors[i];

		if (door->fd >= 0 && rests)
			uv_poll_stop(&door->poll);
		else if (door->fd >= 0)
			uv_poll_start(&door->poll, UV_READABLE, on_connection);
	}
}

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
	events_warn(gateway,
		"a connection of another user was refused, uid %u (--allow-uid %u lets that user ask for a session; if it is you, run "
		"this as yourself)", (unsigned)uid, (unsigned)uid);
}

static bool is_allowed(const struct config_list *allowed, uid_t uid)
{
	for (size_t i = 0; i < allowed->count; i++)
		if (strtoul(allowed->items[i], NULL, 10) == uid)
			return true;
	return false;
}

/* Checks the peer's user before a byte is read. False: it may not ask for a session. */
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
	case PEER_GONE: /* its process has gone, so the kernel can't say whose it was */
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
			events_warn(door->gateway, "%s: cannot accept more connections for now", strerror(errno));
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
		door->gateway->listener->accept(door->gateway, fd, address, NULL, is_ours,
		                                door == &door->gateway->listener->doors[LOOPBACK_DEBUGGER]);
	}
}

void listener_look(struct gateway *gateway)
{
	if (gateway->listener->resting && !gateway->listener->stopped)
		rest(gateway->listener, false);
}

void listener_start(struct gateway *gateway, client_accept *accept)
{
	struct listener *listener = gateway->listener;

	listener->accept = accept;
	http_conns_on_room(listener_look);
	for (int i = 0; i < LOOPBACK_SOCKETS; i++) {
		struct door *door = &listener->doors[i];

		door->gateway = gateway;
		door->poll.data = door;
		if (door->fd >= 0 && uv_poll_init(gateway->loop, &door->poll, door->fd) == 0)
			uv_poll_start(&door->poll, UV_READABLE, on_connection);
	}
}

void listener_stop(struct gateway *gateway)
{
	struct listener *listener = gateway->listener;

	listener->stopped = true;
	for (int i = 0; i < LOOPBACK_SOCKETS; i++) {
		struct door *door = &listener->doors[i];

		if (door->fd < 0)
			continue;
		uv_poll_stop(&door->poll);
		uv_close((uv_handle_t *)&door->poll, NULL);
		close(door->fd);
		door->fd = -1;
	}
}
