#include "subcommands.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "advice.h"
#include "answer.h"
#include "ask.h"
#include "folders.h"
#include "pair.h"
#include "running.h"
#include "server/base/browser.h"
#include "server/base/config.h"
#include "server/base/digest.h"
#include "server/base/session_text.h"
#include "window.h"

enum { END_WAIT_MS = 5000, START_LOOKS = 50, START_LOOK_MS = 100 };

static void line_print(void *nothing, const char *line) { puts(line); }

static void link_print(const char *link, const char *code)
{
	printf("Open %s\n  or go to %.*s and type %s   (each works once, within ten minutes)\n", link,
	       (int)(strstr(link, "/_wvwasi/") ? strstr(link, "/_wvwasi/") - link : 0), link, code);
}

/* Prints an answer; returns the exit code. */
static int answer_print(const cJSON *answer, const char *line, bool json)
{
	const char *event = ask_text(answer, "event");

	if (!strcmp(event, "different"))
		return ask_fail(2, "already running with other options (%s); stop it first (`wvwasi-gw stop`), or start it the same way",
		                ask_text(answer, "difference"));
	if (!strcmp(event, "error") && !json)
		return ask_fail(1, "%s", ask_text(answer, "error"));
	if (json)
		puts(line);
	else if (!strcmp(event, "link"))
		link_print(ask_text(answer, "link"), ask_text(answer, "code"));
	else if (!strcmp(event, "debug"))
		printf("Debug at %s   (works once, within ten minutes)\n%s", ask_text(answer, "link"),
		       cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(answer,
		                                                     "lan")) ? "On another machine: wvwasi-gw debug --lan\n" : "");
	else if (!strcmp(event, "sessions"))
		session_text(answer, line_print, NULL);
	else if (!strcmp(event, "granted") || !strcmp(event, "grants"))
		folders_text(answer, line_print, NULL);
	else if (!strcmp(event, "revoked"))
		printf("session %.0f is out\n", ask_number(answer, "session"));
	return strcmp(event, "error") ? 0 : 1;
}

/* ---- one question, one answer ---- */

/* Asks (takes question) and prints. */
static int converse(int fd, cJSON *question, bool json)
{
	static char line[CONTROL_LINE_MAX];
	cJSON *answer = ask_send(fd, question) ? ask_read(fd, line) : NULL;
	int exit_code;

	if (!answer)
		return ask_fail(1, "the running gateway doesn't answer");
	exit_code = answer_print(answer, line, json);
	if (!strcmp(ask_text(answer, "event"), "browse") && !browser_open(ask_text(answer, "link")))
		exit_code = 1, advise_browser(errno);
	secret_forget(line, sizeof line);
	cJSON_Delete(answer);
	return exit_code;
}

/* The gateway has ended when its socket is closed. */
static int stop(int fd)
{
	char nothing[256];

	if (!ask_send(fd, ask_new("stop")))
		return ask_fail(1, "the running gateway doesn't answer");
	for (;;) {
		struct pollfd ending = { .fd = fd, .events = POLLIN };

		if (poll(&ending, 1, END_WAIT_MS) <= 0)
			return ask_fail(1, "the running gateway doesn't end");
		if (recv(fd, nothing, sizeof nothing, 0) <= 0)
			return 0;
	}
}

/* ---- the words ---- */

bool is_subcommand(const char *word)
{
	static const char *const words[] = { "link", "answer", "pair", "debug", "sessions", "revoke", "grant", "grants", "ungrant",
		"stop" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

struct words {
	const char *what, *root, *folder;
	int port;
	unsigned number;  /* of a session, or of a grant */
	bool json, again, lan;
};

static bool number_read(const char *text, unsigned most, unsigned *number)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value > most)
		return false;
	*number = (unsigned)value;
	return true;
}

/* What comes behind the options. 0, or the exit code. */
static int argument_read(struct words *words, int count, char **given)
{
	bool wants_folder = !strcmp(words->what, "grant");
	const char *list = !strcmp(words->what, "revoke") ? "session" : !strcmp(words->what, "ungrant") ? "grant" : NULL;

	if (wants_folder && count == 1)
		words->folder = given[0];
	else if (wants_folder)
		return ask_fail(2, "grant needs one folder: DIR, or DIR:ro for read-only");
	else if (list && (count != 1 || !number_read(given[0], UINT_MAX, &words->number)))
		return ask_fail(2, "%s needs a %s's number (`wvwasi-gw %ss` lists them)", words->what, list, list);
	else if (!list && count)
		return ask_fail(2, "%s takes no arguments", words->what);
	return 0;
}

