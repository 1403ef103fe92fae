#include "config.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "help.h"
#include "licenses.h"

enum kind { TEXT, PORT, LIST, SWITCH, CHOICE, FILTER /* true, or a text */, LIMITS, FILE_OF_FLAGS, SHOWS };

/* THE TABLE of options: --help, getopt and the config file's keys are made from it. A CHOICE's argument is its values, in the order of its
 * enum. Without help: for tests, not shown. */
static const struct option_row {
	const char *name, *argument;
	enum kind kind;
	size_t at; /* of the field in struct config */
	const char *help;
} options[] = {
#define AT(field) offsetof(struct config, field)
	{ "root", "DIR", TEXT, AT(root), "serve this web app; programs read it as /" },
	{ "port", "N", PORT, AT(port), "0: any free port (default: the app's own, kept)" },
	{ "address", "ADDR", TEXT, AT(address), "a loopback address (default: localhost)" },
	{ "dir", "HOST[::GUEST][:ro]", LIST, AT(dirs), "let programs use this folder" },
	{ "env", "K[=V]", LIST, AT(env), "a variable for programs" },
	{ "tcplisten", "HOST:PORT", LIST, AT(tcplisten), "let programs accept connections here" },
	{ "no-root-dir", NULL, SWITCH, AT(no_root_dir), "don't let programs see the app's folder" },
	{ "limit", "NAME=N", LIMITS, AT(limits), "bounds: handles, bytes, scratch, programs and more" },
	{ "tty", "line|raw", CHOICE, AT(tty), "how PROGRAM's terminal reads (default: line)" },
	{ "isolation", "require-corp|credentialless|off", CHOICE, AT(isolation), "cross-origin isolation" },
	{ "sandbox", "auto|require|off", CHOICE, AT(sandbox), "lock the gateway in (default: auto)" },
	{ "config", "FILE", FILE_OF_FLAGS, 0, "JSON with these names as keys" },
	{ "open", NULL, SWITCH, AT(open), "open the link in a browser" },
	{ "once", NULL, SWITCH, AT(once), "end with the first program, with its exit code" },
	{ "json", NULL, SWITCH, AT(json), "talk to a program: one JSON object a line" },
	{ "trace", "FILTER", FILTER, AT(trace), "show calls as strace does; FILTER: fd_*,path_open" },
	{ "counts", NULL, SWITCH, AT(counts), "-c: a table of all calls at the end" },
	{ "verbose", NULL, SWITCH, AT(verbose), "say more" },
	{ "licenses", NULL, SHOWS, 0, "print the licences of what is inside" },
	{ "version", NULL, SHOWS, 0, "print the version" },
	{ "help", NULL, SHOWS, 0, "print this" },
	{ "man", NULL, SHOWS, 0, NULL },
	{ "resolver", "auto|openat2|walk", CHOICE, AT(resolver), NULL },
	{ "one-use-links", NULL, SWITCH, AT(one_use_links), NULL },
#undef AT
};
enum { OPTIONS = sizeof options / sizeof *options };

static char problem[512];

static const char *wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(problem, sizeof problem, format, args);
	va_end(args);
	return problem;
}

static char *copy(const char *text)
{
	char *made = strdup(text);

	if (!made)
		abort(); /* at the start, with a handful of bytes asked for */
	return made;
}

static void list_add(struct config_list *list, const char *text)
{
	list->items = realloc(list->items, (list->count + 1) * sizeof *list->items);
	if (!list->items)
		abort();
	list->items[list->count++] = copy(text);
}

static const char *choice_set(int *value, const struct option_row *row, const char *text)
{
	const char *at = row->argument;

	for (int number = 0; *at; number++) {
		size_t length = strcspn(at, "|");

		if (strlen(text) == length && !memcmp(at, text, length)) {
			*value = number;
			return NULL;
		}
		at += length + (at[length] == '|');
	}
	return wrong("not one of %s: --%s '%s'", row->argument, row->name, text);
}

