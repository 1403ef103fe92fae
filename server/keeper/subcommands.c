#include "subcommands.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "server/base/browser.h"
#include "server/base/config.h"
#include "window.h"
#include "control.h"
#include "server/base/digest.h"
#include "server/doors/pairing_request.h"
#include "server/auth/pairing.h"
#include "server/doors/qr.h"
#include "state.h"

enum { ANSWER_MS = 5000, START_LOOKS = 50, START_LOOK_MS = 100 };

static int fail(int exit_code, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int fail(int exit_code, const char *format, ...)
{
	va_list args;

	fputs("wvwasi-gw: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return exit_code;
}

/* ---- finding it ---- */

struct search {
	const char *root;  /* NULL: any */
	int port;          /* 0: any */
	int fd, found;     /* connected to the first */
	char roots[1024];  /* of all, for people */
};

static bool on_running(void *context, const struct state_running *running)
{
	struct search *search = context;
	size_t at = strlen(search->roots);
	int fd;

	if ((search->root && strcmp(search->root, running->root)) || (search->port && search->port != running->port))
		return true;
	fd = control_connect(running->folder_fd, running->name);
	if (fd < 0) /* it died without a word */
		return true;
	if (search->found++)
		close(fd);
	else
		search->fd = fd;
	snprintf(search->roots + at, sizeof search->roots - at, "\n  --root %s --port %d", running->root, running->port);
	return true;
}

static void look(struct search *search, const char *root, int port)
{
	*search = (struct search){ .root = root, .port = port, .fd = -1 };
	state_each(on_running, search);
}

/* ---- asking ---- */

static bool ask(int fd, cJSON *question)
{
	char *text = cJSON_PrintUnformatted(question);
	size_t length = text ? strlen(text) : 0;
	bool sent = false;

	cJSON_Delete(question);
	if (text) {
		text[length] = '\n'; /* in place of its NUL */
		sent = send(fd, text, length + 1, MSG_NOSIGNAL) == (ssize_t)(length + 1);
	}
	cJSON_free(text);
	return sent;
}

static cJSON *question_new(const char *what)
{
	cJSON *question = cJSON_CreateObject();

	cJSON_AddStringToObject(question, "do", what);
	return question;
}

/* The next line, parsed (yours, and its text in `line`). NULL: it has gone, or says nothing. */
static cJSON *answer_read(int fd, char line[CONTROL_LINE_MAX])
{
	size_t length = 0;

	while (length < CONTROL_LINE_MAX - 1) {
		struct pollfd coming = { .fd = fd, .events = POLLIN };
		ssize_t got;

		if (poll(&coming, 1, ANSWER_MS) <= 0)
			return NULL;
		got = recv(fd, line + length, 1, 0); /* one by one: what follows the line isn't ours */
		if (got <= 0)
			return NULL;
		if (line[length] == '\n') {
			line[length] = 0;
			return cJSON_Parse(line);
		}
		length++;
	}
	return NULL;
}

/* ---- printing ---- */

static const char *text_of(const cJSON *of, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(of, key));

	return text ? text : "";
}

static double number_of(const cJSON *of, const char *key)
{
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(of, key);

	return cJSON_IsNumber(number) ? number->valuedouble : 0;
}

static void sessions_print(const cJSON *sessions)
{
	const cJSON *one;

	if (!cJSON_GetArraySize(sessions))
		puts("nobody is in");
	cJSON_ArrayForEach(one, sessions)
		printf("%.0f  %s  %s  %s  %.0f min  %.1f MB  %.0f running\n", number_of(one, "session"), text_of(one, "scope"), text_of(one, "address"),
		       text_of(one, "browser"), number_of(one, "seconds") / 60, number_of(one, "bytes") / 1e6, number_of(one, "running"));
}

static void link_print(const char *link, const char *code)
{
	printf("Open %s\n  or go to %.*s and type %s   (each works once, within ten minutes)\n", link,
	       (int)(strstr(link, "/_wvwasi/") ? strstr(link, "/_wvwasi/") - link : 0), link, code);
}

/* Prints an answer; returns the exit code. */
static int answer_print(const cJSON *answer, const char *line, bool json)
{
	const char *event = text_of(answer, "event");

	if (!strcmp(event, "different"))
		return fail(2, "it runs already, and %s: stop it first (`wvwasi-gw stop`), or start it the same way", text_of(answer, "difference"));
	if (!strcmp(event, "error") && !json)
		return fail(1, "%s", text_of(answer, "error"));
	if (json)
		puts(line);
	else if (!strcmp(event, "link"))
		link_print(text_of(answer, "link"), text_of(answer, "code"));
	else if (!strcmp(event, "debug"))
		printf("Debug at %s   (works once, within ten minutes)\n%s", text_of(answer, "link"),
		       cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(answer, "lan")) ? "On another machine: wvwasi-gw debug --lan\n" : "");
	else if (!strcmp(event, "sessions"))
		sessions_print(cJSON_GetObjectItemCaseSensitive(answer, "sessions"));
	else if (!strcmp(event, "revoked"))
		printf("session %.0f is out\n", number_of(answer, "session"));
	return strcmp(event, "error") ? 0 : 1;
}

