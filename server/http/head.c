#include "head.h"

#include <string.h>
#include <strings.h>

static const char *const names[HEAD_FIELDS] = {
	[HEAD_HOST] = "host", [HEAD_ORIGIN] = "origin", [HEAD_CONNECTION] = "connection", [HEAD_UPGRADE] = "upgrade",
	[HEAD_CONTENT_LENGTH] = "content-length", [HEAD_TRANSFER_ENCODING] = "transfer-encoding", [HEAD_EXPECT] = "expect",
	[HEAD_IF_NONE_MATCH] = "if-none-match", [HEAD_IF_RANGE] = "if-range", [HEAD_RANGE] = "range",
	[HEAD_FETCH_SITE] = "sec-fetch-site", [HEAD_FETCH_MODE] = "sec-fetch-mode", [HEAD_FETCH_DEST] = "sec-fetch-dest",
	[HEAD_WEBSOCKET_KEY] = "sec-websocket-key", [HEAD_WEBSOCKET_VERSION] = "sec-websocket-version",
	[HEAD_WEBSOCKET_PROTOCOL] = "sec-websocket-protocol", [HEAD_USER_AGENT] = "user-agent", [HEAD_COOKIE] = "cookie",
	[HEAD_CONTENT_TYPE] = "content-type",
	[HEAD_SERVICE_WORKER] = "service-worker",
	[HEAD_SECRET] = "wvwasi-secret", [HEAD_TICKET] = "wvwasi-ticket", [HEAD_GUEST] = "wvwasi-guest",
};

struct text text_cookie(struct text cookies, const char *name)
{
	size_t name_length = strlen(name);

	while (cookies.at && cookies.length) {
		const char *end = memchr(cookies.at, ';', cookies.length);
		size_t length = end ? (size_t)(end - cookies.at) : cookies.length;
		struct text one = text_trimmed((struct text){ cookies.at, length });

		if (one.length > name_length && !memcmp(one.at, name, name_length) && one.at[name_length] == '=')
			return (struct text){ one.at + name_length + 1, one.length - name_length - 1 };
		cookies.at += length + (end != NULL);
		cookies.length -= length + (end != NULL);
	}
	return (struct text){ 0 };
}

int head_field_find(struct text name)
{
	for (int field = 0; field < HEAD_FIELDS; field++)
		if (text_is_nocase(name, names[field]))
			return field;
	return -1;
}

