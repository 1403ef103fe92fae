#include "prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUT = 3 /* where bash writes the line */ };

void prompt_init(struct prompt *prompt)
{
	*prompt = (struct prompt){ .fd = -1 };
}

/* Without bash: a line as the terminal gives it. */
static void line_pass(const char *words)
{
	char line[PATH_MAX];

	fputs(words, stderr);
	if (fgets(line, sizeof line, stdin))
		dprintf(OUT, "%.*s", (int)strcspn(line, "\n"), line);
}

static void child(int out, const char *words, const char *folder)
{
	static const char script[] = "IFS= read -e -p \"$1\" line && printf %s \"$line\" >&3";

	signal(SIGPIPE, SIG_DFL);
	if (out == OUT)
		fcntl(OUT, F_SETFD, 0);
	else
		dup2(out, OUT);
	close_range(OUT + 1, ~0u, 0);
	if (chdir(folder) != 0) {} /* then relative names aren't completed */
	execl("/bin/bash", "bash", "--norc", "--noprofile", "-c", script, "bash", words, (char *)NULL);
	line_pass(words);
}

bool prompt_begin(struct prompt *prompt, const char *words, const char *folder)
{
	int pipes[2];

	prompt_end(prompt);
	if (pipe2(pipes, O_CLOEXEC) != 0)
		return false;
	prompt->has_terminal = tcgetattr(STDIN_FILENO, &prompt->terminal) == 0;
	tcflush(STDIN_FILENO, TCIFLUSH);
	prompt->length = 0;
	prompt->pid = fork();
	if (prompt->pid == 0) {
		child(pipes[1], words, folder);
		_exit(0);
	}
	close(pipes[1]);
	prompt->fd = pipes[0];
	if (prompt->pid < 0)
		prompt_end(prompt);
	return prompt->pid > 0;
}

bool prompt_read(struct prompt *prompt, const char **line)
{
	ssize_t got = read(prompt->fd, prompt->line + prompt->length, sizeof prompt->line - 1 - prompt->length);

	if (got < 0 && errno == EINTR)
		return false;
	if (got > 0) {
		prompt->length += (size_t)got;
		if (prompt->length < sizeof prompt->line - 1)
			return false;
	}
	prompt->line[prompt->length] = 0;
	prompt_end(prompt);
	*line = prompt->line;
	return true;
}

void prompt_end(struct prompt *prompt)
{
	if (prompt->pid > 0) {
		kill(prompt->pid, SIGKILL);
		while (waitpid(prompt->pid, NULL, 0) < 0 && errno == EINTR)
			;
		if (prompt->has_terminal)
			tcsetattr(STDIN_FILENO, TCSADRAIN, &prompt->terminal);
	}
	if (prompt->fd >= 0)
		close(prompt->fd);
	prompt->pid = 0;
	prompt->fd = -1;
}
