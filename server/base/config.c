#include "config.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "help.h"
#include "server/licenses.h"

enum kind { TEXT, PORT, COUNT, UIDS, LIST, SWITCH, CHOICE, FILTER /* true, or a text */, LIMITS, FILE_OF_FLAGS, SHOWS };

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
	{ "lan", "ADDRESS", FILTER, AT(lan), "let a phone or second machine in (TLS, pairing)" },
	{ "lan-port", "N", PORT, AT(lan_port), "with --lan: this port (default: the app's own number)" },
	{ "remember", NULL, SWITCH, AT(remember), "with --lan: who was paired is in again at the next start, for 30 days" },
	{ "certificate", "FILE", TEXT, AT(certificate), "with --lan: this, in place of our CA's (see `wvwasi-gw cert`)" },
	{ "key", "FILE", TEXT, AT(key), "with --certificate: its key" },
	{ "dir", "HOST[::GUEST][:ro]", LIST, AT(dirs), "let programs use this folder" },
	{ "env", "K[=V]", LIST, AT(env), "a variable for programs" },
	{ "tcplisten", "HOST:PORT", LIST, AT(tcplisten), "let programs accept connections here" },
	{ "no-root-dir", NULL, SWITCH, AT(no_root_dir), "don't let programs see the app's folder" },
	{ "limit", "NAME=N", LIMITS, AT(limits), "bounds: handles, bytes, scratch, programs and more" },
	{ "tty", "line|raw", CHOICE, AT(tty), "how PROGRAM's terminal reads (default: line)" },
	{ "max-connections", "N", COUNT, AT(max_connections), "connections of pages that are in (default: 512)" },
	{ "allow-uid", "UID", UIDS, AT(allow_uids), "let this user's browsers knock, too" },
	{ "peer-uid", "auto|require", CHOICE, AT(peer_uid), "require: end where the kernel can't tell who asks" },
	{ "isolation", "require-corp|credentialless|off", CHOICE, AT(isolation), "cross-origin isolation" },
	{ "sandbox", "auto|require|off", CHOICE, AT(sandbox), "lock the gateway in (default: auto)" },
	{ "profile", "on|off", CHOICE, AT(profile), "remember what a program's start asked for, in ~/.cache/wvwasi-gw/starts" },
	{ "config", "FILE", FILE_OF_FLAGS, 0, "JSON with these names as keys" },
	{ "open", NULL, SWITCH, AT(open), "open the link in a browser" },
	{ "webview", NULL, SWITCH, AT(webview), "open the app in a window of its own" },
	{ "ephemeral", NULL, SWITCH, AT(ephemeral), "with --webview: the window keeps nothing when it is closed" },
	{ "inspect", NULL, SWITCH, AT(inspect), "with --webview: allow the engine's inspector (F12)" },
	{ "automation", NULL, SWITCH, AT(automation), "with --webview: let WebDriver drive the window" },
	{ "once", NULL, SWITCH, AT(once), "end with the first program, with its exit code" },
	{ "json", NULL, SWITCH, AT(json), "talk to a program: one JSON object a line" },
	{ "trace", "FILTER", FILTER, AT(trace), "show calls as strace does; FILTER: fd_*,path_open" },
	{ "counts", NULL, SWITCH, AT(counts), "-c: a table of all calls at the end" },
	{ "verbose", NULL, SWITCH, AT(verbose), "say more" },
	{ "licenses", NULL, SHOWS, 0, "print the licences of what is inside" },
	{ "version", NULL, SHOWS, 0, "print the version" },
	{ "help", NULL, SHOWS, 0, "print this" },
	{ "man", NULL, SHOWS, 0, NULL },
	{ "renew-every", "SECONDS", COUNT, AT(renew_s), NULL },
	{ "resolver", "auto|openat2|walk", CHOICE, AT(resolver), NULL },
#undef AT
};
enum { OPTIONS = sizeof options / sizeof *options, CONNECTIONS_MOST = 4000 /* ws.c's room, less some */ };

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

static const char *count_set(int *count, const struct option_row *row, const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*text < '1' || *text > '9' || *end || value > CONNECTIONS_MOST)
		return wrong("not a number from 1 to %d: --%s '%s'", CONNECTIONS_MOST, row->name, text);
	*count = (int)value;
	return NULL;
}

