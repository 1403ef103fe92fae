/* WasmEdge's sockets as its version 1 has them. sockets1 HOST TCP UDP CLOSED LISTEN: as network.c */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct buffer {
	void *at;
	size_t length;
};

#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) extern int32_t name
IMPORT(sock_open)(int32_t family, int32_t type, int *fd);
IMPORT(sock_bind)(int32_t fd, struct buffer *address, uint32_t port);
IMPORT(sock_listen)(int32_t fd, int32_t backlog);
IMPORT(sock_accept)(int32_t fd, int *accepted);
IMPORT(sock_connect)(int32_t fd, struct buffer *address, uint32_t port);
IMPORT(sock_recv)(int32_t fd, struct buffer *into, size_t count, int32_t flags, size_t *got, uint32_t *out_flags);
IMPORT(sock_recv_from)(int32_t fd, struct buffer *into, size_t count, struct buffer *address, int32_t flags, size_t *got,
	uint32_t *out_flags);
IMPORT(sock_send)(int32_t fd, struct buffer *from, size_t count, int32_t flags, size_t *sent);
IMPORT(sock_send_to)(int32_t fd, struct buffer *from, size_t count, struct buffer *address, uint32_t port, int32_t flags,
	size_t *sent);
IMPORT(sock_getpeeraddr)(int32_t fd, struct buffer *address, uint32_t *type, uint32_t *port);
IMPORT(sock_getlocaladdr)(int32_t fd, struct buffer *address, uint32_t *type, uint32_t *port);

#define MUST(call) do { int error = (call); if (error) { printf("%s: %d\n", #call, error); exit(1); } } while (0)

static uint8_t loopback[4] = { 127, 0, 0, 1 }, room[16];
static struct buffer there = { loopback, 4 }, kept = { room, sizeof room };

int main(int argc, char **argv)
{
	int fd, listener, accepted, datagrams;
	uint32_t type = 0, port = 0, flags = 0;
	char bytes[32] = "hello";
	struct buffer out = { bytes, 5 }, in = { bytes, sizeof bytes - 1 };
	size_t count;

	if (argc < 6)
		return 2;
	MUST(sock_open(1, 2, &fd));
	MUST(sock_connect(fd, &there, (uint32_t)atoi(argv[2])));
	MUST(sock_getpeeraddr(fd, &kept, &type, &port));
	printf("connected, peer %u %u.%u.%u.%u, its port %d\n", type, room[0], room[1], room[2], room[3],
		port == (uint32_t)atoi(argv[2]));
	MUST(sock_send(fd, &out, 1, 0, &count));
	memset(bytes, 0, sizeof bytes);
	MUST(sock_recv(fd, &in, 1, 0, &count, &flags));
	printf("%s back\n", bytes);
	MUST(sock_open(1, 2, &listener));
	MUST(sock_bind(listener, &there, (uint32_t)atoi(argv[5])));
	MUST(sock_listen(listener, 1));
	MUST(sock_open(1, 2, &fd));
	MUST(sock_connect(fd, &there, (uint32_t)atoi(argv[5])));
	MUST(sock_accept(listener, &accepted));
	MUST(sock_getlocaladdr(accepted, &kept, &type, &port));
	printf("accepted, own %u\n", type);
	MUST(sock_open(1, 1, &datagrams));
	strcpy(bytes, "datagram");
	out.length = 8;
	MUST(sock_send_to(datagrams, &out, 1, &there, (uint32_t)atoi(argv[3]), 0, &count));
	memset(bytes, 0, sizeof bytes);
	memset(room, 0, sizeof room);
	MUST(sock_recv_from(datagrams, &in, 1, &kept, 0, &count, &flags));
	printf("%s from %u.%u.%u.%u\n", bytes, room[0], room[1], room[2], room[3]);
	return 0;
}
