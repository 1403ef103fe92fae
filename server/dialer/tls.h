/* TLS as a client: between a connected socket and a plaintext one, whose other end a program has. The server's certificate is
 * checked by the system's CA store; a name or address that it isn't for is an error, always. Leaves to others: whom the socket
 * may be connected to (judge.c). */
#ifndef SERVER_DIALER_TLS_H
#define SERVER_DIALER_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

/* The CA store's file: SSL_CERT_FILE of the environment as OpenSSL reads it, else Debian's. */
const char *trust_file(void);

/* What is trusted, and how: made once, before the lock. NULL: `problem` says why. */
struct tls_trust;
struct tls_trust *tls_trust_load(const char *file, char *problem, size_t size);
void tls_trust_free(struct tls_trust *trust); /* not while a client uses it */

enum { TLS_NAME_MAX = 253, TLS_ALPN_MAX = 255 };

struct tls_wish {
	char name[TLS_NAME_MAX + 1];      /* the server's: whom its certificate must be for; a name or an address */
	unsigned char alpn[TLS_ALPN_MAX]; /* as on the wire: a byte with the length before each; none: not asked for */
	unsigned alpn_length;
};

/* u16 length (little endian) and the name, then ALPN's list. False: no such thing. */
bool tls_wish_read(const unsigned char *bytes, size_t length, struct tls_wish *wish);

struct tls_client;

/* error: an errno; text: what went wrong, in words. 0: text is "TLSv1.3\0CIPHER\0ALPN\0", of text_length bytes, and plain_fd the
 * program's end, which is the callee's to close. */
typedef void tls_done(void *context, int error, const char *text, size_t text_length, int plain_fd);

/* Begins a handshake on tcp_fd, which is its own from here on. done: once, later, unless cancelled. After a handshake it relays
 * by itself until both sides have ended. NULL: no memory; tcp_fd is closed. */
struct tls_client *tls_client_begin(uv_loop_t *loop, struct tls_trust *trust, int tcp_fd, const struct tls_wish *wish,
	tls_done *done, void *context);
void tls_client_cancel(struct tls_client *client); /* before done */
/* What a program wrote before it closed its end, and the server doesn't read, is given up after that time. Tests shorten it. */
extern unsigned tls_linger_ms;
/* How many there are. */
size_t tls_client_count(void);

#endif
