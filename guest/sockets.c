/* POSIX sockets for programs of wasi-libc, over the imports that WasmEdge added to wasi_snapshot_preview1 (version 2). Compile it
 * with the program, and with -I guest/include. Not supported: AF_UNIX, sendmsg and recvmsg, names of services. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <wasi/api.h>

/* ---- the imports: each returns 0 or an errno ---- */

struct buffer { void *at; size_t length; };

#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) extern int32_t import_##name
IMPORT(sock_open)(int32_t family, int32_t type, int *fd);
IMPORT(sock_bind)(int32_t fd, const struct buffer *address, uint32_t port);
IMPORT(sock_connect)(int32_t fd, const struct buffer *address, uint32_t port);
IMPORT(sock_listen)(int32_t fd, int32_t backlog);
IMPORT(sock_accept)(int32_t fd, int32_t fdflags, int *accepted);
IMPORT(sock_recv)(int32_t fd, const struct buffer *into, size_t count, int32_t flags, size_t *got, uint16_t *out_flags);
IMPORT(sock_recv_from)(int32_t fd, const struct buffer *into, size_t count, const struct buffer *address, int32_t flags,
	uint16_t *port, size_t *got, uint16_t *out_flags);
IMPORT(sock_send)(int32_t fd, const struct buffer *from, size_t count, int32_t flags, size_t *sent);
IMPORT(sock_send_to)(int32_t fd, const struct buffer *from, size_t count, const struct buffer *address, uint32_t port,
	int32_t flags, size_t *sent);
IMPORT(sock_getlocaladdr)(int32_t fd, const struct buffer *address, uint32_t *port);
IMPORT(sock_getpeeraddr)(int32_t fd, const struct buffer *address, uint32_t *port);
IMPORT(sock_getsockopt)(int32_t fd, int32_t level, int32_t name, int32_t *value, uint32_t *length);
IMPORT(sock_setsockopt)(int32_t fd, int32_t level, int32_t name, const int32_t *value, uint32_t length);

enum { FAMILY_ANY, FAMILY_INET, FAMILY_INET6 };
enum { TYPE_ANY, TYPE_DATAGRAM, TYPE_STREAM };
enum { FDFLAG_NONBLOCK = 4, RECEIVE_PEEK = 1 };

/* POSIX's result of an import's: 0, or -1 and errno. */
static int done(int32_t error)
{
	if (!error)
		return 0;
	errno = error;
	return -1;
}

/* ---- addresses ---- */

/* Is it a whole IPv4 or IPv6 address? */
static bool is_named(const struct sockaddr *address, socklen_t length)
{
	return address && ((address->sa_family == AF_INET && length >= sizeof(struct sockaddr_in)) ||
	                   (address->sa_family == AF_INET6 && length >= sizeof(struct sockaddr_in6)));
}

static struct buffer address_of(const struct sockaddr *address, uint32_t *port)
{
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;

		*port = ntohs(in->sin_port);
		return (struct buffer){ (void *)&in->sin_addr, 4 };
	}
	const struct sockaddr_in6 *in6 = (const void *)address;

	*port = ntohs(in6->sin6_port);
	return (struct buffer){ (void *)&in6->sin6_addr, 16 };
}

/* An address as the imports write it. */
struct storage { uint16_t family; uint8_t address[126]; };

/* Copies as much of the address as fits into *length bytes, and sets *length to its whole size, as POSIX says. */
static void address_give(const struct storage *from, uint32_t port, struct sockaddr *address, socklen_t *length)
{
	union {
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} its = { 0 };
	socklen_t size = from->family == FAMILY_INET ? sizeof its.in : from->family == FAMILY_INET6 ? sizeof its.in6 : 0;

	if (!address || !length)
		return;
	if (from->family == FAMILY_INET) {
		its.in.sin_family = AF_INET;
		its.in.sin_port = htons((uint16_t)port);
		memcpy(&its.in.sin_addr, from->address, 4);
	} else if (from->family == FAMILY_INET6) {
		its.in6.sin6_family = AF_INET6;
		its.in6.sin6_port = htons((uint16_t)port);
		memcpy(&its.in6.sin6_addr, from->address, 16);
	}
	memcpy(address, &its, *length < size ? *length : size);
	*length = size;
}

