#include "identity.h"

#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "certs/authority.h"
#include "server/base/digest.h"

struct identity {
	unsigned holds;
	mbedtls_x509_crt chain;
	mbedtls_pk_context key;
	mbedtls_ssl_config config;
};

/* Only forward secrecy and authenticated encryption. RSA is for the user's own certificates. */
static const int suites[] = {
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, 0,
};
#if MBEDTLS_VERSION_MAJOR >= 3
static const uint16_t groups[] = { MBEDTLS_SSL_IANA_TLS_GROUP_X25519, MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
	MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1, MBEDTLS_SSL_IANA_TLS_GROUP_NONE };
/* TLS 1.2 has the same numbers for them, whatever the curve. */
static const uint16_t signatures[] = {
	MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
	MBEDTLS_TLS1_3_SIG_ECDSA_SECP521R1_SHA512,
	MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256, MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384, MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
	MBEDTLS_TLS1_3_SIG_NONE,
};
#else
static const mbedtls_ecp_group_id curves[] = { MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_SECP384R1,
	MBEDTLS_ECP_DP_NONE };
static const int hashes[] = { MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512, MBEDTLS_MD_NONE };
#endif
static const char *protocols[] = { "http/1.1", NULL };

/* Random bytes come from the kernel directly: the lock-in can't break their seeding. */
static int chance(void *context, unsigned char *bytes, size_t count)
{
	for (size_t at = 0, some; at < count; at += some) {
		some = count - at < 256 ? count - at : 256;
		secret_bytes(bytes + at, some);
	}
	return 0;
}

static bool key_read(mbedtls_pk_context *key, const char *pem)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return mbedtls_pk_parse_key(key, (const unsigned char *)pem, strlen(pem) + 1, NULL, 0, chance, NULL) == 0;
#else
	return mbedtls_pk_parse_key(key, (const unsigned char *)pem, strlen(pem) + 1, NULL, 0) == 0;
#endif
}

/* TLS 1.2, in both versions of the library. */
static void allow(mbedtls_ssl_config *config)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
	mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
	mbedtls_ssl_conf_groups(config, groups);
	mbedtls_ssl_conf_sig_algs(config, signatures);
#else
	mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
	mbedtls_ssl_conf_curves(config, curves);
	mbedtls_ssl_conf_sig_hashes(config, hashes);
#endif
	mbedtls_ssl_conf_ciphersuites(config, suites);
}

struct identity *identity_new(const char *certificate, const char *key)
{
	struct identity *identity = calloc(1, sizeof *identity);
	mbedtls_ssl_config *config;

	if (!identity)
		return NULL;
	identity->holds = 1;
	config = &identity->config;
	mbedtls_x509_crt_init(&identity->chain);
	mbedtls_pk_init(&identity->key);
	mbedtls_ssl_config_init(config);
	if (!certificate_parse(&identity->chain, certificate) || !key_read(&identity->key, key) ||
	    mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
	                                MBEDTLS_SSL_PRESET_DEFAULT) != 0 ||
	                                mbedtls_ssl_conf_own_cert(config, &identity->chain, &identity->key) != 0 ||
	                                mbedtls_ssl_conf_alpn_protocols(config, protocols) != 0) {
		identity_drop(identity);
		return NULL;
	}
	mbedtls_ssl_conf_rng(config, chance, NULL);
	allow(config);
	mbedtls_ssl_conf_renegotiation(config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
	mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_NONE); /* pairing authenticates the client */
	return identity;
}

struct identity *identity_hold(struct identity *identity)
{
	identity->holds++;
	return identity;
}

void identity_drop(struct identity *identity)
{
	if (!identity || --identity->holds)
		return;
	mbedtls_ssl_config_free(&identity->config);
	mbedtls_pk_free(&identity->key);
	mbedtls_x509_crt_free(&identity->chain);
	free(identity);
}

const mbedtls_ssl_config *identity_config(const struct identity *identity)
{
	return &identity->config;
}
