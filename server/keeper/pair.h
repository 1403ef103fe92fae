/* wvwasi-gw pair, debug --lan and answer: the subcommands that ask the user. Each returns its exit code. */
#ifndef SERVER_KEEPER_PAIR_H
#define SERVER_KEEPER_PAIR_H

#include <stdbool.h>

/* fd: a gateway's control socket. what: "pair", or "debug" for another machine's debugger. 0: a browser was admitted. */
int pair(int fd, const char *what, bool again, bool json);
/* Asks one question of the gateway here, the one that waits or the next, because at its own terminal a program may read the
 * keys. */
int answer(int fd, bool json);

#endif
