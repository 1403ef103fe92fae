#include "net_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const net_scheme_names[NET_SCHEMES] = { "tcp", "udp", "listen", "http", "https" };
enum { RULE_TEXT_MAX = 300 };

/* ---- reading ---- */

static bool scheme_read(const char *text, enum net_scheme *scheme, const char **rest)
{
	for (int i = 0; i < NET_SCHEMES; i++) {
		size_t length = strlen(net_scheme_names[i]);

		if (!strncmp(text, net_scheme_names[i], length) && text[length] == ':') {
			*scheme = (enum net_scheme)i;
			*rest = text + length + 1;
			return true;
		}
	}
	return false;
}

/* Digits, up to `most`; *end: what follows. */
static bool number_read(const char *text, unsigned most, unsigned *number, const char **end)
{
	unsigned value = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9' && at - text < 6; at++)
		value = 10 * value + (unsigned)(*at - '0');
	*number = value;
	*end = at;
	return at > text && value <= most && !(*at >= '0' && *at <= '9');
}

/* Port 0 is any free one: to listen. */
static const char *ports_read(const char *text, struct net_rule *rule)
{
	unsigned first, last;
	const char *end;

	if (!number_read(text, 65535, &first, &end))
		return "not a port";
	last = first;
	if (*end == '-' && !number_read(end + 1, 65535, &last, &end))
		return "not a range of ports";
	if (*end)
		return "not a port";
	if (last < first)
		return "the range of ports ends before it begins";
	if (!first && rule->scheme != NET_LISTEN)
		return "port 0 can't be reached";
	rule->first = (uint16_t)first;
	rule->last = (uint16_t)last;
	return NULL;
}

static const char *address_read(char *host, struct net_rule *rule)
{
	char *slash = strchr(host, '/');
	unsigned prefix, most;
	const char *end;

	if (slash)
		*slash = 0;
	if (!net_address_read(host, &rule->address))
		return slash ? "not an address before the /" : "not an address";
	most = rule->address.family == 4 ? 32 : 128;
	prefix = most;
	if (slash && (!number_read(slash + 1, most, &prefix, &end) || *end))
		return "not a number of bits behind the /";
	rule->prefix = (uint8_t)prefix;
	for (unsigned bit = prefix; bit < most; bit++)
		if (rule->address.bytes[bit / 8] & 0x80 >> bit % 8)
			return "the network has bits set behind its prefix";
	/* 0.0.0.0 is a place to listen at; elsewhere only a network that begins there, as 0.0.0.0/0, says something. */
	if (rule->scheme != NET_LISTEN && net_address_class(&rule->address) == NET_NEVER &&
	    (prefix == most || !net_address_has_public(&rule->address, prefix)))
		return "no host has this address";
	return NULL;
}

static const char *host_read(char *host, struct net_rule *rule)
{
	char *is = strchr(host, '=');
	const char *name = host;
	size_t length = strlen(host);

	if (host[0] == '[') {
		if (host[length - 1] != ']')
			return "no ] behind the IPv6 address";
		memmove(host, host + 1, length);
		host[length - 2] = 0;
		return strchr(host, ':') ? address_read(host, rule) : "not an IPv6 address in the brackets";
	}
	if (rule->scheme == NET_LISTEN)
		return address_read(host, rule);
	if (is) {
		if (strcmp(is, "=private"))
			return "only =private may follow a name";
		*is = 0;
		rule->may_be_private = true;
	}
	if (!is && (strchr(host, '/') || net_address_read(host, &rule->address)))
		return address_read(host, rule);
	rule->is_suffix = !strncmp(name, "*.", 2);
	name += rule->is_suffix ? 2 : 0;
	rule->is_name = true;
	return net_name_read(name, strlen(name), rule->name) ? NULL : "neither a host name nor an address";
}

static const char *rule_read(const char *text, struct net_rule *rule)
{
	char copy[RULE_TEXT_MAX], *colon;
	enum net_scheme scheme;
	const char *rest, *wrong;

	*rule = (struct net_rule){ 0 };
	if (strlen(text) >= sizeof copy)
		return "too long";
	if (!scheme_read(text, &scheme, &rest))
		return "not tcp:HOST:PORT, udp:HOST:PORT, listen:ADDRESS:PORT, http:HOST, https:HOST or ask";
	rule->scheme = (uint8_t)scheme;
	strcpy(copy, rest);
	colon = strrchr(copy, ':');
	if (colon && copy[0] == '[' && colon[-1] != ']')
		colon = NULL;
	if (!colon && scheme != NET_HTTP && scheme != NET_HTTPS)
		return "no port";
	rule->first = rule->last = scheme == NET_HTTP ? 80 : 443;
	if (colon) {
		wrong = ports_read(colon + 1, rule);
		if (wrong)
			return wrong;
		*colon = 0;
	}
	if (!copy[0])
		return "no host";
	if (copy[0] != '[' && strchr(copy, ':'))
		return "an IPv6 address stands in brackets";
	return host_read(copy, rule);
}

const char *net_rules_add(struct net_rules *rules, const char *text, char *problem, size_t size)
{
	struct net_rule rule, *grown;
	const char *wrong;

	if (!strcmp(text, "ask")) {
		rules->ask = true;
		return NULL;
	}
	wrong = rule_read(text, &rule);
	if (wrong) {
		snprintf(problem, size, "%s: --net '%.200s'", wrong, text);
		return problem;
	}
	grown = realloc(rules->rules, (rules->count + 1) * sizeof *grown);
	if (!grown) {
		snprintf(problem, size, "no memory for --net '%.200s'", text);
		return problem;
	}
	rules->rules = grown;
	grown[rules->count++] = rule;
	return NULL;
}

