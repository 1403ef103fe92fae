/* For secrets: random bytes from the kernel, their text, and their SHA-256, which is all that we keep. */
#ifndef SERVER_BASE_DIGEST_H
#define SERVER_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_BYTES = 32, DIGEST_HEX = 2 * DIGEST_BYTES, SECRET_TEXT_MAX = 43 };

struct digest {
	uint8_t bytes[DIGEST_BYTES];
};

void digest_of(struct digest *digest, const void *bytes, size_t length);
/* Takes the same time whatever differs. */
bool digest_equals(const struct digest *a, const struct digest *b);
void digest_hex(const struct digest *digest, char text[DIGEST_HEX + 1]);

/* At most 256 bytes from the kernel. Ends the process if it has none. */
void secret_bytes(void *bytes, size_t count);
/* Fills text with bits (128 or 256) from the kernel, as base64url: 22 or 43 characters and a NUL. */
void secret_text(unsigned bits, char text[SECRET_TEXT_MAX + 1]);
/* Overwrites it; the compiler can't leave this out. */
void secret_forget(void *bytes, size_t length);

#endif
