/* Where a page of ours can be: the one good Host and its origin. Loopback is one place; another machine may see us at several, an
 * address and the certificate's names. */
#ifndef SERVER_BASE_ORIGIN_H
#define SERVER_BASE_ORIGIN_H

enum { ORIGIN_HOST_MAX = 160 };

struct origin {
	char host[ORIGIN_HOST_MAX];       /* "localhost:4242" */
	char origin[ORIGIN_HOST_MAX + 8]; /* "http://" or "https://" host */
};

#endif
