/* POSIX sockets as any program has them: the same source runs natively and, over guest/, in the gateway, and prints the same.
 * network HOST TCP UDP CLOSED LISTEN: an echo server's ports, a port where nobody listens, one to listen on */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static const char *word(int error)
{
	return !error ? "done" : error == ECONNREFUSED ? "refused" : error == EINPROGRESS ? "in progress" :
	       error == EACCES ? "no rule" : error == EAGAIN ? "again" : error == EISCONN ? "connected" :
	       error == ENOTCONN ? "not connected" : error == EAFNOSUPPORT ? "no such family" : error == ENOPROTOOPT ? "no such option" : error == EINVAL ? "invalid" : "another error";
}

#define SAY(what, call) printf("%s: %s\n", what, (errno = 0, (call)) < 0 ? word(errno) : "done")

static struct sockaddr_in at(const char *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port)) };

	inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
	return address;
}

static int wait_for(int fd, short events)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };

	return fd >= 0 && poll(&poll_fd, 1, 10000) == 1 && !(poll_fd.revents & POLLNVAL) ? 0 : -1;
}

static int error_of(int fd)
{
	int error = -1;
	socklen_t length = sizeof error;

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) ? errno : error;
}

/* Reads to the end, whatever the pieces. */
static size_t drain(int fd, unsigned *sum)
{
	static unsigned char bytes[60000];
	size_t total = 0;
	ssize_t got;

	while ((got = recv(fd, bytes, sizeof bytes, 0)) > 0)
		for (ssize_t i = 0; i < got; i++, total++)
			*sum = *sum * 31 + bytes[i];
	return got < 0 ? 0 : total;
}

static void names(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found = NULL;
	char text[64] = "";
	int error = getaddrinfo(host, port, &hints, &found);

	printf("getaddrinfo: %s\n", error ? gai_strerror(error) : "found");
	if (error)
		return;
	const struct sockaddr_in *in = (const void *)found->ai_addr;

	inet_ntop(AF_INET, &in->sin_addr, text, sizeof text);
	printf("%s, port as asked %d, stream %d, length %d\n", text, ntohs(in->sin_port) == atoi(port),
	       found->ai_socktype == SOCK_STREAM, found->ai_addrlen == sizeof *in);
	freeaddrinfo(found);
	hints.ai_flags = AI_NUMERICHOST;
	printf("a name where an address is wanted: %s\n", gai_strerror(getaddrinfo(host, port, &hints, &found)));
	hints = (struct addrinfo){ .ai_family = AF_INET6, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_PASSIVE };
	error = getaddrinfo(NULL, "9", &hints, &found);
	printf("anywhere: %s, datagrams %d, any %d\n", error ? gai_strerror(error) : "found", found->ai_socktype == SOCK_DGRAM,
	       !memcmp(&((struct sockaddr_in6 *)(void *)found->ai_addr)->sin6_addr, &(struct in6_addr){ 0 }, 16));
	freeaddrinfo(found);
	struct hostent *entry = gethostbyname(host);

	printf("gethostbyname: %s\n", entry ? inet_ntop(AF_INET, entry->h_addr_list[0], text, sizeof text) : "none");
}

/* What is set before a socket is connected holds then. */
static void options_early(int fd, bool connected)
{
	static const struct { int level, name, value; } all[] = { { SOL_SOCKET, SO_KEEPALIVE, 1 }, { SOL_SOCKET, SO_SNDBUF, 50000 },
		{ SOL_SOCKET, SO_RCVBUF, 60000 }, { IPPROTO_TCP, TCP_NODELAY, 1 }, { IPPROTO_TCP, TCP_KEEPIDLE, 33 },
		{ IPPROTO_TCP, TCP_KEEPCNT, 4 } };
	int bad = 0;

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		int value = -1;
		socklen_t length = sizeof value;

		if (!connected)
			printf("set %d, ", setsockopt(fd, all[i].level, all[i].name, &all[i].value, sizeof all[i].value));
		getsockopt(fd, all[i].level, all[i].name, &value, &length);
		printf("%d%c", value, i + 1 < sizeof all / sizeof *all ? ' ' : '\n');
	}
	SAY("no such time", setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &bad, sizeof bad));
}