/* ---- time limits: SO_RCVTIMEO and SO_SNDTIMEO, kept by a poll() before the call ---- */

enum { RECEIVE, SEND };
static struct timeval (*limits)[2]; /* by descriptor, then RECEIVE or SEND; 0: no limit */
static int limits_count;

static void limits_forget(int fd)
{
	if (fd < limits_count)
		memset(limits[fd], 0, sizeof limits[fd]);
}

static int limit_set(int fd, int which, const void *value, socklen_t length)
{
	struct timeval limit, (*more)[2];
	int type;
	socklen_t type_length = sizeof type;

	if (length < sizeof limit)
		return done(EINVAL);
	memcpy(&limit, value, sizeof limit);
	if (limit.tv_usec < 0 || limit.tv_usec > 999999)
		return done(EDOM);
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_length))
		return -1;
	if (fd >= limits_count) {
		more = realloc(limits, ((size_t)fd + 1) * sizeof *limits);
		if (!more)
			return done(ENOMEM);
		memset(more + limits_count, 0, (size_t)(fd + 1 - limits_count) * sizeof *more);
		limits = more;
		limits_count = fd + 1;
	}
	limits[fd][which] = limit.tv_sec < 0 ? (struct timeval){ 0 } : limit;
	return 0;
}

static int limit_get(int fd, int which, void *value, socklen_t *length)
{
	struct timeval limit = fd >= 0 && fd < limits_count ? limits[fd][which] : (struct timeval){ 0 };

	*length = *length < sizeof limit ? *length : sizeof limit;
	memcpy(value, &limit, *length);
	return 0;
}

/* Where a limit is set, waits until the call won't block. Returns 0, or -1 and errno: EAGAIN when the limit has passed. */
static int within(int fd, int which)
{
	struct pollfd its = { .fd = fd, .events = which == RECEIVE ? POLLIN : POLLOUT };

	if (fd < 0 || fd >= limits_count || (!limits[fd][which].tv_sec && !limits[fd][which].tv_usec) ||
	    (fcntl(fd, F_GETFL) & O_NONBLOCK))
		return 0;
	long long ms = limits[fd][which].tv_sec * 1000LL + (limits[fd][which].tv_usec + 999) / 1000;
	int ready = poll(&its, 1, ms > INT32_MAX ? -1 : (int)ms);

	return ready < 0 ? -1 : ready ? 0 : done(EAGAIN);
}

/* ---- sockets ---- */

