/* server/dialer/http.c against nginx: what a page gets, how it gives up, what a hostile server or page can do. */
#include "../check.h"

#include <errno.h>
#include <fcntl.h>

#include "peers.h"
#include "server/dialer/http.h"
#include "server/dialer/http_head.h"
#include "server/dialer/http_internal.h"

enum { BIG = 100 << 20 };

static uv_loop_t loop;
static struct http_client *client;
static uint16_t plain_port, secure_port;
static pid_t server;

static const char nginx[] =
	"daemon off; worker_processes 1; pid nginx.pid; error_log error.log; user root;\n"
	"events { worker_connections 200; }\n"
	"http { access_log access.log; client_max_body_size 0; client_body_temp_path body; proxy_temp_path p; fastcgi_temp_path f; "
	"uwsgi_temp_path u; scgi_temp_path s;\n"
	" client_body_in_file_only on; default_type text/plain;\n"
	" server { listen 127.0.0.1:%u; listen 127.0.0.1:%u ssl http2; ssl_certificate good.pem; ssl_certificate_key good.key; root "
	"%s;\n"
	"  location = /echo { proxy_pass http://127.0.0.1:%u/done; proxy_set_header X-Body $request_body_file; }\n"
	"  location = /done { return 200 \"$request_method $http_x_mine $content_length\"; }\n"
	"  location = /moved { return 302 http://127.0.0.1:1/; } location = /empty { return 204; } location = /missing { return 404 "
	"gone; } } }\n";

static void start(void)
{
	char problem[200], text[2000];
	FILE *file;

	if (!plain_port) {
		signal(SIGPIPE, SIG_IGN);
		peers_certificate("good", "DNS:web.test,IP:127.0.0.1", "-days 2");
		plain_port = peers_free_port();
		secure_port = peers_free_port();
		snprintf(text, sizeof text, nginx, plain_port, secure_port, peers_folder, plain_port);
		peers_write("nginx.conf", text);
		file = fopen(peers_path("big"), "w");
		for (size_t i = 0; i < BIG / 4; i++)
			fwrite(&i, 4, 1, file);
		fclose(file);
		peers_write("small", "hello\n");
		server = peers_start(plain_port, "exec nginx -p '%s/' -c nginx.conf", peers_folder);
	}
	uv_loop_init(&loop);
	client = http_client_new(&loop, peers_path("ca.pem"), problem, sizeof problem);
	REQUIRE(client, problem);
}

static void stop(void)
{
	http_client_free(client);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK_EQ(uv_loop_close(&loop), 0, "nothing is left on the loop");
}

/* ---- a page ---- */

static struct sockaddr_storage here(const char *address)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_storage storage = { 0 };

	inet_pton(AF_INET, address, &in.sin_addr);
	memcpy(&storage, &in, sizeof in);
	return storage;
}

static uint32_t session = 1;

static int begin(const char *method, const char *url, uint8_t body, uint64_t body_length, const char *address)
{
	static uint8_t bytes[4096];
	struct http_head head;
	struct sockaddr_storage storage = here(address);
	size_t at = 0;
	int fd = -1, error;
	const char *words[] = { method, url };

	for (int i = 0; i < 2; i++) {
		size_t length = strlen(words[i]);

		bytes[at++] = (uint8_t)length;
		bytes[at++] = (uint8_t)(length >> 8);
		memcpy(bytes + at, words[i], length);
		at += length;
	}
	bytes[at++] = body;
	memcpy(bytes + at, &body_length, 8);
	at += 8;
	memcpy(bytes + at, "\1\0\6\0x-mine\3\0abc", 15);
	at += 15;
	REQUIRE(http_head_read(bytes, at, &head), url);
	error = http_transfer_begin(client, session, &head, &storage, 1, &fd);
	REQUIRE(!error, url);
	return fd;
}

