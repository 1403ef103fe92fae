#include "window.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "server/base/config.h"

enum { ITS_DESCRIPTOR = 3, ARGS_MAX = 10, REAP_LOOKS = 50, REAP_LOOK_MS = 10 };
static const char program[] = "wvwasi-webview";

/* The arguments hold no secret: the link goes by the descriptor. */
static void args_make(const struct config *config, const char *args[ARGS_MAX])
{
	int count = 0;

	args[count++] = program;
	if (config->ephemeral)
		args[count++] = "--ephemeral";
	if (config->inspect)
		args[count++] = "--inspect";
	if (config->automation)
		args[count++] = "--automation";
	args[count] = NULL;
}

static void args_add(const char *args[ARGS_MAX], const char *name, const char *value)
{
	int count = 0;

	while (args[count])
		count++;
	args[count++] = name;
	args[count++] = value;
	args[count] = NULL;
}

/* Returns only on failure, with errno. */
static void window_exec(const char *args[ARGS_MAX])
{
	char beside[PATH_MAX + sizeof program];
	ssize_t length = readlink("/proc/self/exe", beside, PATH_MAX);
	char *slash = length > 0 ? memrchr(beside, '/', (size_t)length) : NULL;

	signal(SIGPIPE, SIG_DFL);
	if (slash) {
		strcpy(slash + 1, program);
		execv(beside, (char **)args);
	}
	execvp(program, (char **)args);
}

/* In the child. A session of its own, so that Ctrl-C at the terminal reaches us alone; we tell the window. */
static void child_run(const struct config *config, const char *only, int socket, int failed)
{
	const char *args[ARGS_MAX];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), error;
	char number[16];

	/* The report's descriptor may have the number that the window's must get. */
	failed = fcntl(failed, F_DUPFD_CLOEXEC, ITS_DESCRIPTOR + 1);
	setsid();
	dup2(null, STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO); /* stdout belongs to the gateway's lines */
	if (socket == ITS_DESCRIPTOR)
		fcntl(socket, F_SETFD, 0);
	else
		dup2(socket, ITS_DESCRIPTOR);
	snprintf(number, sizeof number, "%d", ITS_DESCRIPTOR);
	args_make(config, args);
	args_add(args, "--descriptor", number);
	if (only)
		args_add(args, only, NULL);
	window_exec(args);
	error = errno;
	if (write(failed, &error, sizeof error) < 0)
		_exit(2);
	_exit(1);
}

/* only: a flag; or NULL. */
static bool start(pid_t *pid, const struct config *config, const char *only, int *fd)
{
	int pair[2] = { -1, -1 }, report[2] = { -1, -1 }, error = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 || pipe2(report, O_CLOEXEC) != 0) {
		error = errno;
	} else if ((*pid = fork()) == 0) {
		child_run(config, only, pair[1], report[1]);
	} else if (*pid < 0) {
		error = errno;
	} else {
		close(report[1]);
		report[1] = -1;
		if (read(report[0], &error, sizeof error) != sizeof error)
			error = 0; /* exec closed it, so the window runs */
	}
	for (int i = 0; i < 2; i++)
		if (report[i] >= 0)
			close(report[i]);
	if (pair[1] >= 0)
		close(pair[1]);
	if (error && pair[0] >= 0)
		close(pair[0]);
	*fd = pair[0];
	errno = error;
	return !error;
}

bool window_start(struct windows *windows, const struct config *config, int *fd)
{
	return start(&windows->own_pid, config, NULL, fd);
}

bool window_start_dialog(struct windows *windows, const struct config *config, int *fd)
{
	const char *x = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");

	if (!(x && *x) && !(wayland && *wayland))
		return false;
	window_reap(&windows->dialog_pid);
	windows->dialog_left = 0;
	if (start(&windows->dialog_pid, config, "--ask", fd))
		return true;
	window_reap(&windows->dialog_pid);
	return false;
}

int window_become(const struct config *config, const char *root)
{
	const char *args[ARGS_MAX];

	args_make(config, args);
	args_add(args, "--root", root);
	window_exec(args);
	fprintf(stderr, "wvwasi-gw: %s: cannot start '%s'\n", strerror(errno), program);
	return 1;
}

bool windows_add(struct windows *windows, uint32_t requester)
{
	windows_remove(windows, requester);
	for (int i = 0; i < WINDOWS_MAX; i++)
		if (!windows->requesters[i]) {
			windows->requesters[i] = requester;
			windows->own_has_met |= requester == windows->own;
			return true;
		}
	return false;
}

bool windows_has(const struct windows *windows, uint32_t requester)
{
	for (int i = 0; i < WINDOWS_MAX; i++)
		if (requester && windows->requesters[i] == requester)
			return true;
	return requester && requester == windows->dialog;
}

bool windows_remove(struct windows *windows, uint32_t requester)
{
	for (int i = 0; i < WINDOWS_MAX; i++)
		if (windows->requesters[i] == requester) {
			windows->requesters[i] = 0;
			return true;
		}
	return false;
}

void window_reap(pid_t *pid)
{
	const struct timespec look = { .tv_nsec = REAP_LOOK_MS * 1000000 };

	for (int looks = 0; *pid > 0 && looks < REAP_LOOKS; looks++) {
		if (waitpid(*pid, NULL, WNOHANG) != 0)
			*pid = 0;
		else
			nanosleep(&look, NULL);
	}
}
