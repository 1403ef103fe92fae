/* Clients whose requests wait for the same thing, in a list, oldest first. A client waits in one list at most. */
#ifndef SERVER_DOORS_WAITING_H
#define SERVER_DOORS_WAITING_H

struct client;
struct http_conn;

/* Empty when zeroed. */
struct waiting {
	struct client *first;
	unsigned count;
};

/* The connection's request waits from now on, at the list's end. */
void waiting_add(struct waiting *waiting, struct http_conn *conn);
/* The connection that has waited longest; NULL: none. */
struct http_conn *waiting_first(const struct waiting *waiting);
/* The client's request is answered, or its connection ends: takes it out of its list, if it is in one. */
void waiting_leave(struct client *client);

#endif
