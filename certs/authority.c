#include "authority.h"

#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "server/base/digest.h"
#include "extensions.h"
#include "signing.h"

enum { DAY_S = 24 * 60 * 60, SERIAL_BYTES = 16 };

void made_clear(struct made *made)
{
	secret_forget(made, sizeof *made);
}

static int chance(void *context, unsigned char *bytes, size_t count)
{
	for (size_t at = 0, some; at < count; at += some) {
		some = count - at < 256 ? count - at : 256;
		secret_bytes(bytes + at, some);
	}
	return 0;
}

static bool key_new(mbedtls_pk_context *key)
{
	return mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) == 0 &&
	       mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key), chance, NULL) == 0;
}

static bool key_parse(mbedtls_pk_context *key, const char *pem)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return mbedtls_pk_parse_key(key, (const unsigned char *)pem, strlen(pem) + 1, NULL, 0, chance, NULL) == 0;
#else
	return mbedtls_pk_parse_key(key, (const unsigned char *)pem, strlen(pem) + 1, NULL, 0) == 0;
#endif
}

static bool key_fits(const mbedtls_pk_context *public, const mbedtls_pk_context *key)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return mbedtls_pk_check_pair(public, key, chance, NULL) == 0;
#else
	return mbedtls_pk_check_pair(public, key) == 0;
#endif
}

/* ---- writing ---- */

static bool extension_add(mbedtls_x509write_cert *cert, const char *oid, size_t oid_length, bool critical,
                          const struct extension *extension)
{
	return extension->length && mbedtls_x509write_crt_set_extension(cert, oid, oid_length, critical, extension_bytes(extension),
	                                                                extension->length) == 0;
}
#define EXTENSION(cert, oid, critical, extension) extension_add(cert, oid, MBEDTLS_OID_SIZE(oid), critical, extension)

static bool validity_set(mbedtls_x509write_cert *cert, time_t from, time_t until)
{
	char texts[2][16];
	struct tm parts;

	if (!gmtime_r(&from, &parts) || !strftime(texts[0], sizeof texts[0], "%Y%m%d%H%M%S", &parts))
		return false;
	if (!gmtime_r(&until, &parts) || !strftime(texts[1], sizeof texts[1], "%Y%m%d%H%M%S", &parts))
		return false;
	return mbedtls_x509write_crt_set_validity(cert, texts[0], texts[1]) == 0;
}

static bool serial_set(mbedtls_x509write_cert *cert, uint8_t serial[SERIAL_BYTES])
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return mbedtls_x509write_crt_set_serial_raw(cert, serial, SERIAL_BYTES) == 0;
#else
	mbedtls_mpi number;
	bool done;

	mbedtls_mpi_init(&number);
	done = mbedtls_mpi_read_binary(&number, serial, SERIAL_BYTES) == 0 && mbedtls_x509write_crt_set_serial(cert, &number) == 0;
	mbedtls_mpi_free(&number);
	return done;
#endif
}

/* The fields that CA and leaf share. subject and issuer: keys, with their names. */
static bool begin(mbedtls_x509write_cert *cert, mbedtls_pk_context *subject, const char *subject_name, mbedtls_pk_context *issuer,
                  const char *issuer_name)
{
	uint8_t serial[SERIAL_BYTES];

	mbedtls_x509write_crt_set_version(cert, MBEDTLS_X509_CRT_VERSION_3);
	mbedtls_x509write_crt_set_md_alg(cert, MBEDTLS_MD_SHA256);
	mbedtls_x509write_crt_set_subject_key(cert, subject);
	mbedtls_x509write_crt_set_issuer_key(cert, issuer);
	secret_bytes(serial, sizeof serial);
	serial[0] = (serial[0] & 0x3f) | 0x40; /* positive, and always of the same length */
	return serial_set(cert, serial) && mbedtls_x509write_crt_set_subject_name(cert, subject_name) == 0 &&
	       mbedtls_x509write_crt_set_issuer_name(cert, issuer_name) == 0 &&
	       mbedtls_x509write_crt_set_subject_key_identifier(cert) == 0 &&
	       mbedtls_x509write_crt_set_authority_key_identifier(cert) == 0;
}

static bool finish(mbedtls_x509write_cert *cert, mbedtls_pk_context *key, mbedtls_pk_context *issuer, struct made *made)
{
	unsigned char draft[CERTIFICATE_DER_MAX], der[CERTIFICATE_DER_MAX];
	int written = mbedtls_x509write_crt_der(cert, draft, sizeof draft, chance, NULL); /* at the end of draft */
	size_t length = written > 0 ? certificate_sign(draft + sizeof draft - written, (size_t)written, issuer, der) : 0, used;

	return length && mbedtls_pem_write_buffer("-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n", der, length,
	                                          (unsigned char *)made->certificate, sizeof made->certificate, &used) == 0 &&
	       mbedtls_pk_write_key_pem(key, (unsigned char *)made->key, sizeof made->key) == 0;
}

