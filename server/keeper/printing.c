#include "printing.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WRITE_AT_ONCE = 512 /* PIPE_BUF: a ready pipe takes so many without blocking */ };

/* What waits to be printed, in order, for both streams. */
struct print {
	struct print *next;
	int to;
	uint32_t credit;
	size_t length, written;
	char text[];
};

static void print_sent(struct keeper *keeper, struct print *print)
{
	keeper->prints = print->next;
	if (!keeper->prints)
		keeper->last_print = &keeper->prints;
	if (print->credit)
		channel_send(&keeper->channel, DO_CREDIT, print->credit, 0, NULL, 0, -1);
	free(print);
}

void print_add(struct keeper *keeper, int to, const uint8_t *text, size_t length, uint32_t credit, bool ends_line)
{
	bool escapes = keeper->is_tty[to];
	struct print *print = malloc(sizeof *print + (length + 4) * (escapes ? ESCAPE_GROWTH : 1) + 1);

	if (!print)
		return;
	*print = (struct print){ .to = to, .credit = credit };
	if (escapes && ends_line) {
		struct escape escape = { 0 };

		print->length = escape_text(&escape, text, length, print->text);
		print->length += escape_end(&escape, print->text + print->length);
	} else if (escapes) {
		print->length = escape_text(&keeper->escapes[to], text, length, print->text);
	} else {
		memcpy(print->text, text, length);
		print->length = length;
	}
	if (ends_line)
		print->text[print->length++] = '\n';
	*keeper->last_print = print;
	keeper->last_print = &print->next;
}

int print_to(const struct keeper *keeper) { return keeper->prints ? keeper->prints->to : -1; }

void print_some(struct keeper *keeper)
{
	for (int turns = 0; keeper->prints && turns < 128; turns++) {
		struct print *print = keeper->prints;
		struct pollfd poll_to = { .fd = print->to, .events = POLLOUT };
		size_t left = print->length - print->written;
		ssize_t wrote;

		if (poll(&poll_to, 1, 0) == 0)
			return;
		wrote = write(print->to, print->text + print->written, left < WRITE_AT_ONCE ? left : WRITE_AT_ONCE);
		if (wrote < 0 && (errno == EINTR || errno == EAGAIN))
			return;
		print->written = wrote < 0 ? print->length : print->written + (size_t)wrote; /* its reader has gone */
		if (print->written == print->length)
			print_sent(keeper, print);
	}
}

void keeper_complain(const char *format, ...)
{
	char line[1024];
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (length >= (int)sizeof line)
		length = sizeof line - 1;
	fprintf(stderr, "wvwasi-gw: %.*s\n", length, line);
}
