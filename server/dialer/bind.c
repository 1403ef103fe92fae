/* DIAL_BIND and DIAL_LISTEN: binds TCP sockets, and lets them listen where a rule allows it. */
#include "internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG_MOST = 1024 };

/* Any address and any port: allowed, since listen() judges the port that the kernel has picked. */
static bool is_anywhere(const struct net_endpoint *endpoint)
{
	static const struct net_address any;

	return !endpoint->port && !memcmp(endpoint->address.bytes, any.bytes, sizeof any.bytes);
}

int stream_socket(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	if (fd >= 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

void bind_begin(struct request *request, const uint8_t *bytes, size_t length)
{
	struct net_endpoint endpoint;
	struct sockaddr_storage storage;
	unsigned size;
	int fd = -1, on = 1, error = 0;

	if (!net_endpoint_read(bytes, length, &endpoint) || endpoint.is_name)
		error = EINVAL;
	else if (!is_anywhere(&endpoint))
		error = judge_listen(request->program, &endpoint);
	if (!error) {
		size = net_endpoint_sockaddr(&endpoint, &storage);
		fd = stream_socket(storage.ss_family);
		if (fd >= 0) {
			setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
			if (storage.ss_family == AF_INET6)
				setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
		}
		if (fd < 0 || bind(fd, (struct sockaddr *)&storage, size) != 0)
			error = errno;
	}
	request_answer(request, error, NULL, 0, error ? -1 : fd);
	if (fd >= 0)
		close(fd);
}

/* Asks the kernel where the socket is bound, and doesn't rely on what the gateway says. */
void listen_begin(struct request *request, const uint8_t *bytes, size_t length)
{
	struct sockaddr_storage storage;
	socklen_t size = sizeof storage;
	struct net_endpoint endpoint;
	uint32_t backlog = 0;
	int error = 0;

	if (length == sizeof backlog)
		memcpy(&backlog, bytes, sizeof backlog);
	if (request->fd < 0 || getsockname(request->fd, (struct sockaddr *)&storage, &size) != 0 ||
	    !net_endpoint_of((struct sockaddr *)&storage, &endpoint))
		error = EINVAL;
	else if (!judge_may_listen(request->program, &endpoint))
		error = judge_listen(request->program, &endpoint);
	if (!error && listen(request->fd, backlog < BACKLOG_MOST ? (int)backlog : BACKLOG_MOST) != 0)
		error = errno;
	if (!error)
		judge_spend(request->program, NET_LISTEN, NULL, &endpoint);
	request_answer(request, error, NULL, 0, -1);
}
