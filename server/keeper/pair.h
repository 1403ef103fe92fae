/* wvwasi-gw pair and debug --lan: let a browser of another machine in. */
#ifndef SERVER_KEEPER_PAIR_H
#define SERVER_KEEPER_PAIR_H

#include <stdbool.h>

/* fd: a gateway's control socket. what: "pair", or "debug" for another machine's debugger. 0: a browser was admitted. */
int pair(int fd, const char *what, bool again, bool json);

#endif
