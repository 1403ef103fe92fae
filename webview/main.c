/* wvwasi-webview: an app of the gateway in a window of its own. Started by the keeper of `wvwasi-gw --webview`, or by the user,
 * and then it connects to a gateway that runs already. This file connects the two parts: the window (window.h) and the keeper
 * (pairing.h). */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/base/browser.h"
#include "navigation.h"
#include "pairing.h"
#include "places.h"
#include "sharing.h"
#include "window.h"

enum { FIRST_LINK_MS = 10000, FLUSH_MS = 3000 }; /* with the page's own two seconds, five in all */

struct shell {
	bool inspect, automation, ephemeral;
	bool asks;        /* for a folder or file, and is no window */
	uint32_t question; /* that the user is asked; 0: none */
	const char *root;
	int port;         /* 0: any */
	int descriptor; /* -1: find a running gateway */
	struct pairing pairing;
	struct places places;
	struct window_setup setup;
	char app[72], name[256], first_link[256]; /* what the window was opened with */
	char origin[128], class[288];
	char *wanted_path;         /* the path for the link that was asked for */
	bool gone, over;
	int exit_code;
};

static void complain(const char *what, const char *why)
{
	fprintf(stderr, "wvwasi-webview: %s%s%s\n", what, why ? ": " : "", why ? why : "");
}

/* ---- the gateway's messages ---- */

static bool on_news(void *context);

static void load(struct shell *shell, const char *link)
{
	char *to = shell->wanted_path ? navigation_link_to(link, shell->wanted_path) : NULL;
	char origin[sizeof shell->origin];

	if (navigation_origin(link, origin, sizeof origin) && !strcmp(origin, shell->origin))
		window_load(to ? to : link);
	else
		window_tell("The gateway runs at another address now. Close this window and open the app anew.", false);
	if (to)
		explicit_bzero(to, strlen(to));
	free(to);
	free(shell->wanted_path);
	shell->wanted_path = NULL;
}

static void gone(struct shell *shell, const char *why)
{
	char text[640];

	if (shell->gone)
		return;
	shell->gone = true;
	if (shell->over || shell->asks) {
		window_quit();
		return;
	}
	window_ask_end();
	snprintf(text, sizeof text,
		"The gateway has ended: %.500s. What the app shows is still here, but it can’t reach your files any more.",
	         *why ? why : "it was killed, or has crashed");
	window_tell(text, true);
}

static bool on_news(void *context)
{
	struct shell *shell = context;
	struct keeper_message message;

	for (;;) {
		switch (pairing_read(&shell->pairing, &message)) {
		case KEEPER_NONE:
			return true;
		case KEEPER_WINDOW: /* the user has been told */
			break;
		case KEEPER_LINK:
			load(shell, message.link);
			break;
		case KEEPER_CLOSED:
			window_quit();
			break;
		case KEEPER_QUESTION:
			shell->question = message.question;
			window_ask(message.text, !strcmp(message.wants, "save") ? WINDOW_NEW_FILE :
			           !strcmp(message.wants, "file") ? WINDOW_FILE : WINDOW_FOLDER, message.folder, message.writes);
			break;
		case KEEPER_ERROR:
			window_ask_again(message.why);
			break;
		case KEEPER_ANSWERED:
			shell->question = 0;
			window_ask_end();
			if (shell->asks)
				window_quit();
			break;
		case KEEPER_END:
			gone(shell, message.why);
			break;
		case KEEPER_GONE:
			gone(shell, "");
			pairing_clear(&shell->pairing);
			return false;
		}
		explicit_bzero(message.link, sizeof message.link);
	}
}

/* ---- the window's callbacks ---- */

static void on_wants_link(void *context, const char *path)
{
	struct shell *shell = context;
	const char *why;

	free(shell->wanted_path);
	shell->wanted_path = strdup(path);
	if (!shell->gone && pairing_ask(&shell->pairing, "window"))
		return;
	/* Another gateway of this app may run by now. */
	pairing_clear(&shell->pairing);
	why = pairing_find(&shell->pairing, shell->root, shell->port);
	if (why || !pairing_ask(&shell->pairing, "window")) {
		window_tell(why ? why : "The gateway doesn’t answer.", true);
		return;
	}
	shell->gone = false;
	window_watch(shell->pairing.fd, on_news, shell);
}

static void on_flush_late(void *context)
{
	window_quit();
}

