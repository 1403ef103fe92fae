/* `wvwasi-gw replay FILE [PROGRAM]`: what its words mean for the gateway that serves it. Leaves to others: the recording's bytes (record_file.h). */
#ifndef SERVER_KEEPER_REPLAYING_H
#define SERVER_KEEPER_REPLAYING_H

#include <stdbool.h>

struct config;

/* config: read from the words behind `replay`, so that PROGRAM and its arguments are FILE and PROGRAM. Makes config->replay of them.
 * False: it said why. */
bool replay_prepare(struct config *config);

#endif
