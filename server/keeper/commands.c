#include "commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ending.h"
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

static void pair_open(struct keeper *keeper, uint32_t requester, bool for_debugger, bool again)
{
	bool is_gone = keeper->lan.wanted && !lan_address_is_here(&keeper->lan);

	channel_send(&keeper->channel, DO_PAIR, (again ? PAIR_AGAIN : 0) | (for_debugger ? PAIR_DEBUGGER : 0) |
	             (is_gone ? PAIR_ADDRESS_GONE : 0), requester, NULL, 0, -1);
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
	if (!strcmp(what, "link"))
		channel_send(&keeper->channel, DO_LINK, 0, requester, NULL, 0, -1);
	else if (!strcmp(what, "pair") || (!strcmp(what, "debug") && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(command, "lan"))))
		pair_open(keeper, requester, *what == 'd', cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(command, "again")));
	else if (!strcmp(what, "debug"))
		channel_send(&keeper->channel, DO_DEBUG, 0, requester, NULL, 0, -1);
	else if (!strcmp(what, "admit") && cJSON_IsNumber(pairing_request) && pairing_request->valuedouble >= 1 &&
	         pairing_request->valuedouble <= UINT32_MAX)
		channel_send(&keeper->channel, DO_ADMIT, (uint32_t)pairing_request->valuedouble,
		             cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(command, "yes")), NULL, 0, -1);
	else if (!strcmp(what, "answer") && (requester == REQUESTER_TERMINAL || requester == keeper->answerer))
		return question_answer(keeper, cJSON_IsNumber(question) &&
		                       question->valuedouble >= 0 ? (uint32_t)question->valuedouble : 0,
		                       cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(command, "yes")),
		                       cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(command, "once")));
	else if (!strcmp(what, "questions") && requester != REQUESTER_TERMINAL) {
		keeper->answerer = requester; /* the last one that asked for it */
		question_tell_answerer(keeper);
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

static void command_run(struct keeper *keeper, const char *line)
{
	unsigned session;

	if (keeper->config->json) {
		cJSON *command = cJSON_Parse(line);

		if (!command_do(keeper, REQUESTER_TERMINAL, command))
			keeper_complain("unknown command on stdin (known: {\"do\":\"link\"}, \"pair\", \"admit\" with \"knock\":N and "
				"\"yes\", \"debug\", \"sessions\", \"revoke\" with \"session\":N, \"stop\")");
		cJSON_Delete(command);
	} else if (!*line) {
		channel_send(&keeper->channel, DO_LINK, 0, 0, NULL, 0, -1);
	} else if (keeper->question && (!strcasecmp(line, "y") || !strcasecmp(line, "n") ||
	                                (!strcasecmp(line, "o") && keeper->question_is_dialers))) {
		question_answer(keeper, keeper->question, strcasecmp(line, "n") != 0, !strcasecmp(line, "o"));
	} else if (!strcmp(line, "d")) {
		channel_send(&keeper->channel, DO_DEBUG, 0, 0, NULL, 0, -1);
	} else if (!strcmp(line, "p") || !strcmp(line, "p again")) {
		pair_open(keeper, REQUESTER_TERMINAL, false, line[1] == ' ');
	} else if (!strcmp(line, "d lan") || !strcmp(line, "d lan again")) {
		pair_open(keeper, REQUESTER_TERMINAL, true, line[5] == ' ');
	} else if (keeper->pairing_request && (!strcasecmp(line, "y") || !strcasecmp(line, "yes") || !strcasecmp(line, "n") ||
	                                       !strcasecmp(line, "no"))) {
		channel_send(&keeper->channel, DO_ADMIT, keeper->pairing_request, *line == 'y' || *line == 'Y', NULL, 0, -1);
		keeper->pairing_request = 0;
	} else if (!strcmp(line, "l")) {
		channel_send(&keeper->channel, DO_LIST, 0, 0, NULL, 0, -1);
	} else if (sscanf(line, "r %u", &session) == 1) {
		channel_send(&keeper->channel, DO_REVOKE, session, 0, NULL, 0, -1);
	} else if (!strcmp(line, "q")) {
		keeper_quit(keeper);
	} else {
		keeper_complain("Enter: a new link; %sd: debug; l: who is in; r N: throw out; q: quit",
		                keeper->lan.wanted ? "p: pair a phone; " : "");
	}
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
		if (keeper->stdin_ended && keeper->config->json && is_a_process(STDIN_FILENO))
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
	if (keeper->quitting || channel_wants_to_write(&keeper->channel))
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
	if (keeper->config->json || !keeper->stdin_room)
		commands_read(keeper);
	else
		stdin_pass(keeper);
}
