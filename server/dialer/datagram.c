/* DIAL_DATAGRAM and DIAL_PEER: relays UDP, and judges where each datagram may go. The program's end is a SOCK_SEQPACKET socket. A
 * message from the program is a byte with the endpoint's length, the endpoint, the datagram; in a message to it the endpoint is
 * padded to 23 bytes. Datagrams for which a socket has no room are dropped, as UDP does. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { DATAGRAM_MAX = 65507, PEERS_MAX = 64, RELAYS_MAX = 4096, AT_ONCE = 64 };

struct relay {
	const struct program_of *program; /* NULL: it has ended */
	int fds[2];               /* UDP: IPv4, IPv6; -1: not opened yet */
	int pair;                 /* our end of the program's socket */
	uv_poll_t polls[3];       /* of fds[0], fds[1], pair */
	bool open[3];
	unsigned handles;         /* libuv handles that aren't closed yet */
	bool bound;               /* receives from everybody, not only from peers */
	struct net_endpoint peers[PEERS_MAX]; /* allowed ones, and those that have sent to a bound socket */
	size_t peers_count, peers_at;
	struct relay *next, **link;
};
static struct relay *relays;
static size_t relays_count;

static void on_closed(uv_handle_t *handle)
{
	struct relay *relay = handle->data;

	if (--relay->handles)
		return;
	relays_count--;
	free(relay);
}

static void relay_end(struct relay *relay)
{
	relay->program = NULL;
	for (int i = 0; i < 3; i++) {
		int fd = i < 2 ? relay->fds[i] : relay->pair;

		if (relay->open[i]) {
			uv_poll_stop(&relay->polls[i]);
			uv_close((uv_handle_t *)&relay->polls[i], on_closed);
		}
		if (fd >= 0)
			close(fd);
	}
	*relay->link = relay->next;
	if (relay->next)
		relay->next->link = relay->link;
}

static bool endpoint_same(const struct net_endpoint *a, const struct net_endpoint *b)
{
	return a->port == b->port && !memcmp(&a->address, &b->address, sizeof a->address);
}

static bool peer_is_known(const struct relay *relay, const struct net_endpoint *endpoint)
{
	for (size_t i = 0; i < relay->peers_count; i++)
		if (endpoint_same(&relay->peers[i], endpoint))
			return true;
	return false;
}

static void peer_add(struct relay *relay, const struct net_endpoint *endpoint)
{
	relay->peers[relay->peers_at] = *endpoint;
	relay->peers_at = (relay->peers_at + 1) % PEERS_MAX;
	relay->peers_count += relay->peers_count < PEERS_MAX;
}

/* Calls it whenever fds[which] (2: pair) can be read. False: no memory. */
static bool watch(struct relay *relay, int which, int fd, uv_poll_cb called)
{
	if (uv_poll_init(&dialer.loop, &relay->polls[which], fd) != 0)
		return false;
	relay->polls[which].data = relay;
	relay->open[which] = true;
	relay->handles++;
	uv_poll_start(&relay->polls[which], UV_READABLE, called);
	return true;
}

/* ---- from the network ---- */

