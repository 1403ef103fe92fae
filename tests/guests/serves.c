/* Two kinds of server on a socket that was given, each for COUNT requests: `serves loop FD COUNT`, whose accept and recv wait,
 * one connection after the other; `serves poll FD COUNT`, which does what Go's and TinyGo's schedulers do: nothing waits but one
 * poll of everything. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 64, HEAD_MAX = 512 };

struct conn {
	int fd;
	size_t length;
	char head[HEAD_MAX];
};

static int fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return 1;
}

/* 1: it is whole; 0: more is to come; -1: with an error. */
static int receive(struct conn *conn)
{
	ssize_t got = recv(conn->fd, conn->head + conn->length, HEAD_MAX - 1 - conn->length, 0);

	if (got < 0)
		return errno == EAGAIN ? 0 : -1;
	conn->length += (size_t)got;
	conn->head[conn->length] = 0;
	return strstr(conn->head, "\r\n\r\n") ? 1 : got ? 0 : -1;
}

/* The path that was asked for is the answer. */
static int answer(struct conn *conn)
{
	char reply[HEAD_MAX + 64];
	char *path = conn->head + strcspn(conn->head, " ");

	path[1 + strcspn(path + 1, " ")] = 0;
	size_t length = (size_t)snprintf(reply, sizeof reply, "HTTP/1.0 200 OK\r\n\r\n%s", path + (*path == ' '));
	ssize_t sent = send(conn->fd, reply, length, 0);

	shutdown(conn->fd, SHUT_RDWR);
	close(conn->fd);
	return sent == (ssize_t)length ? 0 : -1;
}

static int loop(int listener, int count)
{
	static struct conn conn;

	while (count--) {
		int whole;

		conn.length = 0;
		conn.fd = accept(listener, NULL, NULL);
		if (conn.fd < 0)
			return fail("accept");
		while ((whole = receive(&conn)) == 0)
			;
		if (whole < 0 || answer(&conn))
			return fail("a connection");
	}
	return 0;
}

/* Everybody who is there: accept says EAGAIN when nobody is left. */
static int accept_all(int listener, struct conn *conns, int *open, int *most)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			return errno == EAGAIN ? 0 : -1;
		if (*open == MOST || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
			return -1;
		conns[(*open)++] = (struct conn){ .fd = fd };
		if (*open > *most)
			*most = *open;
	}
}

static int poll_all(int listener, int count)
{
	static struct conn conns[MOST];
	struct pollfd fds[MOST + 1];
	int open = 0, most = 0;

	while (count) {
		if (accept_all(listener, conns, &open, &most))
			return fail("accept");
		fds[open] = (struct pollfd){ .fd = listener, .events = POLLIN };
		for (int i = 0; i < open; i++)
			fds[i] = (struct pollfd){ .fd = conns[i].fd, .events = POLLIN };
		if (poll(fds, (nfds_t)open + 1, -1) < 1)
			return fail("poll");
		for (int i = open - 1; i >= 0; i--) {
			int whole = fds[i].revents ? receive(&conns[i]) : 0;

			if (!whole)
				continue;
			if (whole < 0 || answer(&conns[i]))
				return fail("a connection");
			conns[i] = conns[--open];
			count--;
		}
	}
	printf("at once: %d\n", most);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	printf("listening\n");
	fflush(stdout);
	return (strcmp(argv[1], "loop") ? poll_all : loop)(atoi(argv[2]), atoi(argv[3]));
}
