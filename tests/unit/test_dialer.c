/* server/dialer/dialer.c, the process itself: a gateway that asks and does not read, one that wants too many TLS connections. */
#include "../check.h"

#include <errno.h>
#include <poll.h>

#include "peers.h"
#include "server/base/channel.h"
#include "server/base/config.h"
#include "server/base/dialer_messages.h"
#include "server/dialer/dialer.h"
#include "server/dialer/tls.h"

enum { QUEUED_MAX = 8 << 20, TLS_CLIENTS_MAX = 16384, REQUESTS_MAX = 4096, REQUESTS_OF_SESSION = 512,
	PROGRAM = 1, SESSION = 1, WAIT_MS = 3000,
	PACKET = 64 /* of an answer, with what keeps it */ };

/* The dialer's process pretends to have so many TLS clients, since so many real ones need gigabytes. 0: it counts its own. */
static size_t pretended;
size_t __real_tls_client_count(void);
size_t __wrap_tls_client_count(void);
size_t __wrap_tls_client_count(void) { return pretended ? pretended : __real_tls_client_count(); }

static struct channel gateway;
static pid_t pid;

static void start(size_t pretend)
{
	static char *rules[] = { "tcp:127.0.0.1:1-65535" };
	static struct config config = { .sandbox = SANDBOX_OFF };
	int gateways[2], keepers[2];

	config.net.items = rules;
	config.net.count = 1;
	REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, gateways) == 0 &&
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, keepers) == 0, "two channels");
	signal(SIGPIPE, SIG_IGN);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		pretended = pretend;
		close(gateways[0]);
		_exit(dialer_run(&config, gateways[1], keepers[1]));
	}
	close(gateways[1]);
	channel_init(&gateway, gateways[0]);
	channel_send(&gateway, DIAL_OWN, 0, 0, NULL, 0, -1);
	channel_send(&gateway, DIAL_PROGRAM, PROGRAM, SESSION, "test\0page", 10, -1);
}

static void stop(void)
{
	int status;

	channel_clear(&gateway); /* with which it ends */
	waitpid(pid, &status, 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "it ends with the gateway");
}

static bool ready(short events)
{
	struct pollfd at = { .fd = gateway.fd, .events = events };

	return poll(&at, 1, WAIT_MS) == 1;
}

/* The next answer; others are skipped. False: none comes. */
static bool answered(struct channel_message *message)
{
	enum channel_got got;

	for (;;) {
		while ((got = channel_receive(&gateway, message)) == CHANNEL_MESSAGE)
			if (message->type == DIALED)
				return true;
		if (got == CHANNEL_CLOSED || !ready(POLLIN))
			return false;
	}
}

/* An address needs no look-up: it is answered at once, by itself. */
static void ask(uint32_t number)
{
	static const uint8_t wish[24] = { 0 /* any family */, 6, 80, 0, 0x20, 1, 0xd, 0xb8, [19] = 1 };

	channel_send(&gateway, DIAL_RESOLVE, number, PROGRAM, wish, sizeof wish, -1);
}

TEST(who_does_not_read_is_answered_8_mib_then_nothing_of_it_is_read_and_nothing_is_lost)
{
	static struct channel_message message;
	enum { MOST = 4 * QUEUED_MAX / PACKET };
	static uint8_t came[MOST + 1];
	uint32_t asked = 0, answers = 0;

	start(0);
	while (asked < MOST && (!channel_wants_to_write(&gateway) || ready(POLLOUT))) {
		channel_flush(&gateway);
		if (!channel_wants_to_write(&gateway))
			ask(++asked);
	}
	CHECK(asked >= QUEUED_MAX / PACKET, "it takes so many");
	CHECK(asked < QUEUED_MAX / PACKET * 5 / 4, "and no more");
	while (answers < asked && answered(&message)) {
		REQUIRE(message.a >= 1 && message.a <= asked, "a number that was asked for");
		CHECK_EQ(message.b, 0);
		CHECK_EQ(came[message.a]++, 0, "once");
		answers++;
		channel_flush(&gateway);
	}
	CHECK_EQ(answers, asked);
	stop();
}

/* The errno that TLS on a connection ends with whose peer hangs up. */
static uint32_t tls_error(size_t pretend)
{
	static struct channel_message message;
	static const uint8_t wish[] = "\4\0test";
	int ends[2];

	start(pretend);
	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "a connection");
	channel_send(&gateway, DIAL_TLS, 1, PROGRAM, wish, sizeof wish - 1, ends[0]);
	close(ends[0]);
	close(ends[1]);
	REQUIRE(answered(&message), "an answer");
	stop();
	return message.b;
}

TEST(the_dialer_has_16384_tls_connections)
{
	uint32_t one_less = tls_error(TLS_CLIENTS_MAX - 1);

	CHECK_EQ(tls_error(TLS_CLIENTS_MAX), EMFILE);
	CHECK(one_less != EMFILE && one_less != EINVAL && one_less != EOPNOTSUPP && one_less, "it began");
}

/* A port that takes connections in its queue alone, which is full: who connects there hears nothing. */
static uint16_t deaf_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof at;
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	REQUIRE(bind(listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(listener, 0) == 0 &&
		getsockname(listener, (struct sockaddr *)&at, &size) == 0, "listens");
	for (int i = 0; i < 3; i++)
		connect(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), (struct sockaddr *)&at, sizeof at);
	return ntohs(at.sin_port);
}

TEST(all_sessions_together_have_4096_requests_under_way)
{
	static struct channel_message message;
	uint16_t port = deaf_port();
	const uint8_t endpoint[7] = { 4, (uint8_t)port, (uint8_t)(port >> 8), 127, 0, 0, 1 };
	uint32_t number = 0, program = PROGRAM;

	start(0);
	for (; number < REQUESTS_MAX; number++) {
		if (number % REQUESTS_OF_SESSION == 0) { /* one more program, of one more session */
			program++;
			channel_send(&gateway, DIAL_PROGRAM, program, program, "test\0page", 10, -1);
		}
		channel_send(&gateway, DIAL_CONNECT, number + 1, program, endpoint, sizeof endpoint, -1);
		while (channel_wants_to_write(&gateway) && ready(POLLOUT))
			channel_flush(&gateway);
	}
	channel_send(&gateway, DIAL_CONNECT, number + 1, PROGRAM, endpoint, sizeof endpoint, -1);
	REQUIRE(answered(&message), "one is");
	CHECK_EQ(message.a, REQUESTS_MAX + 1, "the last one");
	CHECK_EQ(message.b, EMFILE);
	channel_send(&gateway, DIAL_CANCEL, 1, 0, NULL, 0, -1);
	ask(number + 2);
	REQUIRE(answered(&message), "one that ends makes room");
	CHECK_EQ(message.b, 0);
	stop();
}
