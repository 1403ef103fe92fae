/* The user's terminal while the keys are ours: each is there at once and isn't echoed. At every end, and whenever somebody else has the terminal (a program that
 * reads it, the shell after Ctrl-Z), it is as we found it. Leaves to others: what a key does. */
#ifndef SERVER_KEEPER_TERMINAL_KEYS_H
#define SERVER_KEEPER_TERMINAL_KEYS_H

#include <stdbool.h>

/* Takes the keys or gives them back, as wanted; only from the terminal's foreground. */
void terminal_keys_want(bool wanted);

/* Gives them back, if they are ours. From a signal handler, too. */
void terminal_keys_give_back(void);

#endif
