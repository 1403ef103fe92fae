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

bool pairing_ask(struct pairing *pairing, const char *what)
{
	char line[64];
	int length = snprintf(line, sizeof line, "{\"do\":\"%s\"}\n", what);

	/* The socket is empty and the line short: send() takes all of it, or the other end has gone. */
	return pairing->fd >= 0 && send(pairing->fd, line, (size_t)length, MSG_NOSIGNAL) == length;
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
	};
	cJSON *line = cJSON_Parse(text);
	const char *event = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, "event"));

	*message = (struct keeper_message){ KEEPER_NONE };
	for (size_t i = 0; event && i < sizeof events / sizeof *events; i++)
		if (!strcmp(event, events[i].name))
			message->event = events[i].event;
	take_text(line, "link", message->link, sizeof message->link);
	take_text(line, "app", message->app, sizeof message->app);
	take_text(line, "name", message->name, sizeof message->name);
	take_text(line, "why", message->why, sizeof message->why);
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
