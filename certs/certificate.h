/* Reads the fields of certificates and keys that matter here. In memory; knows nothing of making them. */
#ifndef CERTS_CERTIFICATE_H
#define CERTS_CERTIFICATE_H

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "names.h"

enum { FINGERPRINT_TEXT = 95 /* "AB:CD:…", SHA-256 */ };

/* Facts of a certificate; of a chain, of its first. */
struct certificate_facts {
	time_t from, until;
	struct names names;
	char fingerprint[FINGERPRINT_TEXT + 1];
};
/* All certificates of a PEM text, added to crt (initialised). False: there's none, or one that can't be read. */
bool certificate_parse(mbedtls_x509_crt *crt, const char *pem);
/* Can our TLS and browsers use it? *bits: its key's. */
enum { RSA_BITS_LEAST = 2048 };
enum certificate_fault { CERTIFICATE_GOOD, CERTIFICATE_UNREADABLE, CERTIFICATE_KEY_UNSUPPORTED /* Ed25519 and the like */,
	CERTIFICATE_WEAK };
enum certificate_fault certificate_check(const char *pem, unsigned *bits);
/* False: not PEM, or not a certificate. */
bool certificate_read(const char *pem, struct certificate_facts *facts);
/* Is it signed by that CA? Ignores dates. */
bool certificate_is_signed_by(const char *pem, const char *authority_pem);
/* Was the CA made with these name_ranges and this host? */
bool authority_permits(const char *pem, const struct name *host);
/* Is it the certificate's key? An encrypted key isn't read. */
bool key_matches(const char *key_pem, const char *certificate_pem);
/* The first certificate as DER, for browsers that shall trust it. 0: it isn't one, or too long. */
size_t certificate_der(const char *pem, unsigned char *der, size_t size);

/* ---- for authority.c ---- */
/* mbedTLS's source of random bytes. 0. */
int certificate_random(void *context, unsigned char *bytes, size_t count);
bool certificate_key_parse(mbedtls_pk_context *key, const char *pem);
/* Do public and private key belong together? */
bool key_pair_matches(const mbedtls_pk_context *public, const mbedtls_pk_context *key);
time_t certificate_time(const mbedtls_x509_time *time);

#endif
