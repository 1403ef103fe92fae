/* Our own addresses below /_wvwasi/: claim, ticket, call, program.json, program.wasm, programs/, ca.crt. Dispatches alone.
 * Secrets are looked up behind it; whether a page may ask at all was decided before (auth/origin_check.h). */
#ifndef SERVER_DOORS_API_H
#define SERVER_DOORS_API_H

#include "server/http/head.h"

struct http_conn;

/* name: the path after /_wvwasi/. False: not one of these. The head has been taken. */
bool api_serve(struct http_conn *conn, const struct head *head, struct text name);
/* Called when a POST's body is complete. */
void api_body(struct http_conn *conn);
/* Are this address's errors read by a script, and so JSON? */
bool api_speaks_json(struct text name);

#endif
