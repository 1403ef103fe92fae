/* WebSockets: lws on our loop, without a listener. Only sockets whose upgrade the head reader has checked come here. */
#ifndef SERVER_PROGRAM_WS_H
#define SERVER_PROGRAM_WS_H

#include <stdbool.h>

#include "server/base/text.h"

struct gateway;
struct session; /* auth/sessions.h */

/* Creates gateway->lws on gateway->loop. Before the lock-in: lws loads its event plugin from a file. False: printed why. */
bool ws_start(struct gateway *gateway);

/* Takes fd: a socket from which nothing has been read yet (the head was only peeked at) and whose upgrade request was found good:
 * lws answers 101 with the protocol that the upgrade names. The session was found by its ticket and is held from here on.
 * address is for lists and events ("127.0.0.1"). head: of a long head that was taken from the socket, what was kept (lent); .at
 * is NULL: it is still there. */
void ws_adopt(struct gateway *gateway, int fd, struct session *session, const char *address, struct text head);

/* Closes what is left and destroys the context; the loop must run until it is empty. */
void ws_stop(struct gateway *gateway);

#endif
