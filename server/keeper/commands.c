#include "commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* A line of the program on our stdin. */
static void command_run(struct keeper *keeper, const char *line)
{
	cJSON *command = cJSON_Parse(line);

	if (!command_do(keeper, REQUESTER_TERMINAL, command))
		keeper_complain("unknown command on stdin (known: {\"do\":\"link\"}, \"pair\", \"admit\" with \"knock\":N and "
			"\"yes\", \"debug\", \"sessions\", \"revoke\" with \"session\":N, \"stop\")");
	cJSON_Delete(command);
}

/* ---- keys of the user's terminal ---- */

/* Is it an answer to what is asked? */
static bool key_answers(struct keeper *keeper, char key)
{
	key |= 'a' ^ 'A';
	if (keeper->question && (key == 'y' || key == 'n' || (key == 'o' && keeper->question_is_dialers)))
		return question_answer(keeper, keeper->question, key != 'n', key == 'o');
	if (!keeper->question && keeper->pairing_request && (key == 'y' || key == 'n')) {
		channel_send(&keeper->channel, DO_ADMIT, keeper->pairing_request, key == 'y', NULL, 0, -1);
		keeper->pairing_request = 0;
		return true;
	}
	return false;
}

static void say(struct keeper *keeper, const char *text)
{
	print_add(keeper, STDOUT_FILENO, (const uint8_t *)text, strlen(text), 0, true);
}

/* Behind r: the number of a session, and Enter. True: the key was part of it. */
static bool key_is_number(struct keeper *keeper, char key)
{
	char number[2] = { key, 0 };
	bool is_digit = key >= '0' && key <= '9';

	if (!keeper->asks_number)
		return false;
	if (key == ' ')
		return true;
	if (is_digit && keeper->command_length < 9) {
		keeper->command[keeper->command_length++] = key;
		print_add(keeper, STDOUT_FILENO, (const uint8_t *)number, 1, 0, false);
		return true;
	}
	keeper->asks_number = false;
	keeper->command[keeper->command_length] = 0;
	say(keeper, "");
	if (key == '\n' && keeper->command_length)
		channel_send(&keeper->channel, DO_REVOKE, (uint32_t)strtoul(keeper->command, NULL, 10), 0, NULL, 0, -1);
	keeper->command_length = 0;
	return key == '\n' || is_digit;
}

static bool key_acts(struct keeper *keeper, char key)
{
	static const char which[] = "Throw out which number of l's list? ";

	switch (key) {
	case '\n':
		channel_send(&keeper->channel, DO_LINK, 0, 0, NULL, 0, -1);
		return true;
	case 'd':
		channel_send(&keeper->channel, DO_DEBUG, 0, 0, NULL, 0, -1);
		return true;
	case 'D':
		pair_open(keeper, REQUESTER_TERMINAL, true, false);
		return true;
	case 'p':
	case 'P':
		pair_open(keeper, REQUESTER_TERMINAL, false, key == 'P');
		return true;
	case 'l':
		channel_send(&keeper->channel, DO_LIST, 0, 0, NULL, 0, -1);
		return true;
	case 'r':
		keeper->asks_number = true;
		print_add(keeper, STDOUT_FILENO, (const uint8_t *)which, sizeof which - 1, 0, false);
		return true;
	case 'q':
		keeper_quit(keeper);
		return true;
	}
	return false;
}

/* An Enter right behind a letter belongs to it: who typed one behind each command goes on doing so. */
static void key_typed(struct keeper *keeper, char key)
{
	enum { BELONGS_MS = 500 };
	uint64_t now_ms = keeper_now_ms();

	if (key == '\r')
		key = '\n';
	if (key_is_number(keeper, key))
		keeper->letter_ms = now_ms;
	else if (key == '\n' && now_ms - keeper->letter_ms < BELONGS_MS)
		keeper->letter_ms = 0;
	else if (key_answers(keeper, key))
		keeper->letter_ms = now_ms;
	else if (key >= ' ' || key == '\n') { /* escape sequences are the arrows' and the like */
		if (!key_acts(keeper, key)) {
			const char *help = keeper->lan.wanted ?
				"Enter: a new link; p: pair a phone (P: after too many wrong codes); d: debug (D: from another machine); "
				"l: who is in; r: throw out; q: quit" : "Enter: a new link; d: debug; l: who is in; r: throw out; q: quit";
			say(keeper, help);
		}
		if (!keeper->quitting)
			question_repeat(keeper);
		keeper->letter_ms = key == '\n' ? 0 : now_ms;
	}
}

/* One key at a time: what is typed behind a q is the shell's. */
static void keys_read(struct keeper *keeper)
{
	char key;
	ssize_t got = read(STDIN_FILENO, &key, 1);

	if (got == 1)
		key_typed(keeper, key);
	else if (got < 0 && errno != EINTR && errno != EAGAIN)
		keeper->stdin_ended = true; /* the terminal has gone */
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
	if (keeper->config->json)
		commands_read(keeper);
	else if (!keeper->stdin_room)
		keys_read(keeper);
	else
		stdin_pass(keeper);
}
