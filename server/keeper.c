#include "keeper.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "browser.h"
#include "channel.h"
#include "config.h"
#include "enter/answers.h"
#include "enter/control.h"
#include "enter/digest.h"
#include "enter/state.h"
#include "enter/subcommands.h"
#include "escape.h"
#include "gateway.h"
#include "profile_folder.h"
#include "tls/lan.h"
#include "window.h"

enum { END_MS = 1800, WRITE_AT_ONCE = 512, COMMAND_MAX = 4096, STDIN_AT_ONCE = 32 << 10 };

/* What waits for being printed, in order, whichever stream. */
struct print {
	struct print *next;
	int to;
	uint32_t credit;
	size_t length, written;
	char text[];
};

struct keeper {
	const struct config *config;
	struct channel channel;
	struct state state;
	struct control control;
	struct windows windows;
	struct lan_offer lan;
	struct profile_folder profiles;
	uint32_t knock;     /* waits for y or n; 0: nobody does */
	uint64_t renew_ms;  /* when the certificate was last looked at */
	char *description; /* config's, for another start */
	int port;          /* where it serves */
	pid_t gateway;
	bool ready, quitting, done;
	int exit_code;
	uint64_t quit_ms;
	bool is_tty[3];
	struct escape escapes[3];
	struct print *prints, **last_print;
	bool stdin_ended, stdin_passed_end;
	uint32_t stdin_room;
	uint32_t question; /* the person is asked; 0: nothing */
	char asked[640];   /* the words of question or knock */
	uint32_t answerer; /* a client of the control socket that is asked, too; 0: there's none */
	bool keys_lent;    /* the person has been told that programs read what is typed */
	bool asked_elsewhere; /* and that the question that waits is answered elsewhere */
	char command[COMMAND_MAX];
	size_t command_length;
};

/* ---- signals ---- */

static int signal_pipe[2] = { -1, -1 };

static void on_signal(int number)
{
	int error = errno;
	char byte = (char)number;

	if (write(signal_pipe[1], &byte, 1) < 0) {} /* full: one is waiting already */
	errno = error;
}

