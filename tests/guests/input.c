/* Standard input, in several manners: input copy SIZE | wait | count. */
#include "calls.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static void out(const char *text)
{
	write_all(1, text, (uint32_t)strlen(text));
}

static void copy(uint32_t size)
{
	char *buffer = malloc(size);
	for (int got; (got = read_some(0, buffer, size)) > 0;)
		write_all(1, buffer, (uint32_t)got);
	free(buffer);
}

/* Says when a wait of 50 ms passed without input, and what came, until the end. */
static void wait_for_it(void)
{
	__wasi_subscription_t subs[2] = { { .userdata = 1 }, { .userdata = 2 } };
	subs[0].u.tag = __WASI_EVENTTYPE_FD_READ;
	subs[0].u.u.fd_read.file_descriptor = 0;
	subs[1].u.tag = __WASI_EVENTTYPE_CLOCK;
	subs[1].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
	subs[1].u.u.clock.timeout = 50000000;
	bool said = false;
	for (;;) {
		__wasi_event_t events[2];
		uint32_t count = 0;
		if (poll_oneoff(subs, events, 2, &count) || !count)
			return out("poll failed\n");
		bool ready = false;
		for (uint32_t i = 0; i < count; i++)
			ready |= events[i].userdata == 1;
		if (!ready) {
			if (!said)
				out("waiting\n");
			said = true;
			continue;
		}
		said = false;
		char buffer[256];
		int got = read_some(0, buffer, sizeof buffer);
		if (got <= 0)
			return out(got ? "read failed\n" : "end\n");
		out("got ");
		write_all(1, buffer, (uint32_t)got);
	}
}

int main(int argc, char **argv)
{
	const char *manner = argc > 1 ? argv[1] : "copy";
	if (!strcmp(manner, "copy"))
		copy(argc > 2 ? (uint32_t)atoi(argv[2]) : 4096);
	else if (!strcmp(manner, "wait"))
		wait_for_it();
	else if (!strcmp(manner, "lines")) {
		char line[256];
		for (int number = 1; fgets(line, sizeof line, stdin); number++)
			printf("%d: %s", number, line), fflush(stdout);
	}
	return 0;
}
