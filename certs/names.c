#include "names.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct name_range name_ranges[] = {
	{ 4, 8, { 10 } }, { 4, 12, { 172, 16 } }, { 4, 16, { 192, 168 } }, { 4, 16, { 169, 254 } }, { 4, 10, { 100, 64 } },
	{ 4, 8, { 127 } },
	{ 16, 7, { 0xfc } }, { 16, 10, { 0xfe, 0x80 } }, { 16, 128, { [15] = 1 } },
};
const size_t name_ranges_count = sizeof name_ranges / sizeof *name_ranges;

/* RFC 1123's letters; a label neither begins nor ends with '-', and the last isn't a number: that would be a broken address. */
static bool is_host_name(const char *text)
{
	const char *label = text;

	if (strlen(text) >= NAME_TEXT_MAX || strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.") != strlen(text))
		return false;
	for (;;) {
		size_t length = strcspn(label, ".");

		if (!length || length > 63 || label[0] == '-' || label[length - 1] == '-')
			return false;
		if (!label[length])
			return strspn(label, "0123456789") != length;
		label += length + 1;
	}
}

bool name_read(struct name *name, const char *text)
{
	size_t length = strlen(text);

	memset(name, 0, sizeof *name);
	if (length >= 2 && text[0] == '[' && text[length - 1] == ']' && strchr(text, ':')) {
		text++;
		length -= 2;
	}
	if (!length || length >= sizeof name->text)
		return false;
	for (size_t i = 0; i < length; i++)
		name->text[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
	if (inet_pton(AF_INET, name->text, name->ip) == 1)
		name->ip_length = 4;
	else if (inet_pton(AF_INET6, name->text, name->ip) == 1)
		name->ip_length = 16;
	else
		return is_host_name(name->text);
	/* Writes each address in one way only. */
	return inet_ntop(name->ip_length == 4 ? AF_INET : AF_INET6, name->ip, name->text, sizeof name->text) != NULL;
}

bool name_equals(const struct name *a, const struct name *b)
{
	if (a->ip_length != b->ip_length)
		return false;
	return a->ip_length ? !memcmp(a->ip, b->ip, a->ip_length) : !strcmp(a->text, b->text);
}

bool names_have(const struct names *names, const struct name *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (name_equals(&names->all[i], name))
			return true;
	return false;
}

bool names_add(struct names *names, const struct name *name)
{
	if (names_have(names, name))
		return true;
	if (names->count == NAMES_MAX)
		return false;
	names->all[names->count++] = *name;
	return true;
}

void names_write(const struct names *names, char *text, size_t size)
{
	size_t at = 0;

	*text = 0;
	for (size_t i = 0; i < names->count && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s%s", i ? ", " : "", names->all[i].text);
}

static bool lies_in(const struct name *name, const struct name_range *range)
{
	if (name->ip_length != range->length)
		return false;
	for (unsigned bit = 0; bit < range->bits; bit++)
		if ((name->ip[bit / 8] ^ range->ip[bit / 8]) & (0x80 >> bit % 8))
			return false;
	return true;
}

bool name_is_private(const struct name *name)
{
	for (size_t i = 0; i < name_ranges_count; i++)
		if (lies_in(name, &name_ranges[i]))
			return true;
	return false;
}

void name_of_machine(struct name *name)
{
	char host[64] = "", text[80];

	gethostname(host, sizeof host - 1);
	host[strcspn(host, ".")] = 0;
	snprintf(text, sizeof text, "%s.local", host);
	if (!*host || !name_read(name, text))
		name_read(name, "wvwasi.local"); /* a name that can't be a host name */
}
