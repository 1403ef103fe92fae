/* sock_*: a granted listener, its connections, and what isn't a socket (trap 68). */
#include "world.h"
#include "wasi/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>

struct net {
	struct world world;
	struct sockaddr_in address;
	struct wasi_listener listener;
};

static struct net *building;
static bool nonblocking; /* the next net's listener, as it is by default */

static void with_listener(struct guest_config *config)
{
	config->listeners = &building->listener;
	config->listeners_count = 1;
}

static void net_new(struct net *net)
{
	socklen_t length = sizeof net->address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	world_folders(&net->world);
	net->address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	REQUIRE(bind(fd, (struct sockaddr *)&net->address, sizeof net->address) == 0 && listen(fd, 10) == 0);
	REQUIRE(getsockname(fd, (struct sockaddr *)&net->address, &length) == 0);
	net->world.listener = fd;
	net->listener = (struct wasi_listener){ .address = "127.0.0.1:0", .fd = fd, .blocking = !nonblocking };
	building = net;
	world_guest(&net->world, with_listener);
}

static int dial(const struct net *net)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	REQUIRE(connect(fd, (const struct sockaddr *)&net->address, sizeof net->address) == 0);
	return fd;
}

static wasi_errno_t receive(struct world *world, uint32_t handle, uint32_t flags, uint32_t n)
{
	return sys(world, SYSCALL_sock_recv, handle, flags, n);
}

TEST(listeners_come_after_the_folders)
{
	struct net net;
	const struct guest_preopen *preopens;

	net_new(&net);
	REQUIRE(guest_preopens(net.world.guest, &preopens) == 5);
	CHECK_EQ(preopens[4].handle, LISTENER);
	CHECK(preopens[4].is_socket);
	CHECK_STR(preopens[4].name, "127.0.0.1:0");
	CHECK_EQ(preopens[4].fdstat.filetype, WASI_FILETYPE_SOCKET_STREAM);
	CHECK(preopens[4].fdstat.rights_base & WASI_RIGHT_SOCK_ACCEPT);
	CHECK_EQ(sys(&net.world, SYSCALL_fd_prestat_get, LISTENER), WASI_EBADF);
	world_free(&net.world);
}

TEST(accepting_waits_and_the_connection_talks_both_ways)
{
	struct net net;
	struct call call;
	char got[16] = "";
	int peer;

	net_new(&net);
	call_init(&net.world, &call, SYSCALL_sock_accept, LISTENER, 0, 40);
	CHECK_EQ(call_step(&net.world, &call), CALL_PARKED);
	/* the handle is promised: nobody else may take it, and it isn't there yet */
	CHECK_EQ(sys(&net.world, SYSCALL_sock_accept, LISTENER, 0, 40), WASI_EBADF);
	CHECK(net.world.bad_handle);
	CHECK_EQ(receive(&net.world, 40, 0, 10), WASI_EBADF);
	CHECK(!net.world.bad_handle);
	/* cancelled it can come again */
	guest_call_cancel(net.world.guest, &call);
	CHECK_EQ(receive(&net.world, 40, 0, 10), WASI_EBADF);
	CHECK(!net.world.bad_handle);
	CHECK_EQ(call_step(&net.world, &call), CALL_PARKED);
	CHECK(!call.bad_handle);
	peer = dial(&net);
	CHECK(call_wait_ready(&call, 1000));
	CHECK_EQ(call_step(&net.world, &call), CALL_DONE);
	CHECK_EQ(call.error, WASI_OK);
	CHECK_EQ(call.reply_length, sizeof(wasi_fdstat_t));
	CHECK_EQ(fdstat_of(&net.world, 40).filetype, WASI_FILETYPE_SOCKET_STREAM);
	REQUIRE(write(peer, "question", 8) == 8);
	CHECK_EQ(receive(&net.world, 40, WASI_RIFLAG_RECV_PEEK, 100), WASI_OK);
	CHECK_STR(text_at(&net.world, 4), "question");
	CHECK_EQ(receive(&net.world, 40, 0, 4), WASI_OK);
	CHECK_EQ(u32_at(&net.world, 0), 0);
	CHECK_STR(text_at(&net.world, 4), "ques");
	CHECK_STR(read_text(&net.world, 40, 0, 100), "tion");
	CHECK_EQ(sys(&net.world, SYSCALL_sock_send, 40, 0, "ans", (size_t)3), WASI_OK);
	CHECK_EQ(u32_at(&net.world, 0), 3);
	CHECK_EQ(write_text(&net.world, 40, 0, "wer"), WASI_OK);
	CHECK_EQ(recv(peer, got, 6, MSG_WAITALL), 6);
	CHECK_STR(got, "answer");
	CHECK_EQ(sys(&net.world, SYSCALL_sock_shutdown, 40, WASI_SDFLAG_WR), WASI_OK);
	CHECK_EQ(read(peer, got, 10), 0);
	close(peer);
	CHECK_EQ(receive(&net.world, 40, 0, 10), WASI_OK);
	CHECK_EQ(net.world.length, 4); /* the end: flags and no bytes */
	CHECK_EQ(close_handle(&net.world, 40), WASI_OK);
	free(call.reply);
	world_free(&net.world);
}

