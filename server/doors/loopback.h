/* The loopback sockets: both families of localhost on one port for the app, another loopback address for debuggers.
 * Leaves to others: accepting (listener.h). */
#ifndef SERVER_DOORS_LOOPBACK_H
#define SERVER_DOORS_LOOPBACK_H

struct gateway;

enum { LOOPBACK_FAMILIES = 2, LOOPBACK_DEBUGGER = LOOPBACK_FAMILIES, LOOPBACK_SOCKETS };
enum bound { BOUND, BOUND_NOT /* exit 1 */, BOUND_NONSENSE /* exit 2 */ };

/* Binds config's address and port; kept_port: the root's port (0: none yet), for PORT_OF_ROOT. Fills in fds (-1: none) and
 * gateway's port, host and origin, for the app and for debuggers. Unless it gives BOUND, it has said why on stderr. */
enum bound loopback_bind(struct gateway *gateway, int kept_port, int fds[LOOPBACK_SOCKETS]);

#endif
