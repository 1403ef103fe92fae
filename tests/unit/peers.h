/* Real servers for the C tests: certificates by openssl(1), processes that end with the test's, free ports. */
#ifndef TESTS_UNIT_PEERS_H
#define TESTS_UNIT_PEERS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char peers_folder[64];

static inline void peers_remove(void)
{
	char command[100];

	snprintf(command, sizeof command, "rm -rf '%s'", peers_folder);
	if (peers_folder[0] && system(command) != 0)
		perror(peers_folder);
}

static inline const char *peers_path(const char *name)
{
	static char paths[4][160];
	static unsigned turn;

	if (!peers_folder[0]) {
		strcpy(peers_folder, "/tmp/wvwasi-peers-XXXXXX");
		if (!mkdtemp(peers_folder))
			abort();
		chmod(peers_folder, 0755); /* servers change to users of their own */
		atexit(peers_remove);
	}
	turn = (turn + 1) % 4;
	snprintf(paths[turn], sizeof paths[turn], "%s/%s", peers_folder, name);
	return paths[turn];
}

static inline int __attribute__((format(printf, 1, 2))) peers_shell(const char *format, ...)
{
	char command[2048], in[2200];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof command, format, args);
	va_end(args);
	snprintf(in, sizeof in, "cd '%s' && { %s; } >>log 2>&1", peers_path("") ? peers_folder : "", command);
	return system(in);
}

static inline void peers_write(const char *name, const char *text)
{
	FILE *file = fopen(peers_path(name), "w");

	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		abort();
}

/* A CA (ca.pem) and a certificate of it for names: NAME.pem, NAME.key. */
static inline void peers_certificate(const char *name, const char *alternatives, const char *days)
{
	if (access(peers_path("ca.pem"), R_OK) != 0 &&
	    peers_shell("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 3 "
	    	"-subj /CN=test-ca") != 0)
		abort();
	if (peers_shell("printf 'subjectAltName=%s\\n' > %s.ext && openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
		"-keyout %s.key -out %s.csr -subj /CN=peer && "
	                "openssl x509 -req -in %s.csr -CA ca.pem -CAkey ca.key -CAcreateserial %s -extfile %s.ext -out %s.pem",
	                alternatives, name, name, name, name, days, name, name) != 0)
		abort();
}

static inline int peers_connect(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	close(fd);
	return -1;
}

static inline uint16_t peers_free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || getsockname(fd, (struct sockaddr *)&at, &size) != 0)
		abort();
	close(fd);
	return ntohs(at.sin_port);
}

/* Starts a server and waits until it listens there. It ends with the test. */
static inline pid_t __attribute__((format(printf, 2, 3))) peers_start(uint16_t port, const char *format, ...)
{
	char command[1024];
	const struct timespec pause = { .tv_nsec = 10000000 };
	va_list args;
	pid_t pid;
	int fd = -1;

	va_start(args, format);
	vsnprintf(command, sizeof command, format, args);
	va_end(args);
	peers_path("");
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (chdir(peers_folder) != 0 || !freopen("log", "a", stdout) || dup2(1, 2) < 0)
			_exit(1);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(1);
	}
	for (int tries = 0; tries < 1000 && (fd = peers_connect(port)) < 0; tries++)
		nanosleep(&pause, NULL);
	if (fd < 0)
		abort();
	close(fd);
	return pid;
}

static inline void peers_stop(pid_t pid)
{
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

#endif
