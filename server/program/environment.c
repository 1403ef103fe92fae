#include "environment.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct variable {
	const char *text;
	size_t name_length, place;
};

static int by_name(const void *left, const void *right)
{
	const struct variable *a = left, *b = right;
	size_t shorter = a->name_length < b->name_length ? a->name_length : b->name_length;
	int order = memcmp(a->text, b->text, shorter);

	if (order)
		return order;
	if (a->name_length != b->name_length)
		return a->name_length < b->name_length ? -1 : 1;
	return a->place < b->place ? -1 : a->place > b->place;
}

static bool same_name(const struct variable *a, const struct variable *b)
{
	return a->name_length == b->name_length && !memcmp(a->text, b->text, a->name_length);
}

size_t environment_merge(const char **defaults, size_t defaults_count, const char **given, size_t given_count,
                         const char **merged)
{
	size_t all = defaults_count + given_count, count = 0;
	struct variable *variables = calloc(all ? all : 1, sizeof *variables);

	if (!variables)
		return SIZE_MAX;
	for (size_t i = 0; i < all; i++) {
		const char *text = i < defaults_count ? defaults[i] : given[i - defaults_count];

		variables[i] = (struct variable){ text, strcspn(text, "="), i };
		merged[i] = NULL;
	}
	qsort(variables, all, sizeof *variables, by_name);
	for (size_t first = 0, last; first < all; first = last + 1) {
		last = first;
		while (last + 1 < all && same_name(&variables[first], &variables[last + 1]))
			last++;
		merged[variables[first].place] = variables[last].text;
	}
	free(variables);
	for (size_t i = 0; i < all; i++)
		if (merged[i])
			merged[count++] = merged[i];
	return count;
}
