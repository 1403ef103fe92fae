/* Who answers what: from a request's head to the part that serves it, past the gatekeeper. A switchboard. */
#ifndef SERVER_DOORS_ROUTE_H
#define SERVER_DOORS_ROUTE_H

struct head;
struct visit;

/* The head is lent for the call, and still in the socket. */
void route(struct visit *visit, const struct head *head);
/* A POST's body is there. */
void route_body(struct visit *visit);

#endif
