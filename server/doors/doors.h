/* All ways in, assembled: the listeners, what they hand connections to, and the second's clock of it all. */
#ifndef SERVER_DOORS_DOORS_H
#define SERVER_DOORS_DOORS_H

#include "lan.h"
#include "loopback.h"

struct gateway;

/* Before the lock-in. Unless BOUND: said why on stderr. */
enum bound doors_bind(struct gateway *gateway, int kept_port, struct lan_setup *setup);
void doors_start(struct gateway *gateway);
/* Nothing is accepted any more; connections that are idle are closed. */
void doors_stop(struct gateway *gateway);
/* What is still open is cut; before the loop ends. */
void doors_cut(struct gateway *gateway);

#endif
