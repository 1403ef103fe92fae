/* Keys at the user's terminal, each of which acts at once. Leaves to others: the terminal's mode (terminal_keys.h), commands as lines
 * of JSON (commands.h). */
#ifndef SERVER_KEEPER_KEYS_H
#define SERVER_KEEPER_KEYS_H

#include "internal.h"

/* Prints which there are. */
void keys_print(struct keeper *keeper);
/* Reads one and does it. */
void keys_read(struct keeper *keeper);

#endif
