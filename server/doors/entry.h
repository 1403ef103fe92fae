/* How a browser is admitted: POST claim turns a link or a code into a session, POST ticket a session's secret into tickets.
 * Leaves to others: secrets themselves (auth/secrets.h), asking the user about another machine (pairing_request.h). */
#ifndef SERVER_DOORS_ENTRY_H
#define SERVER_DOORS_ENTRY_H

#include "client.h"

/* kind: POST_CLAIM or POST_TICKET. Reads the body; entry_body() follows. */
void entry_begin(struct http_conn *conn, const struct head *head, enum post_kind kind);
void entry_body(struct http_conn *conn);

/* The session if it is valid on this connection's listener, else NULL. Sessions for programs aren't valid at the debugger's
 * listener, sessions for debugging only there, and a session of this machine isn't valid from another. */
struct session *entry_session(const struct http_conn *conn, struct session *session);

#endif
