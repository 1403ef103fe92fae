#include "escape.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static size_t put_byte(uint8_t byte, char *to)
{
	if (byte == 0x1b)
		return (size_t)sprintf(to, "\\e");
	return (size_t)sprintf(to, "\\x%02x", byte);
}

/* The length of the UTF-8 character with this first byte; 0: no character begins so. */
static size_t character_length(uint8_t first)
{
	return first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 :
		first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

static size_t put_character(const uint8_t *bytes, size_t length, char *to)
{
	uint32_t point = bytes[0];

	if (length == 1 && (point == '\n' || point == '\t' || (point >= 0x20 && point != 0x7f))) {
		*to = (char)point;
		return 1;
	}
	if (length == 1)
		return put_byte(bytes[0], to);
	if (length == 2)
		point = (uint32_t)(bytes[0] & 31) << 6 | (bytes[1] & 63);
	else if (length == 3)
		point = (uint32_t)(bytes[0] & 15) << 12 | (uint32_t)(bytes[1] & 63) << 6 | (bytes[2] & 63);
	/* C1 controls act like ESC sequences; directional marks make a line look different from what it says. */
	if ((point >= 0x80 && point < 0xa0) || (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069))
		return (size_t)sprintf(to, "\\u%04x", (unsigned)point);
	memcpy(to, bytes, length);
	return length;
}

size_t escape_text(struct escape *escape, const uint8_t *bytes, size_t length, char *to)
{
	char *at = to;

	for (size_t i = 0; i < length; i++) {
		bool goes_on = escape->held_length && (bytes[i] & 0xc0) == 0x80;

		if (escape->held_length && !goes_on)
			at += escape_end(escape, at); /* cut short: its bytes, one by one */
		if (!goes_on && character_length(bytes[i]) == 0) {
			at += put_byte(bytes[i], at);
			continue;
		}
		escape->held[escape->held_length++] = bytes[i];
		if (escape->held_length == character_length(escape->held[0])) {
			at += put_character(escape->held, escape->held_length, at);
			escape->held_length = 0;
		}
	}
	return (size_t)(at - to);
}

size_t escape_end(struct escape *escape, char *to)
{
	char *at = to;

	for (size_t i = 0; i < escape->held_length; i++)
		at += put_byte(escape->held[i], at);
	escape->held_length = 0;
	return (size_t)(at - to);
}
