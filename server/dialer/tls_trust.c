/* The CA store, the TLS options that all clients share, and parsing DIAL_TLS. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls.h"

const char *trust_file(void)
{
	const char *file = getenv("SSL_CERT_FILE");

	return file && *file ? file : "/etc/ssl/certs/ca-certificates.crt";
}

struct tls_trust *tls_trust_load(const char *file, char *problem, size_t size)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	if (!context || !SSL_CTX_load_verify_file(context, file)) {
		snprintf(problem, size, "cannot read certificates from '%s': %s", file, ERR_reason_error_string(ERR_peek_error()));
		ERR_clear_error();
		SSL_CTX_free(context);
		return NULL;
	}
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	/* Many servers end without close_notify: that counts as an end, as it does in browsers and curl. */
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	return (struct tls_trust *)context;
}

void tls_trust_free(struct tls_trust *trust)
{
	SSL_CTX_free((SSL_CTX *)trust);
}

bool tls_wish_read(const unsigned char *bytes, size_t length, struct tls_wish *wish)
{
	size_t name_length = length >= 2 ? (size_t)(bytes[0] | bytes[1] << 8) : 0;

	*wish = (struct tls_wish){ 0 };
	if (!name_length || name_length > TLS_NAME_MAX || name_length > length - 2 || memchr(bytes + 2, 0, name_length))
		return false;
	memcpy(wish->name, bytes + 2, name_length);
	bytes += 2 + name_length;
	length -= 2 + name_length;
	if (length > TLS_ALPN_MAX)
		return false;
	for (size_t at = 0; at < length; at += 1u + bytes[at])
		if (!bytes[at] || bytes[at] >= length - at)
			return false;
	memcpy(wish->alpn, bytes, length);
	wish->alpn_length = (unsigned)length;
	return true;
}
