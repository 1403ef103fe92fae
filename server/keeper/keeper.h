/* The keeper: the parent process, unlocked. It owns the terminal, the standard streams, the signals and the state file, starts the browser,
 * and opens PROGRAM for each who asks. It parses nothing that came from the network: the gateway, its child, does that, locked in. */
#ifndef SERVER_KEEPER_KEEPER_H
#define SERVER_KEEPER_KEEPER_H

struct config;

/* Forks the gateway and stays until the end. Returns the process's exit code. */
int keeper_run(const struct config *config);

#endif
