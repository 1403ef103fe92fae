/* server/program/profile_text.c: what a start profile may say, whoever wrote it. */
#include "../check.h"

#include "server/program/profile_text.h"

static const struct {
	const char *text;
	bool is_well;
} texts[] = {
	{ "", true },
	{ "d 3 187 .\n", true },
	{ "d 3 187 .\nf 5 a%20b\n", true },
	{ "d 3 187 .\nd 4 0 lib/%C3%A4\nf 5 a\n@ 0\nf 4294967295 ...\n", true },
	{ "l 3 187 .\nl 3 1 a/b\nf 1 c\n", true },
	{ "l 3 1 ../a\n", false },
	{ "d 3 187 .hidden/..two/a..b\n", true },
	{ "d 3 187 .", false },                 /* no end of line */
	{ "\n", false },
	{ "x 3 187 .\n", false },
	{ "# 3 187 .\n", false },
	{ "d 3 .\n", false },
	{ "d 65536 1 .\n", false },
	{ "d 3 4294967296 .\n", false },
	{ "d 3 99999999999 .\n", false },
	{ "d -3 1 .\n", false },
	{ "d 3 1 \n", false },
	{ "d 3 1 ..\n", false },
	{ "d 3 1 ../a\n", false },
	{ "d 3 1 a/..\n", false },
	{ "d 3 1 a/../b\n", false },
	{ "d 3 1 a/./b\n", false },
	{ "d 3 1 %2E%2E/a\n", false },
	{ "d 3 1 a/%2E.\n", false },
	{ "d 3 1 ./a\n", false },
	{ "d 3 1 /a\n", false },
	{ "d 3 1 a/\n", false },
	{ "d 3 1 a//b\n", false },
	{ "d 3 1 a%2Fb\n", false },
	{ "d 3 1 a%00b\n", false },
	{ "d 3 1 a%0\n", false },
	{ "d 3 1 a%\n", false },
	{ "d 3 1 a%zz\n", false },
	{ "d 3 1 a%c3\n", false },              /* one way to write it */
	{ "d 3 1 a b\n", false },
	{ "d 3 1 \xc3\xa4\n", false },
	{ "d 3 1 .\r\n", false },
	{ "f 5 a\n", false },                   /* of no folder */
	{ "@ 0\n", false },
	{ "d 3 1 .\n@ 1\n", false },
	{ "d 3 1 .\n@ 0 \n", false },
	{ "d 3 1 .\nf 5 a/b\n", false },
	{ "d 3 1 .\nf 5 ..\n", false },
	{ "d 3 1 .\nf 5 .\n", false },
	{ "d 3 1 .\nf 5\n", false },
};

TEST(a_profile_names_places_below_grants_and_nothing_else)
{
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		size_t length = strlen(texts[i].text);
		char *exact = memcpy(malloc(length + !length), texts[i].text, length); /* what reads past it is seen */

		CHECK_EQ(profile_text_is_well(exact, length), texts[i].is_well, texts[i].text);
		free(exact);
	}
}

TEST(a_profile_is_bounded)
{
	enum { LINE = 10 };
	static char text[LINE * (PROFILE_LINES_MAX + 1) + 1], name[600] = "d 3 1 ";

	for (int i = 0; i <= PROFILE_LINES_MAX; i++)
		memcpy(text + LINE * i, "d 3 187 .\n", LINE);
	CHECK(profile_text_is_well(text, (size_t)LINE * PROFILE_LINES_MAX));
	CHECK(!profile_text_is_well(text, (size_t)LINE * (PROFILE_LINES_MAX + 1)));
	memset(name + 6, 'a', 256);
	strcpy(name + 6 + 255, "\n");
	CHECK(profile_text_is_well(name, strlen(name)));
	strcpy(name + 6 + 255, "a\n");
	CHECK(!profile_text_is_well(name, strlen(name)));
}

TEST(comments_at_its_beginning_are_left_out)
{
	const char *text = "# one\n# two\nd 3 1 .\n# three\n", *body;
	size_t length = strlen(text);

	body = profile_text_body(text, &length);
	CHECK_STR(body, "d 3 1 .\n# three\n");
	CHECK_EQ(length, strlen(body));
	length = 4;
	profile_text_body(text, &length);
	CHECK_EQ(length, 0);
}

TEST(words_become_one_line_that_fits)
{
	char line[32], *end;

	end = profile_text_put(line, line + sizeof line, "a b\n%\xc3");
	CHECK_STR(line, "a b%0A%25%C3");
	CHECK(*end == 0 && end == line + strlen(line));
	end = profile_text_put(line, line + 10, "0123456789");
	CHECK(end < line + 10);
	CHECK_STR(line, "012345");
}
