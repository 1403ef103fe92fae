/* server/dialer/tls.c against OpenSSL's own server: who is believed, what goes through, how each side ends. */
#include "../check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "peers.h"
#include "server/dialer/tls.h"

enum { BYTES = 3 << 20 };

static struct {
	int error, fd;
	char text[300];
	size_t length;
	bool told;
} got;

static void on_done(void *context, int error, const char *text, size_t length, int plain_fd)
{
	CHECK(!got.told, "told once");
	got.told = true;
	got.error = error;
	got.fd = plain_fd;
	got.length = length < sizeof got.text ? length : sizeof got.text - 1;
	memcpy(got.text, text, got.length);
	got.text[got.length] = 0;
}

static uv_loop_t loop;
static struct tls_trust *trust;
static uint16_t port;
static pid_t server;

static void start(const char *certificate, const char *options)
{
	char problem[200];

	signal(SIGPIPE, SIG_IGN);
	peers_certificate("good", "DNS:db.test,IP:127.0.0.1", "-days 2");
	peers_certificate("old", "DNS:db.test", "-days -1");
	uv_loop_init(&loop);
	trust = tls_trust_load(peers_path("ca.pem"), problem, sizeof problem);
	REQUIRE(trust, problem);
	port = peers_free_port();
	server = peers_start(port, "exec openssl s_server -accept 127.0.0.1:%u -cert %s.pem -key %s.key -quiet -naccept 100 %s", port,
		certificate, certificate, options);
	memset(&got, 0, sizeof got);
	got.fd = -1;
}

static void stop(void)
{
	if (got.fd >= 0)
		close(got.fd);
	while (tls_client_count())
		uv_run(&loop, UV_RUN_ONCE);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK_EQ(uv_loop_close(&loop), 0, "nothing is left on the loop");
	tls_trust_free(trust);
	peers_stop(server);
}

static void begin(const char *name, const char *alpn)
{
	struct tls_wish wish = { 0 };
	int fd = peers_connect(port);

	strcpy(wish.name, name);
	wish.alpn_length = (unsigned)strlen(alpn);
	memcpy(wish.alpn, alpn, wish.alpn_length);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	REQUIRE(tls_client_begin(&loop, trust, fd, &wish, on_done, NULL), "begins");
	while (!got.told)
		uv_run(&loop, UV_RUN_ONCE);
}

TEST(a_server_with_the_right_name_is_believed_and_alpn_is_told)
{
	start("good", "-alpn postgresql,h2");
	begin("db.test", "\2h2\12postgresql");
	REQUIRE(!got.error, got.text);
	CHECK_STR(got.text, "TLSv1.3");
	CHECK_STR(got.text + strlen(got.text) + 1, "TLS_AES_256_GCM_SHA384");
	CHECK_STR(got.text + got.length - 1 - strlen("postgresql"), "postgresql", "the server's first choice");
	stop();
}

TEST(an_address_in_the_certificate_is_enough)
{
	start("good", "-tls1_2");
	begin("127.0.0.1", "");
	REQUIRE(!got.error, got.text);
	CHECK_STR(got.text, "TLSv1.2");
	stop();
}

static const struct { const char *label, *certificate, *name, *options, *says; } refused[] = {
	{ "another name", "good", "other.test", "", "ostname mismatch" },
	{ "a part of the name", "good", "test", "", "ostname mismatch" },
	{ "another address", "good", "127.0.0.2", "", "IP address mismatch" },
	{ "run out", "old", "db.test", "", "expired" },
	{ "signed by itself", "self", "db.test", "", "self" },
	{ "TLS 1.1", "good", "db.test", "-tls1_1 -cipher ALL:@SECLEVEL=0", "TLS" },
};

TEST(a_server_that_cannot_prove_its_name_is_refused)
{
	peers_path("");
	CHECK_EQ(peers_shell("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout self.key -out self.pem "
		"-days 3 -subj /CN=db.test"), 0);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		start(refused[i].certificate, refused[i].options);
		begin(refused[i].name, "");
		CHECK_EQ(got.error, EPROTO, refused[i].label);
		CHECK(strstr(got.text, refused[i].says), got.text);
		CHECK_EQ(got.fd, -1, refused[i].label);
		stop();
	}
}

/* Both ways at once, megabytes, through -rev's lines or back as they are. */
TEST(megabytes_go_both_ways_and_the_end_is_told)
{
	static char sent[BYTES], back[BYTES];
	size_t out = 0, in = 0;
	ssize_t n = 1;

	start("good", "-www");
	peers_stop(server);
	server = peers_start(port, "exec openssl s_server -accept 127.0.0.1:%u -cert good.pem -key good.key -quiet -naccept 100 -rev",
		port);
	begin("db.test", "");
	REQUIRE(!got.error, got.text);
	for (size_t i = 0; i < BYTES; i++)
		sent[i] = i % 64 == 63 ? '\n' : (char)('a' + i % 23);
	while (in < BYTES && n) {
		if (out < BYTES && (n = send(got.fd, sent + out, BYTES - out, MSG_DONTWAIT)) > 0)
			out += (size_t)n;
		n = recv(got.fd, back + in, BYTES - in, MSG_DONTWAIT);
		if (n > 0)
			in += (size_t)n;
		uv_run(&loop, UV_RUN_NOWAIT);
	}
	CHECK_EQ(out, BYTES);
	REQUIRE(in == BYTES, "everything came back");
	for (size_t line = 0; line < BYTES; line += 64)
		for (size_t i = 0; i < 63; i++)
			REQUIRE(back[line + i] == sent[line + 62 - i], "each line reversed");
	shutdown(got.fd, SHUT_WR); /* the server then ends, too */
	for (int turns = 0; turns < 10000 && (n = recv(got.fd, back, sizeof back, MSG_DONTWAIT)) != 0; turns++)
		uv_run(&loop, UV_RUN_ONCE);
	CHECK_EQ(n, 0, "its end arrives");
	stop();
}