bool authority_make(const struct name *host, time_t now, struct made *authority)
{
	char label[40], name[128];
	uint8_t mark[2];
	struct extension extension;
	mbedtls_x509write_cert cert;
	mbedtls_pk_context key;
	struct tm parts;
	bool done;

	mbedtls_pk_init(&key);
	mbedtls_x509write_crt_init(&cert);
	memset(authority, 0, sizeof *authority);
	snprintf(label, sizeof label, "%.*s", (int)strcspn(host->text, "."), host->text);
	secret_bytes(mark, sizeof mark);
	gmtime_r(&now, &parts);
	/* Tells the user who finds it in a list of authorities what it is. Each CA has a name of its own, else browsers would try the
	 * wrong one's key. */
	snprintf(name, sizeof name, "O=wvwasi-gw local CA,CN=wvwasi-gw on %.30s %d-%02d-%02d %02X%02X", label, parts.tm_year + 1900,
	         parts.tm_mon + 1, parts.tm_mday, mark[0], mark[1]);
	done = key_new(&key) && begin(&cert, &key, name, &key, name) &&
	       validity_set(&cert, now - DAY_S, now + (time_t)AUTHORITY_DAYS * DAY_S);
	extension_authority(&extension);
	done = done && EXTENSION(&cert, MBEDTLS_OID_BASIC_CONSTRAINTS, true, &extension) &&
	       mbedtls_x509write_crt_set_key_usage(&cert, MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN) == 0;
	extension_server_use(&extension);
	done = done && EXTENSION(&cert, MBEDTLS_OID_EXTENDED_KEY_USAGE, false, &extension);
	extension_name_constraints(&extension, host);
	done = done && EXTENSION(&cert, MBEDTLS_OID_NAME_CONSTRAINTS, true, &extension) && finish(&cert, &key, &key, authority);
	mbedtls_x509write_crt_free(&cert);
	mbedtls_pk_free(&key);
	if (!done)
		made_clear(authority);
	return done;
}

static time_t time_of(const mbedtls_x509_time *time)
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

enum certificate_fault certificate_judge(const char *pem, unsigned *bits)
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
		fault = CERTIFICATE_OF_UNKNOWN_KIND;
	else if (error)
		fault = CERTIFICATE_UNREADABLE;
	else if (mbedtls_pk_get_type(&crt.pk) == MBEDTLS_PK_RSA && *bits < RSA_BITS_LEAST)
		fault = CERTIFICATE_WEAK;
	mbedtls_x509_crt_free(&crt);
	return fault;
}

/* The CA's parsed certificate and its key. */
static bool authority_parse(const struct made *authority, mbedtls_x509_crt *crt, mbedtls_pk_context *key)
{
	return certificate_parse(crt, authority->certificate) && key_parse(key, authority->key) && key_fits(&crt->pk, key);
}

bool leaf_make(const struct made *authority, const struct names *names, time_t now, int days, struct made *leaf)
{
	mbedtls_pk_context authority_key, key;
	mbedtls_x509_crt authority_crt;
	mbedtls_x509write_cert cert;
	struct extension extension;
	char issuer[256];
	time_t until;
	bool done;

	mbedtls_pk_init(&authority_key);
	mbedtls_pk_init(&key);
	mbedtls_x509_crt_init(&authority_crt);
	mbedtls_x509write_crt_init(&cert);
	memset(leaf, 0, sizeof *leaf);
	done = authority_parse(authority, &authority_crt, &authority_key) &&
	       mbedtls_x509_dn_gets(issuer, sizeof issuer, &authority_crt.subject) > 0;
	until = now + (time_t)days * DAY_S;
	if (done && until > time_of(&authority_crt.valid_to))
		until = time_of(&authority_crt.valid_to);
	/* A subject with a space isn't a host name: only the alternative names count. */
	done = done && key_new(&key) && begin(&cert, &key, "O=wvwasi-gw,CN=this gateway", &authority_key, issuer) &&
	       validity_set(&cert, now - DAY_S, until) && mbedtls_x509write_crt_set_basic_constraints(&cert, 0, -1) == 0 &&
	       mbedtls_x509write_crt_set_key_usage(&cert, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) == 0;
	extension_server_use(&extension);
	done = done && EXTENSION(&cert, MBEDTLS_OID_EXTENDED_KEY_USAGE, false, &extension);
	extension_alt_names(&extension, names);
	done = done && EXTENSION(&cert, MBEDTLS_OID_SUBJECT_ALT_NAME, false, &extension) && finish(&cert, &key, &authority_key, leaf);
	mbedtls_x509write_crt_free(&cert);
	mbedtls_x509_crt_free(&authority_crt);
	mbedtls_pk_free(&authority_key);
	mbedtls_pk_free(&key);
	if (!done)
		made_clear(leaf);
	return done;
}

/* ---- reading ---- */

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
		facts->from = time_of(&crt.valid_from);
		facts->until = time_of(&crt.valid_to);
		fingerprint_of(&crt, facts->fingerprint);
		names = extension_find(&crt.v3_ext, MBEDTLS_OID_SUBJECT_ALT_NAME, MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME),
		                       &length);
		if (names)
			extension_read_alt_names(names, length, &facts->names);
	}
	mbedtls_x509_crt_free(&crt);
	return read;
}

bool certificate_is_of(const char *pem, const char *authority_pem)
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

bool authority_is_for(const char *pem, const struct name *host)
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

bool key_is_of(const char *key_pem, const char *certificate_pem)
{
	mbedtls_pk_context key;
	mbedtls_x509_crt crt;
	bool is = crt_parse(&crt, certificate_pem);

	mbedtls_pk_init(&key);
	is = is && key_parse(&key, key_pem) && key_fits(&crt.pk, &key);
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
