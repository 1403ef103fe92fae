/* Does what a line of stdin says, for tests that look on: local calls without end, files, output, a trap. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Nothing but the clock, which the page answers itself; a dot now and then. */
static void spin(void)
{
	struct timespec now;

	for (uint32_t i = 0;; i++) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (i % 20000 == 0)
			write(1, ".", 1);
	}
}

static void append(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);

	for (int i = 0; i < 100; i++)
		write(fd, "line\n", 5);

	close(fd);
}

/* 200 pieces, each of one letter. */
static void pieces(const char *path, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
	char piece[8192];

	for (int i = 0; i < 200; i++) {
		memset(piece, 'a' + i % 26, size);
		write(fd, piece, size);
	}
	close(fd);
}

int main(void)
{
	char line[256];
	struct stat st;

	setvbuf(stdout, NULL, _IONBF, 0);
	puts("ready");
	while (fgets(line, sizeof line, stdin)) {
		char *word = strtok(line, " \n"), *argument = strtok(NULL, "\n");

		if (!word)
			continue;
		if (!strcmp(word, "stat"))
			printf("stat %d\n", stat(argument, &st));
		else if (!strcmp(word, "append"))
			append(argument);
		else if (!strcmp(word, "pieces"))
			pieces(argument, 1024);
		else if (!strcmp(word, "large-pieces"))
			pieces(argument, 8192);
		else if (!strcmp(word, "spin"))
			spin();
		else if (!strcmp(word, "leak"))
			open(argument, O_RDONLY);
		else if (!strcmp(word, "trap"))
			__builtin_trap();
		else if (!strcmp(word, "exit"))
			return 5;
		printf("done %s\n", word);
	}
	return 0;
}
