/* The gateway's certificate and key, and which TLS it speaks: 1.2 (mbedTLS 2.28 has no newer), ECDHE and AEAD,
 * "http/1.1". Reference-counted: new connections use a renewed one, existing ones keep the old. On the loop's thread, after the
 * start. */
#ifndef SERVER_TLS_IDENTITY_H
#define SERVER_TLS_IDENTITY_H

#include <mbedtls/ssl.h>

struct identity;

/* Both PEM; the first certificate of the chain is ours. NULL: they can't be used, or no memory. The caller holds it once. */
struct identity *identity_new(const char *certificate, const char *key);
struct identity *identity_hold(struct identity *identity);
void identity_drop(struct identity *identity);

/* Lent while the identity is held. */
const mbedtls_ssl_config *identity_config(const struct identity *identity);

#endif