static bool signals_start(void)
{
	/* Without SA_RESTART: a write to a stuck terminal ends when the person wants us to. */
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal };

	if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		return false;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		sigaction(ends[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	return true;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void quit(struct keeper *keeper)
{
	if (keeper->quitting) { /* asked twice */
		kill(keeper->gateway, SIGKILL);
		return;
	}
	keeper->quitting = true;
	keeper->quit_ms = now_ms();
	control_say(&keeper->control, 0, "{\"event\":\"end\",\"why\":\"it was stopped\"}");
	channel_send(&keeper->channel, DO_QUIT, 0, 0, NULL, 0, -1);
}

/* ---- printing ---- */

static void print_sent(struct keeper *keeper, struct print *print)
{
	keeper->prints = print->next;
	if (!keeper->prints)
		keeper->last_print = &keeper->prints;
	if (print->credit)
		channel_send(&keeper->channel, DO_CREDIT, print->credit, 0, NULL, 0, -1);
	free(print);
}

/* text is what someone else made: `foreign` bytes are escaped on a terminal. ends_line adds the newline. */
static void print_add(struct keeper *keeper, int to, const uint8_t *text, size_t length, uint32_t credit, bool ends_line)
{
	bool escapes = keeper->is_tty[to];
	struct print *print = malloc(sizeof *print + (length + 4) * (escapes ? ESCAPE_GROWTH : 1) + 1);

	if (!print)
		return;
	*print = (struct print){ .to = to, .credit = credit };
	if (escapes && ends_line) {
		struct escape escape = { 0 };

		print->length = escape_text(&escape, text, length, print->text);
		print->length += escape_end(&escape, print->text + print->length);
	} else if (escapes) {
		print->length = escape_text(&keeper->escapes[to], text, length, print->text);
	} else {
		memcpy(print->text, text, length);
		print->length = length;
	}
	if (ends_line)
		print->text[print->length++] = '\n';
	*keeper->last_print = print;
	keeper->last_print = &print->next;
}

/* Prints what its stream takes now. Streams aren't made non-blocking: others share them. A ready pipe takes 512 bytes without blocking. */
static void print_some(struct keeper *keeper)
{
	for (int turns = 0; keeper->prints && turns < 128; turns++) {
		struct print *print = keeper->prints;
		struct pollfd poll_to = { .fd = print->to, .events = POLLOUT };
		size_t left = print->length - print->written;
		ssize_t wrote;

		if (poll(&poll_to, 1, 0) == 0)
			return;
		wrote = write(print->to, print->text + print->written, left < WRITE_AT_ONCE ? left : WRITE_AT_ONCE);
		if (wrote < 0 && (errno == EINTR || errno == EAGAIN))
			return;
		print->written = wrote < 0 ? print->length : print->written + (size_t)wrote; /* nobody reads there any more */
		if (print->written == print->length)
			print_sent(keeper, print);
	}
}

static void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void complain(const char *format, ...)
{
	char line[1024];
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (length >= (int)sizeof line)
		length = sizeof line - 1;
	fprintf(stderr, "wvwasi-gw: %.*s\n", length, line);
}

/* ---- what is served ---- */

static const char *resolved(const char *path, char real[PATH_MAX])
{
	return realpath(path, real) ? real : path;
}

static const char *what_is_served(const struct config *config)
{
	return config->root ? config->root : config->program[0];
}

static int program_open(const struct config *config)
{
	int fd;

	if (!config->program) {
		errno = ENOENT;
		return -1;
	}
	do
		fd = open(config->program[0], O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	while (fd < 0 && errno == EINTR);
	return fd;
}

/* It serves: from now on others find it. */
static void state_ready(struct keeper *keeper)
{
	const struct config *config = keeper->config;
	char real[PATH_MAX];

	if (config->port == 0 && state_open(&keeper->state, resolved(what_is_served(config), real), keeper->port) != STATE_OPEN) {
		complain("%s: no state file '%s', so `wvwasi-gw link` and the like won't find this gateway", strerror(errno), keeper->state.path);
		return;
	}
	if (config->port == PORT_OF_ROOT)
		keeper->state.kept_port = keeper->port;
	if (keeper->state.fd < 0)
		return;
	if (!control_open(&keeper->control, keeper->state.folder_fd, keeper->state.name))
		complain("%s: cannot listen on '%s' in the folder of '%s'", strerror(errno), keeper->state.name, keeper->state.path);
	if (!state_write(&keeper->state, keeper->port))
		complain("%s: state file '%s' (the port will be another next time)", strerror(errno), keeper->state.path);
}

/* ---- windows ---- */

static void window_open(struct keeper *keeper)
{
	char line[64];
	int fd;

	if (!window_start(&keeper->windows, keeper->config, &fd)) {
		complain("%s: cannot start the window, 'wvwasi-webview' (it is built where libwebkit2gtk-4.1-dev is)", strerror(errno));
		keeper->done = true;
		keeper->exit_code = 1;
		quit(keeper);
		return;
	}
	keeper->windows.own = control_adopt(&keeper->control, fd);
	if (keeper->config->json) {
		snprintf(line, sizeof line, "{\"event\":\"window\",\"pid\":%d}", (int)keeper->windows.own_pid);
		print_add(keeper, STDOUT_FILENO, (const uint8_t *)line, strlen(line), 0, true);
	}
}

/* It is told which app this is; its link comes from the gateway, short-lived and without a code for people. */
static void window_meet(struct keeper *keeper, uint32_t asker)
{
	const char *served = what_is_served(keeper->config), *slash;
	char real[PATH_MAX], app[DIGEST_HEX + 1], *line;
	cJSON *event = cJSON_CreateObject();
	struct digest digest;

	served = resolved(served, real);
	slash = strrchr(served, '/');
	digest_of(&digest, served, strlen(served));
	digest_hex(&digest, app);
	cJSON_AddStringToObject(event, "event", "window");
	cJSON_AddStringToObject(event, "app", app);
	cJSON_AddStringToObject(event, "name", slash && slash[1] ? slash + 1 : served);
	line = cJSON_PrintUnformatted(event);
	if (line && windows_add(&keeper->windows, asker)) {
		control_say(&keeper->control, asker, line);
		channel_send(&keeper->channel, DO_LINK, true, asker, NULL, 0, -1);
	} else {
		control_say(&keeper->control, asker, "{\"event\":\"end\",\"why\":\"too many windows are open\"}");
	}
	cJSON_free(line);
	cJSON_Delete(event);
}

/* A client of the control socket has gone: perhaps a window, which died before it could say so. */
static void asker_gone(struct keeper *keeper, uint32_t asker)
{
	bool is_own = asker == keeper->windows.own;

	if (asker == keeper->answerer)
		keeper->answerer = 0;
	if (windows_remove(&keeper->windows, asker)) {
		channel_send(&keeper->channel, DO_CLOSE, asker, 0, NULL, 0, -1);
	} else if (is_own && !keeper->windows.own_has_met) { /* it has said why */
		keeper->done = true;
		keeper->exit_code = 1;
		quit(keeper);
	}
	if (is_own)
		window_reap(&keeper->windows);
}

static void window_closed(struct keeper *keeper, uint32_t asker, uint32_t others)
{
	static const char stays[] = "The window is closed; others are connected, so the gateway stays (q: quit)";

	control_say(&keeper->control, asker, "{\"event\":\"closed\"}");
	if (asker != keeper->windows.own)
		return;
	keeper->windows.own = 0;
	if (!others)
		quit(keeper);
	else if (!keeper->config->json)
		print_add(keeper, STDOUT_FILENO, (const uint8_t *)stays, strlen(stays), 0, true);
}

/* ---- questions ---- */

static bool has_people(const struct keeper *keeper)
{
	return keeper->is_tty[0] && keeper->is_tty[1] && !keeper->config->json;
}

/* Does a program read what is typed here, or the terminal's foreground? Then no y reaches us. */
static bool keys_are_ours(const struct keeper *keeper)
{
	return !keeper->stdin_room && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* The question that waits, or the knock, to who runs `wvwasi-gw answer`; or that nothing waits (any more). */
static void answerer_tell(struct keeper *keeper)
{
	bool is_knock = keeper->knock && !keeper->question;
	cJSON *event = cJSON_CreateObject();
	char *line;

	if (keeper->question || keeper->knock) {
		cJSON_AddStringToObject(event, "event", is_knock ? "knock" : "question");
		cJSON_AddNumberToObject(event, is_knock ? "knock" : "question", is_knock ? keeper->knock : keeper->question);
		cJSON_AddStringToObject(event, "text", keeper->asked);
	} else {
		cJSON_AddStringToObject(event, "event", "answered");
	}
	line = cJSON_PrintUnformatted(event);
	if (line && keeper->answerer)
		control_say(&keeper->control, keeper->answerer, line);
	cJSON_free(line);
	cJSON_Delete(event);
}

/* To the person at our terminal. */
static void question_print(struct keeper *keeper)
{
	char text[sizeof keeper->asked + 100];

	keeper->asked_elsewhere = !keys_are_ours(keeper);
	snprintf(text, sizeof text, "%s  (%s)", keeper->asked, !keeper->asked_elsewhere ? "y: yes, n: no" : "answer it by `wvwasi-gw answer` in another terminal");
	print_add(keeper, STDOUT_FILENO, (const uint8_t *)text, strlen(text), 0, true);
}

/* Only who is at our terminal, at another one of the same user, or the program on our stdin, is asked: a page can't answer, and no key pressed
 * before the question counts. */
static void question_ask(struct keeper *keeper, const struct channel_message *message)
{
	bool people = has_people(keeper);
	cJSON *event;
	char *line;

	keeper->question = message->length ? message->a : 0;
	if (!message->length) {
		answerer_tell(keeper);
		return;
	}
	if (!keeper->config->json && ((!people && !keeper->answerer) || keeper->knock)) {
		keeper->question = 0;
		channel_send(&keeper->channel, DO_ANSWER, message->a, people ? 3 : 2, NULL, 0, -1);
		return;
	}
	snprintf(keeper->asked, sizeof keeper->asked, "%.500s", (const char *)message->bytes);
	answerer_tell(keeper);
	if (people)
		question_print(keeper);
	if (!keeper->config->json)
		return;
	event = cJSON_CreateObject();
	cJSON_AddStringToObject(event, "event", "question");
	cJSON_AddNumberToObject(event, "question", message->a);
	cJSON_AddStringToObject(event, "text", keeper->asked);
	line = cJSON_PrintUnformatted(event);
	if (line)
		print_add(keeper, STDOUT_FILENO, (const uint8_t *)line, strlen(line), 0, true);
	cJSON_free(line);
	cJSON_Delete(event);
}

/* A browser of another machine knocks; number 0: it doesn't wait any more. */
static void knock_ask(struct keeper *keeper, const struct channel_message *message)
{
	if (message->a && keeper->question && !keeper->config->json) { /* one y answers one question: the last that was asked */
		channel_send(&keeper->channel, DO_ANSWER, keeper->question, 3, NULL, 0, -1);
		keeper->question = 0;
	}
	keeper->knock = message->a;
	if (message->a) {
		snprintf(keeper->asked, sizeof keeper->asked, "%.500s", (const char *)message->bytes);
		question_print(keeper);
	}
	answerer_tell(keeper);
}

/* What is typed from now on is a program's, so the keys that were printed don't work: said once, and once for a question that waits. */
static void keys_lend(struct keeper *keeper)
{
	static const char text[] = "What is typed here is the program's now. In another terminal: wvwasi-gw link, pair, debug, answer, sessions, revoke N or stop";

	if (has_people(keeper) && keeper->stdin_room && !keeper->keys_lent)
		print_add(keeper, STDOUT_FILENO, (const uint8_t *)text, strlen(text), 0, true);
	keeper->keys_lent |= keeper->stdin_room > 0;
	if (has_people(keeper) && keeper->stdin_room && (keeper->question || keeper->knock) && !keeper->asked_elsewhere)
		question_print(keeper);
}

/* False: that wasn't asked. */
static bool question_answer(struct keeper *keeper, uint32_t question, bool yes)
{
	if (!question || question != keeper->question)
		return false;
	keeper->question = 0;
	channel_send(&keeper->channel, DO_ANSWER, question, yes, NULL, 0, -1);
	answerer_tell(keeper);
	return true;
}

/* ---- what the gateway says ---- */

static void keys_print(struct keeper *keeper)
{
	static const char keys[] = "  Enter: a new link    l: who is in    d: debug    r N: throw out    q: quit";
	static const char lan_keys[] = "  Enter: a new link    p: pair a phone    l: who is in    d: debug    r N: throw out    q: quit";
	const char *text = keeper->lan.wanted ? lan_keys : keys;

	print_add(keeper, STDOUT_FILENO, (const uint8_t *)text, strlen(text), 0, true);
}

/* Checked by the gateway, and no more than bytes here. */
static void profile_keep(struct keeper *keeper, const struct channel_message *message)
{
	struct profile_key key;

	if (keeper->profiles.fd < 0 || message->length < sizeof key)
		return;
	memcpy(&key, message->bytes, sizeof key);
	if (profile_folder_write(&keeper->profiles, &key, message->bytes + sizeof key, message->length - sizeof key))
		return;
	complain("%s: cannot keep a start profile in '%s'", strerror(errno), keeper->profiles.path);
	profile_folder_close(&keeper->profiles); /* said once */
}

static void hear(struct keeper *keeper, struct channel_message *message)
{
	int fd;

	switch (message->type) {
	case SAY_READY:
		keeper->ready = true;
		keeper->port = (int)message->a;
		state_ready(keeper);
		print_add(keeper, STDOUT_FILENO, message->bytes, message->length, 0, true);
		if (has_people(keeper))
			keys_print(keeper);
		if (keeper->config->open)
			channel_send(&keeper->channel, DO_BROWSE, 0, 0, NULL, 0, -1);
		if (keeper->config->webview)
			window_open(keeper);
		break;
	case SAY_ANSWER:
		control_say(&keeper->control, message->a, (const char *)message->bytes);
		break;
	case SAY_CLOSED:
		window_closed(keeper, message->a, message->b);
		break;
	case SAY_LINE:
		print_add(keeper, STDOUT_FILENO, message->bytes, message->length, 0, true);
		break;
	case SAY_WARN:
		print_add(keeper, STDERR_FILENO, message->bytes, message->length, 0, true);
		break;
	case SAY_OUTPUT:
		print_add(keeper, message->a == 2 ? STDERR_FILENO : STDOUT_FILENO, message->bytes, message->length, message->b,
		          keeper->config->json);
		break;
	case SAY_REMEMBER:
		if (!memory_hear(&keeper->lan.memory, message->bytes, message->length))
			complain("%s: who was paired can't be remembered", strerror(errno));
		break;
	case SAY_FORGET:
		if (!memory_hear_not(&keeper->lan.memory, message->bytes, message->length))
			complain("%s: who was paired can't be forgotten: they are in again at the next start with --remember", strerror(errno));
		break;
	case SAY_PROFILE:
		profile_keep(keeper, message);
		break;
	case SAY_ASK:
		knock_ask(keeper, message);
		break;
	case SAY_BROWSE:
		if (!browser_open((const char *)message->bytes))
			complain("%s: cannot start a browser", strerror(errno));
		break;
	case SAY_STDIN_ROOM:
		keeper->stdin_room = message->a;
		keys_lend(keeper);
		break;
	case SAY_DONE:
		keeper->done = true;
		keeper->exit_code = (int)message->a;
		quit(keeper);
		break;
	case ASK_PERSON:
		question_ask(keeper, message);
		break;
	case ASK_PROGRAM:
		fd = program_open(keeper->config);
		channel_send(&keeper->channel, DO_PROGRAM, fd < 0 ? (uint32_t)errno : 0, 0, NULL, 0, fd);
		if (fd >= 0)
			close(fd);
		break;
	}
	if (message->fd >= 0)
		close(message->fd);
}

/* ---- standard input: a program's, or the person's commands ---- */

static void again(struct keeper *keeper, uint32_t asker, const cJSON *command)
{
	char *other = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(command, "config")), text[800], *line;
	cJSON *event;

	if (other && !config_differs(keeper->description, other, keeper->port, text, sizeof text)) {
		channel_send(&keeper->channel, DO_LINK, cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(command, "browse")), asker, NULL, 0, -1);
	} else {
		event = cJSON_CreateObject();
		cJSON_AddStringToObject(event, "event", "different");
		cJSON_AddStringToObject(event, "difference", other ? text : "it says nothing");
		line = cJSON_PrintUnformatted(event);
		if (line)
			control_say(&keeper->control, asker, line);
		cJSON_free(line);
		cJSON_Delete(event);
	}
	cJSON_free(other);
}

/* What a program on our stdin, or a process of the same user, wants. False: not a command. */
static bool command_do(struct keeper *keeper, uint32_t asker, const cJSON *command)
{
	const char *what = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(command, "do"));
	const cJSON *session = cJSON_GetObjectItemCaseSensitive(command, "session"), *knock = cJSON_GetObjectItemCaseSensitive(command, "knock");
	const cJSON *question = cJSON_GetObjectItemCaseSensitive(command, "question");

	if (!what)
		return false;
	if (!strcmp(what, "link"))
		channel_send(&keeper->channel, DO_LINK, 0, asker, NULL, 0, -1);
	else if (!strcmp(what, "pair") || (!strcmp(what, "debug") && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(command, "lan"))))
		channel_send(&keeper->channel, DO_PAIR, (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(command, "again")) ? PAIR_AGAIN : 0) |
		             (*what == 'd' ? PAIR_WATCHES : 0), asker, NULL, 0, -1);
	else if (!strcmp(what, "debug"))
		channel_send(&keeper->channel, DO_DEBUG, 0, asker, NULL, 0, -1);
	else if (!strcmp(what, "admit") && cJSON_IsNumber(knock) && knock->valuedouble >= 1 && knock->valuedouble <= UINT32_MAX)
		channel_send(&keeper->channel, DO_ADMIT, (uint32_t)knock->valuedouble, cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(command, "yes")), NULL, 0, -1);
	else if (!strcmp(what, "answer") && (asker == ASKER_TERMINAL || asker == keeper->answerer))
		return question_answer(keeper, cJSON_IsNumber(question) && question->valuedouble >= 0 ? (uint32_t)question->valuedouble : 0,
		                       cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(command, "yes")));
	else if (!strcmp(what, "questions") && asker != ASKER_TERMINAL) {
		keeper->answerer = asker; /* the last one who wants to be */
		answerer_tell(keeper);
	} else if (!strcmp(what, "sessions"))
		channel_send(&keeper->channel, DO_LIST, 0, asker, NULL, 0, -1);
	else if (!strcmp(what, "revoke") && cJSON_IsNumber(session) && session->valuedouble >= 0 && session->valuedouble <= UINT32_MAX)
		channel_send(&keeper->channel, DO_REVOKE, (uint32_t)session->valuedouble, asker, NULL, 0, -1);
	else if (!strcmp(what, "stop"))
		quit(keeper);
	else if (!strcmp(what, "again") && asker != ASKER_TERMINAL)
		again(keeper, asker, command);
	else if (!strcmp(what, "window") && asker != ASKER_TERMINAL)
		window_meet(keeper, asker);
	else if (!strcmp(what, "close") && windows_remove(&keeper->windows, asker))
		channel_send(&keeper->channel, DO_CLOSE, asker, 0, NULL, 0, -1);
	else
		return false;
	return true;
}

