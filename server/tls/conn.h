/* One TLS connection: ciphertext on its TCP socket, plaintext on a socketpair, whose other end goes the way of any accepted connection.
 * Bytes are passed on as fast as the slower side takes them, 16 KiB at a time each way. On the loop's thread.
 * Leaves to others: who may connect (lan.h), what is said (http/conn.h, ws.h). */
#ifndef SERVER_TLS_CONN_H
#define SERVER_TLS_CONN_H

#include <stdbool.h>
#include <stdint.h>

struct front;
struct gateway;
struct identity;

enum { HANDSHAKE_DEADLINE_MS = 5000, STUCK_DEADLINE_MS = 30000, LINGER_MS = 2000 };

/* Who is told of a front's life. */
struct front_owner {
	struct gateway *gateway;
	/* The handshake is over; open: plain_fd (yours now) has its plaintext. Else plain_fd is -1, and the front is ending. */
	void (*shaken)(struct front_owner *owner, struct front *front, int plain_fd);
	/* Its last word; not before it was shaken. */
	void (*gone)(struct front_owner *owner, struct front *front);
};

/* Takes tcp_fd, which doesn't block; holds identity. https: the address to name to who speaks plain HTTP (lent). NULL: no memory. */
struct front *front_new(struct front_owner *owner, struct identity *identity, int tcp_fd, const char *address, const char *https);
/* Once its owner knows it: it may end at any time from now on. */
void front_start(struct front *front);
const char *front_address(const struct front *front);
bool front_shakes(const struct front *front);
/* Every second: deadlines. It may end by this. */
void front_sweep(struct front *front, uint64_t now_ms);
/* At once, both ends. */
void front_end(struct front *front);

/* ---- for the reader of its plaintext ---- */
/* The front's memory stays while it is held, not its sockets. */
void front_hold(struct front *front);
void front_drop(struct front *front);
/* Calls more(), once, when bytes have come beside those that are waiting: poll(2) on a socketpair says only that there are some, whatever
 * SO_RCVLOWAT is. An end shows as a hang-up. more NULL: no longer. */
void front_tell(struct front *front, void more(void *context), void *context);

#endif
