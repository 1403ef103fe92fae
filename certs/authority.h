/* Makes a local CA and the certificate that it signs for this machine, P-256 both. In memory.
 * Leaves to others: reading certificates (certificate.h), where they are kept and when they are made anew (store.h). */
#ifndef CERTS_AUTHORITY_H
#define CERTS_AUTHORITY_H

#include <stdbool.h>
#include <time.h>

#include "certificate.h"

enum { PEM_MAX = 8192 };
enum { AUTHORITY_DAYS = 3650, LEAF_DAYS = 90, LEAF_DAYS_ALONE = 397 /* without the CA's key; Apple takes no more than 398 */ };

/* A certificate (or a chain, the leaf first) and its key, as PEM. Forget it with credentials_clear(). */
struct credentials {
	char certificate[PEM_MAX], key[PEM_MAX];
};
void credentials_clear(struct credentials *credentials);

/* Makes a CA that can sign for private addresses, and for `host` and names below it. False: the library failed. */
bool authority_make(const struct name *host, time_t now, struct credentials *authority);
/* Makes a certificate for names, valid for days (at most to the CA's end). False: the CA isn't one, or its key doesn't match. */
bool leaf_make(const struct credentials *authority, const struct names *names, time_t now, int days, struct credentials *leaf);

#endif