/* From the control socket. */
static void on_command(void *context, uint32_t asker, const char *line)
{
	struct keeper *keeper = context;
	cJSON *command = line ? cJSON_Parse(line) : NULL;

	if (!line)
		asker_gone(keeper, asker);
	else if (!keeper->quitting && !command_do(keeper, asker, command))
		control_say(&keeper->control, asker, "{\"event\":\"error\",\"error\":\"not a command of this gateway\"}");
	cJSON_Delete(command);
}

static void command_run(struct keeper *keeper, const char *line)
{
	unsigned session;

	if (keeper->config->json) {
		cJSON *command = cJSON_Parse(line);

		if (!command_do(keeper, ASKER_TERMINAL, command))
			complain("not a command on stdin (known: {\"do\":\"link\"}, \"pair\", \"admit\" with \"knock\":N and \"yes\", \"debug\", \"sessions\", \"revoke\" with \"session\":N, \"stop\")");
		cJSON_Delete(command);
	} else if (!*line) {
		channel_send(&keeper->channel, DO_LINK, 0, 0, NULL, 0, -1);
	} else if (keeper->question && (!strcasecmp(line, "y") || !strcasecmp(line, "n"))) {
		question_answer(keeper, keeper->question, *line == 'y' || *line == 'Y');
	} else if (!strcmp(line, "d")) {
		channel_send(&keeper->channel, DO_DEBUG, 0, 0, NULL, 0, -1);
	} else if (!strcmp(line, "p") || !strcmp(line, "p again")) {
		channel_send(&keeper->channel, DO_PAIR, line[1] == ' ' ? PAIR_AGAIN : 0, 0, NULL, 0, -1);
	} else if (!strcmp(line, "d lan") || !strcmp(line, "d lan again")) {
		channel_send(&keeper->channel, DO_PAIR, PAIR_WATCHES | (line[5] == ' ' ? PAIR_AGAIN : 0), 0, NULL, 0, -1);
	} else if (keeper->knock && (!strcasecmp(line, "y") || !strcasecmp(line, "yes") || !strcasecmp(line, "n") || !strcasecmp(line, "no"))) {
		channel_send(&keeper->channel, DO_ADMIT, keeper->knock, *line == 'y' || *line == 'Y', NULL, 0, -1);
		keeper->knock = 0;
	} else if (!strcmp(line, "l")) {
		channel_send(&keeper->channel, DO_LIST, 0, 0, NULL, 0, -1);
	} else if (sscanf(line, "r %u", &session) == 1) {
		channel_send(&keeper->channel, DO_REVOKE, session, 0, NULL, 0, -1);
	} else if (!strcmp(line, "q")) {
		quit(keeper);
	} else {
		complain("Enter: a new link; %sd: debug; l: who is in; r N: throw out; q: quit", keeper->lan.wanted ? "p: pair a phone; " : "");
	}
}

