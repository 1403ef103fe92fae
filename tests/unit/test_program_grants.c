/* server/program/grants.c: the words of --dir. */
#include "../check.h"

#include "server/program/grants.h"

TEST(the_words_of_tcplisten_fall_into_host_port_and_mode)
{
	static const struct { const char *words, *host, *port; bool blocking; } rows[] = {
		{ "127.0.0.1:80", "127.0.0.1", "80", false }, { "127.0.0.1:80:blocking", "127.0.0.1", "80", true },
		{ "localhost:0", "127.0.0.1", "0", false },
		{ "[::1]:80", "::1", "80", false }, { "[::1]:80:blocking", "::1", "80", true }, { "::1:80", "::1", "80", false },
		{ "127.0.0.1", "", "", false },
		{ "127.0.0.1:blocking", "", "", true }, { ":blocking", "", "blocking", false }, { ":80", "", "80", false },
		{ "a:", "a", "", false }, { "", "", "", false },
		{ "127.0.0.1:80:Blocking", "127.0.0.1:80", "Blocking", false }, { "[:80", "[", "80", false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct listen_words words;
		char text[64];

		strcpy(text, rows[i].words);
		listen_words_split(text, &words);
		CHECK_STR(words.host, rows[i].host, rows[i].words);
		CHECK_STR(words.port, rows[i].port, rows[i].words);
		CHECK_EQ(words.blocking, rows[i].blocking, rows[i].words);
	}
}

TEST(the_words_of_dir_fall_into_host_guest_and_read_only)
{
	static const struct { const char *words, *host, *guest; bool read_only; } rows[] = {
		{ "a", "a", "a", false }, { "a:ro", "a", "a", true }, { "a::/b", "a", "/b", false }, { "a::/b:ro", "a", "/b", true },
		{ "/x/y", "/x/y", "/x/y", false }, { ".", ".", ".", false }, { "a:b", "a:b", "a:b", false },
		{ "a::b::c", "a", "b::c", false },
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