static bool is_token(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static enum head_verdict refuse(struct head *head, int status, const char *problem)
{
	head->status = status;
	head->problem = problem;
	return HEAD_REFUSED;
}

/* ---- lines ---- */

static enum head_verdict request_line(struct head *head, const char *at, const char *end)
{
	static const char version[] = " HTTP/1.";
	const char *target = memchr(at, ' ', (size_t)(end - at)), *after, *question;

	if (!target || target == at)
		return refuse(head, 400, "not an HTTP request");
	for (const char *c = at; c < target; c++)
		if (!is_token((unsigned char)*c))
			return refuse(head, 400, "not an HTTP request");
	head->method = text_is((struct text){ at, (size_t)(target - at) }, "GET") ? METHOD_GET :
	               text_is((struct text){ at, (size_t)(target - at) }, "HEAD") ? METHOD_HEAD :
	               text_is((struct text){ at, (size_t)(target - at) }, "POST") ? METHOD_POST : METHOD_OTHER;
	target++;
	after = memchr(target, ' ', (size_t)(end - target));
	if (!after || (size_t)(end - after) != sizeof version || memcmp(after, version, sizeof version - 1))
		return refuse(head, 400, "not an HTTP/1.1 request");
	if (end[-1] != '1')
		return refuse(head, 505, "this server speaks only HTTP/1.1");
	if (after - target > HEAD_TARGET_MAX)
		return refuse(head, 414, "the address is too long");
	for (const char *c = target; c < after; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || *c == '#')
			return refuse(head, 400, "the address has bytes that no address may have");
	if (*target != '/')
		return refuse(head, 400, "the address must begin with a slash");
	question = memchr(target, '?', (size_t)(after - target));
	head->path = (struct text){ target, (size_t)((question ? question : after) - target) };
	if (question)
		head->query = (struct text){ question + 1, (size_t)(after - question - 1) };
	return HEAD_READY;
}

static enum head_verdict field_line(struct head *head, const char *at, const char *end)
{
	const char *colon = memchr(at, ':', (size_t)(end - at));
	struct text name, value;

	if (!colon || colon == at)
		return refuse(head, 400, "a header line without a name");
	for (const char *c = at; c < colon; c++)
		if (!is_token((unsigned char)*c))
			return refuse(head, 400, "a header name with bytes that it can't have");
	name = (struct text){ at, (size_t)(colon - at) };
	value = text_trimmed((struct text){ colon + 1, (size_t)(end - colon - 1) });
	for (int field = 0; field < HEAD_FIELDS; field++) {
		if (!text_is_nocase(name, names[field]))
			continue;
		if (head->fields[field].at)
			return refuse(head, 400, "a header line came twice that may come only once");
		head->fields[field] = value;
		break;
	}
	return HEAD_READY;
}

static enum head_verdict body_length(struct head *head)
{
	struct text length = head->fields[HEAD_CONTENT_LENGTH];

	if (head->fields[HEAD_TRANSFER_ENCODING].at)
		return length.at ? refuse(head, 400, "Content-Length and Transfer-Encoding exclude each other") :
		       refuse(head, 411, "a body needs its Content-Length");
	if (!length.at) {
		if (head->method == METHOD_POST)
			return refuse(head, 411, "a body needs its Content-Length");
		return HEAD_READY;
	}
	if (!length.length || length.length > 15)
		return refuse(head, 400, "Content-Length isn't a number");
	for (size_t i = 0; i < length.length; i++) {
		if (length.at[i] < '0' || length.at[i] > '9')
			return refuse(head, 400, "Content-Length isn't a number");
		head->content_length = head->content_length * 10 + (uint64_t)(length.at[i] - '0');
	}
	if (head->content_length && (head->method == METHOD_GET || head->method == METHOD_HEAD))
		return refuse(head, 400, "a GET or HEAD may not have a body");
	return HEAD_READY;
}

static enum head_verdict head_done(struct head *head)
{
	struct text connection = head->fields[HEAD_CONNECTION];

	head->keep_alive = !connection.at || !text_has_word(connection, "close");
	return body_length(head);
}

/* No valid request has a control byte in its head: refused at once, not when the head's deadline comes. */
static bool is_garbage(const char *at, const char *end)
{
	for (; at < end; at++)
		if (((unsigned char)*at < ' ' && *at != '\r' && *at != '\n' && *at != '\t') || *at == 0x7f)
			return true;
	return false;
}

enum head_verdict head_read(struct head *head, const char *bytes, size_t length)
{
	const char *at = bytes, *end = bytes + length, *newline;

	*head = (struct head){ .bytes = bytes };
	for (int line = 0; (newline = memchr(at, '\n', (size_t)(end - at))); line++) {
		enum head_verdict verdict;

		if (newline == bytes || newline[-1] != '\r' || is_garbage(at, newline - 1) ||
		    (newline - 1 > at && memchr(at, '\r', (size_t)(newline - 1 - at))))
			return refuse(head, 400, "not an HTTP request");
		if (line > HEAD_LINES_MAX)
			return refuse(head, 431, "too many header lines");
		if (newline - 1 == at && line > 0) {
			head->length = (size_t)(newline + 1 - bytes);
			return head_done(head);
		}
		verdict = line ? field_line(head, at, newline - 1) : request_line(head, at, newline - 1);
		if (verdict != HEAD_READY)
			return verdict;
		at = newline + 1;
	}
	if (is_garbage(at, end))
		return refuse(head, 400, *bytes == 0x16 ? "this is http, not https" : "not an HTTP request");
	return length >= HEAD_BYTES_MAX ? HEAD_LONG : HEAD_MORE;
}

/* ---- paths ---- */

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* RFC 8615: information about the site itself. */
static bool is_well_known(const char *path)
{
	static const char name[] = ".well-known/";

	return !strncmp(path, name, sizeof name - 1);
}

int path_decode(struct text path, char *to)
{
	char *start = to;

	for (size_t i = 1; i < path.length; i++) {
		unsigned char c = (unsigned char)path.at[i];

		if (c == '%') {
			int high = i + 1 < path.length ? hex_digit(path.at[i + 1]) : -1,
			    low = i + 2 < path.length ? hex_digit(path.at[i + 2]) : -1;

			if (high < 0 || low < 0)
				return 400;
			c = (unsigned char)(high << 4 | low);
			i += 2;
			if (c == '/')
				return 400;
		}
		if (c < ' ' || c == 0x7f)
			return 400;
		*to++ = (char)c;
	}
	*to = 0;
	for (const char *name = start; name < to; name += strcspn(name, "/") + 1)
		if ((*name == '.' && !(name == start && is_well_known(name))) || *name == '/')
			return 404;
	return 0;
}

struct origin_claims head_origin(const struct head *head)
{
	return (struct origin_claims){
		.host = head->fields[HEAD_HOST], .origin = head->fields[HEAD_ORIGIN], .path = head->path,
		.fetch_site = head->fields[HEAD_FETCH_SITE], .fetch_mode = head->fields[HEAD_FETCH_MODE],
		.fetch_dest = head->fields[HEAD_FETCH_DEST],
		.is_get = head->method == METHOD_GET || head->method == METHOD_HEAD, .is_upgrade = head->fields[HEAD_UPGRADE].at != NULL,
	};
}