TEST(receiving_waits_on_a_handle_that_does_not_where_it_is_told_to)
{
	struct net net;
	struct call call;
	int peer;

	net_new(&net);
	peer = dial(&net);
	CHECK_EQ(sys(&net.world, SYSCALL_sock_accept, LISTENER, WASI_FDFLAG_NONBLOCK, 40), WASI_OK);
	CHECK_EQ(receive(&net.world, 40, 0, 9), WASI_EAGAIN);
	call_init(&net.world, &call, SYSCALL_sock_recv, 40, SOCKET_RECV_WAITS, 9);
	CHECK_EQ(call_step(&net.world, &call), CALL_PARKED);
	REQUIRE(write(peer, "abc", 3) == 3);
	CHECK(call_wait_ready(&call, 1000));
	CHECK_EQ(call_step(&net.world, &call), CALL_DONE);
	CHECK_EQ(call.error, WASI_OK);
	CHECK_EQ(call.reply_length, 7);
	close(peer);
	free(call.reply);
	world_free(&net.world);
}

TEST(waiting_for_all_bytes_gets_all_bytes)
{
	struct net net;
	struct call call;
	int peer;

	net_new(&net);
	peer = dial(&net);
	CHECK_EQ(sys(&net.world, SYSCALL_sock_accept, LISTENER, 0, 40), WASI_OK);
	call_init(&net.world, &call, SYSCALL_sock_recv, 40, WASI_RIFLAG_RECV_WAITALL, 9);
	/* on a thread nothing is taken before it comes back to the loop */
	REQUIRE(write(peer, "a", 1) == 1);
	call.may_block = true;
	CHECK_EQ(guest_call(net.world.guest, &call), CALL_PARKED);
	guest_call_cancel(net.world.guest, &call);
	CHECK_EQ(receive(&net.world, 40, 0, 1), WASI_OK);
	CHECK_STR(text_at(&net.world, 4), "a");
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(call_step(&net.world, &call), CALL_PARKED);
		memset(call.reply, 'X', 13); /* what was received is kept elsewhere */
		REQUIRE(write(peer, "abc", 3) == 3);
		CHECK(call_wait_ready(&call, 1000));
	}
	CHECK_EQ(call_step(&net.world, &call), CALL_DONE);
	CHECK_EQ(call.reply_length, 13);
	CHECK(memcmp(call.reply + 4, "abcabcabc", 9) == 0);
	free(call.reply);
	call_init(&net.world, &call, SYSCALL_sock_recv, 40, WASI_RIFLAG_RECV_WAITALL, 9);
	REQUIRE(write(peer, "end", 3) == 3);
	close(peer);
	CHECK_EQ(call_finish(&net.world, &call, call_step(&net.world, &call)), WASI_OK);
	CHECK_EQ(call.reply_length, 7);
	free(call.reply);
	world_free(&net.world);
}

/* Reads `count` bytes at least, which must be those of `bytes` from *at on. */
static void read_on(int peer, const uint8_t *bytes, size_t *at, size_t count)
{
	static uint8_t got[256 << 10];

	for (size_t end = *at + count; *at < end;) {
		ssize_t n = read(peer, got, sizeof got);

		REQUIRE(n > 0);
		REQUIRE(memcmp(got, bytes + *at, (size_t)n) == 0);
		*at += (size_t)n;
	}
}

enum { ALL = 1 << 16 };