struct answer {
	unsigned status, version;
	char head[4096], error[300];
	size_t head_length, body_length;
	char body[200];
	uint64_t sum;
	int error_kind;
	bool ended;
};

static uint8_t in[2 << 20];
static size_t in_length;

/* One frame, if it is whole; takes it off. */
static bool frame_read(struct answer *answer)
{
	uint32_t length;
	const uint8_t *bytes = in + 5;

	if (in_length < 5)
		return false;
	memcpy(&length, in + 1, 4);
	if (in_length < 5 + (size_t)length)
		return false;
	if (in[0] == HTTP_HEAD) {
		answer->status = (unsigned)(bytes[0] | bytes[1] << 8);
		answer->version = bytes[2];
		answer->head_length = length < sizeof answer->head ? length : sizeof answer->head;
		memcpy(answer->head, bytes, answer->head_length);
	} else if (in[0] == HTTP_BODY) {
		for (uint32_t i = 0; i < length; i++)
			answer->sum = answer->sum * 31 + bytes[i];
		if (answer->body_length + length < sizeof answer->body)
			memcpy(answer->body + answer->body_length, bytes, length);
		answer->body_length += length;
	} else if (in[0] == HTTP_ERROR) {
		answer->error_kind = bytes[0];
		snprintf(answer->error, sizeof answer->error, "%.*s", (int)length - 1, (const char *)bytes + 1);
	}
	answer->ended = in[0] == HTTP_END || in[0] == HTTP_ERROR;
	in_length -= 5 + (size_t)length;
	memmove(in, in + 5 + length, in_length);
	return true;
}

/* Reads to the end. False: the line ended without one. */
static bool finish(int fd, struct answer *answer)
{
	ssize_t n = 1;

	*answer = (struct answer){ .error_kind = -1 };
	in_length = 0;
	while (!answer->ended && n) {
		uv_run(&loop, UV_RUN_NOWAIT);
		n = recv(fd, in + in_length, sizeof in - in_length, MSG_DONTWAIT);
		if (n > 0)
			in_length += (size_t)n;
		while (!answer->ended && frame_read(answer))
			;
	}
	close(fd);
	return answer->ended;
}

static const char *url_of(bool secure, const char *path)
{
	static char url[300];

	snprintf(url, sizeof url, "%s:%u%s", secure ? "https://web.test" : "http://web.test", secure ? secure_port : plain_port,
		path);
	return url;
}

TEST(a_file_comes_by_http_and_by_https_with_its_head)
{
	struct answer answer;

	start();
	for (int secure = 0; secure < 2; secure++) {
		CHECK(finish(begin("GET", url_of(secure, "/small"), HTTP_BODY_NONE, 0, "127.0.0.1"), &answer), "ends");
		CHECK_EQ(answer.status, 200, answer.error);
		CHECK_EQ(answer.version, 11, "though TLS offers HTTP/2");
		CHECK_EQ(answer.body_length, 6);
		CHECK(!memcmp(answer.body, "hello\n", 6));
		CHECK(memmem(answer.head, answer.head_length, "ontent-", 7) || memmem(answer.head, answer.head_length, "content-", 8),
			"headers came");
	}
	stop();
}

static const struct { const char *method, *path; unsigned status; size_t length; const char *body; } answers[] = {
	{ "HEAD", "/small", 200, 0, "" }, { "GET", "/missing", 404, 4, "gone" }, { "GET", "/empty", 204, 0, "" },
	{ "DELETE", "/done", 200, 11, "DELETE abc " },
	{ "POST", "/done", 200, 10, "POST abc 0" }, { "OPTIONS", "/done", 200, 12, "OPTIONS abc " },
};