static void stream(const char *port)
{
	struct sockaddr_in to = at(port), own = { 0 }, peer = { 0 };
	socklen_t own_length = sizeof own, peer_length = sizeof peer;
	static unsigned char bytes[300000];
	unsigned sent_sum = 0, got_sum = 0;
	size_t sent = 0;
	int one = 1, type = 0, fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t length = sizeof type;

	SAY("peer before", getpeername(fd, (struct sockaddr *)&peer, &peer_length));
	options_early(fd, false);
	SAY("connect", connect(fd, (struct sockaddr *)&to, sizeof to));
	options_early(fd, true);
	SAY("again", connect(fd, (struct sockaddr *)&to, sizeof to));
	SAY("nodelay", setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
	SAY("keepalive", setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one));
	SAY("type", getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length));
	printf("stream %d\n", type == SOCK_STREAM);
	peer_length = sizeof peer;
	SAY("names", getsockname(fd, (struct sockaddr *)&own, &own_length) | getpeername(fd, (struct sockaddr *)&peer, &peer_length));
	printf("own %d, peer %d\n", own.sin_family == AF_INET && own.sin_port != 0 && own_length == sizeof own,
	       peer.sin_port == to.sin_port && !memcmp(&peer.sin_addr, &to.sin_addr, 4));
	printf("sent %zd", send(fd, "hello", 5, MSG_NOSIGNAL));
	printf(", peeked %zd", recv(fd, bytes, 5, MSG_PEEK));
	printf(", got %zd", recv(fd, bytes, 5, MSG_WAITALL));
	printf(" %.5s\n", (char *)bytes);
	SAY("nothing there", recv(fd, bytes, 5, MSG_DONTWAIT));
	SAY("a limit", setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 0, 20000 }, sizeof(struct timeval)));
	SAY("received in time", recv(fd, bytes, 5, 0));
	SAY("read in time", read(fd, bytes, 5));
	SAY("no limit", setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 0, 0 }, sizeof(struct timeval)));
	printf("of a file: %d\n", setsockopt(1000, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 0, 1 }, sizeof(struct timeval)));
	for (size_t i = 0; i < sizeof bytes; i++)
		sent_sum = sent_sum * 31 + (bytes[i] = (unsigned char)(i * 7 + (i >> 8)));
	for (ssize_t part = 1; sent < sizeof bytes && part > 0; sent += part > 0 ? (size_t)part : 0)
		part = send(fd, bytes + sent, sizeof bytes - sent < 20000 ? sizeof bytes - sent : 20000, 0);
	SAY("half-close", shutdown(fd, SHUT_WR));
	printf("%zu sent, %zu back", sent, drain(fd, &got_sum));
	printf(", the same %d\n", got_sum == sent_sum);
	SAY("close", close(fd));
}

static void nonblocking(const char *port, const char *closed)
{
	struct sockaddr_in to = at(port), nobody = at(closed);
	char byte[2] = "";
	int fd = socket(AF_INET, SOCK_STREAM, 0), other = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	fcntl(other, F_SETFL, fcntl(other, F_GETFL) | O_NONBLOCK);
	int result = connect(fd, (struct sockaddr *)&to, sizeof to);

	printf("doesn't wait: %d\n", !result || errno == EINPROGRESS);
	SAY("writable", wait_for(fd, POLLOUT));
	printf("error: %s\n", word(error_of(fd)));
	SAY("nothing to read", recv(fd, byte, 1, 0));
	printf("sent %zd\n", send(fd, "x", 1, 0));
	SAY("readable", wait_for(fd, POLLIN));
	printf("got %zd", read(fd, byte, 1));
	printf(" %s\n", byte);
	result = connect(other, (struct sockaddr *)&nobody, sizeof nobody);
	printf("doesn't wait: %d\n", result < 0 && (errno == EINPROGRESS || errno == ECONNREFUSED));
	if (errno == EINPROGRESS)
		wait_for(other, POLLOUT);
	printf("error: %s\n", word(errno == ECONNREFUSED ? ECONNREFUSED : error_of(other)));
	close(fd);
	close(other);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	SAY("nobody", connect(fd, (struct sockaddr *)&nobody, sizeof nobody));
	close(fd);
}

static void datagrams(const char *port)
{
	struct sockaddr_in to = at(port), from = { 0 };
	socklen_t length = sizeof from;
	char bytes[100] = "";
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	printf("sent %zd", sendto(fd, "datagram", 8, 0, (struct sockaddr *)&to, sizeof to));
	printf(", got %zd", recvfrom(fd, bytes, sizeof bytes - 1, 0, (struct sockaddr *)&from, &length));
	printf(" %s, from there %d\n", bytes, from.sin_port == to.sin_port && !memcmp(&from.sin_addr, &to.sin_addr, 4));
	SAY("connect", connect(fd, (struct sockaddr *)&to, sizeof to));
	printf("sent %zd", send(fd, "two", 3, 0));
	memset(bytes, 0, sizeof bytes);
	printf(", got %zd", recv(fd, bytes, sizeof bytes - 1, 0));
	printf(" %s\n", bytes);
	close(fd);
}

static void listener(const char *port)
{
	struct sockaddr_in here = at(port), peer = { 0 }, own = { 0 };
	socklen_t length = sizeof peer, own_length = sizeof own;
	char bytes[6] = "";
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);

	SAY("reuse", setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one));
	SAY("bind", bind(fd, (struct sockaddr *)&here, sizeof here));
	SAY("listen", listen(fd, 5));
	SAY("connect", connect(client, (struct sockaddr *)&here, sizeof here));
	SAY("readable", wait_for(fd, POLLIN));
	int accepted = accept(fd, (struct sockaddr *)&peer, &length);

	getsockname(client, (struct sockaddr *)&own, &own_length);
	printf("accepted %d, the client %d\n", accepted >= 0, peer.sin_family == AF_INET && peer.sin_port == own.sin_port);
	printf("sent %zd", write(client, "hello", 5));
	printf(", got %zd", read(accepted, bytes, 5));
	printf(" %s\n", bytes);
	close(client);
	printf("the end %zd\n", recv(accepted, bytes, 5, 0));
	close(accepted);
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc < 6)
		return 2;
	names(argv[1], argv[2]);
	stream(argv[2]);
	nonblocking(argv[2], argv[4]);
	datagrams(argv[3]);
	listener(argv[5]);
	printf("family: %d, a path has %zu bytes\n", socket(AF_UNIX - 1000, SOCK_STREAM, 0),
	       sizeof ((struct sockaddr_un *)0)->sun_path);
	return 0;
}
