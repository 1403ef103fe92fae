/* A TLS connection from inside: conn.c has its life and its turns, handshake.c what comes before plaintext, relay.c the
 * plaintext. */
#ifndef SERVER_TLS_INTERNAL_H
#define SERVER_TLS_INTERNAL_H

#include <mbedtls/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct tls_conn_owner;
struct identity;

enum { TLS_RECORD = 16 << 10, TLS_ROUNDS = 16 /* reads in a turn, so that one connection doesn't hold up the others */ };

enum tls_state { TLS_PEEK /* at the first byte */, TLS_HANDSHAKE, TLS_RELAY,
	TLS_REFUSE /* plain HTTP; the client gets time to read why */, TLS_ENDED };

/* The buffer of one direction. */
struct tls_relay {
	uint8_t bytes[TLS_RECORD];
	size_t at, length;
	bool ended; /* no more will come; what is here is still delivered */
};

struct tls_conn {
	struct tls_conn_owner *owner;
	struct identity *identity;
	mbedtls_ssl_context ssl;
	uv_poll_t tcp, plain;         /* ciphertext's socket; our end of the plaintext's */
	int tcp_fd, plain_fd;
	enum tls_state state;
	unsigned holds;               /* one for each libuv handle that isn't closed, one for each tls_conn_hold */
	bool told_handshake;
	bool read_wants_write, write_wants_read;
	bool plain_is_closed;         /* its reader has gone: what comes is thrown away */
	bool notified;                /* close_notify was sent */
	uint64_t since_ms;            /* when the state began, or when the other machine took the last byte */
	struct tls_relay in, out;     /* to the plaintext socket; to the other machine */
	void (*more)(void *context);
	void *more_context;
	const char *https;
	char address[64];
};

/* conn.c */
/* Waits for what the state needs next, on both sockets. */
void tls_conn_watch(struct tls_conn *conn);
/* Ends the connection and says why with --verbose. error: mbedTLS's, or 0 where the other side ended without close_notify. */
void tls_conn_fail(struct tls_conn *conn, const char *doing, int error);
/* Tells the owner, once, that the handshake is over. plain_fd: -1 if it failed. */
void tls_conn_tell_handshake(struct tls_conn *conn, int plain_fd);

/* handshake.c; each may end the connection */
void tls_handshake_peek(struct tls_conn *conn);
void tls_handshake_go_on(struct tls_conn *conn);
void tls_handshake_refuse(struct tls_conn *conn);

/* relay.c */
/* Makes the socket pair; *theirs is the reader's end. False: errno. */
bool tls_relay_open(struct tls_conn *conn, int *theirs);
/* Moves what can be moved, both ways. It may end the connection. */
void tls_relay_turn(struct tls_conn *conn);

#endif
