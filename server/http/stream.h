/* A body whose length nobody knows: what comes from a stream socket, in chunks (RFC 9112, 7.1), so that the answer can end whole
 * at any time and the connection stays. A chunk is taken from the source when the one before is sent. Leaves to others: whose
 * bytes they are. */
#ifndef SERVER_HTTP_STREAM_H
#define SERVER_HTTP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For struct reply. The end of the source and its errors aren't taken from it: the answer ends whole before them. */
struct http_source {
	int fd;        /* doesn't block */
	uint64_t most; /* bytes of this answer */
	/* So many more were taken. False: no more come this way. Also asked before bytes are taken, and each second, with 0. */
	bool (*goes_on)(void *context, size_t took);
	void (*gone)(void *context); /* the answer has ended, or broken off: frees the context */
	void *context;
};

#endif
