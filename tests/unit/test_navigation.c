/* webview/navigation.c: where a page of the window may go, and where a fresh link leads it. */
#include <stdlib.h>

#include "webview/navigation.h"
#include "../check.h"

static const char origin[] = "http://localhost:27015";

static const struct { const char *uri; enum navigation want; } places[] = {
	{ "http://localhost:27015/", NAVIGATION_OWN }, { "http://localhost:27015", NAVIGATION_OWN },
	{ "http://localhost:27015/a?b#c", NAVIGATION_OWN },
	{ "http://localhost:27015?x", NAVIGATION_OWN }, { "blob:http://localhost:27015/8a-f", NAVIGATION_OWN },
	{ "about:blank", NAVIGATION_OWN }, { "about:srcdoc", NAVIGATION_OWN }, { "about:blank#x", NAVIGATION_OWN },
	/* almost ours */
	{ "http://localhost:270150/", NAVIGATION_EXTERNAL }, { "http://localhost:2701/", NAVIGATION_EXTERNAL },
	{ "http://localhost:27015@evil.example/", NAVIGATION_EXTERNAL },
	{ "http://localhost:27015.evil.example/", NAVIGATION_EXTERNAL },
	{ "https://localhost:27015/", NAVIGATION_EXTERNAL }, { "http://127.0.0.1:27015/", NAVIGATION_EXTERNAL },
	{ "http://localhost/", NAVIGATION_EXTERNAL }, { "HTTP://LOCALHOST:27015/", NAVIGATION_EXTERNAL },
	{ "https://example.org/?http://localhost:27015/", NAVIGATION_EXTERNAL }, { "mailto:a@b.example", NAVIGATION_EXTERNAL },
	/* nothing that a browser should be handed by a page */
	{ "blob:http://localhost:270150/8a-f", NAVIGATION_REFUSED }, { "blob:https://example.org/8a-f", NAVIGATION_REFUSED },
	{ "file:///etc/passwd", NAVIGATION_REFUSED }, { "data:text/html,x", NAVIGATION_REFUSED },
	{ "javascript:alert(1)", NAVIGATION_REFUSED },
	{ "about:config", NAVIGATION_REFUSED }, { "about:blankety", NAVIGATION_REFUSED }, { "webkit://gpu", NAVIGATION_REFUSED },
	{ "vscode://x", NAVIGATION_REFUSED }, { "--version", NAVIGATION_REFUSED }, { "", NAVIGATION_REFUSED },
};

TEST(only_our_origin_is_here)
{
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		CHECK_EQ(navigation_classify(origin, places[i].uri), places[i].want, places[i].uri);
}

static const struct { const char *link, *want; } links[] = {
	{ "http://localhost:27015/_wvwasi/enter#k=x", "http://localhost:27015" }, { "http://127.0.0.7:1", "http://127.0.0.7:1" },
	{ "http://[::1]:9/x", "http://[::1]:9" }, { "http://a@localhost:1/", NULL }, { "file:///x", NULL },
	{ "ftp://localhost/", NULL },
	{ "http:///x", NULL }, { "", NULL }, { "localhost:1", NULL },
};

TEST(an_origin_is_what_stands_before_the_path)
{
	for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
		char found[64];
		bool got = navigation_origin(links[i].link, found, sizeof found);

		CHECK_EQ(got, links[i].want != NULL, links[i].link);
		if (got && links[i].want)
			CHECK_STR(found, links[i].want);
	}
}

TEST(an_origin_that_does_not_fit_is_none)
{
	char found[8];

	CHECK_EQ(navigation_origin("http://localhost:27015/", found, sizeof found), false);
}

TEST(a_fresh_link_leads_back_to_where_the_page_was)
{
	static const char link[] = "http://localhost:27015/_wvwasi/enter#k=abc&to=/_wvwasi/terminal";
	size_t length;
	const char *path = navigation_path(origin, "http://localhost:27015/a/b?c=d&e#f", &length);
	char at[64], *made;

	snprintf(at, sizeof at, "%.*s", (int)length, path);
	CHECK_STR(at, "/a/b?c=d&e");
	made = navigation_link_to(link, at);
	CHECK_STR(made, "http://localhost:27015/_wvwasi/enter#k=abc&to=/a/b%3Fc%3Dd%26e");
	free(made);
	path = navigation_path(origin, "about:blank", &length);
	CHECK_EQ(length, 1u);
	path = navigation_path(origin, NULL, &length);
	CHECK_EQ(*path, '/');
}