void net_rules_clear(struct net_rules *rules)
{
	free(rules->rules);
	*rules = (struct net_rules){ 0 };
}

void net_rule_text(const struct net_rule *rule, char text[NET_RULE_TEXT])
{
	struct net_endpoint endpoint = { .address = rule->address, .port = rule->first };
	char host[NET_ENDPOINT_TEXT], ports[16], *end;

	net_endpoint_text(&endpoint, host);
	end = strrchr(host, ':');
	*end = 0;
	if (!rule->is_name && rule->prefix < (rule->address.family == 4 ? 32 : 128)) {
		end -= end[-1] == ']';
		snprintf(end, (size_t)(host + sizeof host - end), "/%u%s", rule->prefix, rule->address.family == 6 ? "]" : "");
	}
	snprintf(ports, sizeof ports, rule->first == rule->last ? "%u" : "%u-%u", rule->first, rule->last);
	snprintf(text, NET_RULE_TEXT, "%s:%s%s%s:%s", net_scheme_names[rule->scheme], rule->is_suffix ? "*." : "",
		rule->is_name ? rule->name : host, rule->may_be_private ? "=private" : "", ports);
}

/* ---- judging ---- */

static bool rule_has_port(const struct net_rule *rule, enum net_scheme scheme, uint16_t port)
{
	if (scheme != NET_LISTEN && !port)
		return rule->scheme != NET_LISTEN;
	return rule->scheme == scheme && port >= rule->first && port <= rule->last;
}

static bool rule_has_name(const struct net_rule *rule, const char *name)
{
	size_t length = strlen(name), own = strlen(rule->name);

	if (!rule->is_suffix)
		return !strcmp(name, rule->name);
	return length > own + 1 && name[length - own - 1] == '.' && !strcmp(name + length - own, rule->name);
}

bool net_rules_name(const struct net_rules *rules, enum net_scheme scheme, const char *name, uint16_t port, bool *may_be_private)
{
	bool named = false;

	*may_be_private = false;
	for (size_t i = 0; i < rules->count; i++) {
		const struct net_rule *rule = &rules->rules[i];

		if (rule->is_name && rule_has_port(rule, scheme, port) && rule_has_name(rule, name)) {
			named = true;
			*may_be_private |= rule->may_be_private;
		}
	}
	return named;
}

/* `localhost` is these two, and so it names them. */
static bool is_localhost(const struct net_rule *rule, const struct net_address *address)
{
	static const struct net_address four = { .family = 4, .bytes = { 127, 0, 0, 1 } };
	static const struct net_address six = { .family = 6, .bytes = { [15] = 1 } };

	return !rule->is_suffix && !strcmp(rule->name, "localhost") &&
	       (!memcmp(address, &four, sizeof four) || !memcmp(address, &six, sizeof six));
}

/* May the rule's network reach this address? One that is private, or this machine's, needs a rule that means it: the address
 * itself, or a network that has no public ones. So 0.0.0.0/0 is the internet, and not what is at home. */
static bool rule_means(const struct net_rule *rule, const struct net_address *address, bool ours)
{
	enum net_class class = net_address_class(address);

	if (rule->scheme == NET_LISTEN || rule->prefix == (address->family == 4 ? 32 : 128))
		return true;
	return (class == NET_PUBLIC && !ours) || !net_address_has_public(&rule->address, rule->prefix);
}

static bool address_named(const struct net_rules *rules, enum net_scheme scheme, const struct net_address *address, uint16_t port,
	bool means, bool ours)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct net_rule *rule = &rules->rules[i];

		if (!rule_has_port(rule, scheme, port))
			continue;
		if (rule->is_name ? is_localhost(rule, address) : net_address_within(address, &rule->address, rule->prefix) &&
		    (!means || rule_means(rule, address, ours)))
			return true;
	}
	return false;
}

bool net_rules_address(const struct net_rules *rules, enum net_scheme scheme, const struct net_address *address, uint16_t port,
	bool ours)
{
	return address_named(rules, scheme, address, port, true, ours);
}

bool net_rules_address_within(const struct net_rules *rules, enum net_scheme scheme, const struct net_address *address,
	uint16_t port)
{
	return address_named(rules, scheme, address, port, false, false);
}

bool net_rules_allow(const struct net_rules *rules, enum net_scheme scheme, const char *name, const struct net_address *address,
	uint16_t port)
{
	enum net_class class = net_address_class(address);
	bool may_be_private;

	if (class == NET_NEVER)
		return false;
	if (!name)
		return net_rules_address(rules, scheme, address, port, false);
	if (net_name_is_localhost(name) && class != NET_LOOPBACK)
		return false;
	if (net_rules_name(rules, scheme, name, port, &may_be_private) &&
	    (class == NET_PUBLIC || net_name_is_localhost(name) || (may_be_private && class != NET_MULTICAST) ||
	     net_rules_address(rules, scheme, address, port, false)))
		return true;
	/* no name server was asked: whoever names its address names it */
	return net_name_is_localhost(name) && net_rules_address(rules, scheme, address, port, false);
}
