/* Pieces of text that somebody else owns: not terminated, and perhaps not there. */
#ifndef SERVER_BASE_TEXT_H
#define SERVER_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	const char *at; /* lent by the bytes; NULL: not there */
	size_t length;
};

bool text_is(struct text text, const char *what);          /* exactly */
bool text_is_nocase(struct text text, const char *what);   /* but for ASCII's case */
bool text_begins(struct text text, const char *with);
/* Is `word` one of the comma-separated ones? (Case doesn't count.) */
bool text_has_word(struct text text, const char *word);
/* Without blanks and tabs at either end. */
struct text text_trimmed(struct text text);

#endif