static const char *uid_add(struct config_list *list, const struct option_row *row, const char *text)
{
	if (!*text || strlen(text) > 9 || strspn(text, "0123456789") != strlen(text))
		return wrong("not a user's number (`id -u NAME` prints it): --%s '%s'", row->name, text);
	list_add(list, text);
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
	case COUNT:
		return count_set(field, row, text);
	case UIDS:
		return uid_add(field, row, text);
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

static bool is_list(const struct option_row *row)
{
	return row->kind == LIST || row->kind == UIDS || row->kind == LIMITS;
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
	if (is_list(row) && cJSON_IsArray(value)) {
		const cJSON *item;

		cJSON_ArrayForEach(item, value) {
			const char *error = cJSON_IsString(item) ? option_set(config, row, item->valuestring) : wrong("not a list of strings: '%s'", row->name);

			if (error)
				return error;
		}
		return NULL;
	}
	if ((row->kind == PORT || row->kind == COUNT) && cJSON_IsNumber(value)) {
		snprintf(number, sizeof number, "%.15g", value->valuedouble);
		return option_set(config, row, number);
	}
	if (cJSON_IsString(value) && row->kind != PORT && row->kind != COUNT && !is_list(row))
		return option_set(config, row, value->valuestring);
	return wrong("not a %s: '%s'", is_list(row) ? "list of strings" : row->kind == PORT || row->kind == COUNT ? "number" : "string", row->name);
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

/* --help fits a screen; these are told by the manual page alone. */
static bool is_rare(const struct option_row *row)
{
	static const char *const rare[] = { "max-connections", "allow-uid", "peer-uid", "tty", "ephemeral", "inspect", "automation", "lan-port", "certificate", "key", "address", "remember",
		"profile" };

	for (size_t i = 0; i < sizeof rare / sizeof *rare; i++)
		if (!strcmp(row->name, rare[i]))
			return true;
	return false;
}

bool config_option(size_t number, struct option_words *words)
{
	const struct option_row *row = &options[number];

	if (number >= OPTIONS)
		return false;
	*words = (struct option_words){ row->name, row->argument, row->help, row->kind == FILTER, is_list(row),
		row->kind == SHOWS, is_rare(row) };
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
	*config = (struct config){ .port = PORT_OF_ROOT, .max_connections = 512, .renew_s = 6 * 60 * 60 };
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
	if (!error && !config->webview && (config->ephemeral || config->inspect || config->automation))
		error = "--ephemeral, --inspect and --automation are of the window: give --webview too";
	if (!error && !config->lan && (config->lan_port || config->certificate || config->key || config->remember))
		error = "--lan-port, --remember, --certificate and --key are of other machines' way in: give --lan too";
	if (!error && config->remember && config->port == 0)
		error = "--remember is for an app that keeps its port: not with --port 0";
	if (!error && !config->certificate != !config->key)
		error = "--certificate and --key go together";
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
	free(config->lan);
	free(config->certificate);
	free(config->key);
	list_clear(&config->dirs);
	list_clear(&config->env);
	list_clear(&config->tcplisten);
	list_clear(&config->allow_uids);
	config_default(config);
}

/* ---- two starts of the same ---- */

/* These say how a start speaks, not what the gateway is. */
static bool is_manner(const struct option_row *row)
{
	static const char *const manners[] = { "open", "json", "verbose", "webview", "ephemeral", "inspect", "automation" };

	for (size_t i = 0; i < sizeof manners / sizeof *manners; i++)
		if (!strcmp(row->name, manners[i]))
			return true;
	return false;
}

/* A path means the same from wherever it is named. */
static cJSON *path_described(const char *path)
{
	char real[PATH_MAX];

	return cJSON_CreateString(realpath(path, real) ? real : path);
}

/* HOST[::GUEST][:ro] with HOST made real; the name within is what it was. */
static cJSON *dir_described(const char *words)
{
	const char *guest = strstr(words, "::"), *end = guest ? guest : words + strlen(words);
	char host[PATH_MAX], real[PATH_MAX], text[3 * PATH_MAX];

	if (!guest && end - words > 3 && !strcmp(end - 3, ":ro"))
		end -= 3;
	snprintf(host, sizeof host, "%.*s", (int)(end - words), words);
	snprintf(text, sizeof text, "%s%s%s%s", realpath(host, real) ? real : host, guest ? "" : "::", guest ? "" : host, end);
	return cJSON_CreateString(text);
}

static cJSON *row_described(const struct config *config, const struct option_row *row)
{
	const void *field = (const char *)config + row->at;
	const struct config_list *list = field;
	const struct limits *limits = field;
	char text[256];
	cJSON *all;

	switch (row->kind) {
	case TEXT:
		return !*(char *const *)field ? NULL : !strcmp(row->name, "root") ? path_described(*(char *const *)field)
		                                                                  : cJSON_CreateString(*(char *const *)field);
	case FILTER:
		return *(char *const *)field ? cJSON_CreateString(*(char *const *)field) : NULL;
	case PORT:
		return *(const int *)field == PORT_OF_ROOT ? NULL : cJSON_CreateNumber(*(const int *)field);
	case COUNT:
	case CHOICE:
		return cJSON_CreateNumber(*(const int *)field);
	case SWITCH:
		return *(const bool *)field ? cJSON_CreateTrue() : NULL;
	case LIST:
	case UIDS:
		all = list->count ? cJSON_CreateArray() : NULL;
		for (size_t i = 0; i < list->count; i++)
			cJSON_AddItemToArray(all, strcmp(row->name, "dir") ? cJSON_CreateString(list->items[i]) : dir_described(list->items[i]));
		return all;
	case LIMITS:
		snprintf(text, sizeof text, "handles=%u bytes=%u subscriptions=%u scratch=%llu programs=%u", limits->guest.handles, limits->guest.data,
		         limits->guest.subscriptions, (unsigned long long)limits->guest.scratch_bytes, limits->programs);
		return cJSON_CreateString(text);
	default:
		return NULL;
	}
}

char *config_describe(const struct config *config)
{
	cJSON *all = cJSON_CreateObject(), *program;
	char *text;

	for (const struct option_row *row = options; row < options + OPTIONS; row++)
		if (!is_manner(row)) {
			cJSON *value = row_described(config, row);

			if (value)
				cJSON_AddItemToObject(all, row->name, value);
		}
	if (config->program) {
		program = cJSON_AddArrayToObject(all, "program");
		for (size_t i = 0; i < config->program_count; i++)
			cJSON_AddItemToArray(program, i ? cJSON_CreateString(config->program[i]) : path_described(config->program[i]));
	}
	text = cJSON_PrintUnformatted(all);
	cJSON_Delete(all);
	return text;
}

static void difference_say(const char *name, const cJSON *running, const cJSON *other, char *text, size_t size)
{
	char *of_running = running ? cJSON_PrintUnformatted(running) : NULL, *of_other = other ? cJSON_PrintUnformatted(other) : NULL;

	if (!strcmp(name, "env")) /* values may be secrets */
		snprintf(text, size, "--env differs");
	else
		snprintf(text, size, "%s%s differs: there %.300s, here %.300s", strcmp(name, "program") ? "--" : "", name, of_running ? of_running : "not given",
		         of_other ? of_other : "not given");
	cJSON_free(of_running);
	cJSON_free(of_other);
}

static bool key_differs(const char *name, const cJSON *running, const cJSON *other, int running_port, char *text, size_t size)
{
	const cJSON *of_running = cJSON_GetObjectItemCaseSensitive(running, name), *of_other = cJSON_GetObjectItemCaseSensitive(other, name);

	if (!strcmp(name, "port")) { /* it didn't ask for one, or for that one */
		if (of_other)
			snprintf(text, size, "--port differs: there %d, here %d", running_port, of_other->valueint);
		return of_other && of_other->valueint != running_port;
	}
	if ((!of_running && !of_other) || (of_running && of_other && cJSON_Compare(of_running, of_other, true)))
		return false;
	difference_say(name, of_running, of_other, text, size);
	return true;
}

bool config_differs(const char *running, const char *other, int running_port, char *text, size_t size)
{
	cJSON *ours = cJSON_Parse(running), *theirs = cJSON_Parse(other);
	bool differs = key_differs("program", ours, theirs, running_port, text, size);

	for (const struct option_row *row = options; !differs && row < options + OPTIONS; row++)
		differs = key_differs(row->name, ours, theirs, running_port, text, size);
	cJSON_Delete(ours);
	cJSON_Delete(theirs);
	return differs;
}
