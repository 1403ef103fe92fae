#include "profile_text.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct line {
	const char *at, *end;
};

/* A decimal number and the space behind it. */
static bool number_take(struct line *line, uint32_t most, uint32_t *number)
{
	const char *begin = line->at;
	uint64_t value = 0;

	while (line->at < line->end && *line->at >= '0' && *line->at <= '9' && line->at - begin < 10)
		value = value * 10 + (uint64_t)(*line->at++ - '0');
	*number = (uint32_t)value;
	return line->at > begin && value <= most;
}

static bool space_take(struct line *line)
{
	return line->at < line->end && *line->at++ == ' ';
}

static int hex_digit(char letter)
{
	return letter >= '0' && letter <= '9' ? letter - '0' : letter >= 'A' && letter <= 'F' ? letter - 'A' + 10 : -1;
}

/* The next byte of a name; -1: none, or not one that may be there. */
static int byte_take(struct line *line)
{
	int high, low;

	if (*line->at < 0x21 || *line->at > 0x7e)
		return -1;
	if (*line->at != '%')
		return *line->at++;
	if (line->end - line->at < 3)
		return -1;
	high = hex_digit(line->at[1]);
	low = hex_digit(line->at[2]);
	line->at += 3;
	return high < 0 || low < 0 || (high == 2 && low == 15) ? -1 : high << 4 | low; /* a slash is written as it is */
}

/* The rest of the line is a name, or names with slashes between. */
static bool names_take(struct line *line, bool is_path)
{
	size_t length = 0, dots = 0, all = 0;

	while (line->at < line->end) {
		int byte = byte_take(line);

		if (byte <= 0 || ++all >= PATH_MAX)
			return false;
		if (byte == '/') {
			if (!is_path || !length || (dots == length && length <= 2))
				return false;
			length = dots = 0;
			continue;
		}
		dots += byte == '.';
		if (++length > NAME_MAX)
			return false;
	}
	return length && !(dots == length && length <= 2);
}

static bool line_is_well(struct line *line, uint32_t *folders)
{
	uint32_t number;
	char kind = *line->at++;

	if (!space_take(line))
		return false;
	switch (kind) {
	case 'd': case 'l':
		++*folders;
		if (!number_take(line, UINT16_MAX, &number) || !space_take(line) || !number_take(line, UINT32_MAX, &number) ||
		    !space_take(line))
			return false;
		return (line->end - line->at == 1 && *line->at == '.') || names_take(line, true);
	case '@':
		return number_take(line, UINT32_MAX, &number) && line->at == line->end && number < *folders;
	case 'f':
		return *folders && number_take(line, UINT32_MAX, &number) && space_take(line) && names_take(line, false);
	default:
		return false;
	}
}

bool profile_text_is_well(const char *text, size_t length)
{
	const char *end = text + length;
	uint32_t folders = 0;

	for (unsigned lines = 0; text < end; lines++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		struct line line = { text, newline };

		if (!newline || newline == text || lines == PROFILE_LINES_MAX || !line_is_well(&line, &folders))
			return false;
		text = newline + 1;
	}
	return true;
}

const char *profile_text_body(const char *text, size_t *length)
{
	const char *end = text + *length;

	while (text < end && *text == '#') {
		const char *newline = memchr(text, '\n', (size_t)(end - text));

		text = newline ? newline + 1 : end;
	}
	*length = (size_t)(end - text);
	return text;
}

char *profile_text_put(char *at, const char *end, const char *words)
{
	for (; *words && end - at > 4; words++)
		if (*words >= 0x20 && *words <= 0x7e && *words != '%')
			*at++ = *words;
		else
			at += snprintf(at, 4, "%%%02X", (unsigned)(uint8_t)*words);
	*at = 0;
	return at;
}
