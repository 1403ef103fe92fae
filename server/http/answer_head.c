#include "answer_head.h"

#include <string.h>
#include <strings.h>

#include "server/base/text.h"

struct line {
	struct text name, value;
};

static enum answer_verdict bad(struct answer_head *head, const char *problem)
{
	head->problem = problem;
	return ANSWER_BAD;
}

static bool is_name(struct text name)
{
	for (size_t i = 0; i < name.length; i++) {
		char c = name.at[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || memchr("!#$%&'*+-.^_`|~", c, 15)))
			return false;
	}
	return name.length;
}

/* False: it isn't one. */
static bool line_read(const char *at, size_t length, struct line *line)
{
	const char *colon = memchr(at, ':', length);

	for (size_t i = 0; i < length; i++)
		if (((unsigned char)at[i] < ' ' && at[i] != '\t') || at[i] == 0x7f)
			return false;
	if (!colon)
		return false;
	line->name = (struct text){ at, (size_t)(colon - at) };
	line->value = text_trimmed((struct text){ colon + 1, (size_t)(at + length - colon - 1) });
	return is_name(line->name);
}

static bool status_read(struct answer_head *head, const char *at, size_t length)
{
	if (length < 12 || memcmp(at, "HTTP/1.", 7) || (at[7] != '0' && at[7] != '1') || at[8] != ' ' ||
	    (length > 12 && at[12] != ' '))
		return false;
	for (size_t i = 9; i < length; i++)
		if (i < 12 ? at[i] < '0' || at[i] > '9' : ((unsigned char)at[i] < ' ' && at[i] != '\t') || at[i] == 0x7f)
			return false;
	head->status = (at[9] - '0') * 100 + (at[10] - '0') * 10 + at[11] - '0';
	return head->status >= 100 && head->status <= 599;
}

static enum answer_verdict framing(struct answer_head *head, const struct line *line)
{
	if (text_is_nocase(line->name, "transfer-encoding")) {
		if (head->is_chunked || !text_is_nocase(line->value, "chunked"))
			return bad(head, "has a Transfer-Encoding that isn't chunked");
		head->is_chunked = true;
	}
	if (text_is_nocase(line->name, "content-length")) {
		if (head->has_length || !line->value.length || line->value.length > 15)
			return bad(head, "has no good Content-Length");
		for (size_t i = 0; i < line->value.length; i++) {
			if (line->value.at[i] < '0' || line->value.at[i] > '9')
				return bad(head, "has no good Content-Length");
			head->content_length = head->content_length * 10 + (uint64_t)(line->value.at[i] - '0');
		}
		head->has_length = true;
	}
	return head->has_length && head->is_chunked ? bad(head, "has two lengths") : ANSWER_READY;
}

enum answer_verdict answer_head_read(struct answer_head *head, const char *bytes, size_t length)
{
	const char *at = bytes, *end = bytes + length, *newline;

	*head = (struct answer_head){ .bytes = bytes };
	for (int lines = 0; (newline = memchr(at, '\n', (size_t)(end - at))); lines++) {
		size_t line_length = (size_t)(newline - at);
		struct line line;

		if (!line_length || newline[-1] != '\r')
			return bad(head, "isn't HTTP");
		line_length--;
		if (lines > ANSWER_LINES_MAX)
			return bad(head, "has too many header lines");
		if (!lines && !status_read(head, at, line_length))
			return bad(head, "isn't HTTP/1.1");
		if (lines && !line_length) {
			head->length = (size_t)(newline + 1 - bytes);
			return ANSWER_READY;
		}
		if (lines && !line_read(at, line_length, &line))
			return bad(head, "has a header line that can't be one");
		if (lines && framing(head, &line) == ANSWER_BAD)
			return ANSWER_BAD;
		at = newline + 1;
	}
	return length >= ANSWER_HEAD_MAX ? bad(head, "has a head longer than 32 KiB") : ANSWER_MORE;
}

/* ---- what is passed on ---- */

static bool begins(struct text text, const char *with)
{
	return text.length >= strlen(with) && !strncasecmp(text.at, with, strlen(with));
}

static bool is_dropped(const struct line *line, bool upgrades)
{
	static const char *const dropped[] = {
		"keep-alive", "proxy-connection", "proxy-authenticate", "trailer", "alt-svc", "strict-transport-security",
		"referrer-policy",
		"x-content-type-options", "cross-origin-opener-policy", "cross-origin-embedder-policy", "cross-origin-resource-policy",
	};

	for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++)
		if (text_is_nocase(line->name, dropped[i]))
			return true;
	if (text_is_nocase(line->name, "connection") || text_is_nocase(line->name, "upgrade"))
		return !upgrades;
	return begins(line->name, "access-control-") || (text_is_nocase(line->name, "set-cookie") && begins(line->value, "wv_"));
}

static bool put(char *to, size_t size, size_t *at, const char *bytes, size_t length)
{
	if (length > size - *at)
		return false;
	memcpy(to + *at, bytes, length);
	*at += length;
	return true;
}

/* Without the origin at its front; "/" if nothing is left. */
static struct text relative(struct text value, const char *const *origins)
{
	for (; *origins; origins++) {
		size_t length = strlen(*origins);

		if (!begins(value, *origins) || (value.length > length && value.at[length] != '/') ||
		    (value.length > length + 1 && value.at[length + 1] == '/'))
			continue; /* "//" would name another host */
		return value.length == length ? (struct text){ "/", 1 } : (struct text){ value.at + length, value.length - length };
	}
	return value;
}

size_t answer_head_write(const struct answer_head *head, const char *const *origins, const char *more, char *to, size_t size)
{
	const char *at = head->bytes, *end = head->bytes + head->length - 2, *newline;
	size_t written = 0;
	bool fits = true;

	for (int lines = 0; at < end && (newline = memchr(at, '\n', (size_t)(end - at))); lines++) {
		struct line line = { .name = { NULL, 0 } };

		if (!lines) {
			fits &= put(to, size, &written, "HTTP/1.1", 8) && put(to, size, &written, at + 8, (size_t)(newline + 1 - at) - 8);
		} else if (line_read(at, (size_t)(newline - at) - 1, &line) && !is_dropped(&line, head->status == 101)) {
			struct text value = text_is_nocase(line.name, "location") ? relative(line.value, origins) : line.value;

			fits &= put(to, size, &written, line.name.at, line.name.length) && put(to, size, &written, ": ", 2) &&
			        put(to, size, &written, value.at, value.length) && put(to, size, &written, "\r\n", 2);
		}
		at = newline + 1;
	}
	fits &= put(to, size, &written, more, strlen(more)) && put(to, size, &written, "\r\n", 2);
	return fits ? written : 0;
}
