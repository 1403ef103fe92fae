/* Decides what programs may reach, by the user's rules (--net), the rules that a page gave its program, and what no rule can
 * allow. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- messages ---- */

static uint32_t hash_of(const char *text)
{
	uint32_t hash = 2166136261u;

	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619u;
	return hash;
}

/* Remembers the text. False: it was printed before, or TOLD_MAX others were. */
static bool told_once(struct program_of *program, const char *text)
{
	uint32_t hash = hash_of(text);

	for (size_t i = 0; i < program->told_count; i++)
		if (program->told[i] == hash)
			return false;
	if (program->told_count == TOLD_MAX)
		return false;
	program->told[program->told_count++] = hash;
	return true;
}

void judge_says_once(struct program_of *program, const char *text)
{
	if (told_once(program, text))
		dialer_say(program, "%s", text);
}

void judge_refuses(struct program_of *program, enum net_scheme scheme, const struct net_endpoint *endpoint, const char *why)
{
	char target[NET_ENDPOINT_TEXT + 16], text[NET_ENDPOINT_TEXT];

	net_endpoint_text(endpoint, text);
	strcpy(target, net_scheme_names[scheme]);
	strcat(strcat(target, ":"), text);
	if (told_once(program, target))
		dialer_say(program, "refused %s for '%s': %s", target, program->name, why);
}

static int refuse(struct program_of *program, enum net_scheme scheme, const struct net_endpoint *endpoint, const char *why)
{
	judge_refuses(program, scheme, endpoint, why);
	return EACCES;
}

struct judge_wish judge_wish = { .scheme = -1 };

/* Refuses because no rule allows it. With --net ask the user can be asked: it is noted in judge_wish instead of printed. */
static int want(struct program_of *program, enum net_scheme scheme, const struct net_endpoint *endpoint, const char *why,
	bool is_private, bool says)
{
	if (!dialer.rules.ask || !says)
		return says ? refuse(program, scheme, endpoint, why) : EACCES;
	judge_wish = (struct judge_wish){ (int)scheme, program, is_private, *endpoint, "" };
	strcpy(judge_wish.why, why);
	return EACCES;
}

/* ---- names ---- */

int judge_name(struct program_of *program, enum net_scheme scheme, const char *name, uint16_t port)
{
	struct net_endpoint endpoint = { .port = port, .is_name = true };
	bool any;

	strcpy(endpoint.name, name);
	if (!net_name_is_localhost(name)) { /* localhost needs no look-up, and a rule may name its address: judge_address() decides */
		if (program->keeps && !net_rules_name(&program->kept, scheme, name, port, &any))
			return refuse(program, scheme, &endpoint, "its page gave it less");
		if (!net_rules_name(&dialer.rules, scheme, name, port, &any) &&
		    !net_rules_name(&program->granted, scheme, name, port, &any) &&
		    !net_rules_name(&program->once, scheme, name, port, &any))
			return want(program, scheme, &endpoint, "no --net rule names it", false, true);
	}
	return 0;
}

void judge_found(struct program_of *program, const char *name, const struct net_address *address)
{
	struct found *found;

	for (size_t i = 0; i < program->found_count; i++)
		if (!memcmp(&program->found[i].address, address, sizeof *address) && !strcmp(program->found[i].name, name))
			return;
	if (!program->found)
		program->found = calloc(FOUND_MAX, sizeof *program->found);
	if (!program->found)
		return; /* the program can still connect by the name */
	found = &program->found[program->found_at];
	program->found_at = (program->found_at + 1) % FOUND_MAX;
	if (program->found_count < FOUND_MAX)
		program->found_count++;
	found->address = *address;
	strcpy(found->name, name);
}

void judge_program_clear(struct program_of *program)
{
	free(program->found);
	net_rules_clear(&program->kept);
	net_rules_clear(&program->granted);
	net_rules_clear(&program->once);
	net_rules_clear(&program->refused);
}

/* ---- addresses ---- */

/* Is it an address of this machine? Binding to it tells. If that can't be tried, for want of descriptors, yes. */
static bool address_is_ours(const struct net_endpoint *endpoint)
{
	struct net_endpoint any_port = *endpoint;
	struct sockaddr_storage storage;
	unsigned length;
	int fd;
	bool ours;

	if (net_address_class(&endpoint->address) == NET_LOOPBACK)
		return true;
	any_port.port = 0;
	length = net_endpoint_sockaddr(&any_port, &storage);
	fd = socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return true;
	ours = bind(fd, (struct sockaddr *)&storage, length) == 0 || errno != EADDRNOTAVAIL;
	close(fd);
	return ours;
}

static bool is_own_port(uint16_t port)
{
	for (size_t i = 0; i < dialer.own_ports_count; i++)
		if (dialer.own_ports[i] == port)
			return true;
	return false;
}

/* Do the rules allow the endpoint, by its address, or by a name that resolved to it? An address of this machine counts as
 * private, also if it is a public one. */
