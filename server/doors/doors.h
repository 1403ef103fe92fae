/* The listeners, what they hand connections to, and the timer that checks their deadlines every second. */
#ifndef SERVER_DOORS_DOORS_H
#define SERVER_DOORS_DOORS_H

#include "lan.h"
#include "loopback.h"

struct gateway;

/* Called before the lock-in. Unless it gives BOUND, it has said why on stderr. */
enum bound doors_bind(struct gateway *gateway, int kept_port, struct lan_setup *setup);
void doors_start(struct gateway *gateway);
/* Stops accepting, and closes idle connections. */
void doors_stop(struct gateway *gateway);
/* Cuts the connections that are still open; before the loop ends. */
void doors_cut(struct gateway *gateway);

#endif
