/* Two starts of the same root or program: do their options differ? */
#include "options.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *config_describe(const struct config *config)
{
	cJSON *all = cJSON_CreateObject(), *program;
	char real[PATH_MAX], *text;

	for (const struct option_row *row = option_rows; row < option_rows + OPTION_ROWS; row++)
		if (row->kind->describe && !(row->notes & MANNER)) {
			cJSON *value = row->kind->describe((const char *)config + row->at, row);

			if (value)
				cJSON_AddItemToObject(all, row->name, value);
		}
	if (config->program) {
		program = cJSON_AddArrayToObject(all, "program");
		for (size_t i = 0; i < config->program_count; i++)
			cJSON_AddItemToArray(program, cJSON_CreateString(!i && realpath(config->program[i], real) ?
			                                                    real : config->program[i]));
	}
	text = cJSON_PrintUnformatted(all);
	cJSON_Delete(all);
	return text;
}

static bool values_differ(const cJSON *running, const cJSON *other)
{
	return running && other ? !cJSON_Compare(running, other, true) : running != other;
}

static void difference_say(const char *name, bool is_secret, const cJSON *running, const cJSON *other, char *text, size_t size)
{
	char *of_running = running ? cJSON_PrintUnformatted(running) : NULL, *of_other = other ? cJSON_PrintUnformatted(other) : NULL;

	if (is_secret)
		snprintf(text, size, "%s differs", name);
	else
		snprintf(text, size, "%s differs: there %.300s, here %.300s", name, of_running ? of_running : "not given",
		         of_other ? of_other : "not given");
	cJSON_free(of_running);
	cJSON_free(of_other);
}

static bool row_differs(const struct option_row *row, const cJSON *running, const cJSON *other, int running_port, char *text,
                        size_t size)
{
	const cJSON *of_running = cJSON_GetObjectItemCaseSensitive(running, row->name),
	    *of_other = cJSON_GetObjectItemCaseSensitive(other, row->name);
	char flag[64];

	if (row->at == offsetof(struct config, port)) { /* the other start has no such option, or another value */
		if (of_other)
			snprintf(text, size, "--port differs: there %d, here %d", running_port, of_other->valueint);
		return of_other && of_other->valueint != running_port;
	}
	if (!values_differ(of_running, of_other))
		return false;
	snprintf(flag, sizeof flag, "--%s", row->name);
	difference_say(flag, row->notes & SECRET, of_running, of_other, text, size);
	return true;
}

bool config_differs(const char *running, const char *other, int running_port, char *text, size_t size)
{
	cJSON *ours = cJSON_Parse(running), *theirs = cJSON_Parse(other);
	const cJSON *our_program = cJSON_GetObjectItemCaseSensitive(ours, "program"),
	    *their_program = cJSON_GetObjectItemCaseSensitive(theirs, "program");
	bool differs = values_differ(our_program, their_program);

	if (differs)
		difference_say("program", false, our_program, their_program, text, size);
	for (const struct option_row *row = option_rows; !differs && row < option_rows + OPTION_ROWS; row++)
		differs = row->size && row_differs(row, ours, theirs, running_port, text, size);
	cJSON_Delete(ours);
	cJSON_Delete(theirs);
	return differs;
}
