/* How a browser comes in: POST claim turns a link or a code into a session, POST ticket a session's secret into tickets.
 * Leaves to others: secrets themselves (auth/secrets.h), asking the user about another machine (pairing_request.h). */
#ifndef SERVER_DOORS_ENTRY_H
#define SERVER_DOORS_ENTRY_H

#include "client.h"

/* kind: POST_CLAIM or POST_TICKET. Reads the body; entry_body() follows. */
void entry_begin(struct http_conn *conn, const struct head *head, enum post_kind kind);
void entry_body(struct http_conn *conn);

/* The session if it is good where this connection came in, else NULL: one that runs programs isn't for the debugger's listener, nor the other
 * way round, and one of this machine isn't for other machines. */
struct session *entry_session(const struct http_conn *conn, struct session *session);

#endif
