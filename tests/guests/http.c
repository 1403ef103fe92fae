/* A web server with keep-alive for many connections at once, by POSIX sockets: `http PORT`. One poll of everything, and nothing
 * else waits. GET /N answers N bytes, GET /end ends it once that is sent. The same source runs natively. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 512, HEAD_MAX = 2048, BODY_MAX = 1 << 20 };

struct conn {
	size_t length;         /* of what has come of the head */
	char head[HEAD_MAX];
	char reply[160];
	size_t reply_length, body_length, sent; /* of both */
};

static struct pollfd fds[1 + MOST];
static struct conn conns[1 + MOST];
static int count = 1; /* the listener is the first */
static char body[BODY_MAX];
static int ends;

static void drop(int at)
{
	close(fds[at].fd);
	fds[at] = fds[--count];
	conns[at] = conns[count];
}

/* False: the connection has ended. */
static int send_more(int at)
{
	struct conn *conn = &conns[at];

	while (conn->sent < conn->reply_length + conn->body_length) {
		int in_head = conn->sent < conn->reply_length;
		const char *from = in_head ? conn->reply + conn->sent : body + (conn->sent - conn->reply_length);
		size_t length = in_head ? conn->reply_length - conn->sent : conn->reply_length + conn->body_length - conn->sent;
		ssize_t sent = send(fds[at].fd, from, length, 0);

		if (sent < 0) {
			fds[at].events = POLLOUT;
			return errno == EAGAIN;
		}
		conn->sent += (size_t)sent;
	}
	conn->reply_length = conn->body_length = conn->sent = 0;
	fds[at].events = POLLIN;
	return 1;
}

static void answer(struct conn *conn)
{
	long length = -1;

	if (!strncmp(conn->head, "GET /end ", 9))
		length = 0, ends = 1;
	else
		sscanf(conn->head, "GET /%ld ", &length);
	conn->body_length = length < 0 || length > BODY_MAX ? 0 : (size_t)length;
	conn->reply_length = (size_t)snprintf(conn->reply, sizeof conn->reply,
		"HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n",
		length < 0 || length > BODY_MAX ? "404 Not Found" : "200 OK", conn->body_length);
	/* The usual answer is one write. */
	if (conn->body_length && conn->reply_length + conn->body_length <= sizeof conn->reply) {
		memcpy(conn->reply + conn->reply_length, body, conn->body_length);
		conn->reply_length += conn->body_length;
		conn->body_length = 0;
	}
}

/* What has come; false: the connection has ended. */
static int take(int at)
{
	struct conn *conn = &conns[at];
	ssize_t got = recv(fds[at].fd, conn->head + conn->length, HEAD_MAX - 1 - conn->length, 0);
	char *end;

	if (got <= 0)
		return got < 0 && errno == EAGAIN;
	conn->length += (size_t)got;
	conn->head[conn->length] = 0;
	while ((end = strstr(conn->head, "\r\n\r\n")) && !conn->reply_length) {
		size_t its = (size_t)(end + 4 - conn->head);

		answer(conn);
		memmove(conn->head, conn->head + its, conn->length - its + 1);
		conn->length -= its;
		if (!send_more(at))
			return 0;
	}
	return conn->length < HEAD_MAX - 1;
}

static void accept_all(void)
{
	int fd;

	while (count <= MOST && (fd = accept(fds[0].fd, NULL, NULL)) >= 0) {
		fcntl(fd, F_SETFL, O_NONBLOCK);
		memset(&conns[count], 0, sizeof *conns);
		fds[count++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argc == 2 ? argv[1] : "0")),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	for (size_t i = 0; i < sizeof body; i++)
		body[i] = (char)('a' + i % 26);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (argc != 2 || bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 128)) {
		perror("http");
		return 1;
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	fds[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
	puts("listening");
	fflush(stdout);
	while (!ends || count > 1) {
		if (poll(fds, (nfds_t)count, -1) < 0)
			return perror("poll"), 1;
		for (int at = count - 1; at > 0; at--)
			if (fds[at].revents && !(fds[at].revents & POLLOUT ? send_more(at) : take(at)))
				drop(at);
		if (fds[0].revents)
			accept_all();
	}
	puts("ended");
	return 0;
}
