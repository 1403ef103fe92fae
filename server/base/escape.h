/* Makes control bytes visible, except newline and tab, in text that a program, a page or a browser made and a terminal shows. A
 * stream's pieces may cut a character in two, so the state is kept between them. */
#ifndef SERVER_BASE_ESCAPE_H
#define SERVER_BASE_ESCAPE_H

#include <stddef.h>
#include <stdint.h>

struct escape {
	uint8_t held[4]; /* the first bytes of an incomplete character */
	size_t held_length;
};

enum { ESCAPE_GROWTH = 6 }; /* the most bytes that one byte becomes */

/* Appends to `to`, which has room for (length + 4) * ESCAPE_GROWTH bytes; returns how many were written. */
size_t escape_text(struct escape *escape, const uint8_t *bytes, size_t length, char *to);
/* Writes what is still held; nothing follows. */
size_t escape_end(struct escape *escape, char *to);

#endif
