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

void credentials_clear(struct credentials *credentials)
{
	secret_forget(credentials, sizeof *credentials);
}

static bool key_new(mbedtls_pk_context *key)
{
	return mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) == 0 &&
	       mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key), certificate_random, NULL) == 0;
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

static bool finish(mbedtls_x509write_cert *cert, mbedtls_pk_context *key, mbedtls_pk_context *issuer,
                   struct credentials *credentials)
{
	unsigned char draft[CERTIFICATE_DER_MAX], der[CERTIFICATE_DER_MAX];
	int written = mbedtls_x509write_crt_der(cert, draft, sizeof draft, certificate_random, NULL); /* at the end of draft */
	size_t length = written > 0 ? certificate_sign(draft + sizeof draft - written, (size_t)written, issuer, der) : 0, used;

	return length && mbedtls_pem_write_buffer("-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n", der, length,
	                                          (unsigned char *)credentials->certificate, sizeof credentials->certificate,
	                                          &used) == 0 &&
	       mbedtls_pk_write_key_pem(key, (unsigned char *)credentials->key, sizeof credentials->key) == 0;
}

bool authority_make(const struct name *host, time_t now, struct credentials *authority)
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
		credentials_clear(authority);
	return done;
}

/* The CA's parsed certificate and its key. */
static bool authority_parse(const struct credentials *authority, mbedtls_x509_crt *crt, mbedtls_pk_context *key)
{
	return certificate_parse(crt, authority->certificate) && certificate_key_parse(key, authority->key) &&
	       key_pair_matches(&crt->pk, key);
}

bool leaf_make(const struct credentials *authority, const struct names *names, time_t now, int days, struct credentials *leaf)
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
	if (done && until > certificate_time(&authority_crt.valid_to))
		until = certificate_time(&authority_crt.valid_to);
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
		credentials_clear(leaf);
	return done;
}
