/* wvwasi-gw link|sessions|revoke N|stop, and a second start: what asks a gateway that runs already, by its control socket, and prints what it
 * says. Leaves to others: the socket (control.h), finding it (state.h), answering (keeper/commands.c). */
#ifndef SERVER_KEEPER_SUBCOMMANDS_H
#define SERVER_KEEPER_SUBCOMMANDS_H

#include <stdbool.h>

struct config;

bool is_subcommand(const char *word);
/* argv[0] is the word. Returns the exit code: 1 where nothing runs or it can't be done, 2 where it wasn't understood. */
int subcommand_run(int argc, char **argv);

/* The root (a real path) is being served already: prints a fresh link to it, or what differs. Returns the exit code: 0, or 2; 1 when
 * process `pid`, who holds it, doesn't answer. */
int again_run(const struct config *config, const char *root, int pid);

#endif
