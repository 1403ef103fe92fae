/* server/auth/peer.c: whose process it is, and that a socket without a process is nobody's. */
#include "../check.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/auth/peer.h"

static int netlink_fd = -1;

/* A connection to ourselves over loopback: fds[0] is what was accepted, fds[1] the client. */
static void connect_pair(int family, int fds[2])
{
	struct sockaddr_in6 address = { 0 };
	socklen_t length = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof address;
	int listener = socket(family, SOCK_STREAM, 0);

	address.sin6_family = (sa_family_t)family;
	if (family == AF_INET)
		((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		address.sin6_addr = in6addr_loopback;
	fds[1] = socket(family, SOCK_STREAM, 0);
	REQUIRE(listener >= 0 && fds[1] >= 0 && bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, 1) == 0);
	REQUIRE(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
	REQUIRE(connect(fds[1], (struct sockaddr *)&address, length) == 0);
	fds[0] = accept(listener, NULL, NULL);
	REQUIRE(fds[0] >= 0);
	close(listener);
}

TEST(our_own_process_is_known_in_both_families)
{
	static const int families[] = { AF_INET, AF_INET6 };

	netlink_fd = peer_open();
	REQUIRE(netlink_fd >= 0);
	for (size_t i = 0; i < 2; i++) {
		uid_t uid = 12345;
		int fds[2];

		connect_pair(families[i], fds);
		CHECK_EQ(peer_uid(netlink_fd, fds[0], &uid), PEER_KNOWN);
		CHECK_EQ(uid, geteuid());
		close(fds[0]);
		close(fds[1]);
	}
}

TEST(who_closed_at_once_is_gone_and_not_root)
{
	uid_t uid = 12345;
	int fds[2];

	connect_pair(AF_INET, fds);
	close(fds[1]); /* our end is open still: the client's socket stays in the kernel without an owner, and shows uid 0 */
	CHECK_EQ(peer_uid(netlink_fd, fds[0], &uid), PEER_GONE);
	close(fds[0]);
}

TEST(who_reset_the_connection_is_gone)
{
	struct linger at_once = { .l_onoff = 1 };
	uid_t uid = 12345;
	int fds[2];

	connect_pair(AF_INET, fds);
	setsockopt(fds[1], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(fds[1]);
	CHECK_EQ(peer_uid(netlink_fd, fds[0], &uid), PEER_GONE);
	close(fds[0]);
}

TEST(without_the_interface_nothing_is_known)
{
	uid_t uid = 12345;
	int fds[2];

	connect_pair(AF_INET, fds);
	CHECK_EQ(peer_uid(-1, fds[0], &uid), PEER_UNKNOWN);
	close(fds[0]);
	close(fds[1]);
}
