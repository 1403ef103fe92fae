#include "digest.h"

#include <mbedtls/sha256.h>
#include <mbedtls/version.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#if MBEDTLS_VERSION_MAJOR < 3
#define mbedtls_sha256 mbedtls_sha256_ret /* its name in the version in which the other one couldn't fail */
#endif

void digest_of(struct digest *digest, const void *bytes, size_t length)
{
	if (mbedtls_sha256(bytes, length, digest->bytes, 0) != 0)
		abort();
}

bool digest_equals(const struct digest *a, const struct digest *b)
{
	uint8_t differs = 0;

	for (int i = 0; i < DIGEST_BYTES; i++)
		differs |= (uint8_t)(a->bytes[i] ^ b->bytes[i]);
	return !differs;
}

void digest_hex(const struct digest *digest, char text[DIGEST_HEX + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < DIGEST_BYTES; i++) {
		text[2 * i] = digits[digest->bytes[i] >> 4];
		text[2 * i + 1] = digits[digest->bytes[i] & 15];
	}
	text[DIGEST_HEX] = 0;
}

void secret_bytes(void *bytes, size_t count)
{
	if (getrandom(bytes, count, 0) != (ssize_t)count)
		abort(); /* up to 256 bytes come whole, or not at all */
}

void secret_text(unsigned bits, char text[SECRET_TEXT_MAX + 1])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t bytes[33] = { 0 };
	size_t count = bits / 8, at = 0;

	if (count > 32)
		abort();
	secret_bytes(bytes, count);
	for (size_t bit = 0; bit < bits; bit += 6) {
		unsigned two = (unsigned)bytes[bit / 8] << 8 | bytes[bit / 8 + 1];

		text[at++] = letters[two >> (10 - bit % 8) & 63];
	}
	text[at] = 0;
	secret_forget(bytes, sizeof bytes);
}

void secret_forget(void *bytes, size_t length)
{
	explicit_bzero(bytes, length);
}
