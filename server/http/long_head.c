#include "long_head.h"

#include <string.h>

static enum head_verdict refuse(struct long_head *head, int status, const char *problem)
{
	head->status = status;
	head->problem = problem;
	return HEAD_REFUSED;
}

/* What follows a line's colon: is it needed? */
static void value_begin(struct long_head *head)
{
	struct text name = { head->kept + head->line, head->length - head->line - 1 };
	int field = head_field_find(name);

	head->has_value = true;
	head->state = field < 0 ? LONG_HEAD_DROPPED : field == HEAD_COOKIE ? LONG_HEAD_COOKIE : LONG_HEAD_KEPT;
	head->cookie = head->length;
}

/* Ours have a known beginning, and are short. The byte is the last one that was kept. */
static void cookie_look(struct long_head *head)
{
	size_t length, prefix = sizeof HEAD_OUR_COOKIES - 1;

	if (head->kept[head->length - 1] == ' ' && head->length - 1 == head->cookie)
		head->cookie++;
	length = head->length - head->cookie;
	if (!memcmp(head->kept + head->cookie, HEAD_OUR_COOKIES, length < prefix ? length : prefix) && length <= OUR_COOKIE_MAX)
		return;
	head->length = head->cookie;
	head->state = LONG_HEAD_NO_COOKIE;
}

static void line_begin(struct long_head *head)
{
	head->line = head->length;
	head->state = LONG_HEAD_KEPT;
	head->has_value = false;
}

static bool is_dropped(const struct long_head *head, char c)
{
	return c != '\r' && c != '\n' && (head->state == LONG_HEAD_DROPPED || (head->state == LONG_HEAD_NO_COOKIE && c != ';'));
}

static void keep(struct long_head *head, char c)
{
	bool first_line = head->line == 0;

	head->kept[head->length++] = c;
	if (c == '\n') {
		line_begin(head);
	} else if (c == ';' && (head->state == LONG_HEAD_COOKIE || head->state == LONG_HEAD_NO_COOKIE)) {
		head->cookie = head->length;
		head->state = LONG_HEAD_COOKIE;
	} else if (c == ':' && !first_line && !head->has_value) {
		value_begin(head);
	} else if (c != '\r' && head->state == LONG_HEAD_COOKIE) {
		cookie_look(head);
	}
}

enum head_verdict long_head_take(struct long_head *head, const char *bytes, size_t length, size_t *taken)
{
	for (*taken = 0; *taken < length; ) {
		char c = bytes[(*taken)++];
		bool ends = c == '\n' && head->line > 0 && head->length == head->line + 1;

		if (head->after_return != (c == '\n') || ((unsigned char)c < ' ' && c != '\r' && c != '\n' && c != '\t') || c == 0x7f)
			return refuse(head, 400, "not an HTTP request");
		head->after_return = c == '\r';
		if (++head->seen > LONG_HEAD_MAX)
			return refuse(head, 431, "the request's head is longer than 1 MiB");
		if (is_dropped(head, c))
			continue;
		if (head->length == sizeof head->kept)
			return refuse(head, 431, "the request's head is longer than 16 KiB, cookies aside");
		keep(head, c);
		if (ends)
			return HEAD_READY;
	}
	return HEAD_MORE;
}
