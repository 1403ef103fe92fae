/* A head that is longer than HEAD_BYTES_MAX, read in pieces: what head.c never looks at isn't kept and doesn't count. Pages of
 * other ports of this host set cookies that browsers send here too, 180 of 4 KiB each. What is kept is a whole head again, for
 * head_read(). A pure function, so it can be fuzzed. */
#ifndef SERVER_HTTP_LONG_HEAD_H
#define SERVER_HTTP_LONG_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "head.h"

enum { LONG_HEAD_MAX = 1 << 20, OUR_COOKIE_MAX = 80 };

struct long_head {
	char kept[HEAD_BYTES_MAX];
	size_t length;       /* of kept */
	size_t seen;         /* of the head */
	size_t line, cookie; /* where in kept the line and the cookie begin */
	enum { LONG_HEAD_KEPT /* a name, or a value that is needed */, LONG_HEAD_DROPPED, LONG_HEAD_COOKIE,
		LONG_HEAD_NO_COOKIE /* of ours */ } state;
	bool has_value;      /* the line's colon has come; the first line has none */
	bool after_return;   /* a carriage return has come */
	int status;          /* when refused: 400 or 431 */
	const char *problem; /* and why: a sentence, static */
};

/* *head is zeroed at first. Takes bytes up to the head's end; *taken: how many. HEAD_READY: it is whole. */
enum head_verdict long_head_take(struct long_head *head, const char *bytes, size_t length, size_t *taken);

#endif
