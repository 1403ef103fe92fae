/* Internet addresses, host names and endpoints: parsing, printing, and the kind of network that an address belongs to. Leaves to
 * others: which of them may be used (net_rules.h). */
#ifndef SERVER_BASE_NET_ADDRESS_H
#define SERVER_BASE_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;
struct sockaddr_storage;

struct net_address {
	uint8_t family;    /* 4 or 6 */
	uint8_t bytes[16]; /* network order; IPv4 uses the first four */
	uint32_t scope;    /* IPv6: an interface's number; 0: none */
};

enum net_class {
	NET_PUBLIC,
	NET_LOOPBACK,  /* this machine */
	NET_PRIVATE,   /* private, link-local, shared, reserved, for documentation */
	NET_MULTICAST,
	/* no host has it, or it is another address written differently: 0.0.0.0/8, ::, broadcast, ::ffff:0:0/96, ::/96, with a
	 * scope */
	NET_NEVER,
};
/* The kind of network. For NAT64 and 6to4: that of the IPv4 address inside. */
enum net_class net_address_class(const struct net_address *address);
/* Is any address of that network public? */
bool net_address_has_public(const struct net_address *network, unsigned prefix);

/* Parses an IPv4 or IPv6 address exactly as inet_pton(3): no octal, shortened or scoped ones. False: not an address. */
bool net_address_read(const char *text, struct net_address *address);
/* Are they of one family, and the same in the first `prefix` bits? */
bool net_address_within(const struct net_address *address, const struct net_address *network, unsigned prefix);

enum { NET_NAME_MAX = 253, NET_ENDPOINT_TEXT = NET_NAME_MAX + 16 };

/* Normalises a host name: lower case, no dot at the end. False: not a host name (empty, too long, a character other than a-z 0-9
 * - _), or one that some resolvers read as an address: its last label is a number, or begins with 0x. */
bool net_name_read(const char *text, size_t length, char name[NET_NAME_MAX + 1]);
/* "localhost" or a name below it, which is this machine, whatever a name server says (RFC 6761). */
bool net_name_is_localhost(const char *name);

/* ---- endpoints ---- */
struct net_endpoint {
	uint16_t port;
	bool is_name;
	char name[NET_NAME_MAX + 1]; /* normalised; "" for an address */
	struct net_address address;
};

/* Parses an endpoint as on the wire: a byte 4, 6 or 'n', u16 port (little endian), then 4 bytes, or 16 and a u32 scope, or the
 * name. A name that is an address is read as one. False: malformed. */
enum { NET_ENDPOINT_BYTES = 3 + NET_NAME_MAX + 1 /* a dot at the end */, NET_ENDPOINT_ADDRESS_BYTES = 3 + 20 };
bool net_endpoint_read(const uint8_t *bytes, size_t length, struct net_endpoint *endpoint);
/* Encodes an endpoint with an address. Returns the number of bytes. */
size_t net_endpoint_write(const struct net_endpoint *endpoint, uint8_t bytes[NET_ENDPOINT_ADDRESS_BYTES]);
/* Prints it: "db.example.org:5432", "[::1]:80". */
void net_endpoint_text(const struct net_endpoint *endpoint, char text[NET_ENDPOINT_TEXT]);

/* Converts to the kernel's form, and returns its length in bytes; and from it: false if it is neither IPv4 nor IPv6. */
unsigned net_endpoint_sockaddr(const struct net_endpoint *endpoint, struct sockaddr_storage *storage);
bool net_endpoint_of(const struct sockaddr *sockaddr, struct net_endpoint *endpoint);

#endif
