/* The head of an HTTP/1.1 answer, from another server's bytes: strict, bounded, without memory of its own. Pure functions, so
 * they can be fuzzed. Leaves to others: the body (relay.h). */
#ifndef SERVER_HTTP_ANSWER_HEAD_H
#define SERVER_HTTP_ANSWER_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ANSWER_HEAD_MAX = 32 << 10, ANSWER_LINES_MAX = 200 };

struct answer_head {
	const char *bytes;        /* lent */
	size_t length;            /* of the head, its empty line included */
	int status;
	bool has_length, is_chunked;
	uint64_t content_length;
	const char *problem;      /* why it is none: a sentence's end, static */
};

enum answer_verdict { ANSWER_MORE /* is to come */, ANSWER_READY, ANSWER_BAD };

enum answer_verdict answer_head_read(struct answer_head *head, const char *bytes, size_t length);

/* What is passed on: status line and fields, but for those that are about that connection, those that name other origins as
 * welcome, those that we set ourselves, and cookies with our names. Addresses that begin with one of origins (NULL at the end)
 * lose it. Then the lines of `more`, and the empty line. Gives the length, or 0: it doesn't fit. */
size_t answer_head_write(const struct answer_head *head, const char *const *origins, const char *more, char *to, size_t size);

#endif
