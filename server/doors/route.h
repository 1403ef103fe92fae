/* Who answers what: from a request's head to the part that serves it, past the gatekeeper. A switchboard. */
#ifndef SERVER_DOORS_ROUTE_H
#define SERVER_DOORS_ROUTE_H

struct head;
struct http_conn;

/* The head is lent for the call, and still in the socket. */
void route(struct http_conn *conn, const struct head *head);
/* A POST's body is there. */
void route_body(struct http_conn *conn);

#endif
