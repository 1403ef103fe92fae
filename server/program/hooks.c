#include "hooks.h"

struct hook *_Atomic hooks_first;

void hook_add(struct hook *hook)
{
	hook->next = hooks_first;
	hooks_first = hook;
}

void hook_remove(struct hook *hook)
{
	struct hook *before = hooks_first;

	if (before == hook) {
		hooks_first = hook->next;
		return;
	}
	while (before && before->next != hook)
		before = before->next;
	if (before)
		before->next = hook->next;
}

bool hook_is_on(const struct hook *hook)
{
	for (const struct hook *at = hooks_first; at; at = at->next)
		if (at == hook)
			return true;
	return false;
}
