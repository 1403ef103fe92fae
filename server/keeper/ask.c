#include "ask.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MS = 5000 };

int ask_fail(int exit_code, const char *format, ...)
{
	va_list args;

	fputs("wvwasi-gw: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return exit_code;
}

bool ask_send(int fd, cJSON *question)
{
	char *text = cJSON_PrintUnformatted(question);
	size_t length = text ? strlen(text) : 0;
	bool sent = false;

	cJSON_Delete(question);
	if (text) {
		text[length] = '\n'; /* replaces the NUL */
		sent = send(fd, text, length + 1, MSG_NOSIGNAL) == (ssize_t)(length + 1);
	}
	cJSON_free(text);
	return sent;
}

cJSON *ask_new(const char *what)
{
	cJSON *question = cJSON_CreateObject();

	cJSON_AddStringToObject(question, "do", what);
	return question;
}

cJSON *ask_read(int fd, char line[CONTROL_LINE_MAX])
{
	size_t length = 0;

	while (length < CONTROL_LINE_MAX - 1) {
		struct pollfd coming = { .fd = fd, .events = POLLIN };
		ssize_t got;

		if (poll(&coming, 1, ANSWER_MS) <= 0)
			return NULL;
		got = recv(fd, line + length, 1, 0); /* byte by byte, so that nothing behind the line is consumed */
		if (got <= 0)
			return NULL;
		if (line[length] == '\n') {
			line[length] = 0;
			return cJSON_Parse(line);
		}
		length++;
	}
	return NULL;
}

const char *ask_text(const cJSON *of, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(of, key));

	return text ? text : "";
}

double ask_number(const cJSON *of, const char *key)
{
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(of, key);

	return cJSON_IsNumber(number) ? number->valuedouble : 0;
}

bool ask_is(const cJSON *answer, const char *event)
{
	return !strcmp(ask_text(answer, "event"), event);
}
