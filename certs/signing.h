/* Signs a certificate again. mbedTLS 2.28 writes ECDSA's AlgorithmIdentifier with a NULL in it, which RFC 5758
 * (3.2) forbids, and Chromium refuses such certificates as invalid; the NULL is also in the signed part, so removing it needs a
 * new signature. */
#ifndef CERTS_SIGNING_H
#define CERTS_SIGNING_H

#include <mbedtls/pk.h>
#include <stddef.h>

enum { CERTIFICATE_DER_MAX = 4096 };

/* der: a certificate that mbedTLS wrote with ECDSA and SHA-256, `length` bytes; key: the issuer's. Gives the length of what is in
 * `to`; 0: it isn't such a certificate, or doesn't fit. */
size_t certificate_sign(const unsigned char *der, size_t length, mbedtls_pk_context *key, unsigned char to[CERTIFICATE_DER_MAX]);

#endif