static int set_nonblocking(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 ? -1 : fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

int socket(int family, int type, int protocol)
{
	int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), fd = -1;

	if (family != AF_INET && family != AF_INET6)
		return done(EAFNOSUPPORT);
	if ((kind != SOCK_STREAM && kind != SOCK_DGRAM) ||
	    (protocol && protocol != (kind == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP)))
		return done(EPROTONOSUPPORT);
	if (done(import_sock_open(family == AF_INET ? FAMILY_INET : FAMILY_INET6,
		kind == SOCK_STREAM ? TYPE_STREAM : TYPE_DATAGRAM, &fd)))
		return -1;
	limits_forget(fd);
	if ((type & SOCK_NONBLOCK) && set_nonblocking(fd, true)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Calls an import with an address. */
static int give_address(int32_t import(int32_t, const struct buffer *, uint32_t), int fd, const struct sockaddr *address,
	socklen_t length)
{
	uint32_t port;

	if (!is_named(address, length))
		return done(EAFNOSUPPORT);
	struct buffer its = address_of(address, &port);

	return done(import(fd, &its, port));
}

int bind(int fd, const struct sockaddr *address, socklen_t length) { return give_address(import_sock_bind, fd, address, length); }

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
	return give_address(import_sock_connect, fd, address, length);
}

int listen(int fd, int backlog) { return done(import_sock_listen(fd, backlog)); }

int accept4(int fd, struct sockaddr *__restrict address, socklen_t *__restrict length, int flags)
{
	int accepted = -1;

	if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return done(EINVAL);
	if (within(fd, RECEIVE) || done(import_sock_accept(fd, flags & SOCK_NONBLOCK ? FDFLAG_NONBLOCK : 0, &accepted)))
		return -1;
	limits_forget(accepted);
	if (address && length && getpeername(accepted, address, length))
		*length = 0; /* the peer has closed it already */
	return accepted;
}

int accept(int fd, struct sockaddr *__restrict address, socklen_t *__restrict length) { return accept4(fd, address, length, 0); }

/* Calls an import that gives an address. */
static int get_address(int32_t import(int32_t, const struct buffer *, uint32_t *), int fd, struct sockaddr *address,
	socklen_t *length)
{
	struct storage storage = { 0 };
	struct buffer its = { &storage, sizeof storage };
	uint32_t port = 0;
	int32_t error = import(fd, &its, &port);

	if (!error)
		address_give(&storage, port, address, length);
	return done(error);
}

int getsockname(int fd, struct sockaddr *__restrict address, socklen_t *__restrict length)
{
	return get_address(import_sock_getlocaladdr, fd, address, length);
}

int getpeername(int fd, struct sockaddr *__restrict address, socklen_t *__restrict length)
{
	return get_address(import_sock_getpeeraddr, fd, address, length);
}

/* ---- bytes ---- */

/* MSG_DONTWAIT: makes the socket non-blocking for one call. True: end_dontwait() has to undo it. */
static bool begin_dontwait(int fd, int flags)
{
	return (flags & MSG_DONTWAIT) && !(fcntl(fd, F_GETFL) & O_NONBLOCK) && !set_nonblocking(fd, true);
}

static void end_dontwait(int fd, bool began)
{
	int kept = errno;

	if (began)
		set_nonblocking(fd, false);
	errno = kept;
}

ssize_t sendto(int fd, const void *bytes, size_t length, int flags, const struct sockaddr *address, socklen_t address_length)
{
	struct buffer from = { (void *)bytes, length }, its;
	uint32_t port;
	size_t sent = 0;

	if (flags & ~(MSG_DONTWAIT | MSG_NOSIGNAL))
		return done(EOPNOTSUPP);
	if (address && !is_named(address, address_length))
		return done(EAFNOSUPPORT);
	if (address)
		its = address_of(address, &port);
	if (!(flags & MSG_DONTWAIT) && within(fd, SEND))
		return -1;
	bool began = begin_dontwait(fd, flags);
	int result = done(address ? import_sock_send_to(fd, &from, 1, &its, port, 0, &sent)
	                          : import_sock_send(fd, &from, 1, 0, &sent));

	end_dontwait(fd, began);
	return result ? -1 : (ssize_t)sent;
}

ssize_t send(int fd, const void *bytes, size_t length, int flags) { return sendto(fd, bytes, length, flags, NULL, 0); }

static ssize_t receive_once(int fd, void *bytes, size_t length, int flags, struct sockaddr *address, socklen_t *address_length)
{
	struct storage storage = { 0 };
	struct buffer into = { bytes, length }, its = { &storage, sizeof storage };
	int32_t peek = flags & MSG_PEEK ? RECEIVE_PEEK : 0;
	uint16_t port = 0, out_flags = 0;
	size_t got = 0;

	if (!address)
		return done(import_sock_recv(fd, &into, 1, peek, &got, &out_flags)) ? -1 : (ssize_t)got;
	if (done(import_sock_recv_from(fd, &into, 1, &its, peek, &port, &got, &out_flags)))
		return -1;
	address_give(&storage, port, address, address_length);
	return (ssize_t)got;
}

ssize_t recvfrom(int fd, void *__restrict bytes, size_t length, int flags, struct sockaddr *__restrict address,
	socklen_t *__restrict address_length)
{
	size_t total = 0;
	ssize_t got;

	if (flags & ~(MSG_DONTWAIT | MSG_NOSIGNAL | MSG_PEEK | MSG_WAITALL))
		return done(EOPNOTSUPP);
	bool began = begin_dontwait(fd, flags);

	do {
		got = !(flags & MSG_DONTWAIT) && within(fd, RECEIVE) ? -1
		    : receive_once(fd, (char *)bytes + total, length - total, flags, address, address_length);
		total += got > 0 ? (size_t)got : 0;
	} while (got > 0 && total < length && (flags & MSG_WAITALL) && !(flags & (MSG_PEEK | MSG_DONTWAIT)) && !address);
	end_dontwait(fd, began);
	return got < 0 && !total ? -1 : (ssize_t)total;
}

ssize_t recv(int fd, void *bytes, size_t length, int flags) { return recvfrom(fd, bytes, length, flags, NULL, NULL); }

/* read() and write() replace wasi-libc's, since the limits hold for them too. */
static ssize_t transferred(__wasi_errno_t error, __wasi_size_t count)
{
	return error ? done(error == __WASI_ERRNO_NOTCAPABLE ? EBADF : error) : (ssize_t)count;
}

ssize_t read(int fd, void *bytes, size_t length)
{
	__wasi_iovec_t into = { bytes, length };
	__wasi_size_t count = 0;

	return within(fd, RECEIVE) ? -1 : transferred(__wasi_fd_read(fd, &into, 1, &count), count);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	__wasi_ciovec_t from = { bytes, length };
	__wasi_size_t count = 0;

	return within(fd, SEND) ? -1 : transferred(__wasi_fd_write(fd, &from, 1, &count), count);
}

/* ---- options ---- */

/* WasmEdge's number of an option; -1: not supported. */
static int option_of(int level, int name)
{
	static const signed char numbers[] = { [SO_REUSEADDR] = 0, [SO_TYPE] = 1, [SO_ERROR] = 2, [SO_BROADCAST] = 4, [SO_SNDBUF] = 5,
	                                       [SO_RCVBUF] = 6, [SO_KEEPALIVE] = 7, [SO_ACCEPTCONN] = 13 };

	if (level != SOL_SOCKET)
		return level == IPPROTO_TCP ? name : -1;
	if (name < 0 || (size_t)name >= sizeof numbers || (!numbers[name] && name != SO_REUSEADDR))
		return -1;
	return numbers[name];
}

int getsockopt(int fd, int level, int name, void *__restrict value, socklen_t *__restrict length)
{
	int number = option_of(level, name);
	uint32_t its_length = 4;
	int32_t its = 0;

	if (level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO))
		return limit_get(fd, name == SO_RCVTIMEO ? RECEIVE : SEND, value, length);
	if (number < 0)
		return done(ENOPROTOOPT);
	if (done(import_sock_getsockopt(fd, level == SOL_SOCKET ? 0 : level, number, &its, &its_length)))
		return -1;
	if (level == SOL_SOCKET && name == SO_TYPE)
		its = its == TYPE_DATAGRAM ? SOCK_DGRAM : SOCK_STREAM;
	*length = *length < sizeof its ? *length : sizeof its;
	memcpy(value, &its, *length);
	return 0;
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	int number = option_of(level, name);
	int32_t its;

	if (level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO))
		return limit_set(fd, name == SO_RCVTIMEO ? RECEIVE : SEND, value, length);
	if (number < 0)
		return done(ENOPROTOOPT);
	if (length < sizeof its)
		return done(EINVAL);
	memcpy(&its, value, sizeof its);
	return done(import_sock_setsockopt(fd, level == SOL_SOCKET ? 0 : level, number, &its, sizeof its));
}
