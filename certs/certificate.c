#include "certificate.h"

#include <mbedtls/oid.h>
#include <mbedtls/pem.h>
#include <mbedtls/version.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "server/base/digest.h"
#include "extensions.h"

int certificate_random(void *context, unsigned char *bytes, size_t count)
{
	for (size_t at = 0, some; at < count; at += some) {
		some = count - at < 256 ? count - at : 256;
		secret_bytes(bytes + at, some);
	}
	return 0;
}

bool certificate_key_parse(mbedtls_pk_context *key, const char *pem)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return mbedtls_pk_parse_key(key, (const unsigned char *)pem, strlen(pem) + 1, NULL, 0, certificate_random, NULL) == 0;
#else
	return mbedtls_pk_parse_key(key, (const unsigned char *)pem, strlen(pem) + 1, NULL, 0) == 0;
#endif
}

bool key_pair_matches(const mbedtls_pk_context *public, const mbedtls_pk_context *key)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return mbedtls_pk_check_pair(public, key, certificate_random, NULL) == 0;
#else
	return mbedtls_pk_check_pair(public, key) == 0;
#endif
}

time_t certificate_time(const mbedtls_x509_time *time)
{
	struct tm parts = { .tm_year = time->year - 1900, .tm_mon = time->mon - 1, .tm_mday = time->day, .tm_hour = time->hour,
		.tm_min = time->min, .tm_sec = time->sec };

	return timegm(&parts);
}

/* Our extensions are marked critical, and mbedTLS 2.28 would refuse to parse unknown ones. Whoever verifies must understand
 * them; here they are only read. */
static int accept_constraints(void *context, const mbedtls_x509_crt *crt, const mbedtls_x509_buf *oid, int critical,
                              const unsigned char *at, const unsigned char *end)
{
	return MBEDTLS_OID_CMP(MBEDTLS_OID_NAME_CONSTRAINTS, oid) == 0 ? 0 : -1;
}

static int block_parse(mbedtls_x509_crt *crt, mbedtls_pem_context *block)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	size_t length;
	const unsigned char *der = mbedtls_pem_get_buffer(block, &length);
#else
	size_t length = block->buflen;
	const unsigned char *der = block->buf;
#endif
	return mbedtls_x509_crt_parse_der_with_ext_cb(crt, der, length, 1, accept_constraints, NULL);
}

/* 0, or mbedTLS's error. */
static int chain_parse(mbedtls_x509_crt *crt, const char *pem)
{
	static const char head[] = "-----BEGIN CERTIFICATE-----", foot[] = "-----END CERTIFICATE-----";
	bool any = false;

	for (const char *at = pem; (at = strstr(at, head)); any = true) {
		mbedtls_pem_context block;
		size_t used = 0;
		int error;

		mbedtls_pem_init(&block);
		error = mbedtls_pem_read_buffer(&block, head, foot, (const unsigned char *)at, NULL, 0, &used);
		if (!error)
			error = block_parse(crt, &block);
		mbedtls_pem_free(&block);
		if (error)
			return error;
		at += used;
	}
	return any ? 0 : MBEDTLS_ERR_PEM_NO_HEADER_FOOTER_PRESENT;
}

bool certificate_parse(mbedtls_x509_crt *crt, const char *pem)
{
	return chain_parse(crt, pem) == 0;
}

enum certificate_fault certificate_check(const char *pem, unsigned *bits)
{
	enum certificate_fault fault = CERTIFICATE_GOOD;
	mbedtls_x509_crt crt;
	int error, module; /* mbedTLS adds the error of the module to that of what it called (mbedtls/error.h) */

	mbedtls_x509_crt_init(&crt);
	error = chain_parse(&crt, pem);
	module = -(-error & 0xFF80);
	*bits = error ? 0 : (unsigned)mbedtls_pk_get_bitlen(&crt.pk);
	if (module == MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG || module == MBEDTLS_ERR_PK_UNKNOWN_PK_ALG ||
	    module == MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE)
		fault = CERTIFICATE_KEY_UNSUPPORTED;
	else if (error)
		fault = CERTIFICATE_UNREADABLE;
	else if (mbedtls_pk_get_type(&crt.pk) == MBEDTLS_PK_RSA && *bits < RSA_BITS_LEAST)
		fault = CERTIFICATE_WEAK;
	mbedtls_x509_crt_free(&crt);
	return fault;
}

