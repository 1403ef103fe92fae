#include "browser.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* $BROWSER may be a command with arguments, of which "%s" becomes the link (else the link comes last). No shell reads it. Returns
 * only on failure. */
static void browser_words(const char *command, const char *link)
{
	enum { WORDS_MAX = 32 };
	char *copy = strdup(command), *words[WORDS_MAX + 2], *rest;
	bool has_link = false;
	int count = 0;

	if (!copy || (strchr(command, '/') && access(command, X_OK) == 0)) { /* a path with blanks in it */
		execl(command, command, link, (char *)NULL);
		return;
	}
	for (char *word = strtok_r(copy, " \t", &rest); word && count < WORDS_MAX; word = strtok_r(NULL, " \t", &rest)) {
		has_link |= !strcmp(word, "%s");
		words[count++] = strcmp(word, "%s") ? word : (char *)link;
	}
	if (!has_link)
		words[count++] = (char *)link;
	words[count] = NULL;
	execvp(words[0], words);
}

/* In the grandchild, so that nobody has to wait for its end. */
static void browser_exec(const char *link, int failed)
{
	const char *browser = getenv("BROWSER");
	int null = open("/dev/null", O_RDWR), error;

	setsid();
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	if (!browser || !*browser)
		browser = "xdg-open";
	browser_words(browser, link);
	error = errno;
	if (write(failed, &error, sizeof error) < 0)
		_exit(2);
	_exit(1);
}

bool browser_open(const char *link)
{
	int report[2], error = 0;
	pid_t child;

	if (pipe2(report, O_CLOEXEC) != 0)
		return false;
	child = fork();
	if (child == 0) {
		if (fork() == 0)
			browser_exec(link, report[1]);
		_exit(0);
	}
	close(report[1]);
	if (child > 0) {
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
		if (read(report[0], &error, sizeof error) != sizeof error)
			error = 0; /* closed by exec: it runs */
	} else {
		error = errno;
	}
	close(report[0]);
	errno = error;
	return !error;
}
