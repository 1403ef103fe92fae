/* Who may ask at all: Host, Origin and Sec-Fetch-Site. Strings in, verdict out; secrets and tickets are asked for later (secrets.h). */
#ifndef SERVER_AUTH_ORIGIN_CHECK_H
#define SERVER_AUTH_ORIGIN_CHECK_H

#include "server/http/head.h"

enum gate_verdict {
	GATE_OPEN,
	GATE_WRONG_HOST,     /* 421: DNS rebinding, or another name for this machine */
	GATE_NO_ORIGIN,      /* 403: a POST or WebSocket that doesn't say where it comes from */
	GATE_FOREIGN_ORIGIN, /* 403 */
	GATE_FOREIGN_SITE,   /* 403: another site's page asked, and not by navigating here */
};

/* host: "localhost:4242"; origin: "http://localhost:4242". Exact, both. */
enum gate_verdict gate_judge(const struct head *head, const char *host, const char *origin);

int gate_status(enum gate_verdict verdict);
/* A sentence that says what was wrong and what would be right. Quotes at most 100 bytes of the request. */
void gate_explain(enum gate_verdict verdict, const struct head *head, const char *origin, char *text, size_t size);

#endif
