/* A program's small sends. The same source runs natively and, over guest/, in the gateway.
 * sends PORT reply|exit|again|reset|shut, sends PORT most|whole BYTES: connects to PORT of 127.0.0.1
 * reply: ROUNDS answers of LINES small sends each, for which the peer sends a byte; closes
 * exit: one answer, and main() returns behind it; most: BYTES in sends of 4,000, and it returns; whole: in one send and one write
 * again: three connections one after the other, each with a byte there and one back
 * reset: the peer resets the connection; what calls on it say behind that
 * shut: one answer, ends its direction, reads to the end, and says how much */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROUNDS = 5, LINES = 20 };

static int answer(int fd)
{
	char line[64];

	for (int i = 0; i < LINES; i++) {
		int length = snprintf(line, sizeof line, "line %d\n", i);

		if ((i % 2 ? send(fd, line, (size_t)length, 0) : write(fd, line, (size_t)length)) != length)
			return perror("send"), 1;
	}
	return 0;
}

static int send_most(int fd, long bytes)
{
	static char piece[4000];

	for (long at = 0; at < bytes; at += (long)sizeof piece) {
		for (size_t i = 0; i < sizeof piece; i++)
			piece[i] = (char)('a' + (at + (long)i) % 23);
		if (send(fd, piece, sizeof piece, 0) != sizeof piece)
			return perror("send"), 1;
	}
	return 0;
}

static int send_whole(int fd, long bytes)
{
	char *all = malloc((size_t)bytes);
	long half = bytes / 2;

	for (long i = 0; i < bytes; i++)
		all[i] = (char)('a' + i % 23);
	if (send(fd, all, (size_t)half, 0) != half || write(fd, all + half, (size_t)(bytes - half)) != bytes - half)
		return perror("send"), 1;
	return 0;
}

static const char *outcome(ssize_t result)
{
	return result >= 0 ? "done" : errno == EPIPE || errno == ECONNRESET ? "reset" : strerror(errno);
}

/* A byte is sent, and the first call behind it that can know of its failure says so, once. */
static int be_reset(int fd)
{
	char byte;
	struct pollfd until = { .fd = fd, .events = POLLIN };

	send(fd, "a", 1, 0);
	poll(&until, 1, 10000); /* the reset has come */
	printf("send: %s\n", outcome(send(fd, "b", 1, 0)));
	printf("recv: %s\n", outcome(recv(fd, &byte, 1, 0)));
	printf("send: %s\n", outcome(send(fd, "c", 1, 0)));
	printf("close: %s\n", outcome(close(fd)));
	return 0;
}

static int ask_again(const struct sockaddr_in *address)
{
	char byte;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (const struct sockaddr *)address, sizeof *address) || send(fd, "a", 1, 0) != 1 || recv(fd, &byte, 1, 0) != 1)
		return perror("again"), 1;
	return close(fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argc > 2 ? argv[1] : "0")) };
	const char *what = argc > 2 ? argv[2] : "";
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char bytes[1000];
	ssize_t got, all = 0;

	inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
	if (!strcmp(what, "again"))
		return ask_again(&address) || ask_again(&address) || ask_again(&address);
	if (connect(fd, (struct sockaddr *)&address, sizeof address))
		return perror("connect"), 1;
	if (!strcmp(what, "reset"))
		return be_reset(fd);
	if (!strcmp(what, "most"))
		return send_most(fd, argc > 3 ? atol(argv[3]) : 0);
	if (!strcmp(what, "whole"))
		return send_whole(fd, argc > 3 ? atol(argv[3]) : 0);
	for (int i = 0; i < ROUNDS && !strcmp(what, "reply"); i++)
		if (answer(fd) || recv(fd, bytes, 1, 0) != 1)
			return 1;
	if (strcmp(what, "reply") && answer(fd))
		return 1;
	if (!strcmp(what, "exit"))
		return 0;
	if (!strcmp(what, "shut")) {
		shutdown(fd, SHUT_WR);
		while ((got = recv(fd, bytes, sizeof bytes, 0)) > 0)
			all += got;
		printf("%zd bytes came back\n", all);
	}
	return close(fd) ? perror("close"), 1 : 0;
}
