#include "http_head.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

/* ---- the bytes ---- */

struct reading {
	const uint8_t *at, *end;
	bool failed;
};

static uint64_t number(struct reading *r, size_t bytes)
{
	uint64_t value = 0;

	if ((size_t)(r->end - r->at) < bytes) {
		r->failed = true;
		return 0;
	}
	for (size_t i = 0; i < bytes; i++)
		value |= (uint64_t)r->at[i] << 8 * i;
	r->at += bytes;
	return value;
}

static struct http_text text(struct reading *r)
{
	size_t length = (size_t)number(r, 2);
	struct http_text got = { (const char *)r->at, length };

	if ((size_t)(r->end - r->at) < length) {
		r->failed = true;
		return (struct http_text){ "", 0 };
	}
	r->at += length;
	return got;
}

/* ---- methods and headers ---- */

static bool is_token(struct http_text word)
{
	for (size_t i = 0; i < word.length; i++) {
		char c = word.at[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("!#$%&'*+-.^_`|~", c))))
			return false;
	}
	return word.length > 0;
}

static bool is_value(struct http_text value)
{
	for (size_t i = 0; i < value.length; i++) {
		unsigned char c = (unsigned char)value.at[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool is_word(struct http_text text, const char *word)
{
	return text.length == strlen(word) && !strncasecmp(text.at, word, text.length);
}

/* Headers that say where a message ends or that concern one connection. The dialer writes them, a page may not. */
static bool is_own(struct http_text name)
{
	static const char *const own[] = { "connection", "content-length", "expect", "host", "http2-settings", "keep-alive",
		"proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade" };

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (is_word(name, own[i]))
			return true;
	return false;
}

/* ---- the URL ---- */

static bool port_read(const char *at, const char *end, uint16_t *port)
{
	unsigned value = 0;

	if (at == end || end - at > 5 || (*at == '0'))
		return false;
	for (; at < end; at++) {
		if (*at < '0' || *at > '9')
			return false;
		value = value * 10 + (unsigned)(*at - '0');
	}
	*port = (uint16_t)value;
	return value > 0 && value <= 65535;
}

/* A host name, or an IPv4 address of four decimal numbers. A last label that begins with a digit is refused in names, since some
 * resolvers read such a name as an address. */
static bool host_is_plain(const char *host)
{
	const char *last = strrchr(host, '.');
	struct in_addr address;
	char before = '.';

	for (const char *at = host; *at; before = *at++)
		if (!((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || *at == '-' || *at == '_' ||
		    (*at == '.' && before != '.')))
			return false;
	last = last ? last + 1 : host;
	if (*last >= '0' && *last <= '9')
		return inet_pton(AF_INET, host, &address) == 1;
	return *host && *last;
}

static bool host_read(const char *at, size_t length, struct http_head *head)
{
	struct in6_addr address;

	if (!length || length > HTTP_HOST_MAX)
		return false;
	memcpy(head->host, at, length);
	head->host[length] = 0;
	return head->is_address6 ? inet_pton(AF_INET6, head->host, &address) == 1 : host_is_plain(head->host);
}

/* A URL as `new URL(url).href` gives it: scheme and host in lower case, no user, no fragment. */
static bool url_read(struct http_head *head)
{
	const char *at = head->url.at, *end = at + head->url.length, *host_end, *close;
	size_t scheme = head->url.length > 8 && !memcmp(at, "https://", 8) ? 8 : head->url.length > 7 && !memcmp(at, "http://", 7) ?
		7 : 0;

	if (!scheme || head->url.length > HTTP_URL_MAX)
		return false;
	for (const char *c = at; c < end; c++)
		if (*c <= 0x20 || *c > 0x7e || *c == '#' || *c == '\\')
			return false;
	head->is_secure = scheme == 8;
	head->port = head->is_secure ? 443 : 80;
	at += scheme;
	host_end = memchr(at, '/', (size_t)(end - at));
	if (!host_end)
		return false;
	head->is_address6 = *at == '[';
	close = memchr(at, head->is_address6 ? ']' : ':', (size_t)(host_end - at));
	if (head->is_address6) {
		if (!close || !host_read(at + 1, (size_t)(close - at - 1), head))
			return false;
		close++;
		return close == host_end || (*close == ':' && port_read(close + 1, host_end, &head->port));
	}
	return host_read(at, (size_t)((close ? close : host_end) - at), head) &&
		(!close || port_read(close + 1, host_end, &head->port));
}

bool http_head_read(const uint8_t *bytes, size_t length, struct http_head *head)
{
	struct reading r = { bytes, bytes + length, false };

	*head = (struct http_head){ 0 };
	head->method = text(&r);
	head->url = text(&r);
	head->body = (uint8_t)number(&r, 1);
	head->body_length = number(&r, 8);
	head->headers_count = (size_t)number(&r, 2);
	if (r.failed || head->headers_count > HTTP_HEADERS_MAX || head->body > HTTP_BODY_STREAM || head->body_length >> 62)
		return false;
	for (size_t i = 0; i < head->headers_count; i++) {
		head->headers[i].name = text(&r);
		head->headers[i].value = text(&r);
		if (r.failed || !is_token(head->headers[i].name) || !is_value(head->headers[i].value) || is_own(head->headers[i].name))
			return false;
	}
	if (r.at != r.end || !is_token(head->method) || head->method.length > HTTP_METHOD_MAX)
		return false;
	return !is_word(head->method, "CONNECT") && !is_word(head->method, "TRACE") && !is_word(head->method, "TRACK") &&
		url_read(head);
}
