/* --net RULE: what programs may reach, from its words to verdicts. Pure: nothing is looked up, nothing connected.
 *
 *   tcp:HOST:PORT[-PORT]   udp:HOST:PORT[-PORT]   listen:ADDRESS:PORT[-PORT]   http:HOST[:PORT]   https:HOST[:PORT]   ask
 *   HOST: a name; *.NAME (all below it); NAME=private (and it may be in a private network); an address, a network as 10.0.0.0/8,
 *   [IPv6] in brackets.
 *
 * Leaves to others: what a name's addresses are and who is asked (server/dialer). */
#ifndef SERVER_BASE_NET_RULES_H
#define SERVER_BASE_NET_RULES_H

#include "net_address.h"

enum net_scheme { NET_TCP, NET_UDP, NET_LISTEN, NET_HTTP, NET_HTTPS, NET_SCHEMES };
extern const char *const net_scheme_names[NET_SCHEMES];

struct net_rule {
	uint8_t scheme;            /* enum net_scheme */
	bool is_name, is_suffix;   /* is_suffix: "*." name */
	bool may_be_private;       /* NAME=private */
	uint16_t first, last;      /* ports */
	uint8_t prefix;            /* bits of the address that count */
	struct net_address address;
	char name[NET_NAME_MAX + 1];
};

struct net_rules {
	struct net_rule *rules;
	size_t count;
	bool ask;                  /* the user is asked about what no rule names */
};

/* NULL, or what is wrong with it: a sentence in `problem`, with the rule quoted. */
const char *net_rules_add(struct net_rules *rules, const char *text, char *problem, size_t size);
void net_rules_clear(struct net_rules *rules);

/* Is the name named by a rule of that scheme and port? port 0: at any port, and of any scheme but listen: could it be used at
 * all? *may_be_private: and may it be in a private network? */
bool net_rules_name(const struct net_rules *rules, enum net_scheme scheme, const char *name, uint16_t port, bool *may_be_private);
/* Is the address itself named by a rule? port 0, for what isn't `listen`: at any port, of any scheme. */
bool net_rules_address(const struct net_rules *rules, enum net_scheme scheme, const struct net_address *address, uint16_t port);

/* May the address be connected that `name` leads to, or that was given itself (NULL)? */
bool net_rules_allow(const struct net_rules *rules, enum net_scheme scheme, const char *name, const struct net_address *address,
	uint16_t port);

#endif
