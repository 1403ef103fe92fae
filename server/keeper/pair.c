#include "pair.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "server/auth/pairing.h"
#include "server/base/digest.h"
#include "server/base/escape.h"
#include "server/doors/pairing_request.h"
#include "server/doors/qr.h"

static void on_qr_line(struct gateway *nobody, const char *text)
{
	puts(text);
}

static void pair_print(const cJSON *answer)
{
	qr_print(ask_text(answer, "link"), NULL, on_qr_line);
	printf("Scan it, or open %s there and type %s   (works once, within two minutes)\n", ask_text(answer, "url"),
	       ask_text(answer, "code"));
	printf("%s, SHA-256: %s\n", cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(answer,
		"ca")) ? "Our CA's fingerprint" : "The certificate's fingerprint", ask_text(answer, "fingerprint"));
	fflush(stdout);
}

/* Reads the user's answer about a pairing request: y, or anything else for no. */
static bool admit(int fd, double number)
{
	cJSON *question = ask_new("admit");
	char word[16] = "";

	if (!fgets(word, sizeof word, stdin))
		*word = 0;
	cJSON_AddNumberToObject(question, "knock", number);
	cJSON_AddBoolToObject(question, "yes", *word == 'y' || *word == 'Y');
	return ask_send(fd, question);
}

static void request_print(const cJSON *request)
{
	printf("%s at %s wants to %s programs here. Let it in, if it shows the words %s? [y/N] ", ask_text(request, "browser"),
	       ask_text(request, "address"), ask_text(request, "scope"), ask_text(request, "words"));
}

/* Prints an event of the gateway. Gives the exit code; -1: go on. */
static int pair_hear(const cJSON *answer, double *request, bool json)
{
	if (ask_is(answer, "pair") && !json) {
		pair_print(answer);
	} else if (ask_is(answer, "knock")) {
		*request = ask_number(answer, "knock");
		if (!json)
			request_print(answer);
	} else if (ask_is(answer, "knocked")) {
		if (!json)
			puts(ask_text(answer, "text"));
		return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(answer, "admitted")) ? 0 : 1;
	} else if (ask_is(answer, "error") || ask_is(answer, "end")) {
		return ask_fail(1, "%s", ask_text(answer, *ask_text(answer, "error") ? "error" : "why"));
	}
	return -1;
}

/* Runs until a browser was admitted or refused, or none came in time. */
int pair(int fd, const char *what, bool again, bool json)
{
	static char line[CONTROL_LINE_MAX];
	cJSON *question = ask_new(what), *answer;
	double request = 0; /* waits for the user's answer; 0: none */
	int exit_code = -1;

	cJSON_AddBoolToObject(question, "again", again);
	cJSON_AddBoolToObject(question, "lan", true);
	if (!ask_send(fd, question))
		return ask_fail(1, "the running gateway doesn't answer");
	while (exit_code < 0) {
		struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = request ? STDIN_FILENO : -1, .events = POLLIN } };

		if (poll(fds, 2, (PAIRING_LIFE_S + PAIRING_REQUEST_TIMEOUT_S) * 1000) <= 0)
			return ask_fail(1, "nobody came");
		if (fds[1].revents && !fds[0].revents) {
			if (!admit(fd, request))
				return ask_fail(1, "the running gateway doesn't answer");
			request = 0;
			continue;
		}
		answer = ask_read(fd, line);
		if (!answer)
			return ask_fail(1, "the running gateway doesn't answer");
		if (json)
			puts(line);
		exit_code = pair_hear(answer, &request, json);
		fflush(stdout);
		secret_forget(line, sizeof line);
		cJSON_Delete(answer);
	}
	return exit_code;
}

/* ---- answering ---- */

/* The words are in part a program's. */
static void question_show(const cJSON *asked)
{
	const char *text = ask_text(asked, "text");
	bool can_once = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(asked, "once"));
	static char escaped[(CONTROL_LINE_MAX + 4) * ESCAPE_GROWTH];
	struct escape escape = { 0 };
	size_t length = escape_text(&escape, (const uint8_t *)text, strlen(text), escaped);

	length += escape_end(&escape, escaped + length);
	printf("%.*s %s ", (int)length, escaped, can_once ? "[y: while it runs, o: once, N]" : "[y/N]");
}

/* Reads the user's answer about a question or a pairing request: y, o where it can be once, or anything else for no. */
static bool answer_send(int fd, const cJSON *asked)
{
	bool once;
	bool is_pairing_request = ask_is(asked, "knock");
	cJSON *answer = ask_new(is_pairing_request ? "admit" : "answer");
	char word[16] = "";

	if (!fgets(word, sizeof word, stdin))
		*word = 0;
	once = (*word == 'o' || *word == 'O') && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(asked, "once"));
	cJSON_AddNumberToObject(answer, is_pairing_request ? "knock" : "question",
	                        ask_number(asked, is_pairing_request ? "knock" : "question"));
	cJSON_AddBoolToObject(answer, "yes", once || *word == 'y' || *word == 'Y');
	cJSON_AddBoolToObject(answer, "once", once);
	return ask_send(fd, answer);
}

/* Asks the waiting or next question of the gateway here, because at its own terminal a program may read the keys. */
int answer(int fd, bool json)
{
	static char line[CONTROL_LINE_MAX];
	cJSON *asked = NULL, *event;
	bool said = false;

	if (!ask_send(fd, ask_new("questions")))
		return ask_fail(1, "the running gateway doesn't answer");
	for (;;) {
		struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = asked && !said ? STDIN_FILENO : -1, .events = POLLIN } };

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return ask_fail(1, "%s: waiting for a question", strerror(errno));
		if (fds[1].revents && !fds[0].revents) {
			said = answer_send(fd, asked);
			if (!said)
				return ask_fail(1, "the running gateway doesn't answer");
			continue;
		}
		if (!fds[0].revents)
			continue;
		event = ask_read(fd, line);
		if (!event || ask_is(event, "end"))
			return ask_fail(1, "the gateway has ended");
		if (json)
			puts(line);
		if (ask_is(event, "error"))
			return ask_fail(1, "%s", ask_text(event, "error"));
		if (ask_is(event, "answered") && asked)
			return said ? 0 : ask_fail(1, "that question isn't open any more");
		if (ask_is(event, "answered")) {
			fputs("No question is open: waiting for the next one (Ctrl-C ends this)\n", stderr);
			cJSON_Delete(event);
			continue;
		}
		cJSON_Delete(asked);
		asked = event;
		if (!json)
			question_show(asked);
		fflush(stdout);
	}
}