static void send_in_order(uint64_t flags)
{
	enum { LENGTH = 1 << 20 };
	static uint8_t bytes[LENGTH + 3];
	struct net net;
	struct call call, behind;
	size_t at = 0;
	int peer, room = 64 << 10;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 7 + (i >> 8));
	net_new(&net);
	peer = dial(&net);
	CHECK_EQ(sys(&net.world, SYSCALL_sock_accept, LISTENER, 0, 40), WASI_OK);
	REQUIRE(setsockopt(peer, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) == 0);
	CHECK_EQ(sys(&net.world, SYSCALL_sock_set_option, 40, 0, 5, (uint64_t)room), WASI_OK);
	call_init(&net.world, &call, SYSCALL_sock_send, 40, flags, bytes, (size_t)LENGTH);
	call_init(&net.world, &behind, SYSCALL_sock_send, 40, flags, bytes + LENGTH, (size_t)3);
	/* on a thread nothing is sent before it comes back to the loop */
	call.may_block = true;
	CHECK_EQ(guest_call(net.world.guest, &call), CALL_PARKED);
	guest_call_cancel(net.world.guest, &call);
	CHECK(recv(peer, bytes, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
	CHECK_EQ(call_step(&net.world, &call), CALL_PARKED);
	CHECK_EQ(call_step(&net.world, &behind), CALL_PARKED);
	while (call_step(&net.world, &call) == CALL_PARKED)
		read_on(peer, bytes, &at, 1);
	CHECK_EQ(call.error, WASI_OK);
	CHECK_EQ(*(uint32_t *)call.reply, LENGTH);
	while (call_step(&net.world, &behind) == CALL_PARKED)
		read_on(peer, bytes, &at, 1);
	CHECK_EQ(behind.error, WASI_OK);
	read_on(peer, bytes, &at, LENGTH + 3 - at);
	free(call.reply);
	free(behind.reply);

	call_init(&net.world, &call, SYSCALL_sock_send, 40, flags, bytes, (size_t)LENGTH);
	CHECK_EQ(call_step(&net.world, &call), CALL_PARKED);
	close(peer); /* with bytes that nobody read: a reset */
	CHECK(call_wait_ready(&call, 1000));
	CHECK_EQ(call_step(&net.world, &call), CALL_DONE);
	if (flags & ALL) {
		CHECK(call.error == WASI_ECONNRESET || call.error == WASI_EPIPE);
	} else { /* what was sent is told, and the next one fails */
		CHECK_EQ(call.error, WASI_OK);
		CHECK(*(uint32_t *)call.reply > 0 && *(uint32_t *)call.reply < LENGTH);
	}
	free(call.reply);
	CHECK_EQ(sys(&net.world, SYSCALL_sock_send, 40, ALL << 1, "x", (size_t)1), WASI_EINVAL);
	world_free(&net.world);
}

TEST(a_send_sends_all_bytes_in_order)
{
	send_in_order(ALL);
	send_in_order(0);
}

static wasi_errno_t send_quietly(struct net *net, const void *bytes, size_t length)
{
	struct call call;
	wasi_errno_t err;

	call_init(&net->world, &call, SYSCALL_sock_send, 40, 0, bytes, length);
	call.flags = CALL_QUIET;
	CHECK_EQ(call_step(&net->world, &call), CALL_DONE);
	err = call.error;
	free(call.reply);
	return err;
}

TEST(a_quiet_send_sends_all_and_none_follows_one_that_failed)
{
	enum { LENGTH = 1 << 20 };
	static uint8_t bytes[LENGTH + 3];
	struct net net;
	struct call call;
	size_t at = 0;
	int peer, room = 64 << 10;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 7 + (i >> 8));
	net_new(&net);
	peer = dial(&net);
	CHECK_EQ(sys(&net.world, SYSCALL_sock_accept, LISTENER, 0, 40), WASI_OK);
	REQUIRE(setsockopt(peer, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) == 0);
	CHECK_EQ(sys(&net.world, SYSCALL_sock_set_option, 40, 0, 5, (uint64_t)room), WASI_OK);
	call_init(&net.world, &call, SYSCALL_sock_send, 40, 0, bytes, (size_t)LENGTH);
	call.flags = CALL_QUIET;
	while (call_step(&net.world, &call) == CALL_PARKED)
		read_on(peer, bytes, &at, 1);
	CHECK_EQ(call.error, WASI_OK);
	CHECK_EQ(send_quietly(&net, bytes + LENGTH, 3), WASI_OK);
	read_on(peer, bytes, &at, LENGTH + 3 - at);
	free(call.reply);

	put_file(&net.world, "root/file", "file");
	CHECK_EQ(sys(&net.world, SYSCALL_sock_shutdown, 40, WASI_SDFLAG_WR), WASI_OK);
	CHECK_EQ(send_quietly(&net, "x", 1), WASI_EPIPE);
	call_init(&net.world, &call, SYSCALL_sock_send, 40, 0, "y", (size_t)1);
	call.flags = CALL_QUIET;
	CHECK_EQ(call_step(&net.world, &call), CALL_DONE);
	CHECK(call.skipped);
	free(call.reply);
	CHECK_EQ(sys(&net.world, SYSCALL_path_rename, ROOT, "file", ROOT, "renamed"), WASI_OK); /* it says nothing of files */
	CHECK_EQ(sys(&net.world, SYSCALL_sock_send, 40, 0, "y", (size_t)1), WASI_EPIPE);
	CHECK_EQ(close_handle(&net.world, 40), WASI_OK); /* it was told */
	close(peer);
	world_free(&net.world);
}

