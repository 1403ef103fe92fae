/* The Host and the origin of pages that we serve. Loopback has one; for another machine there are several, by its address and by
 * the certificate's names. */
#ifndef SERVER_BASE_ORIGIN_H
#define SERVER_BASE_ORIGIN_H

enum { ORIGIN_HOST_MAX = 160 };

struct origin {
	char host[ORIGIN_HOST_MAX];       /* "localhost:4242" */
	char origin[ORIGIN_HOST_MAX + 8]; /* "http://" or "https://" host */
};

#endif