TEST(methods_and_statuses_are_the_servers)
{
	struct answer answer;

	start();
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		CHECK(finish(begin(answers[i].method, url_of(false, answers[i].path), HTTP_BODY_NONE, 0, "127.0.0.1"), &answer),
			answers[i].path);
		CHECK_EQ(answer.status, answers[i].status, answers[i].method);
		CHECK_EQ(answer.body_length, answers[i].length, answers[i].method);
		CHECK(!memcmp(answer.body, answers[i].body, answers[i].length), answers[i].method);
	}
	CHECK(finish(begin("GET", url_of(false, "/moved"), HTTP_BODY_NONE, 0, "127.0.0.1"), &answer), "ends");
	CHECK_EQ(answer.status, 302, "redirects aren't followed");
	stop();
}

TEST(a_hundred_megabytes_come_down_whatever_the_page_reads)
{
	struct answer answer;
	uint64_t wanted = 0;

	start();
	for (uint32_t i = 0; i < BIG / 4; i++)
		for (int byte = 0; byte < 4; byte++)
			wanted = wanted * 31 + (uint8_t)(i >> 8 * byte);
	for (int secure = 0; secure < 2; secure++) {
		CHECK(finish(begin("GET", url_of(secure, "/big"), HTTP_BODY_NONE, 0, "127.0.0.1"), &answer), "ends");
		CHECK_EQ(answer.body_length, BIG, answer.error);
		CHECK(answer.sum == wanted, "the same bytes");
	}
	stop();
}

static bool put(int fd, uint8_t kind, const void *bytes, uint32_t length)
{
	uint8_t head[5] = { kind };
	const uint8_t *parts[] = { head, bytes };
	size_t sizes[] = { 5, length };

	memcpy(head + 1, &length, 4);
	for (int i = 0; i < 2; i++)
		for (size_t at = 0; at < sizes[i];) {
			ssize_t n = send(fd, parts[i] + at, sizes[i] - at, MSG_DONTWAIT | MSG_NOSIGNAL);

			if (n > 0)
				at += (size_t)n;
			else if (errno != EAGAIN)
				return false;
			uv_run(&loop, UV_RUN_NOWAIT);
		}
	return true;
}

TEST(a_body_goes_up_known_or_streamed_in_pieces_of_any_size)
{
	static uint8_t piece[1 << 20];
	struct answer answer;

	start();
	for (size_t i = 0; i < sizeof piece; i++)
		piece[i] = (uint8_t)(i * 7);
	for (int secure = 0; secure < 2; secure++)
		for (int known = 0; known < 2; known++) {
			size_t total = 24u << 20, at = 0;
			char wanted[60];
			int fd = begin("PUT", url_of(secure, "/echo"), known ? HTTP_BODY_KNOWN : HTTP_BODY_STREAM, total, "127.0.0.1");

			while (at < total) {
				uint32_t n = at % 3 == 0 ? 1 : at % 3 == 1 ? 70001 : sizeof piece;

				n = total - at < n ? (uint32_t)(total - at) : n;
				REQUIRE(put(fd, HTTP_BODY, piece, n), "takes it");
				at += n;
			}
			REQUIRE(put(fd, HTTP_END, "", 0), "takes the end");
			CHECK(finish(fd, &answer), "ends");
			snprintf(wanted, sizeof wanted, "PUT abc %zu", total);
			CHECK_EQ(answer.status, 200, answer.error);
			CHECK_EQ(answer.body_length, strlen(wanted));
			CHECK(!memcmp(answer.body, wanted, strlen(wanted)), answer.body);
		}
	stop();
}

TEST(only_the_address_that_was_judged_is_connected)
{
	struct answer answer;

	start();
	CHECK(finish(begin("GET", url_of(false, "/small"), HTTP_BODY_NONE, 0, "127.0.0.9"), &answer), "ends");
	CHECK_EQ(answer.error_kind, HTTP_UNREACHABLE, "nobody listens there");
	/* The host is an address itself, and another one was judged. */
	{
		char url[100];

		snprintf(url, sizeof url, "http://127.0.0.1:%u/small", plain_port);
		CHECK(finish(begin("GET", url, HTTP_BODY_NONE, 0, "127.0.0.9"), &answer), "ends");
		CHECK_EQ(answer.error_kind, HTTP_UNREACHABLE, answer.body);
		CHECK(finish(begin("GET", url, HTTP_BODY_NONE, 0, "127.0.0.1"), &answer), "ends");
		CHECK_EQ(answer.status, 200, answer.error);
	}
	stop();
}

