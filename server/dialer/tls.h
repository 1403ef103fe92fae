/* TLS as a client: relays between a connected socket and a plaintext socket whose other end a program has. The server's
 * certificate is verified against the system's CA store and for the server's name or address; nothing can turn that off. Leaves
 * to others: where the socket may be connected to (judge.c). */
#ifndef SERVER_DIALER_TLS_H
#define SERVER_DIALER_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

/* The CA store's path: the environment's SSL_CERT_FILE, as OpenSSL reads it, else Debian's. */
const char *trust_file(void);

struct tls_trust;
/* Reads the CA store, and sets what all clients have in common. Call it before the process is locked in. NULL: `problem` has the
 * reason. */
struct tls_trust *tls_trust_load(const char *file, char *problem, size_t size);
void tls_trust_free(struct tls_trust *trust); /* not while a client uses it */

enum { TLS_NAME_MAX = 253, TLS_ALPN_MAX = 255 };

struct tls_wish {
	char name[TLS_NAME_MAX + 1];      /* the name or address that the server's certificate must be for */
	unsigned char alpn[TLS_ALPN_MAX]; /* as in TLS: before each protocol a byte with its length */
	unsigned alpn_length;             /* 0: no ALPN */
};

/* Parses a u16 length (little endian), the name, and ALPN's list up to the end. False: malformed. */
bool tls_wish_read(const unsigned char *bytes, size_t length, struct tls_wish *wish);

struct tls_client;

/* The handshake's outcome. error 0: text is "TLSv1.3\0CIPHER\0ALPN\0", text_length bytes, and plain_fd is the program's end,
 * which the callee closes. Else an errno, and text is the reason, one sentence. */
typedef void tls_done(void *context, int error, const char *text, size_t text_length, int plain_fd);

/* Starts a handshake on tcp_fd, which it takes, and calls done once, from the loop, unless cancelled. After the handshake it
 * relays until both sides have ended. NULL: no memory; tcp_fd is closed. */
struct tls_client *tls_client_begin(uv_loop_t *loop, struct tls_trust *trust, int tcp_fd, const struct tls_wish *wish,
	tls_done *done, void *context);
/* Ends a handshake. Not after done. */
void tls_client_cancel(struct tls_client *client);
/* If the program has closed its end and the server reads nothing for this time, the rest is dropped. Tests shorten it. */
extern unsigned tls_linger_ms;
/* The number of clients that aren't freed yet. */
size_t tls_client_count(void);

#endif
