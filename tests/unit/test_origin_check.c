/* server/auth/origin_check.c: who may ask at all. The rows are entry points of real attacks. */
#include "../check.h"

#include "server/auth/origin_check.h"

#define HOST "localhost:4242"
#define ORIGIN "http://localhost:4242"

static struct text field(const char *lines, const char *name)
{
	const char *at = strstr(lines, name);

	return at ? (struct text){ at + strlen(name), strcspn(at + strlen(name), "\r") } : (struct text){ 0 };
}

static struct origin_claims claims_of(const char *first, const char *lines)
{
	const char *path = strchr(first, ' ') + 1;

	return (struct origin_claims){
		.host = field(lines, "Host: "), .origin = field(lines, "Origin: "), .path = { path, strlen(path) },
		.fetch_site = field(lines, "Sec-Fetch-Site: "), .fetch_mode = field(lines, "Sec-Fetch-Mode: "),
		.fetch_dest = field(lines, "Sec-Fetch-Dest: "),
		.is_get = !strncmp(first, "GET ", 4), .is_upgrade = field(lines, "Upgrade: ").at,
	};
}

static enum origin_verdict judge(const char *first, const char *lines)
{
	const struct origin_claims claims = claims_of(first, lines);

	return origin_check(&claims, HOST, ORIGIN);
}

TEST(only_the_exact_host_is_ours)
{
	static const char *const others[] = {
		"localhost", "localhost:4243", "127.0.0.1:4242", "[::1]:4242", "0.0.0.0:4242", "127.1:4242", "localhost6:4242",
		"localhost.evil.example:4242",
		"evil.example", "evil.example:4242", "LOCALHOST:4242", "localhost.:4242", "localhost:04242", "a@localhost:4242",
		"localhost:4242, evil", "",
	};
	char line[200];

	CHECK_EQ(judge("GET /", "Host: " HOST "\r\n"), ORIGIN_OK);
	CHECK_EQ(judge("GET /", ""), ORIGIN_WRONG_HOST, "no Host");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		snprintf(line, sizeof line, "Host: %s\r\n", others[i]);
		CHECK_EQ(judge("GET /", line), ORIGIN_WRONG_HOST, others[i]);
		CHECK_EQ(judge("POST /_wvwasi/claim", strcat(line, "Origin: " ORIGIN "\r\nContent-Length: 0\r\n")), ORIGIN_WRONG_HOST,
			others[i]);
	}
}

TEST(only_the_exact_origin_may_post_or_upgrade)
{
	static const char *const others[] = {
		"null", "http://evil.example", "http://localhost:4243", "https://localhost:4242", "http://localhost:4242.",
		"http://localhost.:4242",
		"HTTP://LOCALHOST:4242", "http://a@localhost:4242", "http://127.0.0.1:4242", "http://192.0.2.1:4242", "http://localhost",
		"http://localhost:4242/",
		"",
	};
	char line[300];

	CHECK_EQ(judge("POST /", "Host: " HOST "\r\nOrigin: " ORIGIN "\r\nContent-Length: 0\r\n"), ORIGIN_OK);
	CHECK_EQ(judge("POST /", "Host: " HOST "\r\nContent-Length: 0\r\n"), ORIGIN_MISSING);
	CHECK_EQ(judge("GET /_wvwasi/ws", "Host: " HOST "\r\nUpgrade: websocket\r\n"), ORIGIN_MISSING);
	CHECK_EQ(judge("OPTIONS /", "Host: " HOST "\r\n"), ORIGIN_MISSING, "a preflight");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		snprintf(line, sizeof line, "Host: " HOST "\r\nOrigin: %s\r\n", others[i]);
		CHECK_EQ(judge("GET /", line), ORIGIN_FOREIGN, others[i]);
		CHECK_EQ(judge("GET /_wvwasi/ws", strcat(line, "Upgrade: websocket\r\n")), ORIGIN_FOREIGN, others[i]);
	}
}

static const struct { const char *first, *lines; enum origin_verdict verdict; } sites[] = {
	{ "GET /", "Sec-Fetch-Site: same-origin\r\n", ORIGIN_OK },
	{ "GET /", "Sec-Fetch-Site: none\r\n", ORIGIN_OK },
	{ "GET /", "Sec-Fetch-Site: cross-site\r\n", ORIGIN_FOREIGN_SITE },
	{ "GET /", "Sec-Fetch-Site: same-site\r\n", ORIGIN_FOREIGN_SITE },
	{ "GET /", "Sec-Fetch-Site: anything\r\n", ORIGIN_FOREIGN_SITE },
	{ "GET /", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n", ORIGIN_OK },
	{ "GET /", "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n", ORIGIN_OK },
	{ "GET /", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n", ORIGIN_FOREIGN_SITE },
	{ "GET /", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n", ORIGIN_FOREIGN_SITE },
	{ "GET /", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: script\r\n", ORIGIN_FOREIGN_SITE },
	{ "GET /", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n", ORIGIN_FOREIGN_SITE },
	{ "GET /", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n", ORIGIN_FOREIGN_SITE },
	{ "GET /_wvwasi/ws",
		"Origin: " ORIGIN "\r\nUpgrade: websocket\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n"
		"Sec-Fetch-Dest: document\r\n",
	  ORIGIN_FOREIGN_SITE },
	{ "POST /", "Origin: " ORIGIN "\r\nContent-Length: 0\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n"
		"Sec-Fetch-Dest: document\r\n",
	  ORIGIN_FOREIGN_SITE },
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
	const struct origin_claims claims = claims_of("GET /app/", "Host: 127.0.0.1:4242\r\nOrigin: http://evil.example\r\n");
	char said[640];

	origin_check_explain(ORIGIN_WRONG_HOST, &claims, ORIGIN, said, sizeof said);
	CHECK(strstr(said, "'127.0.0.1:4242'") && strstr(said, ORIGIN "/app/"), said);
	origin_check_explain(ORIGIN_FOREIGN, &claims, ORIGIN, said, sizeof said);
	CHECK(strstr(said, "'http://evil.example'") && strstr(said, ORIGIN), said);
	CHECK_EQ(origin_check_status(ORIGIN_WRONG_HOST), 421);
	CHECK_EQ(origin_check_status(ORIGIN_MISSING), 403);
	CHECK_EQ(origin_check_status(ORIGIN_FOREIGN), 403);
	CHECK_EQ(origin_check_status(ORIGIN_FOREIGN_SITE), 403);
}
