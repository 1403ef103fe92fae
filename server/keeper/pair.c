#include "pair.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "server/auth/pairing.h"
#include "server/base/digest.h"
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
