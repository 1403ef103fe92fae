/* Who we are to other machines: certificate and key, and what TLS we speak with them: 1.2 (mbedTLS 2.28 has no newer), ECDHE and AEAD,
 * "http/1.1". Counted: a renewed one serves newcomers while connections go on with the old. On the loop's thread, after the start. */
#ifndef SERVER_TLS_IDENTITY_H
#define SERVER_TLS_IDENTITY_H

#include <mbedtls/ssl.h>

struct identity;

/* PEM, both; the chain's first is ours. NULL: they can't be used, or no memory. Held once. */
struct identity *identity_new(const char *certificate, const char *key);
struct identity *identity_hold(struct identity *identity);
void identity_drop(struct identity *identity);

/* Lent as long as the identity is held. */
const mbedtls_ssl_config *identity_config(const struct identity *identity);

#endif
