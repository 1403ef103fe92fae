#include "refusals.h"

#include <stddef.h>

static const struct refusals_of *find(const struct refusals *refusals, uint32_t session)
{
	for (size_t i = 0; i < REFUSALS_SESSIONS; i++)
		if (refusals->sessions[i].session == session)
			return &refusals->sessions[i];
	return NULL;
}

void refusals_note(struct refusals *refusals, uint32_t session, bool yes)
{
	struct refusals_of *its = (struct refusals_of *)find(refusals, session);

	if (!its) {
		if (yes)
			return;
		its = &refusals->sessions[refusals->next++ % REFUSALS_SESSIONS];
		*its = (struct refusals_of){ .session = session };
	}
	its->noes = yes ? 0 : its->noes + 1;
}

bool refusals_enough(const struct refusals *refusals, uint32_t session)
{
	const struct refusals_of *its = find(refusals, session);

	return its && its->noes >= NOES_MAX;
}
