#include "sharing.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "pairing.h"
#include "window.h"

enum { ORIGIN_MAX = 128, OPENED_MS = 10000, CLOSED_MS = 3000, BACKLOG = 4 };

/* The socket of a folder: bound or connected, for a path may be longer than an address. -1: it can't be. */
static int socket_of(const char *folder, bool binds)
{
	int directory = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct sockaddr *to = (const struct sockaddr *)&address;

	if (directory < 0)
		return -1;
	snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/window", directory);
	if (binds)
		unlink(address.sun_path); /* of a process that has ended: the lock is ours */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && (binds ? bind(fd, to, sizeof address) || listen(fd, BACKLOG) : connect(fd, to, sizeof address))) {
		close(fd);
		fd = -1;
	}
	close(directory);
	return fd;
}

/* ---- who holds the data ---- */

static const char *served_origin;

struct guest { /* a process that wants a window */
	int fd;
	void *window;
};

static void on_window_closed(void *context)
{
	struct guest *guest = context;

	guest->window = NULL;
	shutdown(guest->fd, SHUT_RDWR); /* on_guest() hears of it */
}

/* It says its origin, and ends when it doesn't want its window any more. */
static bool on_guest(void *context)
{
	struct guest *guest = context;
	char origin[ORIGIN_MAX];
	ssize_t length = recv(guest->fd, origin, sizeof origin - 1, MSG_DONTWAIT);

	if (length > 0 && !guest->window) {
		origin[length] = 0;
		guest->window = strcmp(origin, served_origin) ? NULL : window_another(on_window_closed, guest);
		if (guest->window && send(guest->fd, "1", 1, MSG_NOSIGNAL) == 1)
			return true;
	}
	if (guest->window)
		window_another_end(guest->window);
	close(guest->fd);
	free(guest);
	return false;
}

static bool on_knock(void *context)
{
	int fd = accept4(*(int *)context, NULL, NULL, SOCK_CLOEXEC);
	struct guest *guest = fd >= 0 ? malloc(sizeof *guest) : NULL;

	if (guest) {
		*guest = (struct guest){ .fd = fd };
		window_watch(fd, on_guest, guest);
	} else if (fd >= 0) {
		close(fd);
	}
	return true;
}

void sharing_serve(const char *folder, const char *origin)
{
	static int listener;

	listener = socket_of(folder, true);
	served_origin = origin;
	if (listener >= 0)
		window_watch(listener, on_knock, &listener);
}

/* ---- who asks ---- */

static bool is_opened(int fd, const char *origin)
{
	struct pollfd opened = { .fd = fd, .events = POLLIN };
	char yes;

	return send(fd, origin, strlen(origin), MSG_NOSIGNAL) == (ssize_t)strlen(origin) && poll(&opened, 1, OPENED_MS) == 1 &&
	       recv(fd, &yes, 1, 0) == 1;
}

bool sharing_join(const char *folder, const char *origin, struct pairing *pairing)
{
	struct keeper_message message;
	int fd = socket_of(folder, false);
	struct pollfd ends[] = { { .fd = fd, .events = POLLIN }, { .fd = pairing->fd, .events = POLLIN } };

	if (fd < 0 || !is_opened(fd, origin)) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (!ends[0].revents) {
		poll(ends, 2, -1);
		if (ends[1].revents && pairing_read(pairing, &message) == KEEPER_GONE)
			ends[1].fd = -1; /* the window says it */
	}
	close(fd);
	if (pairing_ask(pairing, "close"))
		while (pairing_wait(pairing, &message, CLOSED_MS) != KEEPER_NONE && message.event < KEEPER_CLOSED)
			;
	return true;
}