static void commands_read(struct keeper *keeper)
{
	ssize_t got = read(STDIN_FILENO, keeper->command + keeper->command_length, COMMAND_MAX - 1 - keeper->command_length);
	char *line = keeper->command, *newline;

	if (got <= 0) {
		keeper->stdin_ended = got == 0 || (errno != EINTR && errno != EAGAIN);
		return;
	}
	keeper->command_length += (size_t)got;
	keeper->command[keeper->command_length] = 0;
	while ((newline = memchr(line, '\n', keeper->command_length - (size_t)(line - keeper->command)))) {
		*newline = 0;
		command_run(keeper, line);
		line = newline + 1;
	}
	keeper->command_length -= (size_t)(line - keeper->command);
	memmove(keeper->command, line, keeper->command_length);
	if (keeper->command_length == COMMAND_MAX - 1)
		keeper->command_length = 0; /* no command is that long */
}

static void stdin_pass(struct keeper *keeper)
{
	uint8_t bytes[STDIN_AT_ONCE];
	ssize_t got = read(STDIN_FILENO, bytes, keeper->stdin_room < sizeof bytes ? keeper->stdin_room : sizeof bytes);

	if (got < 0)
		return;
	if (got == 0 && !keeper->is_tty[0])
		keeper->stdin_ended = true; /* a terminal's Ctrl-D isn't for good */
	keeper->stdin_room = 0; /* the gateway says anew */
	channel_send(&keeper->channel, DO_STDIN, 0, 0, bytes, (size_t)got, -1);
}

