/* The peers of bench/network.js, loopback alone: a TCP server, and a bare relay from WebSockets to it, without a library, a
 * process for each connection. `relay` prints the two ports. What the server is told first: `D N` is answered with N bytes, `U N`
 * and N bytes with one byte, `G` with one byte. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 256 << 10, HEAD = 4096, FRAME_HEAD = 14 };

static unsigned char from_tcp[10 + PIECE], from_page[FRAME_HEAD + PIECE];

static int listen_at(unsigned short *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 1024) ||
		getsockname(fd, (struct sockaddr *)&address, &length))
		exit(1);
	*port = ntohs(address.sin_port);
	return fd;
}

static void send_all(int fd, const void *bytes, size_t length)
{
	for (ssize_t sent; length; bytes = (const char *)bytes + sent, length -= (size_t)sent)
		if ((sent = send(fd, bytes, length, MSG_NOSIGNAL)) <= 0)
			exit(0);
}

static void serve(int fd)
{
	char line[64];
	size_t length = 0, count = 0, at;
	char *end;

	do {
		ssize_t got = recv(fd, line + length, sizeof line - 1 - length, 0);

		if (got <= 0)
			return;
		length += (size_t)got;
		line[length] = 0;
	} while (!(end = strchr(line, '\n')) && length < sizeof line - 1);
	if (!end)
		return;
	sscanf(line + 1, " %zu", &count);
	if (*line == 'D')
		for (; count; count -= at) {
			at = count < PIECE ? count : PIECE;
			send_all(fd, from_tcp, at);
		}
	if (*line == 'U')
		for (at = length - (size_t)(end + 1 - line); at < count;) {
			ssize_t got = recv(fd, from_tcp, sizeof from_tcp, 0);

			if (got <= 0)
				return;
			at += (size_t)got;
		}
	if (*line != 'D')
		send_all(fd, "k", 1);
	while (recv(fd, line, sizeof line, 0) > 0)
		;
}

static void handshake(int page)
{
	static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	char head[HEAD], key[128], digest[SHA_DIGEST_LENGTH], accept[64];
	size_t length = 0;
	const char *at;

	do {
		ssize_t got = recv(page, head + length, sizeof head - 1 - length, 0);

		if (got <= 0)
			exit(0);
		length += (size_t)got;
		head[length] = 0;
	} while (!strstr(head, "\r\n\r\n") && length < sizeof head - 1);
	at = strcasestr(head, "\r\nSec-WebSocket-Key:");
	if (!at || sscanf(at + 20, " %60s", key) != 1)
		exit(1);
	strcat(key, magic);
	SHA1((unsigned char *)key, strlen(key), (unsigned char *)digest);
	EVP_EncodeBlock((unsigned char *)accept, (unsigned char *)digest, sizeof digest);
	length = (size_t)snprintf(head, sizeof head,
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		accept);
	send_all(page, head, length);
}

/* One read of the server's is one message. */
static void to_page(int tcp, int page)
{
	ssize_t got = recv(tcp, from_tcp + 10, PIECE, 0);
	unsigned char *head = from_tcp + 10;

	if (got <= 0)
		exit(0);
	if (got < 126) {
		*--head = (unsigned char)got;
	} else if (got < 65536) {
		*--head = (unsigned char)got, *--head = (unsigned char)(got >> 8), *--head = 126;
	} else {
		for (int i = 0; i < 8; i++)
			*--head = i < 4 ? (unsigned char)((uint32_t)got >> 8 * i) : 0;
		*--head = 127;
	}
	*--head = 0x82;
	send_all(page, head, (size_t)(from_tcp + 10 + got - head));
}

/* Eight bytes at a time, as libraries do. mask_at: bytes of the frame before. */
static void unmask(unsigned char *at, size_t length, const unsigned char mask[4], size_t *mask_at)
{
	unsigned char turned[8];
	uint64_t word, its;
	size_t i = 0;

	for (int k = 0; k < 8; k++)
		turned[k] = mask[(*mask_at + (size_t)k) & 3];
	memcpy(&its, turned, sizeof its);
	for (; i + sizeof word <= length; i += sizeof word) {
		memcpy(&word, at + i, sizeof word);
		word ^= its;
		memcpy(at + i, &word, sizeof word);
	}
	for (; i < length; i++)
		at[i] ^= turned[i & 7];
	*mask_at += length;
}

/* Frames from the page, in pieces as they come. */
static void to_tcp(int page, int tcp)
{
	static size_t length, mask_at;
	static uint64_t left;
	static unsigned char mask[4];
	ssize_t got = recv(page, from_page + length, sizeof from_page - length, 0);
	unsigned char *at = from_page;

	if (got <= 0)
		exit(0);
	length += (size_t)got;
	while (length) {
		size_t take;

		if (!left) {
			size_t extra = length < 2 || (at[1] & 127) < 126 ? 0 : (at[1] & 127) == 126 ? 2 : 8, head = 2 + extra + 4;

			if (length < head)
				break;
			if ((at[0] & 15) == 8)
				exit(0);
			left = at[1] & 127;
			if (extra)
				for (left = 0, take = 0; take < extra; take++)
					left = left << 8 | at[2 + take];
			memcpy(mask, at + 2 + extra, 4);
			mask_at = 0;
			at += head;
			length -= head;
			continue;
		}
		take = left < length ? (size_t)left : length;
		unmask(at, take, mask, &mask_at);
		send_all(tcp, at, take);
		at += take;
		length -= take;
		left -= take;
	}
	memmove(from_page, at, length);
}

static void relay(int page, unsigned short port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int tcp = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	struct pollfd fds[2] = { { page, POLLIN, 0 }, { tcp, POLLIN, 0 } };

	handshake(page);
	if (connect(tcp, (struct sockaddr *)&address, sizeof address))
		return;
	setsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	while (poll(fds, 2, -1) > 0) {
		if (fds[0].revents)
			to_tcp(page, tcp);
		if (fds[1].revents)
			to_page(tcp, page);
	}
}

int main(void)
{
	unsigned short ports[2];
	int listeners[2] = { listen_at(&ports[0]), listen_at(&ports[1]) };
	struct pollfd fds[2] = { { listeners[0], POLLIN, 0 }, { listeners[1], POLLIN, 0 } };

	signal(SIGCHLD, SIG_IGN);
	printf("%d %d\n", ports[0], ports[1]);
	fflush(stdout);
	while (poll(fds, 2, -1) > 0)
		for (int which = 0; which < 2; which++) {
			int fd, on = 1;

			if (!fds[which].revents || (fd = accept(listeners[which], NULL, NULL)) < 0)
				continue;
			if (fork() == 0) {
				prctl(PR_SET_PDEATHSIG, SIGTERM);
				setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
				which ? relay(fd, ports[0]) : serve(fd);
				_exit(0);
			}
			close(fd);
		}
}
