/* Accepts on the loopback sockets, asks the kernel whose process connects, and hands each connection up.
 * Leaves to others: binding (loopback.h), HTTP (client_accept). */
#ifndef SERVER_DOORS_LISTENER_H
#define SERVER_DOORS_LISTENER_H

#include "client.h"
#include "loopback.h"

/* Called before the lock-in. Unless it gives BOUND, it has said why on stderr. */
enum bound listener_bind(struct gateway *gateway, int kept_port);
void listener_start(struct gateway *gateway, client_accept *accept);
/* Accepts again if it had stopped and there is room. */
void listener_look(struct gateway *gateway);
/* Stops accepting. */
void listener_stop(struct gateway *gateway);

#endif
