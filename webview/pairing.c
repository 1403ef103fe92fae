#include "pairing.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/keeper/control.h"
#include "server/keeper/running.h"

bool pairing_take(struct pairing *pairing, int fd)
{
	struct stat stat;

	*pairing = (struct pairing){ .fd = -1 };
	if (fd < 3 || fstat(fd, &stat) != 0)
		return errno = EBADF, false;
	if (!S_ISSOCK(stat.st_mode))
		return errno = ENOTSOCK, false;
	/* so that the engine's processes don't inherit it */
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		return false;
	pairing->fd = fd;
	return true;
}

void pairing_clear(struct pairing *pairing)
{
	if (pairing->fd >= 0)
		close(pairing->fd);
	explicit_bzero(pairing->line, sizeof pairing->line);
	*pairing = (struct pairing){ .fd = -1 };
}

/* The socket is empty and the line short: send() takes all of it, or the other end has gone. */
static bool line_send(const struct pairing *pairing, const char *line)
{
	size_t length = strlen(line);

	return pairing->fd >= 0 && send(pairing->fd, line, length, MSG_NOSIGNAL) == (ssize_t)length;
}

bool pairing_ask(struct pairing *pairing, const char *what)
{
	char line[64];

	snprintf(line, sizeof line, "{\"do\":\"%s\"}\n", what);
	return line_send(pairing, line);
}

bool pairing_answer(struct pairing *pairing, uint32_t question, const char *folder, bool read_only)
{
	cJSON *answer = cJSON_CreateObject();
	char line[PAIRING_LINE_MAX], *text;
	int length;

	cJSON_AddStringToObject(answer, "do", "answer");
	cJSON_AddNumberToObject(answer, "question", question);
	if (folder) {
		cJSON_AddStringToObject(answer, "folder", folder);
		cJSON_AddBoolToObject(answer, "readOnly", read_only);
	} else {
		cJSON_AddFalseToObject(answer, "yes");
	}
	text = cJSON_PrintUnformatted(answer);
	length = snprintf(line, sizeof line, "%s\n", text ? text : "");
	cJSON_free(text);
	cJSON_Delete(answer);
	return length < (int)sizeof line && line_send(pairing, line);
}

static void take_text(const cJSON *line, const char *key, char *text, size_t size)
{
	const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, key));

	snprintf(text, size, "%s", value ? value : "");
}

static enum keeper_event parse(const char *text, struct keeper_message *message)
{
	static const struct { const char *name; enum keeper_event event; } events[] = {
		{ "window", KEEPER_WINDOW }, { "browse", KEEPER_LINK }, { "closed", KEEPER_CLOSED }, { "end", KEEPER_END },
		{ "question", KEEPER_QUESTION }, { "answered", KEEPER_ANSWERED }, { "error", KEEPER_ERROR },
	};
	cJSON *line = cJSON_Parse(text);
	const char *event = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, "event"));
	double number;

	*message = (struct keeper_message){ KEEPER_NONE };
	for (size_t i = 0; event && i < sizeof events / sizeof *events; i++)
		if (!strcmp(event, events[i].name))
			message->event = events[i].event;
	take_text(line, "link", message->link, sizeof message->link);
	take_text(line, "app", message->app, sizeof message->app);
	take_text(line, "name", message->name, sizeof message->name);
	take_text(line, message->event == KEEPER_ERROR ? "error" : "why", message->why, sizeof message->why);
	number = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(line, "question"));
	message->question = number >= 1 && number <= UINT32_MAX ? (uint32_t)number : 0;
	take_text(line, "text", message->text, sizeof message->text);
	take_text(line, "folderIn", message->folder, sizeof message->folder);
	take_text(line, "wants", message->wants, sizeof message->wants);
	message->writes = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(line, "writes"));
	cJSON_Delete(line);
	return message->event;
}

/* Takes the first whole line out of the buffer. */
static bool line_take(struct pairing *pairing, char line[PAIRING_LINE_MAX])
{
	char *end = memchr(pairing->line, '\n', pairing->held);
	size_t length;

	if (!end)
		return false;
	length = (size_t)(end - pairing->line);
	memcpy(line, pairing->line, length);
	line[length] = 0;
	pairing->held -= length + 1;
	memmove(pairing->line, end + 1, pairing->held);
	return true;
}

enum keeper_event pairing_read(struct pairing *pairing, struct keeper_message *message)
{
	char line[PAIRING_LINE_MAX];

	*message = (struct keeper_message){ KEEPER_NONE };
	for (;;) {
		ssize_t got;

		while (line_take(pairing, line)) {
			enum keeper_event heard = parse(line, message); /* an unknown event comes from a newer gateway: skipped */

			explicit_bzero(line, sizeof line);
			if (heard != KEEPER_NONE)
				return heard;
		}
		if (pairing->fd < 0 || pairing->held == sizeof pairing->line)
			return message->event = KEEPER_GONE;
		got = recv(pairing->fd, pairing->line + pairing->held, sizeof pairing->line - pairing->held, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
			return KEEPER_NONE;
		if (got <= 0)
			return message->event = KEEPER_GONE;
		pairing->held += (size_t)got;
	}
}

enum keeper_event pairing_wait(struct pairing *pairing, struct keeper_message *message, int timeout_ms)
{
	struct pollfd poll_for = { .fd = pairing->fd, .events = POLLIN };

	while (pairing_read(pairing, message) == KEEPER_NONE) {
		int ready = poll(&poll_for, 1, timeout_ms); /* a line comes in one piece, so the timeout isn't reduced */

		if (ready == 0 || (ready < 0 && errno != EINTR))
			return KEEPER_NONE;
	}
	return message->event;
}

/* ---- finding one that runs ---- */

const char *pairing_find(struct pairing *pairing, const char *root, int port)
{
	char real[PATH_MAX];
	struct running_search search;

	*pairing = (struct pairing){ .fd = -1 };
	running_find(&search, root && realpath(root, real) ? real : root, port);
	if (!search.found)
		return root || port ? "no such gateway of yours runs" : "no gateway of yours runs";
	if (search.found > 1) {
		close(search.fd);
		return "several gateways of yours run: choose one by --root DIR or --port N";
	}
	pairing->fd = search.fd;
	return NULL;
}
