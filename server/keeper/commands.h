/* Commands: of the user at the terminal, of the program on our stdin, of processes of the same user. */
#ifndef SERVER_KEEPER_COMMANDS_H
#define SERVER_KEEPER_COMMANDS_H

#include "internal.h"

/* A line of a client of the control socket; NULL: that client has gone. */
void commands_receive(void *context, uint32_t requester, const char *line);

/* Is stdin to be read now? Not while we are in the background of the terminal: reading there would stop us. */
bool commands_wanted(struct keeper *keeper);

/* stdin has something: commands, or a program's input. */
void commands_take(struct keeper *keeper);

#endif
