/* Accepts on the loopback sockets, asks the kernel whose process connects, and hands each connection up.
 * Leaves to others: binding (loopback.h), HTTP (client_accept). */
#ifndef SERVER_DOORS_LISTENER_H
#define SERVER_DOORS_LISTENER_H

#include "client.h"
#include "loopback.h"

/* Before the lock-in. Unless BOUND: said why on stderr. */
enum bound listener_bind(struct gateway *gateway, int kept_port);
void listener_start(struct gateway *gateway, client_accept *accept);
/* If it rested and there's room again, it accepts again. */
void listener_look(struct gateway *gateway);
/* Nothing is accepted any more. */
void listener_stop(struct gateway *gateway);

#endif
