/* Decides from Host, Origin and Sec-Fetch-Site whether a request is answered at all. Strings in, verdict out. Leaves to others:
 * secrets and tickets (secrets.h). */
#ifndef SERVER_AUTH_ORIGIN_CHECK_H
#define SERVER_AUTH_ORIGIN_CHECK_H

#include "server/base/text.h"

/* The headers that say where a request comes from; a missing one has .at NULL. */
struct origin_claims {
	struct text host, origin, fetch_site, fetch_mode, fetch_dest;
	struct text path;          /* for the explanation */
	bool is_get;               /* or a HEAD */
	bool is_upgrade;
};

enum origin_verdict {
	ORIGIN_OK,
	ORIGIN_WRONG_HOST,     /* 421: DNS rebinding, or another name for this machine */
	ORIGIN_MISSING,      /* 403: a POST or WebSocket without an Origin */
	ORIGIN_FOREIGN, /* 403 */
	ORIGIN_FOREIGN_SITE,   /* 403: from another site's page, and not a navigation */
};

/* host: "localhost:4242"; origin: "http://localhost:4242". Exact, both. */
enum origin_verdict origin_check(const struct origin_claims *claims, const char *host, const char *origin);

int origin_check_status(enum origin_verdict verdict);
/* A sentence that says what was wrong and what would be right. Quotes at most 100 bytes of the request. */
void origin_check_explain(enum origin_verdict verdict, const struct origin_claims *claims, const char *origin, char *text,
                          size_t size);

#endif
