/* The gateway process: its parts in the order in which they start and end, and what it does when the keeper says something.
 * Started by the keeper's fork, locked in before it serves. */
#ifndef SERVER_GATEWAY_H
#define SERVER_GATEWAY_H

struct config;
struct grantable;
struct lan_setup;
struct profile_folder;

/* The whole life of the process. channel_fd: to the keeper; dialer_fd: to the dialer, -1: there is none; port: 0 or the one kept
 * for the root, when config has none; setup: what other machines are shown; profiles: where start profiles are read, closed then;
 * grantable: what --ask lets the user grant, for the lock; record_fd: --record's file, -1: none. Returns its exit code. */
int gateway_run(const struct config *config, int channel_fd, int dialer_fd, int port, struct lan_setup *setup,
	struct profile_folder *profiles, struct grantable *grantable, int record_fd);

#endif