static bool allowed_by(const struct program_of *program, const struct net_rules *rules, enum net_scheme scheme, const char *name,
                       const struct net_endpoint *endpoint, bool ours)
{
	bool may_be_private;

	if (name)
		return net_rules_allow(rules, scheme, name, &endpoint->address, endpoint->port) &&
		       (!ours || net_name_is_localhost(name) ||
		        net_rules_address(rules, scheme, &endpoint->address, endpoint->port, ours) ||
		        (net_rules_name(rules, scheme, name, endpoint->port, &may_be_private) && may_be_private));
	if (net_rules_address(rules, scheme, &endpoint->address, endpoint->port, ours))
		return true;
	for (size_t i = 0; i < program->found_count; i++)
		if (!memcmp(&program->found[i].address, &endpoint->address, sizeof endpoint->address) &&
		    allowed_by(program, rules, scheme, program->found[i].name, endpoint, ours))
			return true;
	return false;
}

/* Do the page's rules allow it? They needn't repeat =private. */
static bool kept_by(const struct program_of *program, enum net_scheme scheme, const char *name,
	const struct net_endpoint *endpoint)
{
	bool any;

	if (!program->keeps || net_rules_address_within(&program->kept, scheme, &endpoint->address, endpoint->port))
		return true;
	if (name)
		return net_rules_name(&program->kept, scheme, name, endpoint->port, &any);
	for (size_t i = 0; i < program->found_count; i++)
		if (!memcmp(&program->found[i].address, &endpoint->address, sizeof endpoint->address) &&
		    net_rules_name(&program->kept, scheme, program->found[i].name, endpoint->port, &any))
			return true;
	return false;
}

int judge_address(struct program_of *program, enum net_scheme scheme, const char *name, const struct net_endpoint *endpoint,
	bool says)
{
	static const char in_private[] = "its address is in a private network, and no --net rule says that it may be (NAME=private)";
	struct net_endpoint target = *endpoint;
	bool ours = address_is_ours(endpoint);
	const char *why;

	if (name) {
		target.is_name = true;
		strcpy(target.name, name);
	}
	if (net_address_class(&endpoint->address) == NET_NEVER)
		why = "no host has this address";
	else if (ours && is_own_port(endpoint->port))
		why = "it is this gateway's own port";
	else if (!kept_by(program, scheme, name, endpoint))
		why = "its page gave it less";
	else if (allowed_by(program, &dialer.rules, scheme, name, endpoint, ours) ||
	         allowed_by(program, &program->granted, scheme, name, endpoint, ours) ||
	         allowed_by(program, &program->once, scheme, name, endpoint, ours))
		return 0;
	else
		return want(program, scheme, &target, name ? in_private : "no --net rule names it", name != NULL, says);
	return says ? refuse(program, scheme, &target, why) : EACCES;
}

void judge_spend(struct program_of *program, enum net_scheme scheme, const char *name, const struct net_endpoint *endpoint)
{
	bool ours = program->once.count && address_is_ours(endpoint);
	size_t kept = 0;

	if (!program->once.count || allowed_by(program, &dialer.rules, scheme, name, endpoint, ours) ||
	    allowed_by(program, &program->granted, scheme, name, endpoint, ours))
		return;
	for (size_t i = 0; i < program->once.count; i++) {
		const struct net_rules one = { .rules = &program->once.rules[i], .count = 1 };

		if (!allowed_by(program, &one, scheme, name, endpoint, ours))
			program->once.rules[kept++] = program->once.rules[i];
	}
	program->once.count = kept;
}

bool judge_may_listen(const struct program_of *program, const struct net_endpoint *endpoint)
{
	return !endpoint->address.scope && net_rules_address(&dialer.rules, NET_LISTEN, &endpoint->address, 0, false) &&
	       (!program->keeps || net_rules_address_within(&program->kept, NET_LISTEN, &endpoint->address, 0));
}

int judge_listen(struct program_of *program, const struct net_endpoint *endpoint)
{
	if (endpoint->address.scope)
		return refuse(program, NET_LISTEN, endpoint, "an address with a scope");
	if (is_own_port(endpoint->port))
		return refuse(program, NET_LISTEN, endpoint, "it is this gateway's own port");
	if (program->keeps && !net_rules_address_within(&program->kept, NET_LISTEN, &endpoint->address, endpoint->port))
		return refuse(program, NET_LISTEN, endpoint, "its page gave it less");
	if (!net_rules_address(&dialer.rules, NET_LISTEN, &endpoint->address, endpoint->port, false) &&
	    !net_rules_address(&program->granted, NET_LISTEN, &endpoint->address, endpoint->port, false) &&
	    !net_rules_address(&program->once, NET_LISTEN, &endpoint->address, endpoint->port, false))
		return want(program, NET_LISTEN, endpoint, "no --net rule names it", false, true);
	return 0;
}
