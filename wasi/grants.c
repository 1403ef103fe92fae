/* Guest paths as names of grants: compared component by component, so that "/data" isn't the beginning of "/database". */
#include "grants.h"

#include <string.h>

struct component {
	const char *at;
	size_t length;
};

/* The next component that isn't "."; false at the end. */
static bool next_component(const char **path, struct component *component)
{
	do {
		*path += strspn(*path, "/");
		component->at = *path;
		component->length = strcspn(*path, "/");
		*path += component->length;
	} while (component->length == 1 && component->at[0] == '.');
	return component->length > 0;
}

static bool has_dot_dot(const char *path)
{
	struct component component;

	while (next_component(&path, &component))
		if (component.length == 2 && memcmp(component.at, "..", 2) == 0)
			return true;
	return false;
}

/* Is `name` all of `wanted`, or its first components? Gives how many components it has, and the rest of `wanted`. */
static bool lies_in(const char *name, const char *wanted, size_t *depth, const char **below)
{
	struct component mine, theirs;

	*depth = 0;
	if ((name[0] == '/') != (wanted[0] == '/'))
		return false;
	while (next_component(&name, &mine)) {
		if (!next_component(&wanted, &theirs) || mine.length != theirs.length || memcmp(mine.at, theirs.at, mine.length) != 0)
			return false;
		++*depth;
	}
	*below = next_component(&wanted, &theirs) ? theirs.at : "";
	return true;
}

wasi_errno_t grants_find(const struct wasi_grant *grants, size_t count, const char *wanted, size_t *index, const char **below)
{
	const char *rest;
	size_t depth, deepest = 0;
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		/* A grant may be named "../x" as the user wrote it; wanted as such it is equal. */
		if (strcmp(grants[i].name, wanted) == 0) {
			*index = i;
			*below = "";
			return WASI_OK;
		}
	}
	if (has_dot_dot(wanted))
		return WASI_ENOTCAPABLE;
	for (size_t i = 0; i < count; i++) {
		if (!lies_in(grants[i].name, wanted, &depth, &rest) || (found && depth <= deepest))
			continue;
		found = true;
		deepest = depth;
		*index = i;
		*below = rest;
	}
	return found ? WASI_OK : WASI_ENOTCAPABLE;
}
