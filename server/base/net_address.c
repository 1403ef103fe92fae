#include "net_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- networks ---- */

struct network {
	uint8_t bytes[16];
	uint8_t prefix;
	uint8_t class; /* enum net_class; or EMBEDDED: the IPv4 address at `inside` decides */
	uint8_t inside;
};
enum { EMBEDDED = 100 };

/* IANA's special-purpose registries (RFC 6890 and its updates); the first that fits counts. */
static const struct network networks4[] = {
	{ { 0 }, 8, NET_NEVER, 0 },
	{ { 255, 255, 255, 255 }, 32, NET_NEVER, 0 },
	{ { 127 }, 8, NET_LOOPBACK, 0 },
	{ { 10 }, 8, NET_PRIVATE, 0 },
	{ { 100, 64 }, 10, NET_PRIVATE, 0 },
	{ { 169, 254 }, 16, NET_PRIVATE, 0 },
	{ { 172, 16 }, 12, NET_PRIVATE, 0 },
	{ { 192, 0, 0 }, 24, NET_PRIVATE, 0 },
	{ { 192, 0, 2 }, 24, NET_PRIVATE, 0 },
	{ { 192, 168 }, 16, NET_PRIVATE, 0 },
	{ { 198, 18 }, 15, NET_PRIVATE, 0 },
	{ { 198, 51, 100 }, 24, NET_PRIVATE, 0 },
	{ { 203, 0, 113 }, 24, NET_PRIVATE, 0 },
	{ { 224 }, 4, NET_MULTICAST, 0 },
	{ { 240 }, 4, NET_PRIVATE, 0 },
};
static const struct network networks6[] = {
	{ { [15] = 1 }, 128, NET_LOOPBACK, 0 },
	{ { [10] = 0xff, 0xff }, 96, NET_NEVER, 0 },               /* ::ffff:0:0/96, IPv4-mapped */
	{ { 0 }, 96, NET_NEVER, 0 },                               /* ::, and IPv4-compatible */
	{ { 0, 0x64, 0xff, 0x9b }, 96, EMBEDDED, 12 },             /* 64:ff9b::/96, NAT64 */
	{ { 0, 0x64, 0xff, 0x9b, 0, 1 }, 48, NET_PRIVATE, 0 },
	{ { 0x20, 0x02 }, 16, EMBEDDED, 2 },                       /* 6to4 */
	{ { 0x20, 0x01 }, 23, NET_PRIVATE, 0 },                    /* 2001::/23: Teredo, benchmarks, ORCHID */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, NET_PRIVATE, 0 },
	{ { 0x3f, 0xff }, 20, NET_PRIVATE, 0 },
	{ { 0x20 }, 3, NET_PUBLIC, 0 },                            /* 2000::/3, the only global ones there are */
	{ { 0xff }, 8, NET_MULTICAST, 0 },
	{ { 0 }, 0, NET_PRIVATE, 0 },                              /* fc00::/7, fe80::/10 and what nobody was given */
};

static bool bits_same(const uint8_t *a, const uint8_t *b, unsigned count)
{
	unsigned whole = count / 8, rest = count % 8;

	return !memcmp(a, b, whole) && (!rest || !((a[whole] ^ b[whole]) >> (8 - rest)));
}

bool net_address_within(const struct net_address *address, const struct net_address *network, unsigned prefix)
{
	return address->family == network->family && bits_same(address->bytes, network->bytes, prefix);
}

enum net_class net_address_class(const struct net_address *address)
{
	const struct network *networks = address->family == 4 ? networks4 : networks6;
	size_t count = address->family == 4 ? sizeof networks4 / sizeof *networks4 : sizeof networks6 / sizeof *networks6;
	struct net_address inside = { .family = 4 };

	if (address->scope)
		return NET_NEVER;
	for (const struct network *network = networks; network < networks + count; network++) {
		if (!bits_same(address->bytes, network->bytes, network->prefix))
			continue;
		if (network->class != EMBEDDED)
			return network->class;
		memcpy(inside.bytes, address->bytes + network->inside, 4);
		return net_address_class(&inside);
	}
	return NET_PUBLIC;
}

/* Of a list the first that fits counts: the network is inside one of them that isn't public, or it is taken to have public
 * ones. */
bool net_address_has_public(const struct net_address *network, unsigned prefix)
{
	const struct network *networks = network->family == 4 ? networks4 : networks6;
	size_t count = network->family == 4 ? sizeof networks4 / sizeof *networks4 : sizeof networks6 / sizeof *networks6;
	struct net_address inside = { .family = 4 };

	for (const struct network *of = networks; of < networks + count; of++) {
		if (!bits_same(network->bytes, of->bytes, of->prefix < prefix ? of->prefix : prefix))
			continue;
		if (of->prefix > prefix && of->class != NET_PUBLIC && of->class != EMBEDDED)
			continue; /* only a part of it */
		if (of->prefix > prefix || of->class == NET_PUBLIC)
			return true;
		if (of->class != EMBEDDED)
			return false;
		memcpy(inside.bytes, network->bytes + of->inside, 4);
		return net_address_has_public(&inside, prefix - 8 * of->inside < 32 ? prefix - 8 * of->inside : 32);
	}
	return true;
}

bool net_address_read(const char *text, struct net_address *address)
{
	*address = (struct net_address){ 0 };
	if (inet_pton(AF_INET, text, address->bytes) == 1)
		address->family = 4;
	else if (inet_pton(AF_INET6, text, address->bytes) == 1)
		address->family = 6;
	return address->family != 0;
}