/* Asks (takes question) and prints. */
static int converse(int fd, cJSON *question, bool json)
{
	static char line[CONTROL_LINE_MAX];
	cJSON *answer = ask(fd, question) ? answer_read(fd, line) : NULL;
	int exit_code;

	if (!answer)
		return fail(1, "the running gateway doesn't answer");
	exit_code = answer_print(answer, line, json);
	if (!strcmp(text_of(answer, "event"), "browse") && !browser_open(text_of(answer, "link")))
		exit_code = fail(1, "%s: cannot start a browser", strerror(errno));
	secret_forget(line, sizeof line);
	cJSON_Delete(answer);
	return exit_code;
}

/* It ends when its socket does. */
static int stop(int fd)
{
	char nothing[256];

	if (!ask(fd, question_new("stop")))
		return fail(1, "the running gateway doesn't answer");
	for (;;) {
		struct pollfd ending = { .fd = fd, .events = POLLIN };

		if (poll(&ending, 1, ANSWER_MS) <= 0)
			return fail(1, "the running gateway doesn't end");
		if (recv(fd, nothing, sizeof nothing, 0) <= 0)
			return 0;
	}
}

/* ---- pairing ---- */

static void on_qr_line(struct gateway *nobody, const char *text)
{
	puts(text);
}

static void pair_print(const cJSON *answer)
{
	qr_print(text_of(answer, "link"), NULL, on_qr_line);
	printf("Scan it, or open %s there and type %s   (works once, within two minutes)\n", text_of(answer, "url"), text_of(answer, "code"));
	printf("%s, SHA-256: %s\n", cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(answer, "ca")) ? "Our CA's fingerprint" : "The certificate's fingerprint",
	       text_of(answer, "fingerprint"));
	fflush(stdout);
}

/* The person's word about knock number: y, or anything else. */
static bool admit(int fd, double number)
{
	cJSON *question = question_new("admit");
	char word[16] = "";

	if (!fgets(word, sizeof word, stdin))
		*word = 0;
	cJSON_AddNumberToObject(question, "knock", number);
	cJSON_AddBoolToObject(question, "yes", *word == 'y' || *word == 'Y');
	return ask(fd, question);
}

