/* Does what the lines on its standard input say, and says each back when it is done: for tests that watch a program and stop
 * it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int last = -1; /* what was opened last */

/* Names and output as somebody would make them who wants to fool the one who watches. */
static void fool(void)
{
	static const char *const names[] = { "<img src=x onerror=alert(1)>", "\033[31mred\033]0;title\007", "exe.\u202etxt", "a\nb",
		"'\"><script>alert(1)</script>" };
	char path[200];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "/work/%s", names[i]);
		close(open(path, O_CREAT | O_WRONLY, 0600));
		printf("%s\n", names[i]);
	}
	fprintf(stderr, "<b onclick=alert(2)>\033[2Jgone\u202e\n");
}

static void obey(const char *order, const char *with)
{
	struct timespec now;
	struct stat stat_now;
	char bytes[16];

	if (!strcmp(order, "open")) {
		last = open(with, O_RDONLY);
	} else if (!strcmp(order, "read")) {
		read(last, bytes, sizeof bytes);
	} else if (!strcmp(order, "close")) {
		close(last);
	} else if (!strcmp(order, "stat")) {
		stat(with, &stat_now);
	} else if (!strcmp(order, "stats")) {
		for (int i = atoi(with); i > 0; i--)
			fstat(last, &stat_now);
	} else if (!strcmp(order, "clocks")) {
		for (int i = atoi(with); i > 0; i--)
			clock_gettime(CLOCK_MONOTONIC, &now);
	} else if (!strcmp(order, "write")) {
		int file = open("/work/out.txt", O_CREAT | O_WRONLY | O_APPEND, 0600);

		write(file, with, strlen(with));
		fsync(file);
		close(file);
	} else if (!strcmp(order, "say")) {
		printf("%s\n", with);
	} else if (!strcmp(order, "scold")) {
		fprintf(stderr, "%s\n", with);
	} else if (!strcmp(order, "fool")) {
		fool();
	} else if (!strcmp(order, "trap")) {
		fflush(stdout);
		__builtin_trap();
	} else if (!strcmp(order, "exit")) {
		exit(atoi(with));
	}
}

int main(void)
{
	char line[300];

	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof line, stdin)) {
		char *with = strchr(line, ' ');

		line[strcspn(line, "\n")] = 0;
		if (with)
			*with++ = 0;
		obey(line, with ? with : "");
		printf("did %s\n", line);
		fflush(stdout);
	}
	printf("end of input\n");
	return 0;
}