/* Not while we are in the background of the terminal: reading there would stop us. */
static bool stdin_is_wanted(struct keeper *keeper)
{
	if (keeper->quitting || channel_wants_to_write(&keeper->channel))
		return false;
	if (keeper->stdin_ended) {
		if (keeper->stdin_room && !keeper->config->json) { /* the next program that inherits it learns that it is over */
			keeper->stdin_room = 0;
			channel_send(&keeper->channel, DO_STDIN, 0, 0, NULL, 0, -1);
		}
		return false;
	}
	if (keeper->is_tty[0])
		return tcgetpgrp(STDIN_FILENO) == getpgrp();
	return keeper->config->json || keeper->stdin_room;
}

static void stdin_read(struct keeper *keeper)
{
	if (keeper->config->json || !keeper->stdin_room)
		commands_read(keeper);
	else
		stdin_pass(keeper);
}

/* ---- the certificate ---- */

static void certificate_look(struct keeper *keeper)
{
	static char bytes[sizeof keeper->lan.made];
	size_t length;

	if (!keeper->lan.wanted || keeper->quitting || now_ms() - keeper->renew_ms < 1000u * (uint64_t)keeper->config->renew_s)
		return;
	keeper->renew_ms = now_ms();
	if (!lan_renew(&keeper->lan, keeper->config)) {
		made_clear(&keeper->lan.made);
		return;
	}
	length = strlen(keeper->lan.made.certificate) + 1;
	memcpy(bytes, keeper->lan.made.certificate, length);
	strcpy(bytes + length, keeper->lan.made.key);
	length += strlen(keeper->lan.made.key) + 1;
	made_clear(&keeper->lan.made);
	channel_send(&keeper->channel, DO_CERTIFICATE, 0, 0, bytes, length, -1);
	secret_forget(bytes, sizeof bytes);
}