static const char *port_set(int *port, const struct option_row *row, const char *text)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value > 65535)
		return wrong("not a port from 0 to 65535: --%s '%s'", row->name, text);
	*port = (int)value;
	return NULL;
}

/* One value, as text, from either source. NULL, or what is wrong. */
static const char *option_set(struct config *config, const struct option_row *row, const char *text)
{
	void *field = (char *)config + row->at;

	switch (row->kind) {
	case FILTER:
		free(*(char **)field);
		*(char **)field = copy(text ? text : "");
		return NULL;
	case TEXT:
		if (!*text)
			return wrong("empty: --%s", row->name);
		free(*(char **)field);
		*(char **)field = copy(text);
		return NULL;
	case PORT:
		return port_set(field, row, text);
	case LIST:
		if (!*text)
			return wrong("empty: --%s", row->name);
		list_add(field, text);
		return NULL;
	case SWITCH:
		*(bool *)field = true;
		return NULL;
	case LIMITS:
		return limits_set(field, text, problem, sizeof problem);
	case CHOICE:
		return choice_set(field, row, text);
	default:
		return NULL;
	}
}

/* ---- the config file ---- */

static const char *json_set(struct config *config, const struct option_row *row, const cJSON *value)
{
	char number[32];

	if (row->kind == SWITCH) {
		if (!cJSON_IsBool(value))
			return wrong("not true or false: '%s'", row->name);
		*(bool *)((char *)config + row->at) = cJSON_IsTrue(value);
		return NULL;
	}
	if (row->kind == FILTER && cJSON_IsBool(value))
		return cJSON_IsTrue(value) ? option_set(config, row, NULL) : NULL;
	if ((row->kind == LIST || row->kind == LIMITS) && cJSON_IsArray(value)) {
		const cJSON *item;

		cJSON_ArrayForEach(item, value) {
			const char *error = cJSON_IsString(item) ? option_set(config, row, item->valuestring) : wrong("not a list of strings: '%s'", row->name);

			if (error)
				return error;
		}
		return NULL;
	}
	if (row->kind == PORT && cJSON_IsNumber(value)) {
		snprintf(number, sizeof number, "%.15g", value->valuedouble);
		return option_set(config, row, number);
	}
	if (cJSON_IsString(value) && row->kind != PORT && row->kind != LIST && row->kind != LIMITS)
		return option_set(config, row, value->valuestring);
	return wrong("not a %s: '%s'", row->kind == LIST || row->kind == LIMITS ? "list of strings" : row->kind == PORT ? "number" : "string", row->name);
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
		const struct option_row *row = options;

		if (error)
			break;
		while (row < options + OPTIONS && strcmp(row->name, entry->string))
			row++;
		if (row == options + OPTIONS || row->kind == SHOWS || row->kind == FILE_OF_FLAGS)
			error = wrong("unknown key '%.100s'", entry->string);
		else if (cJSON_GetObjectItemCaseSensitive(all, entry->string) != entry)
			error = wrong("given twice: '%s'", entry->string);
		else
			error = json_set(config, row, entry);
	}
	cJSON_Delete(all);
	return error;
}

static const char *file_read(struct config *config, const char *path)
{
	enum { FILE_MAX = 1 << 20 };
	FILE *file = fopen(path, "re");
	char *text = file ? malloc(FILE_MAX) : NULL;
	const char *error;
	size_t length;

	if (!text) {
		error = wrong("%s: config file '%s'", strerror(errno), path);
	} else {
		length = fread(text, 1, FILE_MAX, file);
		if (ferror(file))
			error = wrong("%s: config file '%s'", strerror(errno), path);
		else if (length == FILE_MAX)
			error = wrong("longer than 1 MiB: config file '%s'", path);
		else if ((error = config_read_json(config, text, length))) {
			char what[sizeof problem];

			snprintf(what, sizeof what, "%s", error);
			error = wrong("%.300s in config file '%s'", what, path);
		}
	}
	free(text);
	if (file)
		fclose(file);
	return error;
}

