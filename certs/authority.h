/* Makes a local CA and the certificate that it signs for this machine, P-256 both, and reads certificates for what matters here.
 * In memory. Leaves to others: where they are kept and when they are made anew (store.h). */
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

/* A CA that can vouch for private addresses, and for `host` and what is below it. False: the library failed. */
bool authority_make(const struct name *host, time_t now, struct made *authority);
/* A certificate for names, of days (at most to the CA's end). False: the CA isn't one, or its key isn't its. */
bool leaf_make(const struct made *authority, const struct names *names, time_t now, int days, struct made *leaf);

/* What can be read in a certificate; of a chain, in its first. */
struct certificate_facts {
	time_t from, until;
	struct names names;
	char fingerprint[FINGERPRINT_TEXT + 1];
};
/* All certificates of a PEM text, added to crt (initialised). False: there's none, or one that can't be read. */
bool certificate_parse(mbedtls_x509_crt *crt, const char *pem);
/* Can TLS here and in browsers use it? *bits: of its key. */
enum { RSA_BITS_LEAST = 2048 };
enum certificate_fault { CERTIFICATE_GOOD, CERTIFICATE_UNREADABLE, CERTIFICATE_OF_UNKNOWN_KIND /* Ed25519 and the like */, CERTIFICATE_WEAK };
enum certificate_fault certificate_judge(const char *pem, unsigned *bits);
/* False: not PEM, or not a certificate. */
bool certificate_read(const char *pem, struct certificate_facts *facts);
/* Is it signed by that CA? Dates don't count here. */
bool certificate_is_of(const char *pem, const char *authority_pem);
/* Was the CA made with these name_ranges and this host? */
bool authority_is_for(const char *pem, const struct name *host);
/* Do the two belong together? The key may not be encrypted. */
bool key_is_of(const char *key_pem, const char *certificate_pem);
/* The first certificate as DER, for browsers that are to trust it. 0: it isn't one, or too long. */
size_t certificate_der(const char *pem, unsigned char *der, size_t size);

#endif
