#include "options.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "injections.h"
#include "net_rules.h"

enum { CONNECTIONS_MOST = 4000 /* ws.c's room, less some */ };

static char problem[512];

const char *option_wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(problem, sizeof problem, format, args);
	va_end(args);
	return problem;
}

/* ---- texts ---- */

static char *copy(const char *text)
{
	char *made = strdup(text);

	if (!made)
		abort(); /* at the start, with a handful of bytes asked for */
	return made;
}

static void text_clear(void *field)
{
	char **text = field;

	free(*text);
	*text = NULL;
}

static const char *filter_set(void *field, const struct option_row *row, const char *text)
{
	text_clear(field);
	*(char **)field = copy(text ? text : "");
	return NULL;
}

static const char *text_set(void *field, const struct option_row *row, const char *text)
{
	return *text ? filter_set(field, row, text) : option_wrong("empty: --%s", row->name);
}

/* A path means the same from wherever it is named. */
static cJSON *text_describe(const void *field, const struct option_row *row)
{
	const char *text = *(char *const *)field;
	char real[PATH_MAX];

	return !text ? NULL : cJSON_CreateString(row->notes & PATH && realpath(text, real) ? real : text);
}

/* ---- numbers ---- */

static const char *port_set(void *field, const struct option_row *row, const char *text)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value > 65535)
		return option_wrong("not a port from 0 to 65535: --%s '%s'", row->name, text);
	*(int *)field = (int)value;
	return NULL;
}

static cJSON *port_describe(const void *field, const struct option_row *row)
{
	return *(const int *)field == PORT_OF_ROOT ? NULL : cJSON_CreateNumber(*(const int *)field);
}

static const char *count_set(void *field, const struct option_row *row, const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*text < '1' || *text > '9' || *end || value > CONNECTIONS_MOST)
		return option_wrong("not a number from 1 to %d: --%s '%s'", CONNECTIONS_MOST, row->name, text);
	*(int *)field = (int)value;
	return NULL;
}

static const char *choice_set(void *field, const struct option_row *row, const char *text)
{
	const char *at = row->argument;

	for (int number = 0; *at; number++) {
		size_t length = strcspn(at, "|");

		if (strlen(text) == length && !memcmp(at, text, length)) {
			*(int *)field = number;
			return NULL;
		}
		at += length + (at[length] == '|');
	}
	return option_wrong("not one of %s: --%s '%s'", row->argument, row->name, text);
}

static cJSON *number_describe(const void *field, const struct option_row *row)
{
	return cJSON_CreateNumber(*(const int *)field);
}

static const char *switch_set(void *field, const struct option_row *row, const char *text)
{
	*(bool *)field = true;
	return NULL;
}

static cJSON *switch_describe(const void *field, const struct option_row *row)
{
	return *(const bool *)field ? cJSON_CreateTrue() : NULL;
}

/* ---- lists ---- */

static const char *list_set(void *field, const struct option_row *row, const char *text)
{
	struct config_list *list = field;

	if (!*text)
		return option_wrong("empty: --%s", row->name);
	list->items = realloc(list->items, (list->count + 1) * sizeof *list->items);
	if (!list->items)
		abort();
	list->items[list->count++] = copy(text);
	return NULL;
}

static const char *uid_set(void *field, const struct option_row *row, const char *text)
{
	if (!*text || strlen(text) > 9 || strspn(text, "0123456789") != strlen(text))
		return option_wrong("not a user's number (`id -u NAME` prints it): --%s '%s'", row->name, text);
	return list_set(field, row, text);
}

/* NAME is a part of an address, and argv[0]. */
static const char *program_set(void *field, const struct option_row *row, const char *text)
{
	const struct config_list *list = field;
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	if (!length || length > PROGRAM_NAME_MAX || text[length] != '=' || !text[length + 1])
		return option_wrong("not NAME=FILE, with a NAME of up to %d letters, digits, '.', '_' and '-': --%s '%s'",
		                    PROGRAM_NAME_MAX, row->name, text);
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->items[i], text)) /* the config file and a flag may say the same */
			return NULL;
		else if (!strncmp(list->items[i], text, length + 1))
			return option_wrong("'%.*s' is there twice: --%s '%s'", (int)length, text, row->name, text);
	return list_set(field, row, text);
}

static const char *rule_set(void *field, const struct option_row *row, const char *text)
{
	struct net_rules rules = { 0 };
	const char *wrong = net_rules_add(&rules, text, problem, sizeof problem);

	net_rules_clear(&rules);
	return wrong ? wrong : list_set(field, row, text);
}

static const char *injection_set(void *field, const struct option_row *row, const char *text)
{
	struct injection injection;
	const char *wrong = injection_read(&injection, text);

	return wrong ? option_wrong("%s: --%s '%.200s'", wrong, row->name, text) : list_set(field, row, text);
}

static void list_clear(void *field)
{
	struct config_list *list = field;

	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct config_list){ 0 };
}

