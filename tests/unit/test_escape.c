/* server/base/escape.c: what others made, on our terminal. */
#include "../check.h"

#include "server/base/escape.h"

static const struct { const char *in, *out; } texts[] = {
	{ "plain", "plain" }, { "a\nb\tc", "a\nb\tc" }, { "\x1b[31mred", "\\e[31mred" }, { "\r", "\\x0d" }, { "\a\b", "\\x07\\x08" },
	{ "\x7f", "\\x7f" },
	{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" }, { "\xe2\x82\xac \xf0\x9f\x98\x80", "\xe2\x82\xac \xf0\x9f\x98\x80" },
	{ "\xc2\x9b[31m", "\\u009b[31m" }, /* CSI as one character */
	{ "\x9b[31m", "\\x9b[31m" }, /* and as a byte */
	{ "\xe2\x80\xae" "gpj", "\\u202egpj" }, { "\xe2\x81\xa6", "\\u2066" },
	{ "\xc3", "\\xc3" }, { "\xc3(", "\\xc3(" }, { "\xe2\x82", "\\xe2\\x82" }, { "\xe2\x82\x1b", "\\xe2\\x82\\e" },
	{ "\xff\xfe", "\\xff\\xfe" },
	{ "\xc0\xaf", "\\xc0\\xaf" }, { "\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80" }, { "\xc3\xc3\xbc", "\\xc3\xc3\xbc" },
};

TEST(control_bytes_are_shown_and_not_obeyed)
{
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		size_t length = strlen(texts[i].in);

		for (size_t piece = 1; piece <= length; piece++) { /* however it is cut */
			struct escape escape = { 0 };
			char *out = malloc((length + 4) * ESCAPE_GROWTH + 1);
			size_t at = 0;

			for (size_t from = 0; from < length; from += piece)
				at += escape_text(&escape, (const uint8_t *)texts[i].in + from, length - from < piece ? length - from : piece,
					out + at);
			at += escape_end(&escape, out + at);
			out[at] = 0;
			CHECK_STR(out, texts[i].out);
			free(out);
		}
	}
}
