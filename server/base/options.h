/* The table of options (options.def) and what each kind of value is: how it is set from text, described and freed.
 * Leaves to others: where the text comes from (flags.c; config_file.c: JSON), how rows are printed (help.c). */
#ifndef SERVER_BASE_OPTIONS_H
#define SERVER_BASE_OPTIONS_H

#include <cjson/cJSON.h>

#include "config.h"

enum option_notes { RARE = 1, MANNER = 2, PATH = 4, SECRET = 8, WITH_LAN = 16, WITH_WEBVIEW = 32 };
#define LETTER(c) ((unsigned)(c) << 8)

struct option_row;

/* What a config file may say. */
enum json_form { JSON_NOTHING, JSON_STRING, JSON_NUMBER, JSON_BOOL, JSON_LIST, JSON_BOOL_OR_STRING };

struct option_kind {
	enum json_form json;
	bool value_is_optional;     /* --flag or --flag=VALUE */
	const char *sample;         /* a good value, for tests; NULL: the first of the row's choices */
	/* text: NULL for a flag without a value. NULL, or what is wrong: a sentence, static. */
	const char *(*set)(void *field, const struct option_row *row, const char *text);
	cJSON *(*describe)(const void *field, const struct option_row *row); /* NULL: not given */
	void (*clear)(void *field); /* frees what set() made; NULL: nothing */
};

struct option_row {
	const struct option_kind *kind;
	size_t at, size;            /* of the field in struct config; size 0: it has none */
	int initial;
	enum shows shows;
	unsigned notes;             /* enum option_notes | LETTER() */
	const char *name, *argument, *help;
};
enum {
	OPTION_ROWS = 0
#define OPTION(...) + 1
#define ACTION(...) + 1
#include "options.def"
};
extern const struct option_row option_rows[OPTION_ROWS];
extern const struct option_kind option_kind_CONFIG_FILE;

const struct option_row *option_find(const char *name); /* NULL: none */
static inline char option_letter(const struct option_row *row) { return (char)(row->notes >> 8); }

/* One value, from either source, into its field. NULL, or what is wrong. */
const char *option_set(struct config *config, const struct option_row *row, const char *text);
bool option_is_given(const struct config *config, const struct option_row *row);

/* Makes a sentence; static, until the next. */
const char *option_wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- config_file.c: text is the whole file. NULL, or what is wrong (static). ---- */
const char *config_read_json(struct config *config, const char *text, size_t length);
const char *config_read_file(struct config *config, const char *path);

#endif
