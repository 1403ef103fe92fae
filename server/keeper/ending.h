/* How the gateway, and with it the keeper, is ended. */
#ifndef SERVER_KEEPER_ENDING_H
#define SERVER_KEEPER_ENDING_H

#include "internal.h"

/* Ends the gateway, and then us; asked twice, at once. */
void keeper_quit(struct keeper *keeper);
/* Its time to end is over: it is killed. */
void keeper_end_look(struct keeper *keeper);
uint64_t keeper_now_ms(void);

#endif
