/* A server on a listening socket that it was given: after the folders, so number 3 without any, 4 with one. It takes two
 * connections, echoes the first until its end, and says so. server FD */
#include "calls.h"
#include "check.h"
#include <stdlib.h>

static int wait_for(int fd, int type)
{
	__wasi_subscription_t subs[2] = { { .userdata = 1 }, { .userdata = 2 } };
	__wasi_event_t events[2];
	uint32_t count = 0;
	subs[0].u.tag = type;
	subs[0].u.u.fd_read.file_descriptor = fd;
	subs[1].u.tag = __WASI_EVENTTYPE_CLOCK;
	subs[1].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
	subs[1].u.u.clock.timeout = 20000000000;
	return !poll_oneoff(subs, events, 2, &count) && count == 1 && events[0].userdata == 1 ? 0 : -1;
}

int main(int argc, char **argv)
{
	int listener = argc > 1 ? atoi(argv[1]) : 3, conn = -1;
	fdstat_t stat;
	CHECK_EQ(fd_fdstat_get(listener, &stat), 0, "a listening socket is given");
	CHECK_EQ(stat.fs_filetype, __WASI_FILETYPE_SOCKET_STREAM, "and is one");
	CHECK_EQ(stat.fs_flags, __WASI_FDFLAGS_NONBLOCK, "which doesn't block");
	CHECK_EQ(sock_accept(listener, 0, &conn), __WASI_ERRNO_AGAIN, "nobody is there yet");
	printf("listening\n");
	fflush(stdout);
	CHECK_EQ(wait_for(listener, __WASI_EVENTTYPE_FD_READ), 0, "somebody comes");
	CHECK_EQ(sock_accept(listener, 0, &conn), 0, "and is let in");
	CHECK_EQ(fd_fdstat_set_flags(listener, 0), 0, "it may block again");

	static uint8_t buffer[100000];
	in_t in[2] = { { buffer, 3 }, { buffer + 3, sizeof buffer - 3 } };
	uint32_t got = 0, sent = 0;
	uint16_t roflags = 0;
	CHECK_EQ(wait_for(conn, __WASI_EVENTTYPE_FD_READ), 0, "something is sent");
	CHECK_EQ(sock_recv(conn, in, 2, __WASI_RIFLAGS_RECV_PEEK, &got, &roflags), 0, "it is looked at");
	uint32_t peeked = got;
	CHECK_EQ(sock_recv(conn, in, 2, 0, &got, &roflags), 0, "and received");
	CHECK(got >= peeked && !memcmp(buffer, "hello", 5), "in several buffers");
	out_t out[2] = { { (const uint8_t *)"you said ", 9 }, { buffer, got } };
	CHECK_EQ(sock_send(conn, out, 2, 0, &sent), 0, "an answer from several buffers");
	CHECK_EQ(sent, 9 + got, "is sent");

	uint64_t total = 0;
	in_t all = { buffer, sizeof buffer };
	while (!sock_recv(conn, &all, 1, 0, &got, &roflags) && got) {
		for (uint32_t at = 0; at < got; at += sent) {
			out_t rest = { buffer + at, got - at };
			sent = 0;
			if (sock_send(conn, &rest, 1, 0, &sent) || !sent)
				break;
		}
		total += got;
	}
	CHECK_EQ(total, 1000000, "a million bytes are echoed");
	CHECK_EQ(got, 0, "until the other side ends");
	CHECK_EQ(sock_shutdown(conn, __WASI_SDFLAGS_WR), 0, "we end too");
	CHECK_EQ(fd_close(conn), 0, "and close");

	CHECK_EQ(sock_accept(listener, 0, &conn), 0, "a second one is waited for");
	CHECK_EQ(write_all(conn, "bye", 3), 3, "sockets are written like files");
	CHECK_EQ(read_some(conn, buffer, 10), 2, "and read like files");
	CHECK(!memcmp(buffer, "ok", 2), "byte for byte");
	fd_close(conn);
	return check_end();
}
