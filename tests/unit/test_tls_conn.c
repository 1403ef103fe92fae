/* The TLS front where a network seldom goes: mbedTLS asked for the other direction, taking one byte at a time, in both at once.
 * The library is the real one on both sides; what stands between it and the front's socket says "want" when the row wants it to.
 * No time passes here. */
#include "server/tls/conn.h"

#include <errno.h>
#include <mbedtls/ssl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "certs/authority.h"
#include "server/base/config.h"
#include "server/base/digest.h"
#include "server/base/gateway.h"
#include "server/tls/identity.h"
#include "../check.h"

enum { TURNS_MAX = 2000000, PIECE = 5000, DOWN = 300000, UP = 200000 };

/* ---- between mbedTLS and the front's socket ---- */

struct plan {
	const char *name;
	size_t send_most, receive_most;     /* bytes at a time; 0: all */
	unsigned write_reads, read_writes;  /* every so manieth write wants to read first, read to write; 0: none */
};

static struct {
	struct plan plan;
	mbedtls_ssl_context *ssl;
	mbedtls_ssl_send_t *send;
	mbedtls_ssl_recv_t *receive;
	unsigned sends, receives, odd_sends, odd_receives;
	bool wants_read;      /* the last write did: nothing goes out before something has come in */
} between;

void __real_mbedtls_ssl_set_bio(mbedtls_ssl_context *ssl, void *context, mbedtls_ssl_send_t *send, mbedtls_ssl_recv_t *receive,
	mbedtls_ssl_recv_timeout_t *timeout);
void __wrap_mbedtls_ssl_set_bio(mbedtls_ssl_context *ssl, void *context, mbedtls_ssl_send_t *send, mbedtls_ssl_recv_t *receive,
	mbedtls_ssl_recv_timeout_t *timeout);

static int between_send(void *context, const unsigned char *bytes, size_t length)
{
	between.sends++;
	if (between.plan.write_reads && between.ssl->state == MBEDTLS_SSL_HANDSHAKE_OVER &&
	    (between.wants_read || between.sends % between.plan.write_reads == 0)) {
		between.odd_sends += !between.wants_read;
		between.wants_read = true;
		return MBEDTLS_ERR_SSL_WANT_READ;
	}
	return between.send(context, bytes, between.plan.send_most && length > between.plan.send_most ? between.plan.send_most :
		length);
}

static int between_receive(void *context, unsigned char *bytes, size_t length)
{
	int got;

	between.receives++;
	if (between.plan.read_writes && between.receives % between.plan.read_writes == 0) {
		between.odd_receives++;
		return MBEDTLS_ERR_SSL_WANT_WRITE;
	}
	got = between.receive(context, bytes, between.plan.receive_most && length > between.plan.receive_most ?
		between.plan.receive_most : length);
	if (got > 0)
		between.wants_read = false;
	return got;
}

void __wrap_mbedtls_ssl_set_bio(mbedtls_ssl_context *ssl, void *context, mbedtls_ssl_send_t *send, mbedtls_ssl_recv_t *receive,
	mbedtls_ssl_recv_timeout_t *timeout)
{
	between.ssl = ssl;
	between.send = send;
	between.receive = receive;
	__real_mbedtls_ssl_set_bio(ssl, context, between_send, between_receive, timeout);
}

/* ---- a front, and what is told of it ---- */

static uv_loop_t loop;
static struct config config;
static struct gateway gateway;
static struct identity *identity;
static struct tls_conn *conn;
static int far_fd, plain_fd;  /* the other machine's end; who reads the plaintext */
static unsigned handshakes, gone_count;

static void on_handshake(struct tls_conn_owner *owner, struct tls_conn *its, int fd)
{
	handshakes++;
	plain_fd = fd;
}

static void on_gone(struct tls_conn_owner *owner, struct tls_conn *its)
{
	gone_count++;
	conn = NULL;
}

static struct tls_conn_owner owner = { &gateway, on_handshake, on_gone };

