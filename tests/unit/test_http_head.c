/* server/dialer/http_head.c: which requests are read, and as what. */
#include "../check.h"

#include "server/dialer/http_head.h"

static uint8_t bytes[64 << 10];
static size_t length;

static void number(uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[length++] = (uint8_t)(value >> 8 * i);
}

static void text(const char *word, size_t size)
{
	number(size, 2);
	memcpy(bytes + length, word, size);
	length += size;
}

static void begin(const char *method, const char *url, uint8_t body, uint64_t body_length, uint16_t headers)
{
	length = 0;
	text(method, strlen(method));
	text(url, strlen(url));
	number(body, 1);
	number(body_length, 8);
	number(headers, 2);
}

static const struct { const char *url, *host; uint16_t port; bool secure; } good[] = {
	{ "http://a.test/", "a.test", 80, false }, { "https://a.test/x?y=z%20&a=[b]", "a.test", 443, true },
	{ "https://a.test:8443/", "a.test", 8443, true },
	{ "http://127.0.0.1:1/", "127.0.0.1", 1, false }, { "http://[::1]:65535/", "::1", 65535, false },
	{ "https://[2001:db8::1]/", "2001:db8::1", 443, true },
	{ "http://localhost/", "localhost", 80, false }, { "http://xn--bcher-kva.test/", "xn--bcher-kva.test", 80, false },
	{ "http://a_b.test/", "a_b.test", 80, false },
};

static const char *const bad[] = {
	"", "http://", "http:///", "http://a.test", "ftp://a.test/", "file:///etc/passwd", "HTTP://a.test/", "http://A.test/",
	"http://user@a.test/", "http://a.test@b.test/",
	"http://user:x@a.test/", "http://a.test:/", "http://a.test:0/", "http://a.test:080/", "http://a.test:65536/",
	"http://a.test:8x/", "http://a.test:+80/",
	"http://a.test/#x", "http://a.test/ x", "http://a.test/\r\nHost: b", "http://a.test\\@b.test/", "http://a.test/\x80",
	"http://a..test/", "http://.a.test/",
	"http://a%2etest/", "http://a.test?x/", "http://0x7f.1/", "http://2130706433/", "http://0177.0.0.1/", "http://127.1/",
	"http://127.0.0.1./", "http://127.0.0.256/",
	"http://a.test./", "http://[::1/", "http://[::1]x/", "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/",
	"http://[127.0.0.1]/", "http://::1/", "http://./", "http://a.1/", "http://a.0x1/",
};

TEST(a_url_is_read_in_one_form_alone)
{
	struct http_head head;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		begin("GET", good[i].url, HTTP_BODY_NONE, 0, 0);
		REQUIRE(http_head_read(bytes, length, &head), good[i].url);
		CHECK_STR(head.host, good[i].host, good[i].url);
		CHECK_EQ(head.port, good[i].port, good[i].url);
		CHECK_EQ(head.is_secure, good[i].secure, good[i].url);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		begin("GET", bad[i], HTTP_BODY_NONE, 0, 0);
		CHECK(!http_head_read(bytes, length, &head), bad[i]);
	}
}

static const struct { const char *name, *value; size_t value_length; bool good; } headers[] = {
	{ "accept", "*/*", 3, true }, { "x-empty", "", 0, true }, { "x-bytes", "\xff\t", 2, true }, { "cookie", "a=b", 3, true },
	{ "", "x", 1, false }, { "a b", "x", 1, false }, { "a:b", "x", 1, false }, { "x", "a\r\nb: c", 7, false },
	{ "x", "a\0b", 3, false }, { "x", "a\nb", 3, false }, { "x", "\x7f", 1, false },
	{ "Host", "b.test", 6, false }, { "content-LENGTH", "5", 1, false }, { "Transfer-Encoding", "chunked", 7, false },
	{ "connection", "close", 5, false },
	{ "proxy-authorization", "x", 1, false }, { "upgrade", "websocket", 9, false }, { "te", "trailers", 8, false },
	{ "expect", "100-continue", 12, false },
};

TEST(headers_that_frame_a_message_are_refused)
{
	struct http_head head;

	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		begin("GET", "http://a.test/", HTTP_BODY_NONE, 0, 1);
		text(headers[i].name, strlen(headers[i].name));
		text(headers[i].value, headers[i].value_length);
		CHECK_EQ(http_head_read(bytes, length, &head), headers[i].good, headers[i].name);
	}
}

static const struct { const char *method; bool good; } methods[] = {
	{ "GET", true }, { "PATCH", true }, { "M-SEARCH", true }, { "", false }, { "GET ", false }, { "connect", false },
	{ "CONNECT", false }, { "Trace", false }, { "TRACK", false },
	{ "G\r\nET", false }, { "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", false },
};

TEST(methods_are_words_and_open_no_tunnel)
{
	struct http_head head;

	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		begin(methods[i].method, "http://a.test/", HTTP_BODY_NONE, 0, 0);
		CHECK_EQ(http_head_read(bytes, length, &head), methods[i].good, methods[i].method);
	}
}

TEST(what_is_cut_short_or_goes_on_is_nothing)
{
	struct http_head head;
	size_t whole;

	begin("POST", "http://a.test/", HTTP_BODY_KNOWN, 5, 2);
	text("a", 1);
	text("b", 1);
	text("c", 1);
	text("d", 1);
	whole = length;
	CHECK(http_head_read(bytes, whole, &head));
	CHECK_EQ(head.body_length, 5);
	for (size_t cut = 0; cut < whole; cut++)
		CHECK(!http_head_read(bytes, cut, &head));
	CHECK(!http_head_read(bytes, whole + 1, &head));
	begin("POST", "http://a.test/", 3, 0, 0);
	CHECK(!http_head_read(bytes, length, &head), "a fourth kind of body");
	begin("POST", "http://a.test/", HTTP_BODY_KNOWN, (uint64_t)1 << 62, 0);
	CHECK(!http_head_read(bytes, length, &head), "more than libcurl counts");
	begin("GET", "http://a.test/", HTTP_BODY_NONE, 0, HTTP_HEADERS_MAX + 1);
	for (int i = 0; i <= HTTP_HEADERS_MAX; i++) {
		text("a", 1);
		text("b", 1);
	}
	CHECK(!http_head_read(bytes, length, &head), "too many headers");
}
