/* Sockets of programs: options, and datagrams on their relay. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "host.h"
#include "network.h"

int host_socket_error(int fd)
{
	int error = 0;
	socklen_t size = sizeof error;

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error ? host_error(error) : 0;
}

wasi_errno_t host_socket_option(int fd, int level, int name, int *value, bool set)
{
	socklen_t size = sizeof *value;
	int result = set ? setsockopt(fd, level, name, value, sizeof *value) : getsockopt(fd, level, name, value, &size);

	return result < 0 ? host_error(errno) : WASI_OK;
}

wasi_errno_t host_datagram_send(int fd, const uint8_t *endpoint, size_t endpoint_length, const uint8_t *bytes, size_t length)
{
	uint8_t head = (uint8_t)endpoint_length;
	struct iovec parts[] = { { &head, 1 }, { (void *)endpoint, endpoint_length }, { (void *)bytes, length } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 3 };
	ssize_t sent;

	do
		sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? host_error(errno) : WASI_OK;
}

wasi_errno_t host_datagram_receive(int fd, uint8_t *endpoint, uint32_t *endpoint_length, uint8_t *bytes, size_t room, bool peek,
	size_t *done)
{
	uint8_t head[1 + 23];
	struct iovec parts[] = { { head, sizeof head }, { bytes, room } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t got;

	do
		got = recvmsg(fd, &message, MSG_DONTWAIT | (peek ? MSG_PEEK : 0));
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return host_error(errno);
	if (got < (ssize_t)sizeof head) /* a relay's are never shorter: the endpoint is padded. It has ended */
		return WASI_ECONNABORTED;
	*endpoint_length = head[0] <= 23 ? head[0] : 23;
	memcpy(endpoint, head + 1, *endpoint_length);
	*done = (size_t)got - sizeof head;
	return WASI_OK;
}