/* ---- names ---- */

static bool label_is_number(const char *label)
{
	return (label[0] == '0' && label[1] == 'x') || label[strspn(label, "0123456789")] == 0;
}

bool net_name_read(const char *text, size_t length, char name[NET_NAME_MAX + 1])
{
	size_t label = 0;

	if (length && text[length - 1] == '.')
		length--;
	if (!length || length > NET_NAME_MAX)
		return false;
	for (size_t i = 0; i < length; i++) {
		char letter = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 'a' - 'A') : text[i];
		bool is_word = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';

		if (letter == '.' ? i == label : !is_word)
			return false;
		if (letter != '.' && i - label >= 63)
			return false;
		if (letter == '.')
			label = i + 1;
		name[i] = letter;
	}
	name[length] = 0;
	return label < length && !label_is_number(name + label);
}

bool net_name_is_localhost(const char *name)
{
	size_t length = strlen(name);

	return !strcmp(name, "localhost") || (length > 10 && !strcmp(name + length - 10, ".localhost"));
}

/* ---- endpoints ---- */

static bool host_read(const char *text, size_t length, struct net_endpoint *endpoint)
{
	char host[NET_NAME_MAX + 2];

	if (length >= sizeof host)
		return false;
	memcpy(host, text, length);
	host[length] = 0;
	if (memchr(text, 0, length))
		return false;
	if (net_address_read(host, &endpoint->address))
		return true;
	endpoint->is_name = net_name_read(host, length, endpoint->name);
	return endpoint->is_name;
}

bool net_endpoint_read(const uint8_t *bytes, size_t length, struct net_endpoint *endpoint)
{
	*endpoint = (struct net_endpoint){ 0 };
	if (length < 3)
		return false;
	endpoint->port = (uint16_t)(bytes[1] | bytes[2] << 8);
	switch (bytes[0]) {
	case 4:
		endpoint->address.family = 4;
		memcpy(endpoint->address.bytes, bytes + 3, length == 7 ? 4 : 0);
		return length == 7;
	case 6:
		endpoint->address.family = 6;
		if (length != NET_ENDPOINT_ADDRESS_BYTES)
			return false;
		memcpy(endpoint->address.bytes, bytes + 3, 16);
		endpoint->address.scope = bytes[19] | (uint32_t)bytes[20] << 8 | (uint32_t)bytes[21] << 16 | (uint32_t)bytes[22] << 24;
		return true;
	case 'n':
		return host_read((const char *)bytes + 3, length - 3, endpoint);
	}
	return false;
}

size_t net_endpoint_write(const struct net_endpoint *endpoint, uint8_t bytes[NET_ENDPOINT_ADDRESS_BYTES])
{
	const struct net_address *address = &endpoint->address;

	bytes[0] = address->family;
	bytes[1] = (uint8_t)endpoint->port;
	bytes[2] = (uint8_t)(endpoint->port >> 8);
	if (address->family == 4) {
		memcpy(bytes + 3, address->bytes, 4);
		return 7;
	}
	memcpy(bytes + 3, address->bytes, 16);
	for (int i = 0; i < 4; i++)
		bytes[19 + i] = (uint8_t)(address->scope >> 8 * i);
	return NET_ENDPOINT_ADDRESS_BYTES;
}

void net_endpoint_text(const struct net_endpoint *endpoint, char text[NET_ENDPOINT_TEXT])
{
	char host[INET6_ADDRSTRLEN] = "?", scope[16] = "";

	if (endpoint->is_name) {
		snprintf(text, NET_ENDPOINT_TEXT, "%s:%u", endpoint->name, endpoint->port);
		return;
	}
	inet_ntop(endpoint->address.family == 4 ? AF_INET : AF_INET6, endpoint->address.bytes, host, sizeof host);
	if (endpoint->address.scope)
		snprintf(scope, sizeof scope, "%%%u", endpoint->address.scope);
	snprintf(text, NET_ENDPOINT_TEXT, endpoint->address.family == 4 ? "%s%s:%u" : "[%s%s]:%u", host, scope, endpoint->port);
}

unsigned net_endpoint_sockaddr(const struct net_endpoint *endpoint, struct sockaddr_storage *storage)
{
	struct sockaddr_in *four = (struct sockaddr_in *)storage;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)storage;

	memset(storage, 0, sizeof *storage);
	if (endpoint->address.family == 4) {
		four->sin_family = AF_INET;
		four->sin_port = htons(endpoint->port);
		memcpy(&four->sin_addr, endpoint->address.bytes, 4);
		return sizeof *four;
	}
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(endpoint->port);
	six->sin6_scope_id = endpoint->address.scope;
	memcpy(&six->sin6_addr, endpoint->address.bytes, 16);
	return sizeof *six;
}

bool net_endpoint_of(const struct sockaddr *sockaddr, struct net_endpoint *endpoint)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)sockaddr;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)sockaddr;

	*endpoint = (struct net_endpoint){ 0 };
	if (sockaddr->sa_family == AF_INET) {
		endpoint->address.family = 4;
		endpoint->port = ntohs(four->sin_port);
		memcpy(endpoint->address.bytes, &four->sin_addr, 4);
		return true;
	}
	if (sockaddr->sa_family != AF_INET6)
		return false;
	endpoint->address.family = 6;
	endpoint->port = ntohs(six->sin6_port);
	endpoint->address.scope = six->sin6_scope_id;
	memcpy(endpoint->address.bytes, &six->sin6_addr, 16);
	return true;
}
