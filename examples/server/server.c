/* A web server for one folder: server.wasm FOLDER. It accepts connections on the first socket that it was given (--tcplisten),
 * answers GET with a file or a list of files, and prints a line for each. One connection at a time, HTTP/1.0. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST = 3, LAST = 64, HEAD_MAX = 8192 };

/* Descriptors from 3 on are the folders and then the listening sockets. */
static int listening_socket(void)
{
	struct stat st;

	for (int fd = FIRST; fd < LAST; fd++)
		if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
			return fd;
	return -1;
}

static void send_all(int connection, const char *bytes, size_t length)
{
	while (length) {
		ssize_t sent = send(connection, bytes, length, 0);

		if (sent <= 0)
			return; /* they have heard enough */
		bytes += sent;
		length -= (size_t)sent;
	}
}

static void send_head(int connection, const char *status, const char *type)
{
	char head[256];

	send_all(connection, head, (size_t)snprintf(head, sizeof head, "HTTP/1.0 %s\r\nContent-Type: %s\r\nConnection: close\r\n\r\n",
		status, type));
}

static int send_list(int connection, const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	if (!folder)
		return 404;
	send_head(connection, "200 OK", "text/plain; charset=utf-8");
	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.') {
			send_all(connection, entry->d_name, strlen(entry->d_name));
			send_all(connection, entry->d_type == DT_DIR ? "/\n" : "\n", entry->d_type == DT_DIR ? 2 : 1);
		}
	closedir(folder);
	return 200;
}

static int send_file(int connection, const char *path)
{
	static char buffer[64 << 10];
	FILE *file = fopen(path, "rb");
	size_t length;

	if (!file)
		return 404;
	send_head(connection, "200 OK", strstr(path, ".html") ? "text/html; charset=utf-8" : "text/plain; charset=utf-8");
	while ((length = fread(buffer, 1, sizeof buffer, file)) > 0)
		send_all(connection, buffer, length);
	fclose(file);
	return 200;
}

/* Its status. The folder's grant is what keeps `..` inside; we needn't. */
static int answer(int connection, const char *folder, const char *head)
{
	char target[1024], path[2048];
	struct stat st;

	if (sscanf(head, "GET /%1023[^ \r\n] HTTP/", target) != 1 && strncmp(head, "GET / ", 6)) {
		send_head(connection, "405 Only GET", "text/plain");
		return 405;
	}
	if (!strncmp(head, "GET / ", 6))
		*target = 0;
	snprintf(path, sizeof path, "%s/%s", folder, target);
	if (stat(path, &st) == 0 && (S_ISDIR(st.st_mode) ? send_list(connection, path) : send_file(connection, path)) == 200)
		return 200;
	send_head(connection, "404 Not found", "text/plain");
	send_all(connection, "not found\n", 10);
	return 404;
}

/* Reads until the empty line; how many bytes, or 0. */
static size_t read_head(int connection, char *head)
{
	size_t length = 0;
	ssize_t got;

	while (length < HEAD_MAX - 1 && (got = recv(connection, head + length, HEAD_MAX - 1 - length, 0)) > 0) {
		length += (size_t)got;
		head[length] = 0;
		if (strstr(head, "\r\n\r\n"))
			return length;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static char head[HEAD_MAX];
	int listener = listening_socket(), connection;

	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	if (argc != 2 || listener < 0) {
		fprintf(stderr, argc == 2 ? "no socket to listen on: start the gateway with --tcplisten 127.0.0.1:8080\n" :
			"usage: server FOLDER\n");
		return 2;
	}
	fcntl(listener, F_SETFL, 0); /* accept() waits */
	while ((connection = accept(listener, NULL, NULL)) >= 0) {
		if (read_head(connection, head)) {
			int status = answer(connection, argv[1], head);

			head[strcspn(head, "\r\n")] = 0;
			printf("%d %s\n", status, head);
		}
		shutdown(connection, SHUT_RDWR);
		close(connection);
	}
	fprintf(stderr, "cannot accept: %s\n", strerror(errno));
	return 1;
}
