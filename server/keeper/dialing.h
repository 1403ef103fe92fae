/* The dialer, where the user wants one (--net): started before the gateway, ended after it. */
#ifndef SERVER_KEEPER_DIALING_H
#define SERVER_KEEPER_DIALING_H

#include "internal.h"

/* Forks it and waits until it is locked in. True without --net, too. False: it is said. */
bool dialing_begin(struct keeper *keeper);
/* In the gateway's process: keeps the gateway's end alone. */
void dialing_leave(struct keeper *keeper);
/* It asks, or has died (which the gateway tells). */
void dialing_hear(struct keeper *keeper);
/* The gateway has gone: so does the dialer. */
void dialing_end(struct keeper *keeper);

#endif
