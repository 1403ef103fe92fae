/* Certificates' names: text that people write becomes DER, and DER that others made becomes names. Each reading is checked by
 * writing it again, and what we write by mbedTLS' own reader of DER. */
#include <mbedtls/asn1.h>
#include <stdlib.h>
#include <string.h>

#include "certs/extensions.h"
#include "tree.h"

/* Every element ends where the one around it does, and says its length as shortly as it can: DER, not BER. */
static void must_be_der(unsigned char *at, const unsigned char *end)
{
	while (at < end) {
		unsigned char tag = *at++, first = at < end ? *at : 0;
		size_t length;

		if (mbedtls_asn1_get_len(&at, end, &length) != 0)
			broken("a length that reaches beyond its surroundings");
		if ((first == 0x81 && length < 0x80) || (first == 0x82 && length < 0x100) || first > 0x82)
			broken("the length %zu isn't written shortly", length);
		if (tag & MBEDTLS_ASN1_CONSTRUCTED)
			must_be_der(at, at + length);
		at += length;
	}
}

static void must_be_written_well(const struct extension *extension)
{
	unsigned char *copy = malloc(extension->length + 1);

	memcpy(copy, extension_bytes(extension), extension->length);
	must_be_der(copy, copy + extension->length);
	free(copy);
}

static void must_come_back(const struct names *names)
{
	static struct extension extension;
	struct names again;
	struct name same;
	char text[64];

	extension_alt_names(&extension, names);
	if (!names->count != !extension.length)
		broken("%zu names became %zu bytes", names->count, extension.length);
	if (!names->count)
		return;
	must_be_written_well(&extension);
	if (!extension_read_alt_names(extension_bytes(&extension), extension.length, &again) || again.count != names->count)
		broken("names were lost");
	for (size_t i = 0; i < names->count; i++) {
		if (!name_equals(&again.all[i], &names->all[i]) || !name_read(&same, again.all[i].text) ||
		    !name_equals(&same, &again.all[i]))
			broken("another name came back");
		extension_name_constraints(&extension, &names->all[i]);
		must_be_written_well(&extension);
		if (names->all[i].ip_length && strspn(names->all[i].text, "0123456789abcdef:.") != strlen(names->all[i].text))
			broken("an address that isn't one");
	}
	names_write(names, text, sizeof text);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	/* Exactly as long as it is: the sanitizer sees what reads past it. */
	char *bytes = memcpy(malloc(length + !length), input, length), *line, *rest;
	struct names names = { 0 };
	struct name name;

	if (extension_read_alt_names((const uint8_t *)bytes, length, &names))
		must_come_back(&names);
	names.count = 0;
	for (rest = strndup(bytes, length), line = strtok(rest, "\n"); line; line = strtok(NULL, "\n"))
		if (name_read(&name, line))
			names_add(&names, &name);
	must_come_back(&names);
	free(rest);
	free(bytes);
	return 0;
}