/* Stays until somebody was let in, or nobody came. */
static int pair(int fd, const char *what, bool again, bool json)
{
	static char line[CONTROL_LINE_MAX];
	cJSON *question = question_new(what), *answer;
	double requests = 0;
	int exit_code = -1;

	cJSON_AddBoolToObject(question, "again", again);
	cJSON_AddBoolToObject(question, "lan", true);
	if (!ask(fd, question))
		return fail(1, "the running gateway doesn't answer");
	while (exit_code < 0) {
		struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = requests ? STDIN_FILENO : -1, .events = POLLIN } };

		if (poll(fds, 2, (PAIRING_LIFE_S + PAIRING_REQUEST_TIMEOUT_S) * 1000) <= 0)
			return fail(1, "nobody came");
		if (fds[1].revents && !fds[0].revents) {
			if (!admit(fd, requests))
				return fail(1, "the running gateway doesn't answer");
			requests = 0;
			continue;
		}
		answer = answer_read(fd, line);
		if (!answer)
			return fail(1, "the running gateway doesn't answer");
		if (json)
			puts(line);
		if (!strcmp(text_of(answer, "event"), "pair")) {
			if (!json)
				pair_print(answer);
		} else if (!strcmp(text_of(answer, "event"), "knock")) {
			requests = number_of(answer, "knock");
			if (!json)
				printf("%s at %s wants to %s programs here. Let it in, if it shows the words %s? [y/N] ", text_of(answer, "browser"),
				       text_of(answer, "address"), text_of(answer, "scope"), text_of(answer, "words"));
		} else if (!strcmp(text_of(answer, "event"), "knocked")) {
			if (!json)
				puts(text_of(answer, "text"));
			exit_code = strstr(text_of(answer, "text"), "was let in") ? 0 : 1;
		} else if (!strcmp(text_of(answer, "event"), "error") || !strcmp(text_of(answer, "event"), "end")) {
			exit_code = fail(1, "%s", text_of(answer, *text_of(answer, "error") ? "error" : "why"));
		}
		fflush(stdout);
		secret_forget(line, sizeof line);
		cJSON_Delete(answer);
	}
	return exit_code;
}

/* ---- answering ---- */

/* A question's answer, or a knock's: y, or anything else. */
static bool answer_send(int fd, const cJSON *asked)
{
	bool is_pairing_request = !strcmp(text_of(asked, "event"), "knock");
	cJSON *answer = question_new(is_pairing_request ? "admit" : "answer");
	char word[16] = "";

	if (!fgets(word, sizeof word, stdin))
		*word = 0;
	cJSON_AddNumberToObject(answer, is_pairing_request ? "knock" : "question", number_of(asked, is_pairing_request ? "knock" : "question"));
	cJSON_AddBoolToObject(answer, "yes", *word == 'y' || *word == 'Y');
	return ask(fd, answer);
}

/* Asks here what the gateway asks at its own terminal, where a program may read the keys; one question, the one that waits or the next. */
static int answer(int fd, bool json)
{
	static char line[CONTROL_LINE_MAX];
	cJSON *asked = NULL, *event;
	bool said = false;

	if (!ask(fd, question_new("questions")))
		return fail(1, "the running gateway doesn't answer");
	for (;;) {
		struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = asked && !said ? STDIN_FILENO : -1, .events = POLLIN } };

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return fail(1, "%s: waiting for a question", strerror(errno));
		if (fds[1].revents && !fds[0].revents) {
			said = answer_send(fd, asked);
			if (!said)
				return fail(1, "the running gateway doesn't answer");
			continue;
		}
		if (!fds[0].revents)
			continue;
		event = answer_read(fd, line);
		if (!event || !strcmp(text_of(event, "event"), "end"))
			return fail(1, "the gateway has ended");
		if (json)
			puts(line);
		if (!strcmp(text_of(event, "event"), "error"))
			return fail(1, "%s", text_of(event, "error"));
		if (!strcmp(text_of(event, "event"), "answered") && asked)
			return said ? 0 : fail(1, "that isn't asked any more");
		if (!strcmp(text_of(event, "event"), "answered")) {
			fputs("Nothing is asked at the moment: this waits for the next question (Ctrl-C ends it)\n", stderr);
			cJSON_Delete(event);
			continue;
		}
		cJSON_Delete(asked);
		asked = event;
		if (!json)
			printf("%s [y/N] ", text_of(asked, "text"));
		fflush(stdout);
	}
}

/* ---- the words ---- */

bool is_subcommand(const char *word)
{
	return !strcmp(word, "link") || !strcmp(word, "answer") || !strcmp(word, "pair") || !strcmp(word, "debug") || !strcmp(word, "sessions") || !strcmp(word, "revoke") || !strcmp(word, "stop");
}

