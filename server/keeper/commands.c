#include "commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ending.h"
#include "folders.h"
#include "keys.h"
#include "printing.h"
#include "questions.h"
#include "windows.h"
#include "server/doors/requests.h"

enum { STDIN_AT_ONCE = 32 << 10 };

/* A second start for the same root or program: it gets a link, unless its options differ. */
static void again(struct keeper *keeper, uint32_t requester, const cJSON *command)
{
	char *other = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(command, "config")), text[800], *line;
	cJSON *event;

	if (other && !config_differs(keeper->description, other, keeper->port, text, sizeof text)) {
		channel_send(&keeper->channel, DO_LINK, cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(command, "browse")), requester,
		             NULL, 0, -1);
	} else {
		event = cJSON_CreateObject();
		cJSON_AddStringToObject(event, "event", "different");
		cJSON_AddStringToObject(event, "difference", other ? text : "it says nothing");
		line = cJSON_PrintUnformatted(event);
		if (line)
			control_say(&keeper->control, requester, line);
		cJSON_free(line);
		cJSON_Delete(event);
	}
	cJSON_free(other);
}

/* Answers a requester, or our own terminal in JSON. Takes event. */
static void reply(struct keeper *keeper, uint32_t requester, cJSON *event)
{
	char *line = cJSON_PrintUnformatted(event);

	if (line && requester != REQUESTER_TERMINAL)
		control_say(&keeper->control, requester, line);
	else if (line)
		print_add(keeper, STDOUT_FILENO, (const uint8_t *)line, strlen(line), 0, true);
	cJSON_free(line);
	cJSON_Delete(event);
}

static cJSON *error_new(const char *why)
{
	cJSON *event = cJSON_CreateObject();

	cJSON_AddStringToObject(event, "event", "error");
	cJSON_AddStringToObject(event, "error", why);
	return event;
}

static uint32_t number_of(const cJSON *command, const char *key)
{
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(command, key);
	double value = cJSON_IsNumber(number) ? number->valuedouble : 0;

	return value >= 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}

static bool may_answer(const struct keeper *keeper, uint32_t requester)
{
	return requester == REQUESTER_TERMINAL || requester == keeper->answerer || windows_has(&keeper->windows, requester);
}

/* "grant", "grants", "ungrant", and "answer" with a folder. False: it is none of these. */
static bool folders_do(struct keeper *keeper, uint32_t requester, const char *what, const cJSON *command)
{
	const char *folder = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(command, "folder"));
	const cJSON *read_only = cJSON_GetObjectItemCaseSensitive(command, "readOnly"); /* with it the folder is a path as it is */
	bool answers = !strcmp(what, "answer") && folder && may_answer(keeper, requester);
	const struct granted *granted;
	char why[GRANTABLE_WHY];

	if (answers || (!strcmp(what, "grant") && folder)) {
		granted = !answers ? folders_grant(keeper, folder, WANT_TO_READ_IN, 0, why) :
			question_answer_folder(keeper, number_of(command, "question"), folder, read_only, cJSON_IsTrue(read_only), why);
		reply(keeper, requester, granted ? folders_event(granted) : error_new(why));
		if (answers && granted)
			question_tell(keeper);
		if (answers && granted && keeper_is_interactive(keeper))
			folders_say(keeper, granted);
	} else if (!strcmp(what, "grants")) {
		reply(keeper, requester, folders_list(keeper));
	} else if (!strcmp(what, "ungrant")) {
		bool done = folders_ungrant(keeper, number_of(command, "grant"));

		reply(keeper, requester, done ? folders_list(keeper) : error_new("there is no such grant (`wvwasi-gw grants` lists them)"));
	} else {
		return false;
	}
	return true;
}

