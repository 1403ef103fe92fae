/* What the user asked for: flags over the config file over defaults. Its fields are the rows of options.def. Leaves to others:
 * whether folders and ports can be had (grants.c, listener.c), printing help (help.h, main.c). */
#ifndef SERVER_BASE_CONFIG_H
#define SERVER_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "limits.h"

enum isolation { ISOLATION_REQUIRE_CORP, ISOLATION_CREDENTIALLESS, ISOLATION_OFF };
enum sandbox { SANDBOX_AUTO, SANDBOX_REQUIRE, SANDBOX_OFF };
enum profile_mode { PROFILE_ON, PROFILE_OFF };
enum peer_check { PEERS_AUTO, PEERS_REQUIRE };
enum tty_mode { TTY_LINE, TTY_RAW };
enum shows { SHOWS_NOTHING, SHOWS_HELP, SHOWS_MAN, SHOWS_VERSION, SHOWS_LICENSES };

struct config_list {
	char **items;
	size_t count;
};

enum { PORT_OF_ROOT = -1 /* the one kept for the root */, PROGRAM_NAME_MAX = 64 };

/* A field's type by its row's kind. */
#define OPTION_FIELD_TEXT   char *              /* NULL: not given */
#define OPTION_FIELD_FILTER char *              /* NULL: not given; "": given without a value */
#define OPTION_FIELD_PORT   int
#define OPTION_FIELD_COUNT  int
#define OPTION_FIELD_CHOICE int                 /* of the enum named as the field is */
#define OPTION_FIELD_SWITCH bool
#define OPTION_FIELD_LIST   struct config_list  /* as written */
#define OPTION_FIELD_DIRS   struct config_list  /* HOST[::GUEST][:ro], as written */
#define OPTION_FIELD_RULES  struct config_list  /* net_rules.h, as written */
#define OPTION_FIELD_INJECTIONS struct config_list /* injections.h, as written */
#define OPTION_FIELD_PROGRAMS struct config_list /* NAME=FILE, as written; no NAME twice */
#define OPTION_FIELD_UIDS   struct config_list  /* numbers */
#define OPTION_FIELD_LIMITS struct limits

struct config {
#define OPTION(kind, field, ...) OPTION_FIELD_##kind field;
#define ACTION(...)
#include "options.def"
	char **program;           /* argv of PROGRAM, NULL-terminated, lent by main's argv; NULL: none */
	size_t program_count;
	const char *replay;       /* the recording that PROGRAM is answered from, lent as PROGRAM is; NULL: it runs */
	enum shows shows;         /* --help and the like: print this, and serve nothing */
};

enum config_verdict { CONFIG_RUN, CONFIG_SHOWS, CONFIG_BAD /* said why on stderr */ };

/* Lists in flags and in the config file are joined, the file's first. */
enum config_verdict config_read(struct config *config, int argc, char **argv);
void config_clear(struct config *config);
void config_default(struct config *config);

/* ---- config_compare.c ---- */
/* The options as JSON of one line, without those that say only how this start communicates (--open, --json, --verbose). Yours
 * (free). */
char *config_describe(const struct config *config);
/* Compares the running gateway with another start, each as config_describe() gives it. True: they differ, and text says in a
 * sentence which flag does first. */
bool config_differs(const char *running, const char *other, int running_port, char *text, size_t size);

#endif