static void identity_get(void)
{
	static struct credentials authority, leaf;
	struct names names = { 0 };
	struct name name;

	if (identity)
		return;
	CHECK(name_read(&name, "box.local") && authority_make(&name, time(NULL), &authority));
	names_add(&names, &name);
	CHECK(leaf_make(&authority, &names, time(NULL), LEAF_DAYS, &leaf));
	identity = identity_new(leaf.certificate, leaf.key);
}

static void tls_conn_open(const struct plan *plan)
{
	int pair[2], bytes = 8 << 10; /* small, so that both directions are full soon */

	uv_loop_init(&loop);
	gateway = (struct gateway){ .loop = &loop, .config = &config };
	identity_get();
	memset(&between, 0, sizeof between);
	if (plan)
		between.plan = *plan;
	handshakes = gone_count = 0;
	plain_fd = -1;
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	for (int i = 0; i < 2; i++)
		setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	far_fd = pair[1];
	conn = tls_conn_new(&owner, identity, pair[0], "192.0.2.7", "https://box.local");
	tls_conn_start(conn);
}

static void turn(void)
{
	uv_run(&loop, UV_RUN_NOWAIT);
}

static void tls_conn_close(void)
{
	if (conn)
		tls_conn_end(conn);
	CHECK_EQ(gone_count, 1u);
	CHECK_EQ(handshakes, 1u);
	for (int i = 0; i < 10; i++)
		turn();
	CHECK_EQ(uv_loop_close(&loop), 0);
	close(far_fd);
	if (plain_fd >= 0)
		close(plain_fd);
	identity_drop(identity);
	identity = NULL;
}

/* ---- the other machine ---- */

static struct far {
	mbedtls_ssl_context ssl;
	mbedtls_ssl_config config;
	bool said_goodbye, heard_goodbye;
	size_t sent, got;
	bool wrong;
} far;

static uint8_t byte_at(size_t at)
{
	return (uint8_t)(at * 31 + (at >> 8) * 7 + (at >> 16));
}

static int far_chance(void *context, unsigned char *bytes, size_t count)
{
	for (size_t at = 0; at < count; at += 256)
		secret_bytes(bytes + at, count - at < 256 ? count - at : 256);
	return 0;
}