/* Runs a command from our stdin or from a process of the same user. False: not a command. */
static bool command_do(struct keeper *keeper, uint32_t requester, const cJSON *command)
{
	const char *what = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(command, "do"));
	const cJSON *session = cJSON_GetObjectItemCaseSensitive(command, "session"),
	    *pairing_request = cJSON_GetObjectItemCaseSensitive(command, "knock");
	const cJSON *question = cJSON_GetObjectItemCaseSensitive(command, "question");

	if (!what)
		return false;
	if (folders_do(keeper, requester, what, command))
		return true;
	if (!strcmp(what, "link"))
		channel_send(&keeper->channel, DO_LINK, 0, requester, NULL, 0, -1);
	else if (!strcmp(what, "pair") || (!strcmp(what, "debug") && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(command, "lan"))))
		question_open_pairing(keeper, requester, *what == 'd', cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(command, "again")));
	else if (!strcmp(what, "debug"))
		channel_send(&keeper->channel, DO_DEBUG, 0, requester, NULL, 0, -1);
	else if (!strcmp(what, "admit") && cJSON_IsNumber(pairing_request) && pairing_request->valuedouble >= 1 &&
	         pairing_request->valuedouble <= UINT32_MAX)
		channel_send(&keeper->channel, DO_ADMIT, (uint32_t)pairing_request->valuedouble,
		             cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(command, "yes")), NULL, 0, -1);
	else if (!strcmp(what, "answer") && may_answer(keeper, requester))
		return question_answer(keeper, cJSON_IsNumber(question) &&
		                       question->valuedouble >= 0 ? (uint32_t)question->valuedouble : 0,
		                       cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(command, "yes")),
		                       cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(command, "once")));
	else if (!strcmp(what, "questions") && requester != REQUESTER_TERMINAL) {
		keeper->answerer = requester; /* the last one that asked for it */
		question_tell(keeper);
	} else if (!strcmp(what, "sessions"))
		channel_send(&keeper->channel, DO_LIST, 0, requester, NULL, 0, -1);
	else if (!strcmp(what, "revoke") && cJSON_IsNumber(session) && session->valuedouble >= 0 &&
	         session->valuedouble <= UINT32_MAX)
		channel_send(&keeper->channel, DO_REVOKE, (uint32_t)session->valuedouble, requester, NULL, 0, -1);
	else if (!strcmp(what, "stop"))
		keeper_quit(keeper);
	else if (!strcmp(what, "again") && requester != REQUESTER_TERMINAL)
		again(keeper, requester, command);
	else if (!strcmp(what, "window") && requester != REQUESTER_TERMINAL)
		windows_meet(keeper, requester);
	else if (!strcmp(what, "close") && windows_remove(&keeper->windows, requester))
		channel_send(&keeper->channel, DO_CLOSE, requester, 0, NULL, 0, -1);
	else
		return false;
	return true;
}

/* From the control socket. */
void commands_receive(void *context, uint32_t requester, const char *line)
{
	struct keeper *keeper = context;
	cJSON *command = line ? cJSON_Parse(line) : NULL;

	if (!line) {
		question_requester_gone(keeper, requester);
		windows_requester_gone(keeper, requester);
	} else if (!keeper->quitting && !command_do(keeper, requester, command))
		control_say(&keeper->control, requester, "{\"event\":\"error\",\"error\":\"this gateway doesn't know that command\"}");
	cJSON_Delete(command);
}

/* A line of the program on our stdin. */
static void command_run(struct keeper *keeper, const char *line)
{
	cJSON *command = cJSON_Parse(line);

	if (!command_do(keeper, REQUESTER_TERMINAL, command))
		keeper_complain("unknown command on stdin (known: {\"do\":\"link\"}, \"pair\", \"admit\" with \"knock\":N and "
			"\"yes\", \"debug\", \"sessions\", \"revoke\" with \"session\":N, \"stop\")");
	cJSON_Delete(command);
}

/* Is it a pipe or a socket, with a process at its other end? */
static bool is_a_process(int fd)
{
	struct stat stat;

	return fstat(fd, &stat) == 0 && (S_ISFIFO(stat.st_mode) || S_ISSOCK(stat.st_mode));
}

/* With --json the end of the pipe means that the program that started us has ended: nothing else would stop the gateway. */
static void commands_read(struct keeper *keeper)
{
	ssize_t got = read(STDIN_FILENO, keeper->command + keeper->command_length, COMMAND_MAX - 1 - keeper->command_length);
	char *line = keeper->command, *newline;

	if (got <= 0) {
		keeper->stdin_ended = got == 0 || (errno != EINTR && errno != EAGAIN);
		if (keeper->stdin_ended && is_a_process(STDIN_FILENO))
			keeper_quit(keeper);
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
		keeper->stdin_ended = true; /* after Ctrl-D a terminal can be read again */
	keeper->stdin_room = 0; /* until the gateway says so again */
	channel_send(&keeper->channel, DO_STDIN, 0, 0, bytes, (size_t)got, -1);
}

/* Not while we are in the background of the terminal: reading there would stop us. */
bool commands_wanted(struct keeper *keeper)
{
	if (keeper->quitting || keeper->prompt.pid || channel_wants_to_write(&keeper->channel))
		return false;
	if (keeper->stdin_ended) {
		if (keeper->stdin_room && !keeper->config->json) { /* so the next program that inherits stdin sees its end */
			keeper->stdin_room = 0;
			channel_send(&keeper->channel, DO_STDIN, 0, 0, NULL, 0, -1);
		}
		return false;
	}
	if (keeper->is_tty[0])
		return tcgetpgrp(STDIN_FILENO) == getpgrp();
	return keeper->config->json || keeper->stdin_room;
}

void commands_take(struct keeper *keeper)
{
	if (keeper->config->json)
		commands_read(keeper);
	else if (!keeper->stdin_room)
		keys_read(keeper);
	else
		stdin_pass(keeper);
}
