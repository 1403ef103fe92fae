/* server/dialer/http_loop.c: hostile and silent servers, lengths that are not true, and how much runs at once. */
#include "http_page.h"

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
