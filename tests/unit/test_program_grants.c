/* server/program/grants.c: the words of --dir. */
#include "../check.h"

#include "server/program/grants.h"

TEST(the_words_of_dir_fall_into_host_guest_and_read_only)
{
	static const struct { const char *words, *host, *guest; bool read_only; } rows[] = {
		{ "a", "a", "a", false }, { "a:ro", "a", "a", true }, { "a::/b", "a", "/b", false }, { "a::/b:ro", "a", "/b", true },
		{ "/x/y", "/x/y", "/x/y", false }, { ".", ".", ".", false }, { "a:b", "a:b", "a:b", false }, { "a::b::c", "a", "b::c", false },
		{ ":ro", ":ro", ":ro", false }, { "::/b", "::/b", "::/b", false }, { "a::", "a::", "a::", false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[64];
		struct dir_words words;

		strcpy(text, rows[i].words);
		dir_words_split(text, &words);
		CHECK_STR(words.host, rows[i].host, rows[i].words);
		CHECK_STR(words.guest, rows[i].guest, rows[i].words);
		CHECK_EQ(words.read_only, rows[i].read_only, rows[i].words);
	}
}
