/* What the user types, and what the program on our stdin and processes of the same user want. */
#ifndef SERVER_KEEPER_COMMANDS_H
#define SERVER_KEEPER_COMMANDS_H

#include "internal.h"

/* From the control socket; no line: that client has gone. */
void commands_hear(void *context, uint32_t requester, const char *line);

/* Is stdin to be read now? Not while we are in the background of the terminal: reading there would stop us. */
bool commands_wanted(struct keeper *keeper);

/* stdin has something: commands, or a program's input. */
void commands_take(struct keeper *keeper);

#endif
