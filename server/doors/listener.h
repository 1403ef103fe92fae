/* The gateway's own sockets: binds both families of localhost to one port, accepts, and hands each connection to HTTP (http/conn.h). */
#ifndef SERVER_DOORS_LISTENER_H
#define SERVER_DOORS_LISTENER_H

#include <stdbool.h>

struct gateway;

enum bound { BOUND, BOUND_NOT /* exit 1 */, BOUND_NONSENSE /* exit 2 */ };

/* Binds by config's address and port; kept_port: the root's (0: none yet), for PORT_OF_ROOT. Fills in gateway's port, host and origin.
 * Unless BOUND: said why on stderr. Before the lock-in. */
enum bound listener_bind(struct gateway *gateway, int kept_port);
void listener_start(struct gateway *gateway);
/* There's room again for somebody we don't know yet: who waits at the door comes in. */
void listener_has_room(struct gateway *gateway);
/* Nobody comes in any more; connections that are idle are closed. */
void listener_stop(struct gateway *gateway);

#endif
