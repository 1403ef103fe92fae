/* --config FILE: JSON with the flags' names as keys. */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *list_read(struct config *config, const struct option_row *row, const cJSON *list)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list) {
		const char *error = cJSON_IsString(item) ?
			option_set(config, row, item->valuestring) : option_wrong("not a list of strings: '%s'", row->name);

		if (error)
			return error;
	}
	return NULL;
}

static const char *value_read(struct config *config, const struct option_row *row, const cJSON *value)
{
	static const char *const forms[] = { [JSON_STRING] = "a string", [JSON_NUMBER] = "a number", [JSON_BOOL] = "true or false",
		[JSON_LIST] = "a list of strings", [JSON_BOOL_OR_STRING] = "a string" };
	enum json_form form = row->kind->json;
	char number[32];

	if (form == JSON_BOOL && cJSON_IsBool(value)) {
		*(bool *)((char *)config + row->at) = cJSON_IsTrue(value);
		return NULL;
	}
	if (form == JSON_BOOL_OR_STRING && cJSON_IsBool(value))
		return cJSON_IsTrue(value) ? option_set(config, row, NULL) : NULL;
	if (form == JSON_LIST && cJSON_IsArray(value))
		return list_read(config, row, value);
	if (form == JSON_NUMBER && cJSON_IsNumber(value)) {
		snprintf(number, sizeof number, "%.15g", value->valuedouble);
		return option_set(config, row, number);
	}
	if ((form == JSON_STRING || form == JSON_BOOL_OR_STRING) && cJSON_IsString(value))
		return option_set(config, row, value->valuestring);
	return option_wrong("not %s: '%s'", forms[form], row->name);
}

const char *config_read_json(struct config *config, const char *text, size_t length)
{
	cJSON *all = cJSON_ParseWithLength(text, length);
	const char *error = NULL;
	const cJSON *entry;

	if (!all)
		return "not JSON";
	if (!cJSON_IsObject(all))
		error = "not a JSON object";
	cJSON_ArrayForEach(entry, all) {
		const struct option_row *row;

		if (error)
			break;
		row = option_find(entry->string);
		if (!row || !row->kind->json)
			error = option_wrong("unknown key '%.100s'", entry->string);
		else if (cJSON_GetObjectItemCaseSensitive(all, entry->string) != entry)
			error = option_wrong("given twice: '%s'", entry->string);
		else
			error = value_read(config, row, entry);
	}
	cJSON_Delete(all);
	return error;
}

const char *config_read_file(struct config *config, const char *path)
{
	enum { FILE_MAX = 1 << 20 };
	FILE *file = fopen(path, "re");
	char *text = file ? malloc(FILE_MAX) : NULL;
	const char *error;
	size_t length;

	if (!text) {
		error = option_wrong("%s: config file '%s'", strerror(errno), path);
	} else {
		length = fread(text, 1, FILE_MAX, file);
		if (ferror(file))
			error = option_wrong("%s: config file '%s'", strerror(errno), path);
		else if (length == FILE_MAX)
			error = option_wrong("longer than 1 MiB: config file '%s'", path);
		else if ((error = config_read_json(config, text, length))) {
			char what[512];

			snprintf(what, sizeof what, "%s", error);
			error = option_wrong("%.300s in config file '%s'", what, path);
		}
	}
	free(text);
	if (file)
		fclose(file);
	return error;
}
