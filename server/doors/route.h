/* What answers which request: from a connection's acceptance and a request's head to the part that serves it, past the origin
 * check. */
#ifndef SERVER_DOORS_ROUTE_H
#define SERVER_DOORS_ROUTE_H

#include "client.h"

client_accept route_accept;

#endif
