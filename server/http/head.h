/* Parses the head of an HTTP/1.1 request: strict, bounded, without allocating. A pure function, so it can be fuzzed.
 * Leaves to others: who may ask (auth/origin_check.h), what is answered (the handler, conn.h). */
#ifndef SERVER_HTTP_HEAD_H
#define SERVER_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/auth/origin_check.h"
#include "server/base/text.h"

enum { HEAD_BYTES_MAX = 16 << 10, HEAD_LINES_MAX = 100, HEAD_TARGET_MAX = 8000 };

/* The value of the cookie of that name in a Cookie field. .at is NULL: there's none. */
struct text text_cookie(struct text cookies, const char *name);

enum head_method { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_OTHER };

enum head_field { /* those that we look at; each may come once */
	HEAD_HOST, HEAD_ORIGIN, HEAD_CONNECTION, HEAD_UPGRADE, HEAD_CONTENT_LENGTH, HEAD_TRANSFER_ENCODING, HEAD_EXPECT,
	HEAD_IF_NONE_MATCH, HEAD_IF_RANGE, HEAD_RANGE, HEAD_FETCH_SITE, HEAD_FETCH_MODE, HEAD_FETCH_DEST,
	HEAD_WEBSOCKET_KEY, HEAD_WEBSOCKET_VERSION, HEAD_WEBSOCKET_PROTOCOL, HEAD_USER_AGENT, HEAD_COOKIE, HEAD_CONTENT_TYPE,
	HEAD_SERVICE_WORKER, HEAD_SECRET, HEAD_TICKET, HEAD_GUEST,
	HEAD_FIELDS
};

struct head {
	enum head_method method;
	struct text path, query;            /* of the target, not decoded; query without its '?' */
	struct text fields[HEAD_FIELDS];
	uint64_t content_length;
	bool keep_alive;
	const char *bytes;                  /* all of it; lent */
	size_t length;                      /* bytes of the head, its empty line included */
	int status;                         /* when refused: 400, 411, 414, 431 or 505 */
	const char *problem;                /* and why: a sentence, static */
};

/* Which field a name is; -1: none that we look at. */
int head_field_find(struct text name);

/* The cookies that we set begin so. */
#define HEAD_OUR_COOKIES "wv_"

enum head_verdict { HEAD_MORE /* is to come */, HEAD_READY, HEAD_REFUSED,
	HEAD_LONG /* HEAD_BYTES_MAX bytes, and no end: long_head.h */ };

/* bytes: what has come so far, at most HEAD_BYTES_MAX; head points into it. */
enum head_verdict head_read(struct head *head, const char *bytes, size_t length);

/* The fields that say which page the request comes from. */
struct origin_claims head_origin(const struct head *head);

/* Percent-decodes a path once, into `to` (length + 1 bytes), without its first '/'. Gives 0, or the status to refuse with: 400
 * for bytes that no path of ours has (NUL, controls, an encoded '/'), 404 for empty and dot-names, but for .well-known/ at the
 * top. */
int path_decode(struct text path, char *to);

#endif
