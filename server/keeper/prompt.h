/* A line for a folder's path, edited with Tab completion in a process of its own: bash's, which has GNU readline. Whoever polls
 * goes on meanwhile, and can take the question back. Leaves to others: what is asked and what the line means (questions.c,
 * answer.c). */
#ifndef SERVER_KEEPER_PROMPT_H
#define SERVER_KEEPER_PROMPT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

#define PROMPT_WORDS "Its path (Tab completes; :ro behind it: read-only), or Enter for none: "

struct prompt {
	pid_t pid;              /* 0: nobody is asked */
	int fd;                 /* to be polled for reading; -1 */
	struct termios terminal; /* as it was */
	bool has_terminal;
	char line[PATH_MAX + 8];
	size_t length;
};

void prompt_init(struct prompt *prompt);
/* Asks at this process's terminal, completing relative names from `folder`. What was typed before doesn't count. False with
 * errno. */
bool prompt_begin(struct prompt *prompt, const char *words, const char *folder);
/* When fd is readable. True: the line is there, "" for none, lent until the next one. */
bool prompt_read(struct prompt *prompt, const char **line);
/* Takes the question back, if one is asked. */
void prompt_end(struct prompt *prompt);

#endif
