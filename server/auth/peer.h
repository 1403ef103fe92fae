/* Asks the kernel (sock_diag(7)), by the exact four-tuple, whose process is at the other end of a loopback connection, before a
 * byte of it is parsed. Leaves the verdict to the listener. */
#ifndef SERVER_AUTH_PEER_H
#define SERVER_AUTH_PEER_H

#include <stdint.h>
#include <sys/types.h>

enum peer_answer {
	PEER_KNOWN,   /* uid is filled in */
	/* no such socket, or it has no owner any more: refuse (the socket of a client that closed at once shows uid 0) */
	PEER_GONE,
	PEER_UNKNOWN, /* the kernel can't tell: files need the cookie instead */
};

/* The netlink socket, opened before the lock-in and tried with a connection of our own; -1 with errno where the kernel doesn't
 * tell. */
int peer_open(void);

/* fd: an accepted TCP socket. Doesn't block: the kernel answers netlink requests in the call itself. */
enum peer_answer peer_uid(int netlink_fd, int fd, uid_t *uid);

#endif
