#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { OUT_MAX = 1 << 20 };

/* Names the socket by the folder's descriptor: an address has room for 108 bytes, the folder's path may be longer. */
static void address_of(int folder_fd, const char *name, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%.32s", folder_fd, name);
}

/* Root can connect to every socket, but isn't the same user unless we are root. */
static bool is_same_user(int fd)
{
	struct ucred peer;
	socklen_t length = sizeof peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == geteuid();
}

void control_init(struct control *control)
{
	*control = (struct control){ .fd = -1 };
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		control->clients[i].fd = -1;
}

bool control_open(struct control *control, int folder_fd, const char *name)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error;
	mode_t mask;
	bool bound;

	if (fd < 0)
		return false;
	address_of(folder_fd, name, &address);
	unlinkat(folder_fd, name, 0); /* we hold the state's lock, so the socket's owner is dead */
	mask = umask(0177);
	bound = bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
	umask(mask);
	if (!bound || listen(fd, CONTROL_CLIENTS_MAX) != 0) {
		error = errno;
		close(fd);
		errno = error;
		return false;
	}
	control->fd = fd;
	control->folder_fd = folder_fd;
	snprintf(control->name, sizeof control->name, "%s", name);
	return true;
}

static void client_clear(struct control_client *client)
{
	close(client->fd);
	free(client->in);
	if (client->out)
		explicit_bzero(client->out, client->out_length); /* it may have held a link */
	free(client->out);
	*client = (struct control_client){ .fd = -1 };
}

void control_close(struct control *control)
{
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (control->clients[i].fd >= 0)
			client_clear(&control->clients[i]);
	if (control->fd >= 0) {
		unlinkat(control->folder_fd, control->name, 0);
		close(control->fd);
	}
	control->fd = -1;
}

void control_poll(const struct control *control, struct pollfd *fds)
{
	bool has_room = false;

	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		const struct control_client *client = &control->clients[i];

		has_room |= client->fd < 0;
		fds[1 + i] = (struct pollfd){ .fd = client->fd, .events = client->out ? POLLIN | POLLOUT : POLLIN };
	}
	fds[0] = (struct pollfd){ .fd = has_room ? control->fd : -1, .events = POLLIN };
}

static void client_accept(struct control *control)
{
	struct control_client *client = control->clients;
	int fd = accept4(control->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	while (client < control->clients + CONTROL_CLIENTS_MAX && client->fd >= 0)
		client++;
	if (fd < 0)
		return;
	if (client == control->clients + CONTROL_CLIENTS_MAX || !is_same_user(fd)) {
		close(fd);
		return;
	}
	*client = (struct control_client){ .fd = fd, .requester = ++control->last_requester };
}

uint32_t control_adopt(struct control *control, int fd)
{
	struct control_client *client = control->clients;

	while (client < control->clients + CONTROL_CLIENTS_MAX && client->fd >= 0)
		client++;
	if (client == control->clients + CONTROL_CLIENTS_MAX) {
		close(fd);
		return 0;
	}
	*client = (struct control_client){ .fd = fd, .requester = ++control->last_requester };
	return client->requester;
}

/* False: the client has gone, or its line is too long. */
static bool client_read(struct control_client *client, void on_line(void *, uint32_t, const char *), void *context)
{
	char *line, *newline;
	ssize_t got;

	if (!client->in && !(client->in = malloc(CONTROL_LINE_MAX)))
		return false;
	got = recv(client->fd, client->in + client->in_length, CONTROL_LINE_MAX - client->in_length, MSG_DONTWAIT);
	if (got <= 0)
		return got < 0 && (errno == EAGAIN || errno == EINTR);
	client->in_length += (size_t)got;
	for (line = client->in; (newline = memchr(line, '\n', client->in_length - (size_t)(line - client->in))); line = newline + 1) {
		*newline = 0;
		on_line(context, client->requester, line);
	}
	client->in_length -= (size_t)(line - client->in);
	memmove(client->in, line, client->in_length);
	return client->in_length < CONTROL_LINE_MAX;
}

/* False: the client has gone. */
static bool client_flush(struct control_client *client)
{
	ssize_t sent = send(client->fd, client->out, client->out_length, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent < 0)
		return errno == EAGAIN || errno == EINTR;
	client->out_length -= (size_t)sent;
	memmove(client->out, client->out + sent, client->out_length);
	if (!client->out_length) {
		free(client->out);
		client->out = NULL;
	}
	return true;
}

void control_turn(struct control *control, const struct pollfd *fds,
                  void on_line(void *context, uint32_t requester, const char *line), void *context)
{
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct control_client *client = &control->clients[i];

		if (client->fd < 0 || client->fd != fds[1 + i].fd || !fds[1 + i].revents)
			continue;
		if ((client->out && !client_flush(client)) ||
		    ((fds[1 + i].revents & (POLLIN | POLLHUP | POLLERR)) && !client_read(client, on_line, context))) {
			uint32_t requester = client->requester;

			client_clear(client);
			on_line(context, requester, NULL);
		}
	}
	if (control->fd >= 0 && fds[0].revents & POLLIN)
		client_accept(control);
}

void control_say(struct control *control, uint32_t requester, const char *line)
{
	size_t length = strlen(line);

	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct control_client *client = &control->clients[i];
		char *out;

		if (client->fd < 0 || (requester && client->requester != requester) || client->out_length > OUT_MAX)
			continue;
		out = realloc(client->out, client->out_length + length + 1);
		if (!out)
			continue;
		memcpy(out + client->out_length, line, length);
		out[client->out_length + length] = '\n';
		client->out = out;
		client->out_length += length + 1;
		client_flush(client); /* poll(2) will report a client that has gone */
	}
}

int control_connect(int folder_fd, const char *name)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	if (fd < 0)
		return -1;
	address_of(folder_fd, name, &address);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 && is_same_user(fd))
		return fd;
	error = errno ? errno : EPERM;
	close(fd);
	errno = error;
	return -1;
}