/* ---- flags ---- */

bool config_option(size_t number, struct option_words *words)
{
	const struct option_row *row = &options[number];

	if (number >= OPTIONS)
		return false;
	*words = (struct option_words){ row->name, row->argument, row->help, row->kind == FILTER, row->kind == LIST || row->kind == LIMITS,
		row->kind == SHOWS };
	return true;
}

static const char *shows(const struct option_row *row)
{
	if (!strcmp(row->name, "help"))
		help_print(stdout);
	else if (!strcmp(row->name, "man"))
		help_print_man(stdout);
	else if (!strcmp(row->name, "version"))
		puts("wvwasi-gw " WVWASI_VERSION);
	else
		licenses_print(stdout);
	return NULL;
}

static const struct option_row *row_named(const char *name)
{
	const struct option_row *row = options;

	while (row < options + OPTIONS && strcmp(row->name, name))
		row++;
	return row == options + OPTIONS ? NULL : row;
}

enum pass { FILES, FLAGS };

/* The config file first, so that flags stand over it wherever they are. */
static const char *flags_read(struct config *config, int argc, char **argv, enum pass pass, bool *shown)
{
	struct option longs[OPTIONS + 1] = { 0 };
	int found, index;

	for (int i = 0; i < OPTIONS; i++)
		longs[i] = (struct option){ .name = options[i].name, .has_arg = options[i].kind == FILTER ? optional_argument
		                          : options[i].argument ? required_argument : no_argument };
	optind = 0;
	opterr = 0;
	while (index = -1, (found = getopt_long(argc, argv, "+:c", longs, &index)) != -1) {
		const struct option_row *row = found == 'c' ? row_named("counts") : options + (index < 0 ? 0 : index);
		const char *error = NULL;

		if (found == '?')
			return index < 0 && optopt ? wrong("unknown option '-%c'", optopt) : wrong("unknown option '%s'", argv[optind - 1]);
		if (found == ':')
			return wrong("needs a value: '%s'", argv[optind - 1]);
		if (row->kind == FILE_OF_FLAGS)
			error = pass == FILES ? file_read(config, optarg) : NULL;
		else if (pass == FLAGS && row->kind == SHOWS)
			return *shown = true, shows(row);
		else if (pass == FLAGS)
			error = option_set(config, row, optarg);
		if (error)
			return error;
	}
	if (optind < argc && (optind == 1 || strcmp(argv[optind - 1], "--")))
		return wrong("unexpected argument '%s' (a program comes after --)", argv[optind]);
	return NULL;
}

void config_default(struct config *config)
{
	*config = (struct config){ .port = PORT_OF_ROOT };
	limits_default(&config->limits);
}

enum config_verdict config_read(struct config *config, int argc, char **argv)
{
	bool shown = false;
	const char *error;

	config_default(config);
	error = flags_read(config, argc, argv, FILES, &shown);
	if (!error)
		error = flags_read(config, argc, argv, FLAGS, &shown);
	if (!error && shown)
		return CONFIG_DONE;
	if (!error && optind < argc) {
		config->program = argv + optind;
		config->program_count = (size_t)(argc - optind);
	}
	if (!error && !config->root && !config->program)
		error = "nothing to serve: give --root DIR, or a program after -- (see --help)";
	if (!error)
		return CONFIG_RUN;
	fprintf(stderr, "wvwasi-gw: %s\n", error);
	return CONFIG_BAD;
}

static void list_clear(struct config_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct config_list){ 0 };
}

void config_clear(struct config *config)
{
	free(config->root);
	free(config->address);
	free(config->trace);
	list_clear(&config->dirs);
	list_clear(&config->env);
	list_clear(&config->tcplisten);
	config_default(config);
}
