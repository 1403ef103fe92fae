/* server/http/head.c: what a request's head may look like, and what it then says. */
#include "../check.h"

#include "server/http/head.h"
#include "server/http/long_head.h"

#define LINE "GET / HTTP/1.1\r\n"
#define GOOD "GET /a?b HTTP/1.1\r\nHost: localhost:1\r\n\r\n"

/* On the heap and exactly as long: a byte read past the end is a report. */
static enum head_verdict read_exactly(struct head *head, const char *text, size_t length, char **bytes)
{
	*bytes = malloc(length ? length : 1);
	memcpy(*bytes, text, length);
	return head_read(head, *bytes, length);
}

static const struct { const char *label, *text; int status; } refused[] = {
	{ "TLS", "\x16\x03\x01\x02", 400 },
	{ "no request", "hello\r\n\r\n", 400 },
	{ "no version", "GET /\r\n\r\n", 400 },
	{ "HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 505 },
	{ "HTTP/2.0", "GET / HTTP/2.0\r\n\r\n", 400 },
	{ "HTTP/1.10", "GET / HTTP/1.10\r\n\r\n", 400 },
	{ "absolute address", "GET http://localhost:1/ HTTP/1.1\r\n\r\n", 400 },
	{ "CONNECT's address", "CONNECT localhost:1 HTTP/1.1\r\n\r\n", 400 },
	{ "OPTIONS *", "OPTIONS * HTTP/1.1\r\n\r\n", 400 },
	{ "fragment", "GET /#a HTTP/1.1\r\n\r\n", 400 },
	{ "raw byte in the address", "GET /\xc3\xa4 HTTP/1.1\r\n\r\n", 400 },
	{ "two spaces", "GET  / HTTP/1.1\r\n\r\n", 400 },
	{ "method with a control byte", "G\x01T / HTTP/1.1\r\n\r\n", 400 },
	{ "leading empty line", "\r\n" GOOD, 400 },
	{ "bare newline", "GET / HTTP/1.1\n\n", 400 },
	{ "bare newline later", LINE "Host: a\n\r\n", 400 },
	{ "bare carriage return", LINE "Host: a\rb\r\n\r\n", 400 },
	{ "folded line", LINE "Host: a\r\n b\r\n\r\n", 400 },
	{ "no colon", LINE "Host\r\n\r\n", 400 },
	{ "no name", LINE ": a\r\n\r\n", 400 },
	{ "space before the colon", LINE "Host : a\r\n\r\n", 400 },
	{ "NUL in a value", LINE "Host: a\x01\r\n\r\n", 400 },
	{ "two Hosts", LINE "Host: a\r\nhost: a\r\n\r\n", 400 },
	{ "two Origins", LINE "Origin: a\r\nORIGIN: a\r\n\r\n", 400 },
	{ "two lengths", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400 },
	{ "length and encoding", "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
	{ "chunked", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411 },
	{ "POST without a length", "POST / HTTP/1.1\r\n\r\n", 411 },
	{ "negative length", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400 },
	{ "signed length", "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", 400 },
	{ "hex length", "POST / HTTP/1.1\r\nContent-Length: 0x1\r\n\r\n", 400 },
	{ "empty length", "POST / HTTP/1.1\r\nContent-Length:\r\n\r\n", 400 },
	{ "huge length", "POST / HTTP/1.1\r\nContent-Length: 9999999999999999\r\n\r\n", 400 },
	{ "list of lengths", "POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n", 400 },
	{ "body of a GET", "GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\n", 400 },
};

TEST(what_is_not_a_strict_head_is_refused)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct head head;
		char *bytes;

		CHECK_EQ(read_exactly(&head, refused[i].text, strlen(refused[i].text), &bytes), HEAD_REFUSED, refused[i].label);
		CHECK_EQ(head.status, refused[i].status, refused[i].label);
		CHECK(head.problem, refused[i].label);
		free(bytes);
	}
}

TEST(a_head_in_any_number_of_pieces_is_the_same_head)
{
	for (size_t length = 0; length < sizeof GOOD - 1; length++) {
		struct head head;
		char *bytes;

		CHECK_EQ(read_exactly(&head, GOOD, length, &bytes), HEAD_MORE);
		free(bytes);
	}
}