static void from_network(struct relay *relay, int fd)
{
	static uint8_t bytes[DATAGRAM_MAX + 1];
	struct sockaddr_storage storage;

	for (int i = 0; i < AT_ONCE; i++) {
		socklen_t size = sizeof storage;
		ssize_t length = recvfrom(fd, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&storage, &size);
		struct net_endpoint endpoint;
		uint8_t head[1 + NET_ENDPOINT_ADDRESS_BYTES] = { 0 };
		struct iovec parts[] = { { head, sizeof head }, { bytes, length < 0 ? 0 : (size_t)length } };
		struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };

		if (length < 0 && errno == EAGAIN)
			return;
		if (length < 0 || !net_endpoint_of((struct sockaddr *)&storage, &endpoint))
			continue; /* an ICMP error about an earlier datagram */
		if (!peer_is_known(relay, &endpoint)) {
			if (!relay->bound)
				continue; /* the program has sent it nothing */
			peer_add(relay, &endpoint);
		}
		head[0] = (uint8_t)net_endpoint_write(&endpoint, head + 1);
		sendmsg(relay->pair, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
}

static void on_network(uv_poll_t *poll, int status, int events)
{
	struct relay *relay = poll->data;

	from_network(relay, relay->fds[poll - relay->polls]);
}

/* ---- to the network ---- */

static int socket_of(struct relay *relay, const struct net_endpoint *endpoint)
{
	int which = endpoint->address.family == 6, on = 1;

	if (relay->fds[which] >= 0 || relay->bound)
		return relay->fds[which];
	relay->fds[which] = socket(which ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (relay->fds[which] < 0)
		return -1;
	if (which)
		setsockopt(relay->fds[which], IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	watch(relay, which, relay->fds[which], on_network);
	return relay->fds[which];
}

/* Sends one datagram of the program, if its target is allowed. */
static void to_network(struct relay *relay, const uint8_t *bytes, size_t length)
{
	struct net_endpoint endpoint;
	struct sockaddr_storage storage;
	unsigned size;
	int fd;

	if (length < 1 || 1u + bytes[0] > length || !net_endpoint_read(bytes + 1, bytes[0], &endpoint) || endpoint.is_name)
		return;
	if (!peer_is_known(relay, &endpoint)) {
		if (judge_address((struct program_of *)relay->program, NET_UDP, NULL, &endpoint, true)) {
			judge_wish.scheme = -1; /* no question now: DIAL_PEER, which comes before the first datagram, has asked */
			return;
		}
		peer_add(relay, &endpoint);
		judge_spend((struct program_of *)relay->program, NET_UDP, NULL, &endpoint);
	}
	fd = socket_of(relay, &endpoint);
	size = net_endpoint_sockaddr(&endpoint, &storage);
	if (fd >= 0)
		sendto(fd, bytes + 1 + bytes[0], length - 1 - bytes[0], MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&storage,
			size);
}

static void on_pair(uv_poll_t *poll, int status, int events)
{
	static uint8_t bytes[1 + NET_ENDPOINT_ADDRESS_BYTES + DATAGRAM_MAX];
	struct relay *relay = poll->data;

	for (int i = 0; i < AT_ONCE; i++) {
		ssize_t length = recv(relay->pair, bytes, sizeof bytes, MSG_DONTWAIT);

		if (length < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (length <= 0) {
			relay_end(relay);
			return;
		}
		to_network(relay, bytes, (size_t)length);
	}
}

/* ---- the requests ---- */

/* Binds it to an endpoint that was judged. Returns 0 or an errno. *at: where the kernel has bound it. */
static int relay_bind(struct relay *relay, const struct net_endpoint *endpoint, struct net_endpoint *at)
{
	int which = endpoint->address.family == 6, fd, on = 1;
	struct sockaddr_storage storage;
	socklen_t size = net_endpoint_sockaddr(endpoint, &storage);

	fd = relay->fds[which] = socket(storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	if (which)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&storage, size) != 0)
		return errno;
	size = sizeof storage;
	getsockname(fd, (struct sockaddr *)&storage, &size);
	net_endpoint_of((struct sockaddr *)&storage, at);
	return 0;
}

static struct relay *relay_new(const struct program_of *program, int *theirs)
{
	struct relay *relay = relays_count < RELAYS_MAX ? calloc(1, sizeof *relay) : NULL;
	int pair[2];

	if (!relay || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) {
		free(relay);
		return NULL;
	}
	relay->program = program;
	relay->fds[0] = relay->fds[1] = -1;
	relay->pair = pair[0];
	*theirs = pair[1];
	relays_count++;
	relay->next = relays;
	relay->link = &relays;
	if (relays)
		relays->link = &relay->next;
	relays = relay;
	if (!watch(relay, 2, relay->pair, on_pair))
		relay->handles = 0;
	return relay;
}

void datagram_begin(struct request *request, const uint8_t *bytes, size_t length)
{
	struct net_endpoint endpoint = { 0 }, at;
	uint8_t told[NET_ENDPOINT_ADDRESS_BYTES];
	struct relay *relay;
	size_t told_length = 0;
	int theirs, error = 0;

	if (length && (!net_endpoint_read(bytes, length, &endpoint) || endpoint.is_name))
		error = EINVAL;
	else if (length)
		error = judge_listen(request->program, &endpoint);
	relay = error ? NULL : relay_new(request->program, &theirs);
	if (!relay) {
		request_answer(request, error ? error : EMFILE, NULL, 0, -1);
		return;
	}
	if (length) {
		relay->bound = true;
		error = relay_bind(relay, &endpoint, &at);
		if (!error && !watch(relay, endpoint.address.family == 6, relay->fds[endpoint.address.family == 6], on_network))
			error = ENOMEM;
		if (!error)
			told_length = net_endpoint_write(&at, told);
		if (!error)
			judge_spend(request->program, NET_LISTEN, NULL, &endpoint);
	}
	request_answer(request, error, told, told_length, error ? -1 : theirs);
	close(theirs);
	if (error)
		relay_end(relay);
}

void datagram_program_gone(const struct program_of *program)
{
	for (struct relay *relay = relays, *next; relay; relay = next) {
		next = relay->next;
		if (relay->program == program)
			relay_end(relay);
	}
}

static void on_resolved(struct request *request, const struct net_endpoint *asked, int error, const struct net_endpoint *found,
	size_t count)
{
	const char *name = asked->is_name ? asked->name : NULL;
	uint8_t bytes[NET_ENDPOINT_ADDRESS_BYTES];
	size_t length = 0;

	for (size_t i = 0; i < count && !length; i++)
		if (!judge_address(request->program, NET_UDP, name, &found[i], true)) {
			if (name)
				judge_found(request->program, name, &found[i].address);
			length = net_endpoint_write(&found[i], bytes);
		}
	request_answer(request, error ? error : length ? 0 : EACCES, bytes, length, -1);
}

void peer_begin(struct request *request, const uint8_t *bytes, size_t length)
{
	struct net_endpoint endpoint;
	int error = 0;

	if (!net_endpoint_read(bytes, length, &endpoint) || !endpoint.port)
		error = EINVAL;
	else if (endpoint.is_name)
		error = judge_name(request->program, NET_UDP, endpoint.name, endpoint.port);
	if (error)
		request_answer(request, error, NULL, 0, -1);
	else
		request_resolve(request, &endpoint, 0, on_resolved);
}