/* The content of a certificate's extension with that OID (v3_ext: the sequence of all). NULL: it has none. */
static const unsigned char *extension_find(const mbedtls_x509_buf *all, const char *oid, size_t oid_length, size_t *length)
{
	unsigned char *at = all->p, *end = all->p + all->len;
	size_t size;

	if (mbedtls_asn1_get_tag(&at, end, &size, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) != 0)
		return NULL;
	while (at < end) {
		unsigned char *next;
		int critical = 0;
		bool is_it;

		if (mbedtls_asn1_get_tag(&at, end, &size, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) != 0)
			return NULL;
		next = at + size;
		if (mbedtls_asn1_get_tag(&at, next, &size, MBEDTLS_ASN1_OID) != 0)
			return NULL;
		is_it = size == oid_length && !memcmp(at, oid, size);
		at += size;
		mbedtls_asn1_get_bool(&at, next, &critical);
		if (mbedtls_asn1_get_tag(&at, next, &size, MBEDTLS_ASN1_OCTET_STRING) != 0)
			return NULL;
		if (is_it) {
			*length = size;
			return at;
		}
		at = next;
	}
	return NULL;
}

static void fingerprint_of(const mbedtls_x509_crt *crt, char text[FINGERPRINT_TEXT + 1])
{
	struct digest digest;

	digest_of(&digest, crt->raw.p, crt->raw.len);
	for (int i = 0; i < DIGEST_BYTES; i++)
		sprintf(text + 3 * i, "%02X%s", digest.bytes[i], i + 1 < DIGEST_BYTES ? ":" : "");
}

static bool crt_parse(mbedtls_x509_crt *crt, const char *pem)
{
	mbedtls_x509_crt_init(crt);
	return certificate_parse(crt, pem);
}

bool certificate_read(const char *pem, struct certificate_facts *facts)
{
	const unsigned char *names;
	mbedtls_x509_crt crt;
	size_t length = 0;
	bool read = crt_parse(&crt, pem);

	memset(facts, 0, sizeof *facts);
	if (read) {
		facts->from = certificate_time(&crt.valid_from);
		facts->until = certificate_time(&crt.valid_to);
		fingerprint_of(&crt, facts->fingerprint);
		names = extension_find(&crt.v3_ext, MBEDTLS_OID_SUBJECT_ALT_NAME, MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME),
		                       &length);
		if (names)
			extension_read_alt_names(names, length, &facts->names);
	}
	mbedtls_x509_crt_free(&crt);
	return read;
}

bool certificate_is_signed_by(const char *pem, const char *authority_pem)
{
	mbedtls_x509_crt crt, authority;
	bool parsed = crt_parse(&crt, pem), parsed_authority = crt_parse(&authority, authority_pem), is = false;
	uint32_t flags = 0;

	if (parsed && parsed_authority) {
		mbedtls_x509_crt_verify(&crt, &authority, NULL, NULL, &flags, NULL, NULL);
		is = !(flags & ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE));
	}
	mbedtls_x509_crt_free(&crt);
	mbedtls_x509_crt_free(&authority);
	return is;
}

bool authority_permits(const char *pem, const struct name *host)
{
	struct extension wanted;
	const unsigned char *has;
	mbedtls_x509_crt crt;
	size_t length = 0;
	bool is = crt_parse(&crt, pem);

	extension_name_constraints(&wanted, host);
	has = is ? extension_find(&crt.v3_ext, MBEDTLS_OID_NAME_CONSTRAINTS, MBEDTLS_OID_SIZE(MBEDTLS_OID_NAME_CONSTRAINTS),
	                          &length) : NULL;
	is = has && length == wanted.length && !memcmp(has, extension_bytes(&wanted), length);
	mbedtls_x509_crt_free(&crt);
	return is;
}

bool key_matches(const char *key_pem, const char *certificate_pem)
{
	mbedtls_pk_context key;
	mbedtls_x509_crt crt;
	bool is = crt_parse(&crt, certificate_pem);

	mbedtls_pk_init(&key);
	is = is && certificate_key_parse(&key, key_pem) && key_pair_matches(&crt.pk, &key);
	mbedtls_pk_free(&key);
	mbedtls_x509_crt_free(&crt);
	return is;
}

size_t certificate_der(const char *pem, unsigned char *der, size_t size)
{
	mbedtls_x509_crt crt;
	size_t length = 0;

	if (crt_parse(&crt, pem) && crt.raw.len <= size) {
		length = crt.raw.len;
		memcpy(der, crt.raw.p, length);
	}
	mbedtls_x509_crt_free(&crt);
	return length;
}
