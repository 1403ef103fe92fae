#include "answer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "folders.h"
#include "prompt.h"
#include "server/base/escape.h"

/* The open question, as its event has it. */
struct asked {
	int fd;        /* the control socket */
	bool json;
	cJSON *event;  /* NULL: none is open */
	bool said;     /* it is answered, and the gateway hasn't said so yet */
	struct prompt prompt; /* for a folder */
};

static bool is_folders(const struct asked *asked) { return *ask_text(asked->event, "folderIn"); }

/* The words are in part a program's. Gives them with room for `more`, static. */
static char *words_of(const struct asked *asked, const char *more)
{
	static char words[(CONTROL_LINE_MAX + 4) * ESCAPE_GROWTH + 200];
	const char *text = ask_text(asked->event, "text");
	struct escape escape = { 0 };
	size_t length = escape_text(&escape, (const uint8_t *)text, strlen(text), words);

	length += escape_end(&escape, words + length);
	snprintf(words + length, 200, "%s", more);
	return words;
}

static void question_show(struct asked *asked)
{
	bool can_once = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(asked->event, "once"));

	if (is_folders(asked)) {
		if (!prompt_begin(&asked->prompt, words_of(asked, asked->json ? "" : "\n" PROMPT_WORDS), ask_text(asked->event, "folderIn")))
			fprintf(stderr, "wvwasi-gw: %s: cannot ask\n", strerror(errno));
	} else if (!asked->json) {
		printf("%s ", words_of(asked, can_once ? " [y: while it runs, o: once, N]" : " [y/N]"));
	}
	fflush(stdout);
}

/* Reads the user's answer about a question or a pairing request: y, o where it can be once, or anything else for no. */
static bool answer_send(const struct asked *asked)
{
	bool once;
	bool is_pairing_request = ask_is(asked->event, "knock");
	cJSON *answer = ask_new(is_pairing_request ? "admit" : "answer");
	char word[16] = "";

	if (!fgets(word, sizeof word, stdin))
		*word = 0;
	once = (*word == 'o' || *word == 'O') && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(asked->event, "once"));
	cJSON_AddNumberToObject(answer, is_pairing_request ? "knock" : "question",
	                        ask_number(asked->event, is_pairing_request ? "knock" : "question"));
	cJSON_AddBoolToObject(answer, "yes", once || *word == 'y' || *word == 'Y');
	cJSON_AddBoolToObject(answer, "once", once);
	return ask_send(asked->fd, answer);
}

/* The line that was typed: a folder, or nothing for no. */
static bool folder_send(const struct asked *asked, const char *line)
{
	cJSON *answer = ask_new("answer");

	cJSON_AddNumberToObject(answer, "question", ask_number(asked->event, "question"));
	if (*line)
		cJSON_AddStringToObject(answer, "folder", line);
	else
		cJSON_AddFalseToObject(answer, "yes");
	return ask_send(asked->fd, answer);
}

/* What the user has typed, to the gateway. False: it has gone. */
static bool typed(struct asked *asked)
{
	const char *line;

	if (!is_folders(asked))
		asked->said = answer_send(asked);
	else if (!prompt_read(&asked->prompt, &line))
		return true;
	else
		asked->said = folder_send(asked, line);
	return asked->said;
}

static void line_print(void *nothing, const char *line) { puts(line); }

/* An event of the gateway. Gives the exit code; -1: go on. Takes event. */
static int heard(struct asked *asked, cJSON *event)
{
	bool is_answered = ask_is(event, "answered"), was_asked = asked->event;

	if (ask_is(event, "granted")) {
		if (!asked->json)
			folders_text(event, line_print, NULL);
	} else if (ask_is(event, "error") && was_asked && is_folders(asked) && asked->said) { /* the question stands */
		ask_fail(1, "%s", ask_text(event, "error"));
		asked->said = false;
		question_show(asked);
	} else if (ask_is(event, "error")) {
		int exit_code = ask_fail(1, "%s", ask_text(event, "error"));

		cJSON_Delete(event);
		return exit_code;
	} else if (is_answered && was_asked) {
		cJSON_Delete(event);
		prompt_end(&asked->prompt);
		return asked->said ? 0 : ask_fail(1, "that question isn't open any more");
	} else if (is_answered) {
		fputs("No question is open: waiting for the next one (Ctrl-C ends this)\n", stderr);
	} else {
		cJSON_Delete(asked->event);
		asked->event = event;
		asked->said = false;
		question_show(asked);
		return -1;
	}
	cJSON_Delete(event);
	return -1;
}

int answer(int fd, bool json)
{
	static char line[CONTROL_LINE_MAX];
	struct asked asked = { .fd = fd, .json = json };
	int exit_code = -1;
	cJSON *event;

	prompt_init(&asked.prompt);
	if (!ask_send(fd, ask_new("questions")))
		return ask_fail(1, "the running gateway doesn't answer");
	while (exit_code < 0) {
		int from = !asked.event || asked.said ? -1 : is_folders(&asked) ? asked.prompt.fd : STDIN_FILENO;
		struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = from, .events = POLLIN } };

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return ask_fail(1, "%s: waiting for a question", strerror(errno));
		if (fds[1].revents && !fds[0].revents && !typed(&asked))
			return ask_fail(1, "the running gateway doesn't answer");
		if (!fds[0].revents)
			continue;
		event = ask_read(fd, line);
		if (!event || ask_is(event, "end")) {
			prompt_end(&asked.prompt);
			return ask_fail(1, "the gateway has ended");
		}
		if (json)
			puts(line);
		exit_code = heard(&asked, event);
	}
	cJSON_Delete(asked.event);
	return exit_code;
}
