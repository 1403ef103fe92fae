/* server/dialer/http.c against nginx: what a page gets, and how it gives up. */
#include "http_page.h"

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
	peers_stop(server);
}
