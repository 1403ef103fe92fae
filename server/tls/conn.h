/* One TLS connection: ciphertext on its TCP socket, plaintext on a socketpair, whose other end is read like any accepted
 * connection. Bytes are relayed as fast as the slower side takes them, 16 KiB at a time each way. On the loop's thread.
 * Leaves to others: who may connect (lan.h), what is said (http/conn.h, ws.h). */
#ifndef SERVER_TLS_CONN_H
#define SERVER_TLS_CONN_H

#include <stdbool.h>
#include <stdint.h>

struct tls_conn;
struct gateway;
struct identity;

enum { HANDSHAKE_DEADLINE_MS = 5000, STUCK_DEADLINE_MS = 30000, LINGER_MS = 2000 };

/* Its callbacks. */
struct tls_conn_owner {
	struct gateway *gateway;
	/* The handshake is over; open: plain_fd (yours now) has its plaintext. Else plain_fd is -1, and the connection is ending. */
	void (*on_handshake)(struct tls_conn_owner *owner, struct tls_conn *conn, int plain_fd);
	/* The last callback; not before on_handshake. */
	void (*gone)(struct tls_conn_owner *owner, struct tls_conn *conn);
};

/* Takes tcp_fd, which doesn't block; holds identity. https: the address to tell a client that speaks plain HTTP (lent). NULL: no
 * memory. */
struct tls_conn *tls_conn_new(struct tls_conn_owner *owner, struct identity *identity, int tcp_fd, const char *address,
                              const char *https);
/* Called once the owner has stored it: from now on it may end at any time. */
void tls_conn_start(struct tls_conn *conn);
const char *tls_conn_address(const struct tls_conn *conn);
bool tls_conn_in_handshake(const struct tls_conn *conn);
/* Checks the deadlines; called every second. It may end the connection. */
void tls_conn_sweep(struct tls_conn *conn, uint64_t now_ms);
/* Closes both sockets at once. */
void tls_conn_end(struct tls_conn *conn);

/* ---- for the reader of its plaintext ---- */
/* A hold keeps the memory, not the sockets. */
void tls_conn_hold(struct tls_conn *conn);
void tls_conn_drop(struct tls_conn *conn);
/* Calls more(), once, when more bytes have come than those that are waiting: poll(2) on a socketpair says only that there are
 * some, whatever SO_RCVLOWAT is. An end shows as a hang-up. more NULL: cancels. */
void tls_conn_tell(struct tls_conn *conn, void more(void *context), void *context);

#endif
