/* --net's rules, as a page gives them too, and endpoints as programs name them. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "server/base/net_rules.h"
#include "tree.h"

/* What an endpoint says it is, it is once it was written and read again. */
static void must_be_endpoint(const struct net_endpoint *endpoint)
{
	uint8_t bytes[NET_ENDPOINT_ADDRESS_BYTES];
	char text[NET_ENDPOINT_TEXT], name[NET_NAME_MAX + 1];
	struct sockaddr_storage storage;
	struct net_endpoint again;

	net_endpoint_text(endpoint, text);
	if (endpoint->is_name) {
		if (!net_name_read(endpoint->name, strlen(endpoint->name), name) || strcmp(name, endpoint->name))
			broken("a name that isn't in its own form: '%s'", endpoint->name);
		if (net_address_read(endpoint->name, &again.address))
			broken("a name that is an address: '%s'", endpoint->name);
		return;
	}
	if (!net_endpoint_read(bytes, net_endpoint_write(endpoint, bytes), &again) || memcmp(&again, endpoint, sizeof again))
		broken("another endpoint than was written: %s", text);
	net_endpoint_sockaddr(endpoint, &storage);
	if (!net_endpoint_of((struct sockaddr *)&storage, &again) || memcmp(&again, endpoint, sizeof again))
		broken("the kernel's form is another one: %s", text);
}

static void must_judge(const struct net_rules *rules, const struct net_endpoint *endpoint)
{
	for (int scheme = 0; scheme < NET_SCHEMES; scheme++)
		if (!endpoint->is_name && net_rules_allow(rules, (enum net_scheme)scheme, NULL, &endpoint->address, endpoint->port) &&
		    net_address_class(&endpoint->address) == NET_NEVER)
			broken("an address that nobody has was allowed");
}

/* The first byte: how long the rule is; the rest is an endpoint. */
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	size_t rule_length = length ? input[0] : 0;
	struct net_rules rules = { 0 };
	struct net_endpoint endpoint;
	char problem[400] = "", *text;
	const char *wrong;

	if (length < 1 + rule_length)
		return 0;
	text = strndup((const char *)input + 1, rule_length);
	wrong = net_rules_add(&rules, text, problem, sizeof problem);
	if (wrong && !*wrong)
		broken("refused without a word");
	if (net_endpoint_read(input + 1 + rule_length, length - 1 - rule_length, &endpoint)) {
		must_be_endpoint(&endpoint);
		must_judge(&rules, &endpoint);
	}
	net_rules_clear(&rules);
	free(text);
	return 0;
}