/* A folder means what it means here, not where the gateway was started. */
static void folder_add(cJSON *question, const char *folder)
{
	char here[PATH_MAX], *whole = NULL;

	if (*folder == '/' || *folder == '~' || !getcwd(here, sizeof here) || asprintf(&whole, "%s/%s", here, folder) < 0)
		whole = NULL;
	cJSON_AddStringToObject(question, "folder", whole ? whole : folder);
	free(whole);
}

/* 0, or the exit code. */
static int words_read(struct words *words, int argc, char **argv)
{
	static const struct option longs[] = { { "root", required_argument, NULL, 'r' },
		{ "for", required_argument, NULL, 'r' }, { "port", required_argument, NULL, 'p' },
		{ "json", no_argument, NULL, 'j' },
		{ "again", no_argument, NULL, 'a' }, { "lan", no_argument, NULL, 'l' }, { NULL, 0, NULL, 0 } };
	unsigned port = 0;
	int found;

	*words = (struct words){ .what = argv[0] };
	optind = 0;
	opterr = 0;
	while ((found = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (found == '?')
			return ask_fail(2, "%s has no option '%s' (it takes --root DIR, --port N and --json)", words->what, argv[optind - 1]);
		if (found == 'p' && !number_read(optarg, 65535, &port))
			return ask_fail(2, "--port '%s' isn't a port", optarg);
		if (found == 'r')
			words->root = optarg;
		words->json |= found == 'j';
		words->again |= found == 'a';
		words->lan |= found == 'l';
	}
	words->port = (int)port;
	if (words->lan && strcmp(words->what, "debug"))
		return ask_fail(2, "--lan works only with debug");
	if (words->again && strcmp(words->what, "pair") && !words->lan)
		return ask_fail(2, "--again works only with pair and debug --lan");
	return argument_read(words, argc - optind, argv + optind);
}

int subcommand_run(int argc, char **argv)
{
	char real[PATH_MAX];
	struct running_search search;
	struct words words;
	cJSON *question;
	int exit_code = words_read(&words, argc, argv);

	if (exit_code)
		return exit_code;
	running_find(&search, words.root && realpath(words.root, real) ? real : words.root, words.port);
	if (!search.found)
		return words.root ? ask_fail(1, "no gateway of yours serves '%s'", words.root) : ask_fail(1, "no gateway of yours runs");
	if (search.found > 1) {
		close(search.fd);
		return ask_fail(1, "several gateways run; add the options of one:%s", search.roots);
	}
	if (!strcmp(words.what, "stop")) {
		exit_code = stop(search.fd);
	} else if (!strcmp(words.what, "answer")) {
		exit_code = answer(search.fd, words.json);
	} else if (!strcmp(words.what, "pair") || words.lan) {
		exit_code = pair(search.fd, words.what, words.again, words.json);
	} else {
		question = ask_new(words.what);
		if (!strcmp(words.what, "revoke"))
			cJSON_AddNumberToObject(question, "session", words.number);
		else if (!strcmp(words.what, "ungrant"))
			cJSON_AddNumberToObject(question, "grant", words.number);
		else if (words.folder)
			folder_add(question, words.folder);
		exit_code = converse(search.fd, question, words.json);
	}
	close(search.fd);
	return exit_code;
}

int again_run(const struct config *config, const char *root, int pid)
{
	const struct timespec look_again = { .tv_nsec = START_LOOK_MS * 1000000 };
	char *describe = config_describe(config);
	struct running_search search;
	cJSON *question;
	int exit_code;

	/* The other gateway may still be starting. */
	running_find(&search, root, 0);
	for (int looks = 0; !search.found && looks < START_LOOKS; looks++) {
		nanosleep(&look_again, NULL);
		running_find(&search, root, 0);
	}
	if (!search.found) {
		free(describe);
		return ask_fail(1, "already running as process %d, which doesn't answer: '%s'", pid, root);
	}
	if (config->webview) { /* --webview opens a window of the running gateway, however that was started */
		close(search.fd);
		free(describe);
		return window_become(config, root);
	}
	question = ask_new("again");
	cJSON_AddItemToObject(question, "config", cJSON_CreateRaw(describe));
	cJSON_AddBoolToObject(question, "browse", config->open);
	exit_code = converse(search.fd, question, config->json);
	close(search.fd);
	free(describe);
	return exit_code;
}
