/* --net RULE: parses rules and applies them. It looks nothing up and connects nothing.
 *
 *   tcp:HOST:PORT[-PORT]   udp:HOST:PORT[-PORT]   listen:ADDRESS:PORT[-PORT]   http:HOST[:PORT]   https:HOST[:PORT]   ask
 *   HOST: a name; *.NAME (all names below it); NAME=private (its address may be in a private network); an address; a network such
 *   as 10.0.0.0/8; IPv6 in brackets.
 *
 * Leaves to others: looking names up, asking the user (server/dialer). */
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
	uint8_t prefix;            /* bits of the address that must be the same */
	struct net_address address;
	char name[NET_NAME_MAX + 1];
};

struct net_rules {
	struct net_rule *rules;
	size_t count;
	bool ask;                  /* "ask": ask the user about what no rule names */
};

/* Parses a rule and adds it. Returns NULL, or `problem` with a sentence that says what is wrong and quotes the rule. */
const char *net_rules_add(struct net_rules *rules, const char *text, char *problem, size_t size);
void net_rules_clear(struct net_rules *rules);

enum { NET_RULE_TEXT = NET_ENDPOINT_TEXT + 32 };
/* The rule as it is written: "tcp:db.example.org=private:5432". */
void net_rule_text(const struct net_rule *rule, char text[NET_RULE_TEXT]);

/* Does a rule of that scheme name this host name, at that port? port 0: at any port, by a rule of any scheme except listen.
 * *may_be_private: does such a rule allow a private network? */
bool net_rules_name(const struct net_rules *rules, enum net_scheme scheme, const char *name, uint16_t port, bool *may_be_private);
/* Does a rule name the address itself? port 0: at any port, and unless scheme is listen, by a rule of any scheme. A network that
 * has public addresses, such as 0.0.0.0/0, names these alone: no private ones, and none of this machine's (ours: it is one). */
bool net_rules_address(const struct net_rules *rules, enum net_scheme scheme, const struct net_address *address, uint16_t port,
	bool ours);
/* The same for rules that only narrow: a network names every address in it. */
bool net_rules_address_within(const struct net_rules *rules, enum net_scheme scheme, const struct net_address *address,
	uint16_t port);

/* May the address be connected? name: what resolved to it, or NULL if the program gave the address. */
bool net_rules_allow(const struct net_rules *rules, enum net_scheme scheme, const char *name, const struct net_address *address,
	uint16_t port);

#endif