static void note_listed(void *context, const struct guest_socket *socket)
{
	struct guest_socket *last = context;

	*last = *socket;
}

TEST(granted_listeners_are_listed_and_nobody_may_change_them)
{
	struct net net;
	struct guest_socket listed = { 0 };

	net_new(&net);
	guest_sockets(net.world.guest, false, note_listed, &listed);
	CHECK_EQ(listed.handle, LISTENER);
	CHECK_STR(guest_socket_state_name(&listed), "listening");
	CHECK_EQ(listed.own[0], 4);
	CHECK_EQ(listed.own[1] | listed.own[2] << 8, ntohs(net.address.sin_port));
	CHECK_EQ(guest_sockets_total(net.world.guest).opened, 0);
	CHECK_EQ(sys(&net.world, SYSCALL_sock_set_option, LISTENER, 0, 7, (uint64_t)1), WASI_EPERM);
	CHECK_EQ(sys(&net.world, SYSCALL_sock_set_option, LISTENER, 0, 0, (uint64_t)1), WASI_OK); /* SO_REUSEADDR: it does */
	world_free(&net.world);
}

TEST(a_nonblocking_socket_says_again)
{
	struct net net;
	int peer;

	nonblocking = true;
	net_new(&net);
	nonblocking = false;
	CHECK_EQ(fdstat_of(&net.world, LISTENER).flags, WASI_FDFLAG_NONBLOCK);
	CHECK_EQ(sys(&net.world, SYSCALL_sock_accept, LISTENER, 0, 40), WASI_EAGAIN);
	peer = dial(&net);
	CHECK_EQ(sys(&net.world, SYSCALL_sock_accept, LISTENER, WASI_FDFLAG_NONBLOCK, WASI_HANDLE(40, 1)), WASI_OK);
	CHECK_EQ(fdstat_of(&net.world, WASI_HANDLE(40, 1)).flags, WASI_FDFLAG_NONBLOCK);
	CHECK_EQ(receive(&net.world, WASI_HANDLE(40, 1), 0, 10), WASI_EAGAIN);
	CHECK_EQ(receive(&net.world, WASI_HANDLE(40, 1), WASI_RIFLAG_RECV_WAITALL, 10), WASI_EAGAIN);
	close(peer);
	world_free(&net.world);
}

TEST(what_may_block_is_the_programs_to_say)
{
	struct net net;
	struct call call;
	int peer;

	net_new(&net);
	CHECK_EQ(fdstat_of(&net.world, LISTENER).flags, 0);
	CHECK_EQ(sys(&net.world, SYSCALL_fd_fdstat_set_flags, LISTENER, WASI_FDFLAG_NONBLOCK), WASI_OK);
	CHECK_EQ(sys(&net.world, SYSCALL_sock_accept, LISTENER, 0, 40), WASI_EAGAIN);
	CHECK_EQ(sys(&net.world, SYSCALL_fd_fdstat_set_flags, LISTENER, 0), WASI_OK);
	call_init(&net.world, &call, SYSCALL_sock_accept, LISTENER, 0, WASI_HANDLE(40, 1));
	CHECK_EQ(call_step(&net.world, &call), CALL_PARKED);
	peer = dial(&net);
	CHECK_EQ(call_finish(&net.world, &call, CALL_PARKED), WASI_OK);
	free(call.reply);
	CHECK_EQ(fdstat_of(&net.world, WASI_HANDLE(40, 1)).flags, 0);
	CHECK_EQ(sys(&net.world, SYSCALL_fd_fdstat_set_flags, WASI_HANDLE(40, 1), WASI_FDFLAG_NONBLOCK), WASI_OK);
	CHECK_EQ(receive(&net.world, WASI_HANDLE(40, 1), 0, 10), WASI_EAGAIN);
	CHECK_EQ(sys(&net.world, SYSCALL_fd_fdstat_set_flags, WASI_HANDLE(40, 1), 0), WASI_OK);
	call_init(&net.world, &call, SYSCALL_sock_recv, WASI_HANDLE(40, 1), 0, 10);
	CHECK_EQ(call_step(&net.world, &call), CALL_PARKED);
	CHECK_EQ(write(peer, "x", 1), 1);
	CHECK_EQ(call_finish(&net.world, &call, CALL_PARKED), WASI_OK);
	free(call.reply);
	close(peer);
	world_free(&net.world);
}

