/* The keeper: the unlocked parent process (OpenSSH calls it the monitor). It has the terminal, the standard streams, the signals
 * and the state file, starts the browser, and opens PROGRAM for each request. It forks the gateway, which is locked in, and
 * parses nothing from the network. Leaves to others: everything that a page can reach (the gateway). */
#ifndef SERVER_KEEPER_KEEPER_H
#define SERVER_KEEPER_KEEPER_H

struct config;
struct grantable;
struct lan_setup;
struct profile_folder;

/* Runs the gateway, in the process that the keeper forks (server/gateway.h). Returns its exit code. */
typedef int gateway_run_function(const struct config *config, int channel_fd, int dialer_fd, int port, struct lan_setup *setup,
                                 struct profile_folder *profiles, struct grantable *grantable, int record_fd);

/* Runs until the gateway has ended. Returns the exit code. */
int keeper_run(const struct config *config, gateway_run_function *gateway_run);

#endif
