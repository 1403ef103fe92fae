#include "peer.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Puts an address into the request: our socket's local or remote end. */
static int address_put(const struct sockaddr_storage *who, uint16_t *port, uint32_t address[4])
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)who;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)who;

	if (who->ss_family == AF_INET) {
		*port = v4->sin_port;
		memcpy(address, &v4->sin_addr, sizeof v4->sin_addr);
		return AF_INET;
	}
	*port = v6->sin6_port;
	memcpy(address, &v6->sin6_addr, sizeof v6->sin6_addr);
	return AF_INET6;
}

enum peer_answer peer_uid(int netlink_fd, int fd, uid_t *uid)
{
	static uint32_t sequence;
	struct sockaddr_storage local = { 0 }, remote = { 0 };
	socklen_t length = sizeof local;
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 body;
	} ask = { .head = { .nlmsg_len = sizeof ask, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST } };
	union {
		struct nlmsghdr head;
		char bytes[4096];
	} answer;
	ssize_t got;

	if (netlink_fd < 0)
		return PEER_UNKNOWN;
	if (getsockname(fd, (struct sockaddr *)&local, &length) != 0)
		return PEER_GONE;
	length = sizeof remote;
	if (getpeername(fd, (struct sockaddr *)&remote, &length) != 0)
		return PEER_GONE;
	ask.head.nlmsg_seq = ++sequence;
	ask.body.sdiag_protocol = IPPROTO_TCP;
	ask.body.idiag_states = ~0u;
	/* The client's own socket: what is remote to us is local to it. Both ends are named, so nobody else's can match. */
	ask.body.sdiag_family = (uint8_t)address_put(&remote, &ask.body.id.idiag_sport, ask.body.id.idiag_src);
	address_put(&local, &ask.body.id.idiag_dport, ask.body.id.idiag_dst);
	ask.body.id.idiag_cookie[0] = ask.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	if (send(netlink_fd, &ask, sizeof ask, 0) != sizeof ask)
		return PEER_UNKNOWN;
	do {
		got = recv(netlink_fd, &answer, sizeof answer, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < (ssize_t)sizeof answer.head)
			return PEER_UNKNOWN;
	} while (answer.head.nlmsg_seq != sequence); /* an answer that an earlier call gave up on */

	if (answer.head.nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *error = NLMSG_DATA(&answer.head);

		return error->error == -ENOENT ? PEER_GONE : PEER_UNKNOWN;
	}
	if (answer.head.nlmsg_type == SOCK_DIAG_BY_FAMILY && got >= (ssize_t)NLMSG_LENGTH(sizeof(struct inet_diag_msg))) {
		const struct inet_diag_msg *message = NLMSG_DATA(&answer.head);

		*uid = message->idiag_uid;
		return message->idiag_inode ? PEER_KNOWN : PEER_GONE;
	}
	return PEER_UNKNOWN;
}

/* A kernel without the TCP part of sock_diag says "no such socket" of all; one in a foreign user namespace knows us by another
 * number. */
static bool is_true(int netlink_fd)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
	    accepted = -1;
	uid_t uid;
	bool told = false;

	if (listener >= 0 && client >= 0 && bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, 1) == 0 &&
	    getsockname(listener, (struct sockaddr *)&address, &length) == 0 &&
	    connect(client, (struct sockaddr *)&address, length) == 0 &&
	    (accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		told = peer_uid(netlink_fd, accepted, &uid) == PEER_KNOWN && uid == geteuid();
	for (size_t i = 0; i < 3; i++)
		if ((int[]){ accepted, client, listener }[i] >= 0)
			close((int[]){ accepted, client, listener }[i]);
	return told;
}

int peer_open(void)
{
	struct timeval second = { .tv_sec = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
	if (fd < 0 || is_true(fd))
		return fd;
	close(fd);
	errno = EOPNOTSUPP;
	return -1;
}
