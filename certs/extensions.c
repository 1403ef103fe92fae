#include "extensions.h"

#include <arpa/inet.h>
#include <string.h>

enum {
	DER_BOOLEAN = 0x01, DER_INTEGER = 0x02, DER_OID = 0x06, DER_SEQUENCE = 0x30,
	ALT_DNS = 0x82, ALT_IP = 0x87, /* GeneralName's choices, RFC 5280 4.2.1.6 */
	PERMITTED = 0xa0,
};

/* ---- writing: from the end to the front, because a length stands before its content ---- */

struct writer {
	struct extension *to;
	size_t at; /* of the first byte that is written; SIZE_MAX: it didn't fit */
};

static void put(struct writer *writer, const void *bytes, size_t length)
{
	if (writer->at == SIZE_MAX || length > writer->at) {
		writer->at = SIZE_MAX;
		return;
	}
	writer->at -= length;
	memcpy(writer->to->bytes + writer->at, bytes, length);
}

static void put_byte(struct writer *writer, uint8_t byte)
{
	put(writer, &byte, 1);
}

/* Puts tag and length in front of everything that was written since `end`. */
static void wrap(struct writer *writer, uint8_t tag, size_t end)
{
	size_t length = writer->at == SIZE_MAX ? 0 : end - writer->at;

	if (length < 0x80) {
		put_byte(writer, (uint8_t)length);
	} else {
		uint8_t bytes = 0;

		for (size_t left = length; left; left >>= 8, bytes++)
			put_byte(writer, (uint8_t)left);
		put_byte(writer, 0x80 | bytes);
	}
	put_byte(writer, tag);
}

static struct writer begin(struct extension *extension)
{
	extension->length = 0;
	return (struct writer){ extension, sizeof extension->bytes };
}

static void finish(struct writer *writer)
{
	wrap(writer, DER_SEQUENCE, sizeof writer->to->bytes);
	writer->to->length = writer->at == SIZE_MAX ? 0 : sizeof writer->to->bytes - writer->at;
}

const uint8_t *extension_bytes(const struct extension *extension)
{
	return extension->bytes + sizeof extension->bytes - extension->length;
}

void extension_alt_names(struct extension *extension, const struct names *names)
{
	struct writer writer = begin(extension);

	if (!names->count)
		return;
	for (size_t i = names->count; i-- > 0; ) {
		const struct name *name = &names->all[i];
		size_t end = writer.at;

		if (name->ip_length)
			put(&writer, name->ip, name->ip_length);
		else
			put(&writer, name->text, strlen(name->text));
		wrap(&writer, name->ip_length ? ALT_IP : ALT_DNS, end);
	}
	finish(&writer);
}

/* Address and mask, RFC 5280 4.2.1.10. */
static void put_range(struct writer *writer, const struct name_range *range)
{
	uint8_t mask[16] = { 0 };
	size_t end = writer->at, inner;

	for (unsigned bit = 0; bit < range->bits; bit++)
		mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	put(writer, mask, range->length);
	put(writer, range->ip, range->length);
	inner = end;
	wrap(writer, ALT_IP, inner);
	wrap(writer, DER_SEQUENCE, end);
}

void extension_name_constraints(struct extension *extension, const struct name *dns)
{
	struct writer writer = begin(extension);
	size_t end;

	for (size_t i = name_ranges_count; i-- > 0; )
		put_range(&writer, &name_ranges[i]);
	end = writer.at;
	put(&writer, dns->text, strlen(dns->text));
	wrap(&writer, ALT_DNS, end);
	wrap(&writer, DER_SEQUENCE, end);
	wrap(&writer, PERMITTED, sizeof extension->bytes);
	finish(&writer);
}

void extension_server_use(struct extension *extension)
{
	static const uint8_t server_auth[] = { DER_OID, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1 };
	struct writer writer = begin(extension);

	put(&writer, server_auth, sizeof server_auth);
	finish(&writer);
}

void extension_authority(struct extension *extension)
{
	static const uint8_t leaves_alone[] = { DER_BOOLEAN, 1, 0xff, DER_INTEGER, 1, 0 };
	struct writer writer = begin(extension);

	put(&writer, leaves_alone, sizeof leaves_alone);
	finish(&writer);
}

/* ---- reading ---- */

/* The next element in *at..end: its tag (0: not DER), and its content. */
static uint8_t element_read(const uint8_t **at, const uint8_t *end, const uint8_t **content, size_t *length)
{
	const uint8_t *from = *at;
	uint8_t tag;

	if (end - from < 2)
		return 0;
	tag = *from++;
	*length = *from++;
	if (*length >= 0x80) {
		unsigned bytes = *length & 0x7f;

		if (!bytes || bytes > 3 || end - from < (ptrdiff_t)bytes)
			return 0;
		for (*length = 0; bytes; bytes--)
			*length = *length << 8 | *from++;
	}
	if (*length > (size_t)(end - from))
		return 0;
	*content = from;
	*at = from + *length;
	return tag;
}

static bool alt_name_read(uint8_t tag, const uint8_t *content, size_t length, struct name *name)
{
	char text[NAME_TEXT_MAX];

	if (tag == ALT_IP && (length == 4 || length == 16))
		return inet_ntop(length == 4 ? AF_INET : AF_INET6, content, text, sizeof text) && name_read(name, text);
	if (tag != ALT_DNS || length >= sizeof text || memchr(content, 0, length))
		return false;
	memcpy(text, content, length);
	text[length] = 0;
	return name_read(name, text) && !name->ip_length;
}

bool extension_read_alt_names(const uint8_t *bytes, size_t length, struct names *names)
{
	const uint8_t *at = bytes, *end, *content;
	size_t size;

	names->count = 0;
	if (element_read(&at, bytes + length, &content, &size) != DER_SEQUENCE || at != bytes + length)
		return false;
	for (at = content, end = content + size; at < end; ) {
		uint8_t tag = element_read(&at, end, &content, &size);
		struct name name;

		if (!tag)
			return false;
		if (alt_name_read(tag, content, size, &name) && !names_add(names, &name))
			return false;
	}
	return true;
}
