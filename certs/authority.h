/* Makes a local CA and the certificate that it signs for this machine, P-256 both, and reads the fields of certificates that
 * matter here. In memory. Leaves to others: where they are kept and when they are made anew (store.h). */
#ifndef CERTS_AUTHORITY_H
#define CERTS_AUTHORITY_H

#include <mbedtls/x509_crt.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "names.h"

enum { PEM_MAX = 8192, FINGERPRINT_TEXT = 95 /* "AB:CD:…", SHA-256 */ };
enum { AUTHORITY_DAYS = 3650, LEAF_DAYS = 90, LEAF_DAYS_ALONE = 397 /* without the CA's key; Apple takes no more than 398 */ };

/* A certificate (or a chain, the leaf first) and its key, as PEM. Forget it with made_clear(). */
struct made {
	char certificate[PEM_MAX], key[PEM_MAX];
};
void made_clear(struct made *made);

/* Makes a CA that can sign for private addresses, and for `host` and names below it. False: the library failed. */
bool authority_make(const struct name *host, time_t now, struct made *authority);
/* Makes a certificate for names, valid for days (at most to the CA's end). False: the CA isn't one, or its key doesn't match. */
bool leaf_make(const struct made *authority, const struct names *names, time_t now, int days, struct made *leaf);

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
enum certificate_fault { CERTIFICATE_GOOD, CERTIFICATE_UNREADABLE, CERTIFICATE_OF_UNKNOWN_KIND /* Ed25519 and the like */,
	CERTIFICATE_WEAK };
enum certificate_fault certificate_judge(const char *pem, unsigned *bits);
/* False: not PEM, or not a certificate. */
bool certificate_read(const char *pem, struct certificate_facts *facts);
/* Is it signed by that CA? Ignores dates. */
bool certificate_is_of(const char *pem, const char *authority_pem);
/* Was the CA made with these name_ranges and this host? */
bool authority_is_for(const char *pem, const struct name *host);
/* Is it the certificate's key? An encrypted key isn't read. */
bool key_is_of(const char *key_pem, const char *certificate_pem);
/* The first certificate as DER, for browsers that shall trust it. 0: it isn't one, or too long. */
size_t certificate_der(const char *pem, unsigned char *der, size_t size);

#endif
