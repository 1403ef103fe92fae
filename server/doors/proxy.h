/* With --root http://…: a request of the app's is passed on to that server, which the keeper connects to; its answer is the
 * app's. What is ours of the request (cookies, secrets, the names of this connection) stays here. Leaves to others: the bytes
 * (http/relay.h), who may ask (route.c). */
#ifndef SERVER_DOORS_PROXY_H
#define SERVER_DOORS_PROXY_H

#include <stdbool.h>

#include "client.h"

/* Without such a root it does nothing. accept gets the client's socket for its next request. */
void proxy_start(struct gateway *gateway, client_accept *accept);
bool proxy_is_on(const struct gateway *gateway);
/* Takes the head from the socket. */
void proxy_begin(struct http_conn *conn, const struct head *head);
/* For the request that has waited longest: a socket that is connected or about to be (taken), or -1: errno. */
void proxy_connected(struct gateway *gateway, int fd, int error);
/* The client's request is answered, or its connection ends: frees what it was to pass on. */
void proxy_forget(struct client *client);

#endif
