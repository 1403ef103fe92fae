#include "bind.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <unistd.h>

int bind_socket(struct sockaddr_storage *address, int port, int backlog)
{
	bool is_v6 = address->ss_family == AF_INET6;
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, error;

	if (fd < 0)
		return -1;
	/* lets us bind beside old connections; two listeners still can't share a port */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (is_v6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (is_v6)
		((struct sockaddr_in6 *)address)->sin6_port = htons((uint16_t)port);
	else
		((struct sockaddr_in *)address)->sin_port = htons((uint16_t)port);
	if (bind(fd, (struct sockaddr *)address, is_v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in)) == 0 &&
	    listen(fd, backlog) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int bind_port_of(int fd)
{
	struct sockaddr_in6 address;
	socklen_t length = sizeof address;

	getsockname(fd, (struct sockaddr *)&address, &length);
	return ntohs(address.sin6_port); /* at the same offset in both families */
}
