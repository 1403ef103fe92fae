/* Parses the head of a page's HTTP request (w.fetch), laid out as in docs/PROTOCOL.md, "Requests". It refuses whatever libcurl or
 * a server on the way could read differently. Leaves to others: whether the request is allowed (judge.c), sending it (http.c). */
#ifndef SERVER_DIALER_HTTP_HEAD_H
#define SERVER_DIALER_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_URL_MAX = 16 << 10, HTTP_METHOD_MAX = 32, HTTP_HEADERS_MAX = 128, HTTP_HOST_MAX = 253, HTTP_BODY_NONE = 0,
	HTTP_BODY_KNOWN = 1, HTTP_BODY_STREAM = 2 };

struct http_text {
	const char *at;
	size_t length;
};

struct http_head {
	struct http_text method, url;
	char host[HTTP_HOST_MAX + 1]; /* in lower case; an IPv6 address without brackets */
	bool is_secure, is_address6;
	uint16_t port;
	uint8_t body;             /* HTTP_BODY_ */
	uint64_t body_length;     /* of HTTP_BODY_KNOWN */
	struct { struct http_text name, value; } headers[HTTP_HEADERS_MAX];
	size_t headers_count;
};

/* Parses `length` bytes. The head's texts point into `bytes`, which must outlive it. False: not a valid head. */
bool http_head_read(const uint8_t *bytes, size_t length, struct http_head *head);

#endif
