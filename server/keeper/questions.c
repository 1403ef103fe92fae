#include "questions.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ending.h"
#include "folders.h"
#include "printing.h"
#include "server/base/dialer_messages.h"
#include "server/doors/requests.h"
#include "terminal_keys.h"

enum { REPEAT_MS = 30000 };

bool keeper_is_interactive(const struct keeper *keeper)
{
	return keeper->is_tty[0] && keeper->is_tty[1] && !keeper->config->json;
}

/* Does a program, or another process in the terminal's foreground, read what is typed here? Then a y doesn't reach us. */
static bool keys_are_ours(const struct keeper *keeper)
{
	return !keeper->stdin_room && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* What a question is, for whoever may answer it. Yours. */
static char *question_event(const struct keeper *keeper)
{
	static const char *const wants[] = { "folder", "folder", "", "file", "file", "save" };
	cJSON *event = cJSON_CreateObject();
	char *line;

	cJSON_AddStringToObject(event, "event", "question");
	cJSON_AddNumberToObject(event, "question", keeper->question);
	cJSON_AddStringToObject(event, "text", keeper->asked);
	if (keeper->asker == ASKER_DIALER)
		cJSON_AddTrueToObject(event, "once");
	if (keeper->asker == ASKER_FOLDER) { /* where it may be */
		cJSON_AddStringToObject(event, "folderIn", keeper->grantable.path);
		cJSON_AddStringToObject(event, "wants", wants[keeper->asked_wanted]);
		cJSON_AddBoolToObject(event, "writes", keeper->asked_wanted != WANT_TO_READ_IN && keeper->asked_wanted != WANT_TO_READ);
	}
	line = cJSON_PrintUnformatted(event);
	cJSON_Delete(event);
	return line;
}

static char *pairing_event(const struct keeper *keeper)
{
	cJSON *event = cJSON_CreateObject();
	char *line;

	cJSON_AddStringToObject(event, "event", keeper->pairing_request ? "knock" : "answered");
	if (keeper->pairing_request) {
		cJSON_AddNumberToObject(event, "knock", keeper->pairing_request);
		cJSON_AddStringToObject(event, "text", keeper->asked);
	}
	line = cJSON_PrintUnformatted(event);
	cJSON_Delete(event);
	return line;
}

static bool has_dialog(const struct keeper *keeper)
{
	bool has = keeper->windows.dialog;

	for (int i = 0; i < WINDOWS_MAX; i++)
		has |= keeper->windows.requesters[i] != 0;
	return has;
}

void question_tell_window(struct keeper *keeper, uint32_t requester)
{
	bool is_folders = keeper->question && keeper->asker == ASKER_FOLDER;
	char *line = is_folders ? question_event(keeper) : NULL;

	control_say(&keeper->control, requester, line ? line : "{\"event\":\"answered\"}");
	cJSON_free(line);
}

void question_tell(struct keeper *keeper)
{
	char *line = keeper->question ? question_event(keeper) : pairing_event(keeper);

	if (line && keeper->answerer)
		control_say(&keeper->control, keeper->answerer, line);
	cJSON_free(line);
	for (int i = 0; i < WINDOWS_MAX; i++)
		if (keeper->windows.requesters[i])
			question_tell_window(keeper, keeper->windows.requesters[i]);
	if (keeper->windows.dialog)
		question_tell_window(keeper, keeper->windows.dialog);
	if (!keeper->question || keeper->asker != ASKER_FOLDER) { /* then the dialog ends itself */
		keeper->windows.dialog_left = keeper->windows.dialog ? keeper->windows.dialog : keeper->windows.dialog_left;
		keeper->windows.dialog = 0;
	}
}

/* Without a window of ours, but on a desktop: a dialog alone. Whoever started us with --json asks by other means. */
static void dialog_want(struct keeper *keeper)
{
	int fd;

	if (!has_dialog(keeper) && !keeper->config->json && window_start_dialog(&keeper->windows, keeper->config, &fd))
		keeper->windows.dialog = control_adopt(&keeper->control, fd);
}

/* Asks for a folder's path at our terminal. False: that can't be done. */
static bool prompt(struct keeper *keeper, const char *words)
{
	terminal_keys_give_back(); /* until the line is there */
	return prompt_begin(&keeper->prompt, words, keeper->grantable.path);
}

static bool question_prompt(struct keeper *keeper)
{
	char words[(sizeof keeper->asked + 4) * ESCAPE_GROWTH + 100];
	struct escape escape = { 0 };
	size_t length = escape_text(&escape, (const uint8_t *)keeper->asked, strlen(keeper->asked), words);

	length += escape_end(&escape, words + length);
	snprintf(words + length, 100, "\n%s", PROMPT_WORDS);
	return prompt(keeper, words);
}

void question_offer_folder(struct keeper *keeper)
{
	folders_say(keeper, NULL);
	print_some(keeper); /* before what bash prints */
	prompt(keeper, "Grant one more folder.\n" PROMPT_WORDS);
}

/* Prints it to the user at our terminal. */
static void question_print(struct keeper *keeper)
{
	bool is_folders = keeper->question && keeper->asker == ASKER_FOLDER;
	char text[sizeof keeper->asked + 120];

	prompt_end(&keeper->prompt);
	keeper->asked_elsewhere = !keys_are_ours(keeper);
	if (is_folders && !keeper->asked_elsewhere && question_prompt(keeper))
		return;
	snprintf(text, sizeof text, "%s  (%s)", keeper->asked,
	         is_folders ? "answer it by `wvwasi-gw answer` in another terminal, or by `wvwasi-gw grant DIR`" :
	         keeper->asked_elsewhere ? "answer it by `wvwasi-gw answer` in another terminal" :
	         keeper->question && keeper->asker == ASKER_DIALER ? "y: yes, while it runs; o: once; n: no" : "y: yes, n: no");
	print_add(keeper, STDOUT_FILENO, (const uint8_t *)text, strlen(text), 0, true);
	keeper->asked_ms = keeper_now_ms();
}

void question_repeat(struct keeper *keeper)
{
	if (keeper_is_interactive(keeper) && !keeper->prompt.pid && (keeper->question || keeper->pairing_request))
		question_print(keeper);
}

/* To the gateway or the dialer, whose question it is. */
static void question_reply(struct keeper *keeper, enum asker asker, uint32_t question, uint32_t answer)
{
	static const uint32_t types[] = { [ASKER_DEBUGGER] = DO_ANSWER, [ASKER_DIALER] = DIALER_ANSWER, [ASKER_FOLDER] = DO_REFUSE };

	struct channel *channel = asker == ASKER_DIALER ? &keeper->dialing.channel : &keeper->channel;

	channel_send(channel, types[asker], question, answer, NULL, 0, -1);
}

/* Can anybody answer? */
static bool is_heard(const struct keeper *keeper)
{
	return keeper->config->json || keeper_is_interactive(keeper) || keeper->answerer ||
	       (keeper->asker == ASKER_FOLDER && has_dialog(keeper));
}

void question_look(struct keeper *keeper)
{
	if (keeper->question && keeper->asker == ASKER_FOLDER && !is_heard(keeper)) { /* whoever was asked has gone */
		question_reply(keeper, ASKER_FOLDER, keeper->question, 2);
		keeper->question = 0;
	}
	if (keeper_now_ms() - keeper->asked_ms >= REPEAT_MS)
		question_repeat(keeper);
}

int question_wait(const struct keeper *keeper, int timeout)
{
	uint64_t passed_ms = keeper_now_ms() - keeper->asked_ms;
	int left = passed_ms < REPEAT_MS ? (int)(REPEAT_MS - passed_ms) : 0;

	if (!keeper_is_interactive(keeper) || keeper->prompt.pid || (!keeper->question && !keeper->pairing_request))
		return timeout;
	return timeout >= 0 && timeout < left ? timeout : left;
}

static void ask(struct keeper *keeper, const struct channel_message *message, enum asker asker)
{
	bool interactive = keeper_is_interactive(keeper);
	char *line;

	if (keeper->question && keeper->asker != asker) {
		if (!message->length)
			return;
		if (asker != ASKER_DEBUGGER) { /* it asks again later */
			question_reply(keeper, asker, message->a, 3);
			return;
		}
		question_reply(keeper, keeper->asker, keeper->question, 3);
	}
	prompt_end(&keeper->prompt);
	keeper->question = message->length ? message->a : 0;
	keeper->asker = asker;
	if (!message->length) {
		question_tell(keeper);
		return;
	}
	if (asker == ASKER_FOLDER && !keeper->pairing_request)
		dialog_want(keeper);
	if (!is_heard(keeper) || (keeper->pairing_request && !keeper->config->json)) {
		keeper->question = 0;
		question_reply(keeper, asker, message->a, is_heard(keeper) ? 3 : 2);
		return;
	}
	keeper->asked_wanted = asker == ASKER_FOLDER && message->b <= WANT_TO_SAVE ? (enum wanted)message->b : WANT_TO_READ_IN;
	snprintf(keeper->asked, sizeof keeper->asked, "%.500s", (const char *)message->bytes);
	question_tell(keeper);
	if (interactive)
		question_print(keeper);
	line = keeper->config->json ? question_event(keeper) : NULL;
	if (line)
		print_add(keeper, STDOUT_FILENO, (const uint8_t *)line, strlen(line), 0, true);
	cJSON_free(line);
}

void question_ask(struct keeper *keeper, const struct channel_message *message) { ask(keeper, message, ASKER_DEBUGGER); }
void question_ask_for_dialer(struct keeper *keeper, const struct channel_message *message) { ask(keeper, message, ASKER_DIALER); }
void question_ask_for_folder(struct keeper *keeper, const struct channel_message *message) { ask(keeper, message, ASKER_FOLDER); }

void question_open_pairing(struct keeper *keeper, uint32_t requester, bool for_debugger, bool again)
{
	bool is_gone = keeper->lan.wanted && !lan_address_is_here(&keeper->lan);

	channel_send(&keeper->channel, DO_PAIR, (again ? PAIR_AGAIN : 0) | (for_debugger ? PAIR_DEBUGGER : 0) |
	             (is_gone ? PAIR_ADDRESS_GONE : 0), requester, NULL, 0, -1);
}

void question_pairing_request(struct keeper *keeper, const struct channel_message *message)
{
	if (message->a && keeper->question && !keeper->config->json) { /* a y answers the last question alone */
		prompt_end(&keeper->prompt);
		question_reply(keeper, keeper->asker, keeper->question, 3);
		keeper->question = 0;
	}
	keeper->pairing_request = message->a;
	if (message->a) {
		snprintf(keeper->asked, sizeof keeper->asked, "%.500s", (const char *)message->bytes);
		question_print(keeper);
	}
	question_tell(keeper);
}

void question_keys_lent(struct keeper *keeper)
{
	static const char text[] =
		"What is typed here is the program's now. In another terminal: wvwasi-gw link, pair, debug, answer, sessions, revoke N "
		"or stop";

	if (keeper_is_interactive(keeper) && keeper->stdin_room && !keeper->keys_lent)
		print_add(keeper, STDOUT_FILENO, (const uint8_t *)text, strlen(text), 0, true);
	keeper->keys_lent |= keeper->stdin_room > 0;
	if (keeper_is_interactive(keeper) && keeper->stdin_room && (keeper->question || keeper->pairing_request) &&
	    !keeper->asked_elsewhere)
		question_print(keeper);
}

bool question_answer(struct keeper *keeper, uint32_t question, bool yes, bool once)
{
	enum { NO, YES, ONCE = 4 };

	if (!question || question != keeper->question || (once && keeper->asker != ASKER_DIALER) ||
	    (yes && keeper->asker == ASKER_FOLDER))
		return false;
	prompt_end(&keeper->prompt);
	keeper->question = 0;
	question_reply(keeper, keeper->asker, question, !yes ? NO : once ? ONCE : YES);
	question_tell(keeper);
	return true;
}

const struct granted *question_answer_folder(struct keeper *keeper, uint32_t question, const char *named, bool picked,
                                             bool read_only, char why[GRANTABLE_WHY])
{
	const struct granted *granted;

	if (!question || question != keeper->question || keeper->asker != ASKER_FOLDER) {
		snprintf(why, GRANTABLE_WHY, "that question isn't open any more");
		return NULL;
	}
	granted = !picked ? folders_grant(keeper, named, keeper->asked_wanted, question, why) :
		folders_grant_wish(keeper, &(struct grant_wish){ named, NULL, read_only, keeper->asked_wanted }, question, why);
	if (granted) {
		prompt_end(&keeper->prompt);
		keeper->question = 0;
	}
	return granted;
}

void question_prompted(struct keeper *keeper)
{
	bool is_asked = keeper->question && keeper->asker == ASKER_FOLDER;
	const struct granted *granted = NULL;
	char why[GRANTABLE_WHY];
	const char *line;

	if (!prompt_read(&keeper->prompt, &line))
		return;
	if (!*line && is_asked)
		question_answer(keeper, keeper->question, false, false);
	if (!*line)
		return;
	granted = !is_asked ? folders_grant(keeper, line, WANT_TO_READ_IN, 0, why) :
		question_answer_folder(keeper, keeper->question, line, false, false, why);
	if (!granted)
		keeper_complain("%s", why);
	else
		folders_say(keeper, granted);
	if (granted && is_asked)
		question_tell(keeper);
	else
		question_repeat(keeper);
}

void question_requester_gone(struct keeper *keeper, uint32_t requester)
{
	if (requester == keeper->answerer)
		keeper->answerer = 0;
	if (requester == keeper->windows.dialog || requester == keeper->windows.dialog_left)
		window_reap(&keeper->windows.dialog_pid);
	if (requester == keeper->windows.dialog)
		keeper->windows.dialog = 0;
}
