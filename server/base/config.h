/* What the person asked for: flags and the config file, one table of both (config.c), from which --help is printed too.
 * Leaves to others: whether it can be done (folders, ports: grants.c, listener.c). */
#ifndef SERVER_BASE_CONFIG_H
#define SERVER_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "limits.h"

enum isolation { ISOLATION_REQUIRE_CORP, ISOLATION_CREDENTIALLESS, ISOLATION_OFF };
enum sandbox { SANDBOX_AUTO, SANDBOX_REQUIRE, SANDBOX_OFF };
enum profile_mode { PROFILE_ON, PROFILE_OFF };
enum peer_check { PEERS_AUTO, PEERS_REQUIRE };
enum tty_mode { TTY_LINE, TTY_RAW };

struct config_list {
	char **items;
	size_t count;
};

enum { PORT_OF_ROOT = -1 };

struct config {
	char *root;               /* NULL: none */
	int port;                 /* 0: any free one; PORT_OF_ROOT: the one kept for the root */
	char *address;            /* NULL: localhost, in both families */
	struct config_list dirs;  /* HOST[::GUEST][:ro], as written */
	struct config_list env;   /* K=V or K */
	struct config_list tcplisten;
	char *lan;                /* NULL: off; "": an address of this machine; else the address */
	int lan_port;             /* 0: the loopback one's number, or any */
	int renew_s;              /* how often it is looked whether the certificate is due */
	char *certificate, *key;  /* NULL: our CA's */
	char *trace;              /* NULL: off; else the calls to show, "" for all */
	int max_connections;      /* of those who are in */
	int peer_uid;             /* enum peer_check */
	struct config_list allow_uids; /* as numbers */
	bool remember;            /* paired sessions, for the next start */
	bool no_root_dir, open, once, json, verbose, counts;
	bool webview, ephemeral, inspect, automation; /* the window; the others are of it */
	struct limits limits;     /* on programs */
	int isolation;            /* enum isolation */
	int sandbox;              /* enum sandbox */
	int tty;                  /* enum tty_mode */
	int profile;              /* enum profile_mode */
	int resolver;             /* enum wasi_resolver */
	char **program;           /* argv of PROGRAM, NULL-terminated, lent by main's argv; NULL: none */
	size_t program_count;
};

enum config_verdict { CONFIG_RUN, CONFIG_DONE /* --help and the like: printed */, CONFIG_BAD /* said why on stderr */ };

/* Flags over the config file over defaults; lists of both are joined, the file's first. */
enum config_verdict config_read(struct config *config, int argc, char **argv);
void config_clear(struct config *config);

/* What was asked for, as JSON of one line, without what only says how this start speaks (--open, --json, --verbose). Yours (free). */
char *config_describe(const struct config *config);
/* Of the running gateway and another start, both so described: true, and the first flag that differs in text, as a sentence. */
bool config_differs(const char *running, const char *other, int running_port, char *text, size_t size);

/* A row of the table, for help.c. */
struct option_words {
	const char *name, *argument, *help; /* argument: NULL, or what it is called; help: NULL: for tests, not shown */
	bool value_is_optional, is_list, only_shows, is_rare;
};
/* False: there's none of that number. */
bool config_option(size_t number, struct option_words *words);

/* For tests and the fuzzer: text is a config file's. NULL, or what is wrong with it (static). */
const char *config_read_json(struct config *config, const char *text, size_t length);
void config_default(struct config *config);

#endif