static cJSON *list_describe_by(const struct config_list *list, cJSON *describe(const char *item))
{
	cJSON *all = list->count ? cJSON_CreateArray() : NULL;

	for (size_t i = 0; i < list->count; i++)
		cJSON_AddItemToArray(all, describe(list->items[i]));
	return all;
}

static cJSON *list_describe(const void *field, const struct option_row *row)
{
	return list_describe_by(field, cJSON_CreateString);
}

/* HOST[::GUEST][:ro] with HOST made real; the name within is what it was. */
static cJSON *dir_describe(const char *words)
{
	const char *guest = strstr(words, "::"), *end = guest ? guest : words + strlen(words);
	char host[PATH_MAX], real[PATH_MAX], text[3 * PATH_MAX];

	if (!guest && end - words > 3 && !strcmp(end - 3, ":ro"))
		end -= 3;
	snprintf(host, sizeof host, "%.*s", (int)(end - words), words);
	snprintf(text, sizeof text, "%s%s%s%s", realpath(host, real) ? real : host, guest ? "" : "::", guest ? "" : host, end);
	return cJSON_CreateString(text);
}

static cJSON *dirs_describe(const void *field, const struct option_row *row)
{
	return list_describe_by(field, dir_describe);
}

/* ---- limits ---- */

static const char *limit_set(void *field, const struct option_row *row, const char *text)
{
	return limits_set(field, text, problem, sizeof problem);
}

static cJSON *limits_describe(const void *field, const struct option_row *row)
{
	char text[LIMITS_TEXT_MAX];

	limits_write(field, text, sizeof text);
	return cJSON_CreateString(text);
}

/* ---- the kinds and the table ---- */

static const struct option_kind
	option_kind_TEXT = { JSON_STRING, false, "x", text_set, text_describe, text_clear },
	option_kind_FILTER = { JSON_BOOL_OR_STRING, true, "x", filter_set, text_describe, text_clear },
	option_kind_PORT = { JSON_NUMBER, false, "1", port_set, port_describe, NULL },
	option_kind_COUNT = { JSON_NUMBER, false, "1", count_set, number_describe, NULL },
	option_kind_CHOICE = { JSON_STRING, false, NULL, choice_set, number_describe, NULL },
	option_kind_SWITCH = { JSON_BOOL, false, NULL, switch_set, switch_describe, NULL },
	option_kind_LIST = { JSON_LIST, false, "x", list_set, list_describe, list_clear },
	option_kind_DIRS = { JSON_LIST, false, "x", list_set, dirs_describe, list_clear },
	option_kind_RULES = { JSON_LIST, false, "tcp:a:1", rule_set, list_describe, list_clear },
	option_kind_PROGRAMS = { JSON_LIST, false, "x=x.wasm", program_set, list_describe, list_clear },
	option_kind_INJECTIONS = { JSON_LIST, false, "fd_read:error=EIO", injection_set, list_describe, list_clear },
	option_kind_UIDS = { JSON_LIST, false, "1", uid_set, list_describe, list_clear },
	option_kind_LIMITS = { JSON_LIST, false, "programs=1", limit_set, limits_describe, NULL },
	option_kind_ONLY_SHOWS = { 0 };
const struct option_kind option_kind_CONFIG_FILE = { 0 };

const struct option_row option_rows[OPTION_ROWS] = {
#define OPTION(kind, field, name, argument, initial, notes, help) \
	{ &option_kind_##kind, offsetof(struct config, field), sizeof ((struct config *)0)->field, initial, SHOWS_NOTHING, \
	  notes, name, argument, help },
#define ACTION(kind, shows, name, argument, help) { &option_kind_##kind, 0, 0, 0, shows, 0, name, argument, help },
#include "options.def"
};

const struct option_row *option_find(const char *name)
{
	for (const struct option_row *row = option_rows; row < option_rows + OPTION_ROWS; row++)
		if (!strcmp(row->name, name))
			return row;
	return NULL;
}

const char *option_set(struct config *config, const struct option_row *row, const char *text)
{
	return row->kind->set((char *)config + row->at, row, text);
}

bool option_is_given(const struct config *config, const struct option_row *row)
{
	struct config plain;

	config_default(&plain);
	return memcmp((const char *)config + row->at, (const char *)&plain + row->at, row->size) != 0;
}

/* ---- what holds them ---- */

void config_default(struct config *config)
{
	memset(config, 0, sizeof *config);
	limits_default(&config->limits);
	for (const struct option_row *row = option_rows; row < option_rows + OPTION_ROWS; row++)
		if (row->initial)
			*(int *)((char *)config + row->at) = row->initial;
}

void config_clear(struct config *config)
{
	for (const struct option_row *row = option_rows; row < option_rows + OPTION_ROWS; row++)
		if (row->kind->clear)
			row->kind->clear((char *)config + row->at);
	config_default(config);
}