struct words {
	const char *what, *root;
	int port;
	unsigned session;
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

/* 0, or the exit code. */
static int words_read(struct words *words, int argc, char **argv)
{
	static const struct option longs[] = { { "root", required_argument, NULL, 'r' }, { "port", required_argument, NULL, 'p' },
		{ "json", no_argument, NULL, 'j' },
		{ "again", no_argument, NULL, 'a' }, { "lan", no_argument, NULL, 'l' }, { NULL, 0, NULL, 0 } };
	bool wants_session = !strcmp(argv[0], "revoke");
	unsigned port = 0;
	int found;

	*words = (struct words){ .what = argv[0] };
	optind = 0;
	opterr = 0;
	while ((found = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (found == '?')
			return fail(2, "not an option of %s (it takes --root DIR, --port N and --json): '%s'", words->what, argv[optind - 1]);
		if (found == 'p' && !number_read(optarg, 65535, &port))
			return fail(2, "not a port: --port '%s'", optarg);
		if (found == 'r')
			words->root = optarg;
		words->json |= found == 'j';
		words->again |= found == 'a';
		words->lan |= found == 'l';
	}
	words->port = (int)port;
	if (words->lan && strcmp(words->what, "debug"))
		return fail(2, "--lan is of debug");
	if (words->again && strcmp(words->what, "pair") && !words->lan)
		return fail(2, "--again is of pair, and of debug --lan");
	if (argc - optind != wants_session || (wants_session && !number_read(argv[optind], UINT_MAX, &words->session)))
		return fail(2, wants_session ? "%s wants a session's number (`wvwasi-gw sessions` lists them)" : "%s takes no arguments", words->what);
	return 0;
}

int subcommand_run(int argc, char **argv)
{
	char real[PATH_MAX];
	struct search search;
	struct words words;
	cJSON *question;
	int exit_code = words_read(&words, argc, argv);

	if (exit_code)
		return exit_code;
	look(&search, words.root && realpath(words.root, real) ? real : words.root, words.port);
	if (!search.found)
		return words.root ? fail(1, "no gateway of yours serves '%s'", words.root) : fail(1, "no gateway of yours runs");
	if (search.found > 1) {
		close(search.fd);
		return fail(1, "more than one runs: say which%s", search.roots);
	}
	if (!strcmp(words.what, "stop")) {
		exit_code = stop(search.fd);
	} else if (!strcmp(words.what, "answer")) {
		exit_code = answer(search.fd, words.json);
	} else if (!strcmp(words.what, "pair") || words.lan) {
		exit_code = pair(search.fd, words.what, words.again, words.json);
	} else {
		question = question_new(words.what);
		if (!strcmp(words.what, "revoke"))
			cJSON_AddNumberToObject(question, "session", words.session);
		exit_code = converse(search.fd, question, words.json);
	}
	close(search.fd);
	return exit_code;
}

int again_run(const struct config *config, const char *root, int pid)
{
	const struct timespec look_again = { .tv_nsec = START_LOOK_MS * 1000000 };
	char *describe = config_describe(config);
	struct search search;
	cJSON *question;
	int exit_code;

	/* The other one may be starting at this very moment. */
	look(&search, root, 0);
	for (int looks = 0; !search.found && looks < START_LOOKS; looks++) {
		nanosleep(&look_again, NULL);
		look(&search, root, 0);
	}
	if (!search.found) {
		free(describe);
		return fail(1, "already running as process %d, which doesn't answer: '%s'", pid, root);
	}
	if (config->webview) { /* a window onto the one that runs, however that was started */
		close(search.fd);
		free(describe);
		return window_become(config, root);
	}
	question = question_new("again");
	cJSON_AddItemToObject(question, "config", cJSON_CreateRaw(describe));
	cJSON_AddBoolToObject(question, "browse", config->open);
	exit_code = converse(search.fd, question, config->json);
	close(search.fd);
	free(describe);
	return exit_code;
}