static int far_send(void *context, const unsigned char *bytes, size_t length)
{
	ssize_t sent = send(far_fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);

	return sent >= 0 ? (int)sent : errno == EAGAIN ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int far_receive(void *context, unsigned char *bytes, size_t length)
{
	ssize_t got = recv(far_fd, bytes, length, MSG_DONTWAIT);

	return got >= 0 ? (int)got : errno == EAGAIN ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_SSL_CONN_EOF;
}

static void far_open(void)
{
	memset(&far, 0, sizeof far);
	mbedtls_ssl_init(&far.ssl);
	mbedtls_ssl_config_init(&far.config);
	mbedtls_ssl_config_defaults(&far.config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
	mbedtls_ssl_conf_rng(&far.config, far_chance, NULL);
	mbedtls_ssl_conf_authmode(&far.config, MBEDTLS_SSL_VERIFY_NONE);
	mbedtls_ssl_setup(&far.ssl, &far.config);
	__real_mbedtls_ssl_set_bio(&far.ssl, NULL, far_send, far_receive, NULL);
	for (int turns = 0; turns < TURNS_MAX && (plain_fd < 0 || far.ssl.state != MBEDTLS_SSL_HANDSHAKE_OVER); turns++) {
		mbedtls_ssl_handshake(&far.ssl);
		turn();
	}
	CHECK(plain_fd >= 0);
}

static void far_close(void)
{
	mbedtls_ssl_free(&far.ssl);
	mbedtls_ssl_config_free(&far.config);
}

/* Up to `until` bytes in all, `most` of them now. */
static void far_write(size_t until, size_t most)
{
	uint8_t piece[PIECE];
	size_t length = until - far.sent < most ? until - far.sent : most;
	int sent;

	for (size_t i = 0; i < length; i++)
		piece[i] = byte_at(far.sent + i);
	sent = length ? mbedtls_ssl_write(&far.ssl, piece, length) : 0;
	if (sent > 0)
		far.sent += (size_t)sent;
}

static void far_read(void)
{
	uint8_t piece[PIECE];
	int got = mbedtls_ssl_read(&far.ssl, piece, sizeof piece);

	far.heard_goodbye |= got == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY;
	for (int i = 0; i < got; i++)
		far.wrong |= piece[i] != byte_at(far.got++);
}

/* ---- who reads and writes the plaintext ---- */

static size_t plain_sent, plain_got;
static bool plain_wrong, plain_ended;

static void plain_write(size_t until)
{
	uint8_t piece[PIECE];
	size_t length = until - plain_sent < PIECE ? until - plain_sent : PIECE;
	ssize_t sent;

	for (size_t i = 0; i < length; i++)
		piece[i] = byte_at(plain_sent + i);
	sent = length ? send(plain_fd, piece, length, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
	if (sent > 0)
		plain_sent += (size_t)sent;
}

static void plain_read(void)
{
	uint8_t piece[PIECE];
	ssize_t got = recv(plain_fd, piece, sizeof piece, MSG_DONTWAIT);

	plain_ended |= got == 0;
	for (ssize_t i = 0; i < got; i++)
		plain_wrong |= piece[i] != byte_at(plain_got++);
}

static void open_all(const struct plan *plan)
{
	plain_sent = plain_got = 0;
	plain_wrong = plain_ended = false;
	tls_conn_open(plan);
	far_open();
}

/* ---- the promises ---- */

static const struct plan plans[] = {
	{ "as it comes", 0, 0, 0, 0 },
	{ "a byte at a time", 1, 1, 0, 0 },
	{ "records cut anywhere", 997, 613, 0, 0 },
	{ "a write wants to read", 0, 0, 3, 0 },
	{ "a read wants to write", 0, 0, 0, 3 },
	{ "all of it", 1500, 700, 5, 4 },
};

TEST(every_byte_arrives_in_both_directions_at_once_whatever_mbedtls_wants)
{
	for (const struct plan *plan = plans; plan < plans + sizeof plans / sizeof *plans; plan++) {
		size_t down = plan->send_most == 1 ? DOWN / 10 : DOWN, up = plan->send_most == 1 ? UP / 10 : UP;
		int turns;

		open_all(plan);
		for (turns = 0; turns < TURNS_MAX && (far.got < down || plain_got < up); turns++) {
			plain_write(down);
			/* Half is kept back, so that there's always something to come when a write wants to read. */
			far_write(far.got == down || between.wants_read ? up : up / 2, far.got < down && far.sent >= up / 2 ? 50 : PIECE);
			turn();
			far_read();
			plain_read();
		}
		CHECK_EQ(far.got, down, plan->name);
		CHECK_EQ(plain_got, up, plan->name);
		CHECK(!far.wrong && !plain_wrong, plan->name);
		CHECK(!plan->write_reads || between.odd_sends > 2, plan->name);
		CHECK(!plan->read_writes || between.odd_receives > 2, plan->name);

		/* Goodbye in one direction, then in the other: both are told, and then it ends. */
		between.plan = (struct plan){ 0 };
		between.wants_read = false;
		mbedtls_ssl_close_notify(&far.ssl);
		for (turns = 0; turns < TURNS_MAX && !plain_ended; turns++) {
			turn();
			plain_read();
		}
		CHECK(plain_ended && conn && !far.heard_goodbye, plan->name);
		shutdown(plain_fd, SHUT_WR);
		for (turns = 0; turns < TURNS_MAX && (conn || !far.heard_goodbye); turns++) {
			turn();
			far_read();
		}
		CHECK(far.heard_goodbye && !conn, plan->name);
		far_close();
		tls_conn_close();
	}
}

TEST(a_write_that_wants_to_read_is_not_tried_again_before_something_comes)
{
	unsigned sends;

	open_all(&(struct plan){ .write_reads = 1 });
	plain_write(PIECE);
	for (int i = 0; i < 10; i++)
		turn();
	CHECK(between.wants_read);
	sends = between.sends;
	for (int i = 0; i < 100; i++)
		turn();
	CHECK_EQ(between.sends, sends);
	between.plan.write_reads = 0;
	far_write(1, 1); /* now something comes */
	for (int turns = 0; turns < TURNS_MAX && far.got < PIECE; turns++) {
		turn();
		far_read();
	}
	CHECK_EQ(far.got, (size_t)PIECE);
	far_close();
	tls_conn_close();
}

TEST(who_takes_nothing_costs_bounded_memory_and_is_cut_after_half_a_minute)
{
	size_t before;

	open_all(NULL);
	do {
		before = plain_sent;
		for (int i = 0; i < 1000; i++) {
			plain_write(plain_sent + PIECE);
			turn();
		}
	} while (plain_sent > before && plain_sent < 64 << 20);
	CHECK(plain_sent < 4 << 20); /* the pair's two buffers, a record, and the line's; then the writer waits */
	tls_conn_sweep(conn, uv_now(&loop) + STUCK_DEADLINE_MS / 2);
	REQUIRE(conn);
	tls_conn_sweep(conn, uv_now(&loop) + STUCK_DEADLINE_MS + 1);
	CHECK(!conn);
	far_close();
	tls_conn_close();
}

TEST(a_reader_of_plaintext_that_is_stuck_stops_the_other_machine_and_no_more)
{
	size_t before;

	open_all(NULL);
	do {
		before = far.sent;
		for (int i = 0; i < 1000; i++) {
			far_write(far.sent + PIECE, PIECE);
			turn();
		}
	} while (far.sent > before && far.sent < 64 << 20);
	CHECK(far.sent < 4 << 20);
	tls_conn_sweep(conn, uv_now(&loop) + 10 * STUCK_DEADLINE_MS);
	REQUIRE(conn); /* a program that computes reads nothing for minutes */
	for (int turns = 0; turns < TURNS_MAX && plain_got < far.sent; turns++) {
		plain_read();
		turn();
	}
	CHECK_EQ(plain_got, far.sent);
	CHECK(!plain_wrong);
	far_close();
	tls_conn_close();
}

TEST(who_never_speaks_or_never_ends_its_handshake_is_cut_after_five_seconds)
{
	static const uint8_t begun[] = { 0x16, 3, 1, 0x01, 0x00, 1, 0 };

	for (size_t length = 0; length <= sizeof begun; length += sizeof begun) {
		tls_conn_open(NULL);
		CHECK_EQ(send(far_fd, begun, length, 0), (ssize_t)length);
		for (int i = 0; i < 10; i++)
			turn();
		tls_conn_sweep(conn, uv_now(&loop) + HANDSHAKE_DEADLINE_MS / 2);
		REQUIRE(conn && tls_conn_in_handshake(conn));
		tls_conn_sweep(conn, uv_now(&loop) + HANDSHAKE_DEADLINE_MS + 1);
		CHECK(!conn);
		CHECK_EQ(plain_fd, -1);
		tls_conn_close();
	}
}

TEST(a_line_that_is_cut_ends_nothing_properly_and_one_that_is_closed_is_waited_for_two_seconds)
{
	open_all(NULL);
	shutdown(far_fd, SHUT_WR); /* no goodbye */
	for (int turns = 0; turns < TURNS_MAX && conn; turns++)
		turn();
	CHECK(!conn);
	far_close();
	tls_conn_close();

	open_all(NULL);
	close(plain_fd);
	for (int turns = 0; turns < TURNS_MAX && !far.heard_goodbye; turns++) {
		turn();
		far_read();
	}
	REQUIRE(far.heard_goodbye && conn); /* it waits for the other's goodbye */
	tls_conn_sweep(conn, uv_now(&loop) + LINGER_MS + 1);
	CHECK(!conn);
	plain_fd = -1;
	far_close();
	tls_conn_close();
}
