#include "text.h"

#include <string.h>
#include <strings.h>

bool text_is(struct text text, const char *what)
{
	return text.at && strlen(what) == text.length && !memcmp(text.at, what, text.length);
}

bool text_begins(struct text text, const char *with)
{
	return text.length >= strlen(with) && !memcmp(text.at, with, strlen(with));
}

bool text_is_nocase(struct text text, const char *what)
{
	return text.at && strlen(what) == text.length && !strncasecmp(text.at, what, text.length);
}

struct text text_trimmed(struct text text)
{
	while (text.length && (*text.at == ' ' || *text.at == '\t'))
		text.at++, text.length--;
	while (text.length && (text.at[text.length - 1] == ' ' || text.at[text.length - 1] == '\t'))
		text.length--;
	return text;
}

bool text_has_word(struct text text, const char *word)
{
	while (text.length) {
		const char *comma = memchr(text.at, ',', text.length);
		size_t length = comma ? (size_t)(comma - text.at) : text.length;

		if (text_is_nocase(text_trimmed((struct text){ text.at, length }), word))
			return true;
		if (!comma)
			return false;
		text.at += length + 1;
		text.length -= length + 1;
	}
	return false;
}