static void on_closed(void *context)
{
	struct shell *shell = context;

	shell->over = true;
	if (shell->gone || shell->asks || !pairing_ask(&shell->pairing, "close"))
		window_quit();
	else
		window_after(FLUSH_MS, on_flush_late, shell);
}

static void on_elsewhere(void *context, const char *uri)
{
	if (!browser_open(uri)) {
		complain("cannot start a browser", strerror(errno));
		window_tell("The link leads out of the app, and no browser could be started for it.", false);
	}
}

static void on_chosen(void *context, const char *path, bool read_only)
{
	struct shell *shell = context;

	if (!shell->gone)
		pairing_answer(&shell->pairing, shell->question, path, read_only);
}

static void on_end_signal(void *context)
{
	window_close_all();
}

/* ---- the start ---- */

/* Waits for the gateway's first answers, before there is a window: which app it is, and a link to it. */
static bool meet(struct shell *shell)
{
	struct keeper_message message;

	for (;;) {
		switch (pairing_wait(&shell->pairing, &message, FIRST_LINK_MS)) {
		case KEEPER_WINDOW:
			memcpy(shell->app, message.app, sizeof shell->app);
			memcpy(shell->name, message.name, sizeof shell->name);
			break;
		case KEEPER_LINK:
			memcpy(shell->first_link, message.link, sizeof shell->first_link);
			explicit_bzero(message.link, sizeof message.link);
			if (navigation_origin(shell->first_link, shell->origin, sizeof shell->origin))
				return true;
			complain("the gateway gave no link", NULL);
			return false;
		case KEEPER_END:
			complain("the gateway has ended", message.why);
			return false;
		case KEEPER_GONE:
			complain("the gateway has ended", NULL);
			return false;
		case KEEPER_NONE:
			complain("the gateway doesn't answer", NULL);
			return false;
		default:
			break;
		}
	}
}

