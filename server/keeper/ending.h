/* Ends the gateway, and the keeper after it. */
#ifndef SERVER_KEEPER_ENDING_H
#define SERVER_KEEPER_ENDING_H

#include "internal.h"

/* Asks the gateway to end; the keeper follows. A second call ends both at once. */
void keeper_quit(struct keeper *keeper);
/* Kills the gateway if its time to end is over. */
void keeper_end_look(struct keeper *keeper);
uint64_t keeper_now_ms(void);

#endif