/* For poll(2): until the next look. */
static int certificate_wait(const struct keeper *keeper, int timeout)
{
	uint64_t due_ms = keeper->renew_ms + 1000u * (uint64_t)keeper->config->renew_s, now = now_ms();
	int left = due_ms > now ? (int)(due_ms - now) : 0;

	return !keeper->lan.wanted || (timeout >= 0 && timeout < left) ? timeout : left;
}

/* ---- the loop ---- */

/* False: the gateway has gone. */
static bool turn(struct keeper *keeper)
{
	enum { CHANNEL, SIGNALS, INPUT, OUTPUT, CONTROL };
	static struct channel_message message;
	struct pollfd fds[CONTROL + CONTROL_FDS] = {
		[CHANNEL] = { .fd = keeper->channel.fd, .events = channel_wants_to_write(&keeper->channel) ? POLLOUT : 0 },
		[SIGNALS] = { .fd = signal_pipe[0], .events = POLLIN },
		[INPUT] = { .fd = keeper->ready && stdin_is_wanted(keeper) ? STDIN_FILENO : -1, .events = POLLIN },
		[OUTPUT] = { .fd = keeper->prints ? keeper->prints->to : -1, .events = POLLOUT },
	};
	int timeout = keeper->quitting || (keeper->is_tty[0] && fds[INPUT].fd < 0) ? 100 : -1;
	enum channel_got got = CHANNEL_MESSAGE;
	char number;

	control_poll(&keeper->control, fds + CONTROL);
	/* A stuck stdout stops the gateway's lines from being taken in, and by their credit the programs' output. */
	if (!keeper->prints)
		fds[CHANNEL].events |= POLLIN;
	if (poll(fds, sizeof fds / sizeof *fds, certificate_wait(keeper, timeout)) < 0 && errno != EINTR)
		return false;
	certificate_look(keeper);
	channel_flush(&keeper->channel);
	print_some(keeper);
	while (read(signal_pipe[0], &number, 1) == 1)
		quit(keeper);
	if (fds[CHANNEL].revents & (POLLIN | POLLHUP | POLLERR))
		for (int i = 0; i < 64 && got == CHANNEL_MESSAGE; i++)
			if ((got = channel_receive(&keeper->channel, &message)) == CHANNEL_MESSAGE)
				hear(keeper, &message);
	control_turn(&keeper->control, fds + CONTROL, on_command, keeper);
	if (fds[INPUT].revents)
		stdin_read(keeper);
	if (keeper->quitting && now_ms() - keeper->quit_ms > END_MS)
		kill(keeper->gateway, SIGKILL);
	return got != CHANNEL_CLOSED;
}