TEST(trap_68_what_is_not_a_socket_says_so)
{
	struct net net;
	uint32_t file;

	net_new(&net);
	file = must_open(&net.world, ROOT, "file", CREAT, RW);
	CHECK_EQ(sys(&net.world, SYSCALL_sock_shutdown, WASI_STDOUT, WASI_SDFLAG_RD), WASI_ENOTSOCK);
	CHECK_EQ(sys(&net.world, SYSCALL_sock_shutdown, file, WASI_SDFLAG_RD), WASI_ENOTSOCK);
	CHECK_EQ(receive(&net.world, file, 0, 10), WASI_ENOTSOCK);
	CHECK_EQ(receive(&net.world, ROOT, 0, 10), WASI_ENOTSOCK);
	CHECK_EQ(sys(&net.world, SYSCALL_sock_send, file, 0, "x", (size_t)1), WASI_ENOTSOCK);
	CHECK_EQ(sys(&net.world, SYSCALL_sock_accept, file, 0, 50), WASI_ENOTSOCK);
	CHECK_EQ(sys(&net.world, SYSCALL_path_open, ROOT, 0, "missing", 0, (uint64_t)R, (uint64_t)0, 0, 51), WASI_ENOENT);
	CHECK_EQ(sys(&net.world, SYSCALL_sock_shutdown, 51, WASI_SDFLAG_RD), WASI_EBADF);
	world_free(&net.world);
}

TEST(a_lent_listener_survives_the_guest)
{
	struct net net;
	int peer;

	net_new(&net);
	CHECK_EQ(sys(&net.world, SYSCALL_sock_shutdown, LISTENER, WASI_SDFLAG_RD | WASI_SDFLAG_WR), WASI_ENOTCONN);
	CHECK_EQ(receive(&net.world, LISTENER, 0, 10), WASI_ENOTCONN);
	CHECK_EQ(sys(&net.world, SYSCALL_fd_read, LISTENER, (uint64_t)0, 10), WASI_EBADF);
	CHECK_EQ(close_handle(&net.world, LISTENER), WASI_OK);
	peer = dial(&net); /* it still listens */
	close(peer);
	world_free(&net.world);
}

TEST(polls_see_connections_data_and_the_end)
{
	struct net net;
	struct call call;
	int peer;
	wasi_subscription_t sub = { .userdata = 5, .tag = WASI_EVENTTYPE_FD_READ };
	wasi_event_t event;

	net_new(&net);
	sub.fd.fd = LISTENER;
	call_init(&net.world, &call, SYSCALL_poll_oneoff, &sub, sizeof sub);
	CHECK_EQ(call_step(&net.world, &call), CALL_PARKED);
	peer = dial(&net);
	CHECK(call_wait_ready(&call, 1000));
	CHECK_EQ(call_step(&net.world, &call), CALL_DONE);
	free(call.reply);
	CHECK_EQ(sys(&net.world, SYSCALL_sock_accept, LISTENER, 0, 40), WASI_OK);
	sub.fd.fd = 40;
	call_init(&net.world, &call, SYSCALL_poll_oneoff, &sub, sizeof sub);
	CHECK_EQ(call_step(&net.world, &call), CALL_PARKED);
	REQUIRE(write(peer, "12345", 5) == 5);
	CHECK(call_wait_ready(&call, 1000));
	CHECK_EQ(call_step(&net.world, &call), CALL_DONE);
	memcpy(&event, call.reply, sizeof event);
	CHECK_EQ(event.nbytes, 5);
	CHECK_EQ(event.flags, 0);
	free(call.reply);
	CHECK_STR(read_text(&net.world, 40, 0, 10), "12345");
	close(peer);
	CHECK_EQ(sys(&net.world, SYSCALL_poll_oneoff, &sub, sizeof sub), WASI_OK);
	memcpy(&event, net.world.reply, sizeof event);
	CHECK_EQ(event.nbytes, 0);
	CHECK_EQ(event.flags, WASI_EVENTRW_HANGUP);
	world_free(&net.world);
}