TEST(a_program_that_closes_ends_the_connection)
{
	start("good", "-rev");
	begin("db.test", "");
	REQUIRE(!got.error, got.text);
	close(got.fd);
	got.fd = -1;
	for (int turns = 0; turns < 1000 && tls_client_count(); turns++)
		uv_run(&loop, UV_RUN_ONCE);
	CHECK_EQ(tls_client_count(), 0, "nothing waits for it");
	stop();
}

/* Nobody but the dialer knows that it is there then: a program could leave any number of them behind. */
TEST(what_a_server_does_not_read_is_given_up_when_its_program_has_closed)
{
	static char bytes[1 << 16];
	uint64_t until;
	ssize_t n = 1;

	start("good", "");
	begin("db.test", "");
	REQUIRE(!got.error, got.text);
	CHECK_EQ(tls_linger_ms, 30000);
	tls_linger_ms = 100;
	kill(server, SIGSTOP);
	for (until = uv_now(&loop) + 300; uv_now(&loop) < until; uv_run(&loop, UV_RUN_NOWAIT))
		if ((n = send(got.fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
			until = uv_now(&loop) + 300;
	CHECK(n < 0, "it is full, and nothing moves");
	for (until = uv_now(&loop) + 500; uv_now(&loop) < until;)
		uv_run(&loop, UV_RUN_ONCE);
	CHECK_EQ(tls_client_count(), 1, "while its program is there it stays");
	close(got.fd);
	got.fd = -1;
	for (until = uv_now(&loop) + 30000; uv_now(&loop) < until && tls_client_count();)
		uv_run(&loop, UV_RUN_ONCE);
	CHECK_EQ(tls_client_count(), 0);
	tls_linger_ms = 30000;
	kill(server, SIGCONT);
	stop();
}

TEST(a_peer_that_speaks_no_tls_is_told)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0), peer;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof at;
	struct tls_wish wish = { .name = "db.test" };

	start("good", "");
	CHECK_EQ(bind(listener, (struct sockaddr *)&at, sizeof at) | listen(listener, 1) |
		getsockname(listener, (struct sockaddr *)&at, &size), 0);
	for (int closes = 0; closes < 2; closes++) {
		int fd = peers_connect(ntohs(at.sin_port));

		got.told = false;
		fcntl(fd, F_SETFL, O_NONBLOCK);
		peer = accept(listener, NULL, NULL);
		REQUIRE(tls_client_begin(&loop, trust, fd, &wish, on_done, NULL), "begins");
		CHECK_EQ(closes ? 0 : send(peer, "220 mail ready\r\n", 16, 0), closes ? 0 : 16);
		if (closes)
			close(peer);
		while (!got.told)
			uv_run(&loop, UV_RUN_ONCE);
		CHECK(got.error == EPROTO || got.error == ECONNRESET, got.text);
		if (!closes)
			close(peer);
	}
	close(listener);
	stop();
}

TEST(one_that_is_cancelled_is_told_nothing)
{
	struct tls_wish wish = { .name = "db.test" };
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof at;
	struct tls_client *client;
	int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd; /* nobody accepts: the handshake can't end by itself */

	REQUIRE(!bind(silent, (struct sockaddr *)&at, sizeof at) && !listen(silent, 1) &&
		!getsockname(silent, (struct sockaddr *)&at, &size), "a port");
	start("good", "");
	fd = peers_connect(ntohs(at.sin_port));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	client = tls_client_begin(&loop, trust, fd, &wish, on_done, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
	tls_client_cancel(client);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(!got.told, got.text);
	stop();
	close(silent);
}

static const struct { const char *bytes; size_t length; bool good; unsigned alpn; } wishes[] = {
	{ "\7\0db.test", 9, true, 0 }, { "\7\0db.test\2h2", 12, true, 3 }, { "\7\0db.test\2h2\3abc", 16, true, 7 },
	{ "", 0, false, 0 }, { "\7", 1, false, 0 }, { "\0\0", 2, false, 0 }, { "\7\0db.tes", 8, false, 0 },
	{ "\7\0db.te\0t", 9, false, 0 },
	{ "\7\0db.test\0", 10, false, 0 }, { "\7\0db.test\3h2", 12, false, 0 }, { "\xff\xff", 2, false, 0 },
};

TEST(what_is_wished_for_is_read_whole_or_not_at_all)
{
	char label[20];

	for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
		struct tls_wish wish;

		snprintf(label, sizeof label, "row %zu", i);
		CHECK_EQ(tls_wish_read((const unsigned char *)wishes[i].bytes, wishes[i].length, &wish), wishes[i].good, label);
		if (wishes[i].good)
			CHECK_EQ(wish.alpn_length, wishes[i].alpn, label);
	}
}
