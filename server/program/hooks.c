#include "hooks.h"

struct tap *_Atomic tap_current;

void tap_add(struct tap *tap)
{
	tap->next = tap_current;
	tap_current = tap;
}

void tap_remove(struct tap *tap)
{
	struct tap *before = tap_current;

	if (before == tap) {
		tap_current = tap->next;
		return;
	}
	while (before && before->next != tap)
		before = before->next;
	if (before)
		before->next = tap->next;
}

bool tap_is_on(const struct tap *tap)
{
	for (const struct tap *at = tap_current; at; at = at->next)
		if (at == tap)
			return true;
	return false;
}
