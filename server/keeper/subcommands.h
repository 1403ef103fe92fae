/* wvwasi-gw link|sessions|revoke N|stop, and a second start: they ask a running gateway by its control socket, and print its
 * answer. Leaves to others: the socket (control.h), finding it (state.h), answering (keeper/commands.c). */
#ifndef SERVER_KEEPER_SUBCOMMANDS_H
#define SERVER_KEEPER_SUBCOMMANDS_H

#include <stdbool.h>

struct config;

bool is_subcommand(const char *word);
/* argv[0] is the word. Returns the exit code: 1 if no gateway runs or it failed, 2 for a wrong command line. */
int subcommand_run(int argc, char **argv);

/* For a root (a real path) that is served already: prints a new link to it, or which options differ. Returns the exit code: 0, or
 * 2; 1 when process `pid`, who holds it, doesn't answer. */
int again_run(const struct config *config, const char *root, int pid);

#endif