TEST(a_head_says_what_it_holds)
{
	static const char text[] = "POST /_wvwasi/call?x=1 HTTP/1.1\r\nHOST:\t localhost:4242 \r\norigin: http://localhost:4242\r\n"
		"Content-Length: 12\r\nWvwasi-Ticket: abc\r\nCookie: ignored; a=b\r\nX-Empty:\r\n\r\nbody";
	struct head head;
	char *bytes;

	REQUIRE(read_exactly(&head, text, sizeof text - 1, &bytes) == HEAD_READY);
	CHECK_EQ(head.length, sizeof text - 1 - 4);
	CHECK_EQ(head.method, METHOD_POST);
	CHECK(text_is(head.path, "/_wvwasi/call"));
	CHECK(text_is(head.query, "x=1"));
	CHECK(text_is(head.fields[HEAD_HOST], "localhost:4242"));
	CHECK(text_is(head.fields[HEAD_ORIGIN], "http://localhost:4242"));
	CHECK(text_is(head.fields[HEAD_TICKET], "abc"));
	CHECK(!head.fields[HEAD_SECRET].at);
	CHECK_EQ(head.content_length, 12);
	CHECK(head.keep_alive);
	free(bytes);
}

TEST(connection_close_is_heard_among_other_words)
{
	static const struct { const char *text; bool keeps; } rows[] = {
		{ LINE "\r\n", true }, { LINE "Connection: keep-alive\r\n\r\n", true }, { LINE "Connection: close\r\n\r\n", false },
		{ LINE "Connection: Upgrade, CLOSE\r\n\r\n", false }, { LINE "Connection: closed\r\n\r\n", true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct head head;

		CHECK_EQ(head_read(&head, rows[i].text, strlen(rows[i].text)), HEAD_READY, rows[i].text);
		CHECK_EQ(head.keep_alive, rows[i].keeps, rows[i].text);
	}
}

/* Whatever is dropped, the rest reads as the whole does, in whatever pieces it comes. */
TEST(of_a_long_head_what_is_needed_is_kept)
{
	static const struct { const char *whole, *kept; } rows[] = {
		{ LINE "Host: h\r\nAccept: much\r\n\r\nrest", LINE "Host: h\r\nAccept:\r\n\r\n" },
		{ LINE "Cookie: a=b; wv_1=c; d=e\r\n\r\n", LINE "Cookie: ; wv_1=c; \r\n\r\n" },
		{ LINE "COOKIE:wv_1=c\r\n\r\n", LINE "COOKIE:wv_1=c\r\n\r\n" },
		{ LINE "Cookie: wv_1=" "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" ";wv=1; wv_2=3\r\n\r\n", LINE "Cookie: ;; wv_2=3\r\n\r\n" },
		{ LINE "Origin: a:b\r\nX: Host: h\r\n\r\n", LINE "Origin: a:b\r\nX:\r\n\r\n" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t piece = 1; piece < 64; piece *= 3) {
			struct long_head head = { 0 };
			enum head_verdict verdict = HEAD_MORE;
			size_t at = 0, taken;

			while (verdict == HEAD_MORE && at < strlen(rows[i].whole)) {
				size_t left = strlen(rows[i].whole) - at;

				verdict = long_head_take(&head, rows[i].whole + at, left < piece ? left : piece, &taken);
				at += taken;
			}
			CHECK_EQ(verdict, HEAD_READY, rows[i].whole);
			CHECK(head.length == strlen(rows[i].kept) && !memcmp(head.kept, rows[i].kept, head.length), rows[i].whole);
			CHECK(at == (size_t)(strstr(rows[i].whole, "\r\n\r\n") + 4 - rows[i].whole), rows[i].whole);
		}
}

TEST(a_head_has_bounds)
{
	static char bytes[HEAD_BYTES_MAX];
	struct head head;
	size_t at;

	memset(bytes, 'a', sizeof bytes);
	memcpy(bytes, LINE "Cookie: ", sizeof LINE + 7);
	CHECK_EQ(head_read(&head, bytes, sizeof bytes - 1), HEAD_MORE, "one byte less may still end");
	CHECK_EQ(head_read(&head, bytes, sizeof bytes), HEAD_LONG, "16 KiB of cookies");
	memcpy(bytes + sizeof bytes - 4, "\r\n\r\n", 4);
	CHECK_EQ(head_read(&head, bytes, sizeof bytes), HEAD_READY, "16 KiB exactly");

	at = (size_t)sprintf(bytes, LINE);
	for (int i = 0; i <= HEAD_LINES_MAX; i++)
		at += (size_t)sprintf(bytes + at, "X%d: a\r\n", i);
	CHECK_EQ(head_read(&head, bytes, at), HEAD_REFUSED);
	CHECK_EQ(head.status, 431, "101 lines");

	at = (size_t)sprintf(bytes, "GET /");
	memset(bytes + at, 'a', HEAD_TARGET_MAX);
	at += HEAD_TARGET_MAX;
	at += (size_t)sprintf(bytes + at, " HTTP/1.1\r\n\r\n");
	CHECK_EQ(head_read(&head, bytes, at), HEAD_REFUSED);
	CHECK_EQ(head.status, 414, "a long address");
}

/* Row 17 of the threats: traversal, in all its dresses. */
static const struct { const char *path; int status; const char *decoded; } paths[] = {
	{ "/", 0, "" }, { "/a", 0, "a" }, { "/a/", 0, "a/" }, { "/a/b.js", 0, "a/b.js" }, { "/a%20b", 0, "a b" },
	{ "/%C3%A4", 0, "\xc3\xa4" },
	{ "/a..b", 0, "a..b" }, { "/a.", 0, "a." }, { "/100%25", 0, "100%" },
	{ "/..", 404, NULL }, { "/../etc/passwd", 404, NULL }, { "/a/../b", 404, NULL }, { "/a/..", 404, NULL }, { "/.", 404, NULL },
	{ "/./a", 404, NULL }, { "/%2e%2e/a", 404, NULL }, { "/%2E%2E", 404, NULL }, { "/.%2e/a", 404, NULL },
	{ "/a/%2e%2e/%2e%2e/b", 404, NULL },
	{ "/...", 404, NULL }, { "/.env", 404, NULL }, { "/%2eenv", 404, NULL }, { "/a/.git/config", 404, NULL },
	{ "/.well-known", 404, NULL },
	{ "/.well-known/", 0, ".well-known/" }, { "/.well-known/security.txt", 0, ".well-known/security.txt" },
	{ "/%2ewell-known/a", 0, ".well-known/a" },
	{ "/.well-known/.env", 404, NULL }, { "/.well-known/..", 404, NULL }, { "/.well-known/../.env", 404, NULL },
	{ "/a/.well-known/b", 404, NULL },
	{ "/.well-known//", 404, NULL }, { "/.well-known.env", 404, NULL },
	{ "//", 404, NULL }, { "//a", 404, NULL }, { "/a//b", 404, NULL }, { "//etc/passwd", 404, NULL }, { "/a/b//", 404, NULL },
	{ "/%2f", 400, NULL }, { "/a%2Fb", 400, NULL }, { "/%2e%2e%2fetc", 400, NULL }, { "/..%2f..%2fetc", 400, NULL },
	{ "/\\", 0, "\\" }, { "/a\\..\\b", 0, "a\\..\\b" }, { "/%5c", 0, "\\" }, { "/..%5c..%5cetc", 404, NULL },
	{ "/%00", 400, NULL }, { "/a%00.html", 400, NULL }, { "/%0a", 400, NULL }, { "/%0d%0aSet-Cookie:a", 400, NULL },
	{ "/%7f", 400, NULL },
	{ "/a:b", 0, "a:b" }, { "/%3a", 0, ":" }, { "/%23", 0, "#" }, { "/C:/a", 0, "C:/a" },
	{ "/%", 400, NULL }, { "/%2", 400, NULL }, { "/%zz", 400, NULL }, { "/%u002e", 400, NULL }, { "/a%", 400, NULL },
	{ "/%252e%252e", 0, "%2e%2e" }, /* once is once: a file of that name */
};

TEST(a_path_is_decoded_once_and_stays_below)
{
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		size_t length = strlen(paths[i].path);
		char *path = malloc(length), *decoded = malloc(length + 1);

		memcpy(path, paths[i].path, length);
		CHECK_EQ(path_decode((struct text){ path, length }, decoded), paths[i].status, paths[i].path);
		if (paths[i].decoded)
			CHECK_STR(decoded, paths[i].decoded, paths[i].path);
		free(path);
		free(decoded);
	}
}