/* What is kept open leads where it led then: for another program, or by another look-up, that may not be allowed. */
TEST(a_connection_is_used_again_only_where_its_address_was_judged_for_this_request_too)
{
	struct answer answer;

	start();
	for (int secure = 0; secure < 2; secure++) {
		CHECK(finish(begin("GET", url_of(secure, "/small"), HTTP_BODY_NONE, 0, "127.0.0.1"), &answer), "ends");
		CHECK_EQ(answer.status, 200, answer.error);
		CHECK(finish(begin("GET", url_of(secure, "/small"), HTTP_BODY_NONE, 0, "127.0.0.9"), &answer), "ends");
		CHECK_EQ(answer.error_kind, HTTP_UNREACHABLE, "nobody listens there");
		CHECK_EQ(answer.status, 0, "nor was it asked of the other");
	}
	stop();
}

TEST(a_certificate_for_another_name_ends_it)
{
	struct answer answer;
	char url[100];

	start();
	snprintf(url, sizeof url, "https://other.test:%u/small", secure_port);
	CHECK(finish(begin("GET", url, HTTP_BODY_NONE, 0, "127.0.0.1"), &answer), "ends");
	CHECK_EQ(answer.error_kind, HTTP_NOT_TRUSTED, answer.error);
	CHECK_EQ(answer.status, 0, "no head");
	stop();
}

TEST(closing_is_giving_up)
{
	uint8_t some[65536];
	int fd;

	start();
	fd = begin("GET", url_of(false, "/big"), HTTP_BODY_NONE, 0, "127.0.0.1");
	while (recv(fd, some, sizeof some, MSG_DONTWAIT) <= 0)
		uv_run(&loop, UV_RUN_NOWAIT);
	close(fd);
	for (int turns = 0; turns < 1000 && http_client_count(client); turns++)
		uv_run(&loop, UV_RUN_NOWAIT);
	CHECK_EQ(http_client_count(client), 0);
	fd = begin("PUT", url_of(false, "/echo"), HTTP_BODY_STREAM, 0, "127.0.0.1");
	close(fd);
	for (int turns = 0; turns < 1000 && http_client_count(client); turns++)
		uv_run(&loop, UV_RUN_NOWAIT);
	CHECK_EQ(http_client_count(client), 0);
	stop();
}

static const struct { const char *bytes; size_t length; } junk[] = {
	{ "\0\0\0\0\0", 5 }, { "\4\0\0\0\0", 5 }, { "\2\xff\xff\xff\xff", 5 }, { "\3\1\0\0\0x", 6 }, { "\2\1\0\x10\0", 5 },
};

TEST(a_page_that_sends_junk_loses_its_request)
{
	struct answer answer;

	start();
	for (size_t i = 0; i < sizeof junk / sizeof *junk; i++) {
		int fd = begin("PUT", url_of(false, "/echo"), HTTP_BODY_STREAM, 0, "127.0.0.1");

		CHECK_EQ(send(fd, junk[i].bytes, junk[i].length, 0), (ssize_t)junk[i].length);
		finish(fd, &answer);
		CHECK_EQ(answer.status, 0, "row");
		CHECK(answer.error_kind >= 0, "an error");
	}
	CHECK_EQ(http_client_count(client), 0);
	stop();
}

/* ---- a hostile server ---- */

