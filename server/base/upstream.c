#include "upstream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "options.h"

bool upstream_is_url(const char *root)
{
	return !strncmp(root, "http://", 7) || !strncmp(root, "https://", 8);
}

static bool is_loopback(const char *host)
{
	struct in_addr address;

	return !strcmp(host, "localhost") || !strcmp(host, "[::1]") ||
	       (inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
}

const char *upstream_read(const char *root, struct upstream *upstream)
{
	const char *host = root + 7, *colon = strrchr(root, ':');
	unsigned long port;
	char *end;

	if (strncmp(root, "http://", 7))
		return option_wrong("only http:// is spoken with another server of this machine: --root '%s'", root);
	port = colon > host && colon[1] >= '0' && colon[1] <= '9' ? strtoul(colon + 1, &end, 10) : 0;
	if (!port || port > 65535 || strspn(end, "/") > 1 || end[strspn(end, "/")] || (size_t)(colon - host) >= sizeof upstream->host)
		return option_wrong("not http://127.0.0.1:PORT: --root '%s'", root);
	snprintf(upstream->host, sizeof upstream->host, "%.*s", (int)(colon - host), host);
	upstream->port = (uint16_t)port;
	return is_loopback(upstream->host) ? NULL :
		option_wrong("not a server of this machine (127.0.0.1, localhost or [::1]): --root '%s'", root);
}

enum { LOOK_MS = 20 }; /* on the loopback it is decided at once, unless that server's queue is full */

static int connect_to(const void *address, socklen_t length, int family, bool looks)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error = 0;
	socklen_t size = sizeof error;

	if (fd < 0)
		return -1;
	if (connect(fd, address, length) != 0)
		error = errno;
	if (error == EINPROGRESS) {
		error = 0;
		if (looks && poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, LOOK_MS) == 1)
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	}
	if (!error)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

int upstream_connect(const struct upstream *upstream)
{
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(upstream->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(upstream->port), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	bool is_name = !strcmp(upstream->host, "localhost");
	int fd = -1, error;

	if (upstream->host[0] != '[') {
		inet_pton(AF_INET, upstream->host, &four.sin_addr); /* a name leaves it as it is */
		fd = connect_to(&four, sizeof four, AF_INET, is_name);
	}
	if (fd >= 0 || (upstream->host[0] != '[' && !is_name))
		return fd;
	error = errno;
	fd = connect_to(&six, sizeof six, AF_INET6, false);
	if (fd < 0 && upstream->host[0] != '[')
		errno = error; /* of the address that servers listen on most */
	return fd;
}
