/* server/auth/origin_check.c: who may ask at all. The rows are entry points of real attacks. */
#include "../check.h"

#include "server/auth/origin_check.h"

#define HOST "localhost:4242"
#define ORIGIN "http://localhost:4242"

static enum gate_verdict judge(const char *first, const char *lines)
{
	static struct head head;
	static char text[4096];

	snprintf(text, sizeof text, "%s HTTP/1.1\r\n%s\r\n", first, lines);
	REQUIRE(head_read(&head, text, strlen(text)) == HEAD_READY, text);
	return gate_judge(&head, HOST, ORIGIN);
}

TEST(only_the_exact_host_is_ours)
{
	static const char *const others[] = {
		"localhost", "localhost:4243", "127.0.0.1:4242", "[::1]:4242", "0.0.0.0:4242", "127.1:4242", "localhost6:4242", "localhost.evil.example:4242",
		"evil.example", "evil.example:4242", "LOCALHOST:4242", "localhost.:4242", "localhost:04242", "a@localhost:4242", "localhost:4242, evil", "",
	};
	char line[200];

	CHECK_EQ(judge("GET /", "Host: " HOST "\r\n"), GATE_OPEN);
	CHECK_EQ(judge("GET /", ""), GATE_WRONG_HOST, "no Host");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		snprintf(line, sizeof line, "Host: %s\r\n", others[i]);
		CHECK_EQ(judge("GET /", line), GATE_WRONG_HOST, others[i]);
		CHECK_EQ(judge("POST /_wvwasi/claim", strcat(line, "Origin: " ORIGIN "\r\nContent-Length: 0\r\n")), GATE_WRONG_HOST, others[i]);
	}
}

TEST(only_the_exact_origin_may_post_or_upgrade)
{
	static const char *const others[] = {
		"null", "http://evil.example", "http://localhost:4243", "https://localhost:4242", "http://localhost:4242.", "http://localhost.:4242",
		"HTTP://LOCALHOST:4242", "http://a@localhost:4242", "http://127.0.0.1:4242", "http://192.0.2.1:4242", "http://localhost", "http://localhost:4242/",
		"",
	};
	char line[300];

	CHECK_EQ(judge("POST /", "Host: " HOST "\r\nOrigin: " ORIGIN "\r\nContent-Length: 0\r\n"), GATE_OPEN);
	CHECK_EQ(judge("POST /", "Host: " HOST "\r\nContent-Length: 0\r\n"), GATE_NO_ORIGIN);
	CHECK_EQ(judge("GET /_wvwasi/ws", "Host: " HOST "\r\nUpgrade: websocket\r\n"), GATE_NO_ORIGIN);
	CHECK_EQ(judge("OPTIONS /", "Host: " HOST "\r\n"), GATE_NO_ORIGIN, "a preflight");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		snprintf(line, sizeof line, "Host: " HOST "\r\nOrigin: %s\r\n", others[i]);
		CHECK_EQ(judge("GET /", line), GATE_FOREIGN_ORIGIN, others[i]);
		CHECK_EQ(judge("GET /_wvwasi/ws", strcat(line, "Upgrade: websocket\r\n")), GATE_FOREIGN_ORIGIN, others[i]);
	}
}

static const struct { const char *first, *lines; enum gate_verdict verdict; } sites[] = {
	{ "GET /", "Sec-Fetch-Site: same-origin\r\n", GATE_OPEN },
	{ "GET /", "Sec-Fetch-Site: none\r\n", GATE_OPEN },
	{ "GET /", "Sec-Fetch-Site: cross-site\r\n", GATE_FOREIGN_SITE },
	{ "GET /", "Sec-Fetch-Site: same-site\r\n", GATE_FOREIGN_SITE },
	{ "GET /", "Sec-Fetch-Site: anything\r\n", GATE_FOREIGN_SITE },
	{ "GET /", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n", GATE_OPEN },
	{ "GET /", "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n", GATE_OPEN },
	{ "GET /", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n", GATE_FOREIGN_SITE },
	{ "GET /", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n", GATE_FOREIGN_SITE },
	{ "GET /", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: script\r\n", GATE_FOREIGN_SITE },
	{ "GET /", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n", GATE_FOREIGN_SITE },
	{ "GET /", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n", GATE_FOREIGN_SITE },
	{ "GET /_wvwasi/ws", "Origin: " ORIGIN "\r\nUpgrade: websocket\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n",
	  GATE_FOREIGN_SITE },
	{ "POST /", "Origin: " ORIGIN "\r\nContent-Length: 0\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n",
	  GATE_FOREIGN_SITE },
};

TEST(another_sites_page_may_link_here_and_nothing_else)
{
	char lines[512];

	for (size_t i = 0; i < sizeof sites / sizeof *sites; i++) {
		snprintf(lines, sizeof lines, "Host: " HOST "\r\n%s", sites[i].lines);
		CHECK_EQ(judge(sites[i].first, lines), sites[i].verdict, sites[i].lines);
	}
}

TEST(a_refusal_names_what_was_seen_and_what_would_be_right)
{
	static const char text[] = "GET /app/ HTTP/1.1\r\nHost: 127.0.0.1:4242\r\nOrigin: http://evil.example\r\n\r\n";
	struct head head;
	char said[640];

	REQUIRE(head_read(&head, text, sizeof text - 1) == HEAD_READY);
	gate_explain(GATE_WRONG_HOST, &head, ORIGIN, said, sizeof said);
	CHECK(strstr(said, "'127.0.0.1:4242'") && strstr(said, ORIGIN "/app/"), said);
	gate_explain(GATE_FOREIGN_ORIGIN, &head, ORIGIN, said, sizeof said);
	CHECK(strstr(said, "'http://evil.example'") && strstr(said, ORIGIN), said);
	CHECK_EQ(gate_status(GATE_WRONG_HOST), 421);
	CHECK_EQ(gate_status(GATE_NO_ORIGIN), 403);
	CHECK_EQ(gate_status(GATE_FOREIGN_ORIGIN), 403);
	CHECK_EQ(gate_status(GATE_FOREIGN_SITE), 403);
}
