/* The dialer: the third process, there only with --net. It has the network and no files: it judges whom programs may reach, looks
 * names up, connects, binds, and passes the descriptors to the gateway, which has files and no network. Started by the keeper
 * before there is a gateway, locked in before it reads a byte of it. Leaves to others: the calls (wasi/sys_net*.c), asking for
 * them (server/network), what rules say (base/net_rules.h). */
#ifndef SERVER_DIALER_DIALER_H
#define SERVER_DIALER_DIALER_H

struct config;

/* The whole life of the process: until the gateway has gone. gateway_fd, keeper_fd: its channels. Returns its exit code. */
int dialer_run(const struct config *config, int gateway_fd, int keeper_fd);

#endif
