#include "terminal_keys.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static struct termios found;
static volatile sig_atomic_t are_ours;

void terminal_keys_give_back(void)
{
	int error = errno;

	if (are_ours) {
		are_ours = 0;
		tcsetattr(STDIN_FILENO, TCSANOW, &found);
	}
	errno = error;
}

/* We go on behind raise(): the loop takes the keys again when we are in the foreground. */
static void on_suspend(int number)
{
	(void)number;
	terminal_keys_give_back();
	raise(SIGSTOP);
}

static void on_fault(int number)
{
	terminal_keys_give_back();
	signal(number, SIG_DFL);
	raise(number);
}

static void handlers_set(void)
{
	static const int faults[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV };
	struct sigaction action = { .sa_handler = on_suspend };

	sigaction(SIGTSTP, &action, NULL);
	action.sa_handler = on_fault;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		sigaction(faults[i], &action, NULL);
	atexit(terminal_keys_give_back);
}

void terminal_keys_want(bool wanted)
{
	static bool is_set;
	struct termios mode;

	if (wanted == are_ours || tcgetpgrp(STDIN_FILENO) != getpgrp())
		return;
	if (!wanted) {
		terminal_keys_give_back();
		return;
	}
	if (tcgetattr(STDIN_FILENO, &found) != 0)
		return;
	if (!is_set)
		handlers_set();
	is_set = true;
	mode = found;
	mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO); /* Ctrl-C and Ctrl-Z are signals as before */
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	are_ours = 1; /* before: a signal may come between */
	if (tcsetattr(STDIN_FILENO, TCSANOW, &mode) != 0)
		are_ours = 0;
}
