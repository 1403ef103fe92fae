/* Start profiles: what a page made, or a user changed, is taken apart again here by other means, and must lead nowhere that a
 * name couldn't. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/program/profile_text.h"
#include "tree.h"

static void must_be_plain(const char *part)
{
	if (!*part || !strcmp(part, ".") || !strcmp(part, "..") || strlen(part) > 255 || strchr(part, '/'))
		broken("a profile leads to '%s'", part);
}

/* Its parts, unescaped. */
static void must_lead_below(char *path, bool is_path)
{
	char *part, *rest = path;

	while ((part = is_path ? strsep(&rest, "/") : strsep(&rest, ""))) {
		char *to = part;

		for (const char *at = part; *at; at++, to++) {
			unsigned byte = (unsigned char)*at;

			if (byte <= ' ' || byte > '~')
				broken("a byte that should be written %%%02X", byte);
			if (byte == '%' && sscanf(at, "%%%2x", &byte) == 1)
				at += 2;
			if (!byte)
				broken("a NUL in a name");
			*to = (char)byte;
		}
		*to = 0;
		must_be_plain(part);
	}
}

static void must_be_well(char *text, size_t length)
{
	unsigned lines = 0, folders = 0, number;
	char *line, *rest = text;

	text[length] = 0;
	if (length && text[length - 1] != '\n')
		broken("a last line without its end");
	while (length && (line = strsep(&rest, "\n")) && (*line || rest)) {
		int at = 0;

		lines++;
		if ((*line == 'd' || *line == 'l') && sscanf(line + 1, " %u %*u %n", &number, &at) == 1 && at) {
			at++;
			folders++;
			if (number > 65535)
				broken("handle %u", number);
			if (strcmp(line + at, ".") != 0)
				must_lead_below(line + at, true);
		} else if (sscanf(line, "f %*u %n", &at) == 0 && at && folders) {
			must_lead_below(line + at, false);
		} else if (sscanf(line, "@ %u%n", &number, &at) != 1 || line[at] || number >= folders) {
			broken("the line '%s'", line);
		}
	}
	if (lines > PROFILE_LINES_MAX)
		broken("%u lines", lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	/* Exactly as long as it is: the sanitizer sees what reads past it. */
	char *bytes = memcpy(malloc(length + !length), input, length), *copy, words[64];
	size_t body_length = length;
	const char *body = profile_text_body(bytes, &body_length);

	if (profile_text_is_well(body, body_length)) {
		copy = malloc(body_length + 1);
		memcpy(copy, body, body_length);
		must_be_well(copy, body_length);
		free(copy);
	}
	copy = strndup(bytes, length);
	if (profile_text_put(words, words + sizeof words, copy) >= words + sizeof words)
		broken("words that don't fit");
	for (const char *at = words; *at; at++)
		if (*at < ' ' || *at > '~')
			broken("words that don't stay in their line");
	free(copy);
	free(bytes);
	return 0;
}