static const struct { const char *label, *says; size_t times; int kind; } hostile[] = {
	{ "no HTTP", "220 mail ready\r\n", 1, HTTP_BROKEN }, { "nothing", "", 1, HTTP_BROKEN },
	{ "a head without end", "HTTP/1.1 200 OK\r\nx: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n", 200000, -2 },
	{ "cut short", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", 1, HTTP_BROKEN },
	{ "a bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 1, -2 },
};

TEST(a_hostile_server_ends_its_own_answer_alone)
{
	struct answer answer;

	start();
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		socklen_t size = sizeof at;
		int listener = socket(AF_INET, SOCK_STREAM, 0), fd;
		char url[100];
		pid_t pid;

		REQUIRE(bind(listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(listener, 1) == 0 &&
			getsockname(listener, (struct sockaddr *)&at, &size) == 0, "listens");
		pid = fork();
		if (pid == 0) {
			int peer = accept(listener, NULL, NULL);
			char request[1000];

			if (read(peer, request, sizeof request) > 0)
				for (size_t n = 0; n < hostile[i].times &&
				    send(peer, hostile[i].says, strlen(hostile[i].says), MSG_NOSIGNAL) >= 0; n++)
					;
			_exit(0);
		}
		close(listener);
		snprintf(url, sizeof url, "http://bad.test:%u/", ntohs(at.sin_port));
		fd = begin("GET", url, HTTP_BODY_NONE, 0, "127.0.0.1");
		CHECK(finish(fd, &answer), hostile[i].label);
		if (hostile[i].kind == -2)
			CHECK(answer.error_kind >= 0, hostile[i].label);
		else
			CHECK_EQ(answer.error_kind, hostile[i].kind, hostile[i].label);
		peers_stop(pid);
	}
	stop();
}

/* A server that takes one connection, says this, and hears to the end: *heard gives what it heard. */
static pid_t hearer(const char *says, uint16_t *hearer_port, int *heard)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof at;
	int listener = socket(AF_INET, SOCK_STREAM, 0), pipes[2];
	pid_t pid;

	REQUIRE(pipe(pipes) == 0 && bind(listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(listener, 1) == 0 &&
		getsockname(listener, (struct sockaddr *)&at, &size) == 0, "listens");
	pid = fork();
	if (pid == 0) {
		int peer = accept(listener, NULL, NULL);
		char bytes[4096];
		ssize_t n;

		send(peer, says, strlen(says), MSG_NOSIGNAL);
		while ((n = read(peer, bytes, sizeof bytes)) > 0)
			if (write(pipes[1], bytes, (size_t)n) < 0)
				break;
		_exit(0);
	}
	close(listener);
	close(pipes[1]);
	*hearer_port = ntohs(at.sin_port);
	*heard = pipes[0];
	return pid;
}

static const struct { const char *label, *body; uint64_t says; } lengths[] = {
	{ "longer, in one frame", "12345GET /smuggled HTTP/1.1\r\n\r\n", 5 },
	{ "longer by a byte", "123456", 5 },
	{ "shorter", "1234", 5 },
	{ "none of a body", "", 1 },
};

/* The server would take what is over, or what comes next on that connection, for another's. */
TEST(a_body_that_is_not_as_long_as_it_said_goes_no_further)
{
	struct answer answer;

	start();
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		char url[100], bytes[4096] = "";
		uint16_t its_port;
		size_t length = 0;
		int heard, fd;
		ssize_t n;
		pid_t pid = hearer("", &its_port, &heard);

		snprintf(url, sizeof url, "http://bad.test:%u/", its_port);
		fd = begin("PUT", url, HTTP_BODY_KNOWN, lengths[i].says, "127.0.0.1");
		if (lengths[i].body[0])
			put(fd, HTTP_BODY, lengths[i].body, (uint32_t)strlen(lengths[i].body));
		put(fd, HTTP_END, "", 0);
		CHECK(finish(fd, &answer), lengths[i].label);
		CHECK_EQ(answer.status, 0, lengths[i].label);
		CHECK(strstr(answer.error, "isn't as long as it said"), answer.error);
		while ((n = read(heard, bytes + length, sizeof bytes - 1 - length)) > 0)
			length += (size_t)n;
		CHECK(!strstr(bytes, "smuggled") && !strstr(bytes, "123456"), bytes);
		close(heard);
		peers_stop(pid);
	}
	CHECK_EQ(http_client_count(client), 0);
	stop();
}

static const struct { const char *label, *says; unsigned status; } silences[] = {
	{ "no answer", "", 0 }, { "half a head", "HTTP/1.1 200 OK\r\nx: y", 0 },
	{ "half a body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", 200 },
};

TEST(a_server_that_does_nothing_is_given_up)
{
	struct answer answer;

	start();
	CHECK_EQ(client->silence_ms, 300000, "five minutes");
	client->silence_ms = 300;
	for (size_t i = 0; i < sizeof silences / sizeof *silences; i++) {
		char url[100];
		uint16_t its_port;
		int heard;
		pid_t pid = hearer(silences[i].says, &its_port, &heard);

		snprintf(url, sizeof url, "http://bad.test:%u/", its_port);
		CHECK(finish(begin("GET", url, HTTP_BODY_NONE, 0, "127.0.0.1"), &answer), silences[i].label);
		CHECK_EQ(answer.error_kind, HTTP_TIMED_OUT, silences[i].label);
		CHECK_EQ(answer.status, silences[i].status, silences[i].label);
		close(heard);
		peers_stop(pid);
	}
	stop();
}

TEST(a_page_that_takes_its_time_is_not_given_up)
{
	struct answer answer;
	uint64_t until;
	int fd;

	start();
	client->silence_ms = 1000;
	fd = begin("PUT", url_of(false, "/echo"), HTTP_BODY_STREAM, 0, "127.0.0.1");
	for (until = uv_now(&loop) + 2000; uv_now(&loop) < until;)
		uv_run(&loop, UV_RUN_ONCE);
	REQUIRE(put(fd, HTTP_BODY, "late", 4) && put(fd, HTTP_END, "", 0), "takes it");
	CHECK(finish(fd, &answer), "ends");
	CHECK_EQ(answer.status, 200, answer.error);
	fd = begin("GET", url_of(false, "/big"), HTTP_BODY_NONE, 0, "127.0.0.1"); /* and doesn't read */
	for (until = uv_now(&loop) + 2000; uv_now(&loop) < until;)
		uv_run(&loop, UV_RUN_ONCE);
	CHECK(finish(fd, &answer), "ends");
	CHECK_EQ(answer.body_length, BIG, answer.error);
	stop();
}

TEST(more_than_can_be_at_once_are_refused)
{
	static int fds[HTTP_TRANSFERS_MAX];
	struct http_head head;
	struct sockaddr_storage storage = here("127.0.0.1");
	int fd;

	start();
	REQUIRE(http_head_read((const uint8_t *)"\3\0GET\16\0http://a.test/\0\0\0\0\0\0\0\0\0\0\0", 32, &head), "is read");
	for (size_t i = 0; i < HTTP_TRANSFERS_MAX; i++) {
		if (i == HTTP_TRANSFERS_OF_SESSION)
			CHECK_EQ(http_transfer_begin(client, session, &head, &storage, 1, &fd), EMFILE, "as many as a session may");
		session = (uint32_t)(i / HTTP_TRANSFERS_OF_SESSION);
		fds[i] = begin("PUT", url_of(false, "/echo"), HTTP_BODY_STREAM, 0, "127.0.0.1");
	}
	session++; /* one that has none yet */
	CHECK_EQ(http_transfer_begin(client, session, &head, &storage, 1, &fd), EMFILE);
	for (size_t i = 0; i < HTTP_TRANSFERS_MAX; i++)
		close(fds[i]);
	stop();
	peers_stop(server);
}
