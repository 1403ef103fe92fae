/* Starts the dialer process (--net) before the gateway, and ends it after the gateway. */
#ifndef SERVER_KEEPER_DIALING_H
#define SERVER_KEEPER_DIALING_H

#include "internal.h"

/* Forks the dialer and waits until it is locked in. True also without --net. False: the reason was printed. */
bool dialing_begin(struct keeper *keeper);
/* In the gateway's process, after its fork: closes the keeper's end. */
void dialing_leave(struct keeper *keeper);
/* Reads the dialer's questions. If it has ended, closes the channel; the gateway reports that. */
void dialing_receive(struct keeper *keeper);
/* The gateway has ended: ends the dialer. */
void dialing_end(struct keeper *keeper);

#endif