static int gateway_reap(struct keeper *keeper)
{
	char why[128], line[160];
	int status = 0;

	while (waitpid(keeper->gateway, &status, 0) < 0 && errno == EINTR)
		;
	for (int i = 0; keeper->prints && i < 50; i++) { /* the last lines; a stuck terminal doesn't hold us up */
		struct pollfd to = { .fd = keeper->prints->to, .events = POLLOUT };

		poll(&to, 1, 10);
		print_some(keeper);
	}
	if (keeper->done)
		return keeper->exit_code;
	if (keeper->quitting)
		return 0;
	if (!keeper->ready && WIFEXITED(status) && WEXITSTATUS(status)) /* it has said why */
		return WEXITSTATUS(status);
	if (WIFSIGNALED(status))
		snprintf(why, sizeof why, "the gateway process was ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(why, sizeof why, "the gateway process has ended unexpectedly");
	complain("%s", why);
	snprintf(line, sizeof line, "{\"event\":\"end\",\"why\":\"%s\"}", why);
	control_say(&keeper->control, 0, line);
	return 1;
}

/* ---- the start ---- */

/* The port kept for the root, or the one asked for. -1: not to be started, with *exit_code. */
static int state_begin(struct keeper *keeper, int *exit_code)
{
	const struct config *config = keeper->config;
	char real[PATH_MAX];

	keeper->state.fd = keeper->state.folder_fd = -1;
	if (config->port == 0) /* one of its own, beside any other */
		return 0;
	switch (state_open(&keeper->state, resolved(what_is_served(config), real), 0)) {
	case STATE_HELD:
		*exit_code = again_run(config, keeper->state.root, keeper->state.pid);
		return -1;
	case STATE_UNWRITABLE:
		complain("%s: cannot keep the port in '%s', so browser storage starts empty", strerror(errno), keeper->state.path);
		break;
	case STATE_OPEN:
		break;
	}
	return config->port == PORT_OF_ROOT ? keeper->state.kept_port : config->port;
}

static bool program_is_there(const struct config *config)
{
	int fd = config->program ? program_open(config) : -1;

	if (config->program && fd < 0)
		complain("%s: cannot read program '%s'", strerror(errno), config->program[0]);
	if (fd >= 0)
		close(fd);
	return !config->program || fd >= 0;
}

static bool gateway_fork(struct keeper *keeper, int port)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	keeper->gateway = fork();
	if (keeper->gateway == 0) {
		close(pair[0]);
		close(signal_pipe[0]);
		close(signal_pipe[1]);
		state_leave(&keeper->state); /* the lock stays with the keeper */
		_exit(gateway_run(keeper->config, pair[1], port, &keeper->lan, &keeper->profiles));
	}
	close(pair[1]);
	made_clear(&keeper->lan.made);
	keeper->renew_ms = now_ms();
	channel_init(&keeper->channel, pair[0]);
	return keeper->gateway > 0;
}

