/* What a program gets of the variables of the command line and of a hello. */
#include "server/program/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../check.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

TEST(of_one_name_the_last_value_counts_at_the_place_of_the_first)
{
	const char *defaults[] = { "A=1", "AB=2", "C=3" }, *given[] = { "C=x", "B=y", "A=z", "A=", "AB", "B=last" };
	const char *want[] = { "A=", "AB", "C=x", "B=last" }, *merged[COUNT(defaults) + COUNT(given)];

	CHECK_EQ(environment_merge(defaults, COUNT(defaults), given, COUNT(given), merged), COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++)
		CHECK(!strcmp(merged[i], want[i]));
}

TEST(no_variables_are_none)
{
	const char *merged[1];

	CHECK_EQ(environment_merge(NULL, 0, NULL, 0, merged), 0);
}

/* The processor's time, not the clock's: what is bounded is the work, which was quadratic (11 s). */
TEST(sixty_thousand_variables_are_merged_in_less_than_a_second_of_work)
{
	enum { MANY = 60000 };
	char (*texts)[16] = malloc(MANY * sizeof *texts);
	const char **given = malloc(MANY * sizeof *given), **merged = malloc(MANY * sizeof *merged);
	clock_t began = clock();

	for (int i = 0; i < MANY; i++) {
		snprintf(texts[i], sizeof texts[i], "%d=v", i);
		given[i] = texts[i];
	}
	CHECK_EQ(environment_merge(NULL, 0, given, MANY, merged), MANY);
	CHECK(clock() - began < CLOCKS_PER_SEC);
	free(texts);
	free(given);
	free(merged);
}
