/* The three X.509 extensions that mbedTLS 2.28 can't write, as DER of our own: a certificate's names, its purpose, and a CA's
 * limits. Names in, bytes out; pure, so that it can be fuzzed. Leaves to others: keys and signatures (authority.h). */
#ifndef CERTS_EXTENSIONS_H
#define CERTS_EXTENSIONS_H

#include <stddef.h>
#include <stdint.h>

#include "names.h"

enum { EXTENSION_MAX = 4096 };

struct extension {
	uint8_t bytes[EXTENSION_MAX]; /* the DER is at the end */
	size_t length;                /* 0: it didn't fit, or the extension would be empty */
};

const uint8_t *extension_bytes(const struct extension *extension);

/* SubjectAltName: all names. */
void extension_alt_names(struct extension *extension, const struct names *names);
/* NameConstraints: name_ranges, and `dns` with what is below it (without a permitted host name all of them would be allowed). */
void extension_name_constraints(struct extension *extension, const struct name *dns);
/* ExtendedKeyUsage: TLS servers alone. */
void extension_server_use(struct extension *extension);
/* BasicConstraints: a CA that makes leaves alone. */
void extension_authority(struct extension *extension);

/* Reads the names of a SubjectAltName that others made, and skips mail addresses and URIs. False: it isn't DER, or has too many
 * names. */
bool extension_read_alt_names(const uint8_t *bytes, size_t length, struct names *names);

#endif
