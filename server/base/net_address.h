/* Internet addresses and endpoints as programs name them: reading, printing, and which networks an address belongs to. Strings
 * and bytes in, verdicts out. Leaves to others: which of them may be used (net_rules.h). */
#ifndef SERVER_BASE_NET_ADDRESS_H
#define SERVER_BASE_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;
struct sockaddr_storage;

struct net_address {
	uint8_t family;    /* 4 or 6 */
	uint8_t bytes[16]; /* network order; of IPv4 the first four */
	uint32_t scope;    /* of IPv6: an interface's number; 0: none */
};

/* What reaches whom by an address. */
enum net_class {
	NET_PUBLIC,
	NET_LOOPBACK,  /* this machine */
	NET_PRIVATE,   /* the networks that it is in: private, link-local, shared, reserved, for documentation */
	NET_MULTICAST,
	/* no host has it, or it is another one in disguise: 0.0.0.0/8, ::, broadcast, ::ffff:0:0/96, ::/96, with a scope */
	NET_NEVER,
};
/* Of NAT64's and 6to4's, the class of the IPv4 address inside. */
enum net_class net_address_class(const struct net_address *address);

/* 127.0.0.1 or ::1, exactly as inet_pton(3) reads them: no octal, no shortened, no scoped ones. */
bool net_address_read(const char *text, struct net_address *address);
/* Are the first `prefix` bits the same, in one family? */
bool net_address_within(const struct net_address *address, const struct net_address *network, unsigned prefix);

enum { NET_NAME_MAX = 253, NET_ENDPOINT_TEXT = NET_NAME_MAX + 16 };

/* A host name's own form: small letters, without a dot at the end. False: no host name (empty, too long, another letter than a-z
 * 0-9 - _), or one that some resolvers take for an address: the last label is a number, or begins with 0x. */
bool net_name_read(const char *text, size_t length, char name[NET_NAME_MAX + 1]);
/* "localhost", or below it: this machine, whatever a name server says (RFC 6761). */
bool net_name_is_localhost(const char *name);

/* ---- endpoints ---- */
struct net_endpoint {
	uint16_t port;
	bool is_name;
	char name[NET_NAME_MAX + 1]; /* in its own form */
	struct net_address address;
};

/* On the wire: a byte 4, 6 or 'n', u16 port (little endian); then 4 bytes, or 16 and u32 scope, or the name. A name that is an
 * address becomes one. False: no endpoint. */
enum { NET_ENDPOINT_BYTES = 3 + NET_NAME_MAX + 1 /* a dot at the end */, NET_ENDPOINT_ADDRESS_BYTES = 3 + 20 };
bool net_endpoint_read(const uint8_t *bytes, size_t length, struct net_endpoint *endpoint);
/* Of one with an address. Gives the bytes written. */
size_t net_endpoint_write(const struct net_endpoint *endpoint, uint8_t bytes[NET_ENDPOINT_ADDRESS_BYTES]);
/* "db.example.org:5432", "[::1]:80". */
void net_endpoint_text(const struct net_endpoint *endpoint, char text[NET_ENDPOINT_TEXT]);

/* To the kernel's form, and from it. Gives its length; false: neither IPv4 nor IPv6. */
unsigned net_endpoint_sockaddr(const struct net_endpoint *endpoint, struct sockaddr_storage *storage);
bool net_endpoint_of(const struct sockaddr *sockaddr, struct net_endpoint *endpoint);

#endif
