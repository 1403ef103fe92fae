#include "signing.h"

#include <mbedtls/asn1.h>
#include <mbedtls/version.h>
#include <string.h>

#include "server/base/digest.h"

enum { SEQUENCE = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE, SIGNATURE_MAX = MBEDTLS_PK_SIGNATURE_MAX_SIZE };

/* ecdsa-with-SHA256, as mbedTLS 2 writes it and as RFC 5758 wants it, and mbedTLS 3 does it. */
static const unsigned char with_null[] = { 0x30, 12, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2, 5, 0 };
static const unsigned char without[] = { 0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2 };

static int chance(void *context, unsigned char *bytes, size_t count)
{
	for (size_t at = 0, some; at < count; at += some) {
		some = count - at < 256 ? count - at : 256;
		secret_bytes(bytes + at, some);
	}
	return 0;
}

/* Tag and length in front of `length` bytes at *at, whose room before them is free. */
static void head_put(unsigned char **at, unsigned char tag, size_t length)
{
	if (length < 0x80) {
		*--*at = (unsigned char)length;
	} else {
		unsigned char bytes = 0;

		for (size_t left = length; left; left >>= 8, bytes++)
			*--*at = (unsigned char)left;
		*--*at = 0x80 | bytes;
	}
	*--*at = tag;
}

static void put(unsigned char **at, const unsigned char *bytes, size_t length)
{
	*at -= length;
	memcpy(*at, bytes, length);
}

static size_t sign(mbedtls_pk_context *key, const unsigned char *bytes, size_t length, unsigned char signature[SIGNATURE_MAX])
{
	struct digest digest;
	size_t size = 0;

	digest_of(&digest, bytes, length);
#if MBEDTLS_VERSION_MAJOR >= 3
	if (mbedtls_pk_sign(key, MBEDTLS_MD_SHA256, digest.bytes, sizeof digest.bytes, signature, SIGNATURE_MAX, &size, chance,
	                    NULL) != 0)
		return 0;
#else
	if (mbedtls_pk_sign(key, MBEDTLS_MD_SHA256, digest.bytes, sizeof digest.bytes, signature, &size, chance, NULL) != 0)
		return 0;
#endif
	return size;
}

/* Where the content of the signed part begins; its length. NULL: not a certificate. */
static const unsigned char *signed_part(const unsigned char *der, size_t length, size_t *size)
{
	unsigned char *at = (unsigned char *)der; /* mbedTLS' readers write nothing */

	if (mbedtls_asn1_get_tag(&at, der + length, size, SEQUENCE) != 0 ||
	    mbedtls_asn1_get_tag(&at, der + length, size, SEQUENCE) != 0)
		return NULL;
	return at;
}

size_t certificate_sign(const unsigned char *der, size_t length, mbedtls_pk_context *key, unsigned char to[CERTIFICATE_DER_MAX])
{
	unsigned char draft[CERTIFICATE_DER_MAX], signature[SIGNATURE_MAX], *end = draft + sizeof draft, *at = end, *whole;
	size_t size, before, signature_length, algorithm_length = sizeof with_null;
	const unsigned char *content = signed_part(der, length, &size), *algorithm;

	/* The first match is the right one: before it are only the version and our serial number. */
	algorithm = content ? memmem(content, size, with_null, sizeof with_null) : NULL;
	if (content && !algorithm) {
		algorithm = memmem(content, size, without, sizeof without);
		algorithm_length = sizeof without;
	}
	if (!algorithm || size > sizeof draft - SIGNATURE_MAX - 64)
		return 0;
	before = (size_t)(algorithm - content);
	put(&at, algorithm + algorithm_length, size - before - algorithm_length);
	put(&at, without, sizeof without);
	put(&at, content, before);
	head_put(&at, SEQUENCE, (size_t)(end - at));
	signature_length = sign(key, at, (size_t)(end - at), signature);
	if (!signature_length)
		return 0;
	/* Certificate: what is signed, the algorithm once more, the signature. */
	size = (size_t)(end - at);
	memmove(draft + SIGNATURE_MAX, at, size);
	whole = to + CERTIFICATE_DER_MAX;
	put(&whole, signature, signature_length);
	*--whole = 0; /* no unused bits */
	head_put(&whole, MBEDTLS_ASN1_BIT_STRING, signature_length + 1);
	put(&whole, without, sizeof without);
	put(&whole, draft + SIGNATURE_MAX, size);
	length = (size_t)(to + CERTIFICATE_DER_MAX - whole);
	head_put(&whole, SEQUENCE, length);
	length = (size_t)(to + CERTIFICATE_DER_MAX - whole);
	memmove(to, whole, length);
	return length;
}
