#include "questions.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ending.h"
#include "printing.h"
#include "server/base/dialer_messages.h"
#include "server/doors/requests.h"

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

void question_tell_answerer(struct keeper *keeper)
{
	bool is_pairing_request = keeper->pairing_request && !keeper->question;
	cJSON *event = cJSON_CreateObject();
	char *line;

	if (keeper->question || keeper->pairing_request) {
		cJSON_AddStringToObject(event, "event", is_pairing_request ? "knock" : "question");
		cJSON_AddNumberToObject(event, is_pairing_request ? "knock" : "question",
		                        is_pairing_request ? keeper->pairing_request : keeper->question);
		cJSON_AddStringToObject(event, "text", keeper->asked);
		if (!is_pairing_request && keeper->question_is_dialers)
			cJSON_AddTrueToObject(event, "once");
	} else {
		cJSON_AddStringToObject(event, "event", "answered");
	}
	line = cJSON_PrintUnformatted(event);
	if (line && keeper->answerer)
		control_say(&keeper->control, keeper->answerer, line);
	cJSON_free(line);
	cJSON_Delete(event);
}

/* Prints it to the user at our terminal. */
static void question_print(struct keeper *keeper)
{
	char text[sizeof keeper->asked + 100];

	keeper->asked_elsewhere = !keys_are_ours(keeper);
	snprintf(text, sizeof text, "%s  (%s)", keeper->asked,
	         keeper->asked_elsewhere ? "answer it by `wvwasi-gw answer` in another terminal" :
	         keeper->question && keeper->question_is_dialers ? "y: yes, while it runs; o: once; n: no" : "y: yes, n: no");
	print_add(keeper, STDOUT_FILENO, (const uint8_t *)text, strlen(text), 0, true);
	keeper->asked_ms = keeper_now_ms();
}

void question_repeat(struct keeper *keeper)
{
	if (keeper_is_interactive(keeper) && (keeper->question || keeper->pairing_request))
		question_print(keeper);
}

void question_look(struct keeper *keeper)
{
	if (keeper_now_ms() - keeper->asked_ms >= REPEAT_MS)
		question_repeat(keeper);
}

int question_wait(const struct keeper *keeper, int timeout)
{
	uint64_t passed_ms = keeper_now_ms() - keeper->asked_ms;
	int left = passed_ms < REPEAT_MS ? (int)(REPEAT_MS - passed_ms) : 0;

	if (!keeper_is_interactive(keeper) || (!keeper->question && !keeper->pairing_request))
		return timeout;
	return timeout >= 0 && timeout < left ? timeout : left;
}

/* To the gateway or the dialer, whose question it is. */
static void question_reply(struct keeper *keeper, bool is_dialers, uint32_t question, uint32_t answer)
{
	channel_send(is_dialers ? &keeper->dialing.channel : &keeper->channel, is_dialers ? DIALER_ANSWER : DO_ANSWER, question,
		answer, NULL, 0, -1);
}

static void ask(struct keeper *keeper, const struct channel_message *message, bool is_dialers)
{
	bool interactive = keeper_is_interactive(keeper);
	cJSON *event;
	char *line;

	if (keeper->question && keeper->question_is_dialers != is_dialers) {
		if (!message->length)
			return;
		if (is_dialers) { /* it asks again later */
			question_reply(keeper, true, message->a, 3);
			return;
		}
		question_reply(keeper, true, keeper->question, 3);
	}
	keeper->question = message->length ? message->a : 0;
	keeper->question_is_dialers = is_dialers;
	if (!message->length) {
		question_tell_answerer(keeper);
		return;
	}
	if (!keeper->config->json && ((!interactive && !keeper->answerer) || keeper->pairing_request)) {
		keeper->question = 0;
		question_reply(keeper, is_dialers, message->a, interactive ? 3 : 2);
		return;
	}
	snprintf(keeper->asked, sizeof keeper->asked, "%.500s", (const char *)message->bytes);
	question_tell_answerer(keeper);
	if (interactive)
		question_print(keeper);
	if (!keeper->config->json)
		return;
	event = cJSON_CreateObject();
	cJSON_AddStringToObject(event, "event", "question");
	cJSON_AddNumberToObject(event, "question", message->a);
	cJSON_AddStringToObject(event, "text", keeper->asked);
	if (is_dialers)
		cJSON_AddTrueToObject(event, "once");
	line = cJSON_PrintUnformatted(event);
	if (line)
		print_add(keeper, STDOUT_FILENO, (const uint8_t *)line, strlen(line), 0, true);
	cJSON_free(line);
	cJSON_Delete(event);
}

void question_ask(struct keeper *keeper, const struct channel_message *message) { ask(keeper, message, false); }
void question_ask_for_dialer(struct keeper *keeper, const struct channel_message *message) { ask(keeper, message, true); }

void question_pairing_request(struct keeper *keeper, const struct channel_message *message)
{
	if (message->a && keeper->question && !keeper->config->json) { /* a y answers the last question alone */
		question_reply(keeper, keeper->question_is_dialers, keeper->question, 3);
		keeper->question = 0;
	}
	keeper->pairing_request = message->a;
	if (message->a) {
		snprintf(keeper->asked, sizeof keeper->asked, "%.500s", (const char *)message->bytes);
		question_print(keeper);
	}
	question_tell_answerer(keeper);
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

	if (!question || question != keeper->question || (once && !keeper->question_is_dialers))
		return false;
	keeper->question = 0;
	question_reply(keeper, keeper->question_is_dialers, question, !yes ? NO : once ? ONCE : YES);
	question_tell_answerer(keeper);
	return true;
}

void question_requester_gone(struct keeper *keeper, uint32_t requester)
{
	if (requester == keeper->answerer)
		keeper->answerer = 0;
}
