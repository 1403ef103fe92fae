/* The dialer: the third process, which runs only with --net. It has the network and no files: it decides what programs may reach,
 * looks names up, connects and binds, and passes the descriptors to the gateway, which has files and no network. The keeper
 * starts it before the gateway, and it is locked in before it reads anything from the gateway. Leaves to others: the system calls
 * (wasi/sys_net*.c), sending the requests (server/network), what a rule means (base/net_rules.h). */
#ifndef SERVER_DIALER_DIALER_H
#define SERVER_DIALER_DIALER_H

struct config;

/* Runs the process until the gateway has ended. gateway_fd, keeper_fd: channels to the gateway and the keeper. Returns the exit
 * code: 1 if it cannot start, or if --sandbox=require and the lock is incomplete. */
int dialer_run(const struct config *config, int gateway_fd, int keeper_fd);

#endif
