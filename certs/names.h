/* Addresses and host names of a certificate, as text. Knows no certificate and no network. */
#ifndef CERTS_NAMES_H
#define CERTS_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NAME_TEXT_MAX = 128, NAMES_MAX = 16 };

struct name {
	uint8_t ip[16];
	size_t ip_length;             /* 4 or 16; 0: a host name */
	char text[NAME_TEXT_MAX];     /* as it stands in an address bar, but for IPv6's brackets; lower case */
};

struct names {
	struct name all[NAMES_MAX];
	size_t count;
};

/* An IPv4 or IPv6 address (in brackets or not, no zone), or a host name of letters, digits, '-' and '.'. False: neither. */
bool name_read(struct name *name, const char *text);
bool name_equals(const struct name *a, const struct name *b);
bool names_have(const struct names *names, const struct name *name);
/* Adds a name unless it is there. False: there are too many. */
bool names_add(struct names *names, const struct name *name);
/* "192.168.1.7, box.local", cut to size. */
void names_write(const struct names *names, char *text, size_t size);

/* A block of addresses that our CA may sign for: private, shared (100.64/10), link-local and loopback ones. */
struct name_range {
	size_t length;                /* 4 or 16 */
	unsigned bits;
	uint8_t ip[16];
};
extern const struct name_range name_ranges[];
extern const size_t name_ranges_count;
bool name_is_private(const struct name *name); /* false for a host name */

/* "box.local", from this machine's name. */
void name_of_machine(struct name *name);

#endif