/* The name by which the desktop finds the app's icon and groups its windows: "wvwasi-" and the name of the app's folder. */
static void name_class(struct shell *shell)
{
	char *at;

	snprintf(shell->class, sizeof shell->class, "wvwasi-%s", shell->name);
	for (at = shell->class; *at; at++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", *at))
			*at = '_';
}

/* False: the window was one of another process, which has the app's data, and is closed. */
static bool find_places(struct shell *shell)
{
	if (shell->ephemeral)
		return true;
	switch (places_make(&shell->places, shell->app)) {
	case PLACES_MADE:
		shell->setup.data_dir = shell->places.data;
		shell->setup.cache_dir = shell->places.cache;
		break;
	case PLACES_HELD:
		if (sharing_join(shell->places.data, shell->origin, &shell->pairing))
			return false;
		complain("another window of this app is open, so this one keeps nothing", shell->places.data);
		break;
	case PLACES_UNWRITABLE:
		fprintf(stderr, "wvwasi-webview: %s: cannot keep the app's data in '%s', so this window keeps nothing\n", strerror(errno),
		        shell->places.data);
		break;
	}
	return true;
}

/* The window may outlive the gateway that started it, and the engine's processes share stderr: a process that reads the gateway's
 * stderr to its end would wait for them. With --inspect it stays open, so that the engine's messages can be read. */
static void leave_terminal(const struct shell *shell)
{
	int null = shell->descriptor >= 0 && !shell->inspect ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;

	if (null < 0)
		return;
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
}

static int run(struct shell *shell)
{
	const struct window_host host = { on_wants_link, on_closed, on_elsewhere, on_chosen, shell };
	const char *why;

	if (shell->descriptor >= 0) {
		if (!pairing_take(&shell->pairing, shell->descriptor)) {
			complain("the descriptor can't be used", strerror(errno));
			return 1;
		}
	} else if ((why = pairing_find(&shell->pairing, shell->root, shell->port))) {
		complain(why, NULL);
		return 1;
	}
	/* Before the gateway hears of a window: closing one that never opened isn't the user's wish to end. */
	if ((why = window_display())) {
		complain(why, NULL);
		return 1;
	}
	if (shell->asks) {
		shell->setup.name = "wvwasi";
		window_open_none(&shell->setup, &host);
		window_watch(shell->pairing.fd, on_news, shell);
		window_run();
		return 0;
	}
	if (!pairing_ask(&shell->pairing, "window") || !meet(shell))
		return 1;
	if (!find_places(shell))
		return 0;
	name_class(shell);
	shell->setup.origin = shell->origin;
	shell->setup.name = *shell->name ? shell->name : "wvwasi";
	shell->setup.class = shell->class;
	shell->setup.inspect = shell->inspect;
	shell->setup.automation = shell->automation;
	leave_terminal(shell);
	window_open(&shell->setup, &host);
	window_on_end_signal(on_end_signal, shell);
	window_watch(shell->pairing.fd, on_news, shell);
	if (shell->setup.data_dir)
		sharing_serve(shell->places.data, shell->origin);
	window_load(shell->first_link);
	explicit_bzero(shell->first_link, sizeof shell->first_link);
	window_run();
	return 0;
}

static void help(void)
{
	puts("Usage: wvwasi-webview [options]\n"
	     "Shows the app of a gateway that runs already in a window of its own.\n\n"
	     "  --root DIR      the app's folder, as given to wvwasi-gw (default: the only app that runs)\n"
	     "  --port N        the one at this port, where several run\n"
	     "  --ephemeral     keep nothing when the window is closed\n"
	     "  --inspect       allow the engine's inspector (F12)\n"
	     "  --automation    let WebDriver drive the window\n"
	     "  --version       print the version\n"
	     "  --help          print this");
}

enum verdict { RUN, DONE, BAD };

static enum verdict flags_read(struct shell *shell, int argc, char **argv)
{
	enum { ROOT = 1, PORT, EPHEMERAL, INSPECT, AUTOMATION, DESCRIPTOR, ASK, VERSION, HELP }; /* DESCRIPTOR, ASK: the keeper's */
	static const struct option longs[] = {
		{ "root", required_argument, NULL, ROOT }, { "port", required_argument, NULL, PORT },
		{ "ephemeral", no_argument, NULL, EPHEMERAL }, { "inspect", no_argument, NULL, INSPECT },
		{ "automation", no_argument, NULL, AUTOMATION }, { "descriptor", required_argument, NULL, DESCRIPTOR },
		{ "ask", no_argument, NULL, ASK }, { "version", no_argument, NULL, VERSION }, { "help", no_argument, NULL, HELP },
		{ NULL, 0, NULL, 0 },
	};
	char *end;
	int found;

	opterr = 0;
	while ((found = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
		switch (found) {
		case ROOT: shell->root = optarg; break;
		case PORT:
			shell->port = (int)strtol(optarg, &end, 10);
			if (!*optarg || *end || shell->port < 1 || shell->port > 65535) {
				fprintf(stderr, "wvwasi-webview: --port '%s' isn't a port\n", optarg);
				return BAD;
			}
			break;
		case EPHEMERAL: shell->ephemeral = true; break;
		case INSPECT: shell->inspect = true; break;
		case AUTOMATION: shell->automation = true; break;
		case DESCRIPTOR:
			shell->descriptor = (int)strtol(optarg, &end, 10);
			if (!*optarg || *end || shell->descriptor < 3) {
				fprintf(stderr, "wvwasi-webview: '%s' isn't a descriptor\n", optarg);
				return BAD;
			}
			break;
		case ASK: shell->asks = true; break;
		case VERSION: puts("wvwasi-webview " WVWASI_VERSION); return DONE;
		case HELP: help(); return DONE;
		case ':': fprintf(stderr, "wvwasi-webview: '%s' needs a value\n", argv[optind - 1]); return BAD;
		default: fprintf(stderr, "wvwasi-webview: unknown option '%s'\n", argv[optind - 1]); return BAD;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "wvwasi-webview: unexpected argument '%s'\n", argv[optind]);
		return BAD;
	}
	return RUN;
}

int main(int argc, char **argv)
{
	static struct shell shell = { .descriptor = -1, .pairing.fd = -1, .places.lock = -1 };
	enum verdict verdict = flags_read(&shell, argc, argv);
	int exit_code;

	if (verdict != RUN)
		return verdict == DONE ? 0 : 2;
	window_environment(shell.inspect, shell.automation);
	if (shell.automation)
		complain("--automation: any program of this machine that finds the port can drive this window and read what it shows",
		         NULL);
	exit_code = run(&shell);
	pairing_clear(&shell.pairing);
	places_clear(&shell.places);
	free(shell.wanted_path);
	return exit_code;
}