int keeper_run(const struct config *config)
{
	static struct keeper keeper;
	int port, exit_code = 1;

	keeper.config = config;
	keeper.last_print = &keeper.prints;
	keeper.channel.fd = -1;
	control_init(&keeper.control);
	for (int fd = 0; fd < 3; fd++)
		keeper.is_tty[fd] = isatty(fd);
	if (!program_is_there(config) || (port = state_begin(&keeper, &exit_code)) < 0)
		return exit_code;
	if (!lan_prepare(&keeper.lan, config)) {
		state_close(&keeper.state);
		return 1;
	}
	memory_open(&keeper.lan.memory, keeper.state.fd < 0 || !config->lan ? -1 : keeper.state.folder_fd, keeper.state.name, config->remember, time(NULL));
	keeper.profiles.fd = -1;
	if (config->profile == PROFILE_ON && !config->ephemeral && !profile_folder_open(&keeper.profiles))
		complain("%s: cannot keep start profiles in '%s', so programs start as if for the first time", strerror(errno), keeper.profiles.path);
	keeper.description = config_describe(config);
	if (!signals_start() || !gateway_fork(&keeper, port)) {
		complain("%s: cannot start the gateway process", strerror(errno));
	} else {
		while (turn(&keeper))
			;
		exit_code = gateway_reap(&keeper);
	}
	channel_clear(&keeper.channel);
	control_close(&keeper.control);
	profile_folder_close(&keeper.profiles);
	state_close(&keeper.state);
	cJSON_free(keeper.description);
	return exit_code;
}
