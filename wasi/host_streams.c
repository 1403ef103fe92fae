/* FIFOs, terminals, sockets: nothing here waits. */
#include "host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static wasi_errno_t answer(int result) { return result < 0 ? host_error(errno) : WASI_OK; }

wasi_errno_t host_read(int fd, uint8_t *bytes, size_t length, bool fifo, size_t *done)
{
	ssize_t n;

	*done = 0;
	do
		n = read(fd, bytes, length);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return host_error(errno);
	if (n == 0 && length && fifo) {
		struct pollfd ends = { fd, POLLIN, 0 };

		/* Without O_NONBLOCK the open would have waited for a writer; POLLHUP says that a writer was there. */
		poll(&ends, 1, 0);
		if (!(ends.revents & POLLHUP))
			return WASI_EAGAIN;
	}
	*done = (size_t)n;
	return WASI_OK;
}

wasi_errno_t host_write(int fd, const uint8_t *bytes, size_t length, size_t *done)
{
	ssize_t n;

	*done = 0;
	do
		n = write(fd, bytes, length);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return host_error(errno);
	*done = (size_t)n;
	return WASI_OK;
}

wasi_errno_t host_accept(int fd, int *accepted)
{
	do
		*accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	while (*accepted < 0 && (errno == EINTR || errno == ECONNABORTED));
	return answer(*accepted);
}

wasi_errno_t host_receive(int fd, uint8_t *bytes, size_t length, bool peek, size_t *done)
{
	ssize_t n;

	*done = 0;
	do
		n = recv(fd, bytes, length, MSG_DONTWAIT | (peek ? MSG_PEEK : 0));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return host_error(errno);
	*done = (size_t)n;
	return WASI_OK;
}

wasi_errno_t host_send(int fd, const uint8_t *bytes, size_t length, size_t *done)
{
	ssize_t n;

	*done = 0;
	do
		n = send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return host_error(errno);
	*done = (size_t)n;
	return WASI_OK;
}

wasi_errno_t host_socket_address(int fd, bool peer, uint8_t endpoint[23], size_t *length)
{
	union {
		struct sockaddr any;
		struct sockaddr_in four;
		struct sockaddr_in6 six;
	} address = { .any.sa_family = AF_UNSPEC };
	socklen_t size = sizeof address;

	if ((peer ? getpeername : getsockname)(fd, &address.any, &size) != 0)
		return host_error(errno);
	if (address.any.sa_family != AF_INET && address.any.sa_family != AF_INET6)
		return WASI_EAFNOSUPPORT;
	endpoint[0] = address.any.sa_family == AF_INET ? 4 : 6;
	endpoint[1] = (uint8_t)ntohs(address.four.sin_port);
	endpoint[2] = (uint8_t)(ntohs(address.four.sin_port) >> 8);
	*length = address.any.sa_family == AF_INET ? 7 : 23;
	if (address.any.sa_family == AF_INET) {
		memcpy(endpoint + 3, &address.four.sin_addr, 4);
		return WASI_OK;
	}
	memcpy(endpoint + 3, &address.six.sin6_addr, 16);
	for (int i = 0; i < 4; i++)
		endpoint[19 + i] = (uint8_t)(address.six.sin6_scope_id >> 8 * i);
	return WASI_OK;
}

wasi_errno_t host_shutdown(int fd, bool reading, bool writing)
{
	return answer(shutdown(fd, reading && writing ? SHUT_RDWR : reading ? SHUT_RD : SHUT_WR));
}

wasi_errno_t host_poll(struct pollfd *fds, size_t count)
{
	int ready;

	do
		ready = poll(fds, count, 0);
	while (ready < 0 && errno == EINTR);
	return answer(ready);
}

uint64_t host_readable_bytes(int fd)
{
	int count = 0;

	return ioctl(fd, FIONREAD, &count) == 0 && count > 0 ? (uint64_t)count : 0;
}
