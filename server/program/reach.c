#include "reach.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/auth/sessions.h"
#include "server/base/net_rules.h"
#include "server/network/network.h"
#include "server/wire/hello.h"
#include "program.h"

bool reach_of_hello(struct program *program, struct session *session, const struct hello *hello, const char **failed)
{
	struct net_rules rules = { 0 };
	char problem[300];
	size_t length = 0;
	char *all;

	if (!network_is_there() || (hello->flags & HELLO_NET && !hello->net_count))
		return true;
	for (uint32_t i = 0; i < hello->net_count; i++) {
		bool bad = !strcmp(hello->net[i], "ask") || net_rules_add(&rules, hello->net[i], problem, sizeof problem);

		net_rules_clear(&rules);
		*failed = hello->net[i];
		if (bad)
			return false;
		length += strlen(hello->net[i]) + 1;
	}
	*failed = "rules";
	all = length <= NETWORK_RULES_MAX ? malloc(length + 1) : NULL;
	if (!all)
		return false;
	length = 0;
	for (uint32_t i = 0; i < hello->net_count; i++) {
		strcpy(all + length, hello->net[i]);
		length += strlen(hello->net[i]) + 1;
	}
	program->network = network_user_new(session, program->name, session->browser, all, length, program_network_answered, program);
	free(all);
	*failed = "memory";
	return program->network;
}
