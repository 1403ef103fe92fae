/* What a program sees of a folder that others change too. coherence ask: each line of stdin is a question, each answer a line;
 * "say WORD" says it. coherence until PATH SIZE [SECONDS]: looks until the file has this size (-1: is gone), and asks nothing
 * else meanwhile. coherence until-text PATH TEXT [SECONDS]: the same, until this is all that can be read of it. coherence random
 * SEED STEPS: random changes and questions in the folder it stands in, and what came of each. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void say_stat(const char *path, bool exact)
{
	struct stat st;

	if (lstat(path, &st) != 0) {
		printf("errno %d\n", errno);
		return;
	}
	printf("%s", S_ISDIR(st.st_mode) ? "folder" : S_ISLNK(st.st_mode) ? "link" : "file");
	if (!S_ISDIR(st.st_mode))
		printf(" %lld", (long long)st.st_size);
	if (S_ISREG(st.st_mode))
		printf(" links %u", (unsigned)st.st_nlink);
	if (exact)
		printf(" ino %llu mtime %lld.%09ld", (unsigned long long)st.st_ino, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	printf("\n");
}

static void say_atime(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		printf("errno %d\n", errno);
	else
		printf("%lld.%09ld\n", (long long)st.st_atim.tv_sec, st.st_atim.tv_nsec);
}

static void say_list(const char *path)
{
	char *names[512];
	size_t count = 0;
	DIR *dir = opendir(path);

	if (!dir) {
		printf("errno %d\n", errno);
		return;
	}
	for (struct dirent *entry; (entry = readdir(dir)) && count < 512;)
		names[count++] = strdup(entry->d_name);
	closedir(dir);
	qsort(names, count, sizeof *names, by_name);
	for (size_t i = 0; i < count; i++) {
		printf("%s%s", i ? " " : "", names[i]);
		free(names[i]);
	}
	printf("\n");
}

static void say_read(const char *path)
{
	char text[201];
	int fd = open(path, O_RDONLY);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (length < 0) {
		printf("errno %d\n", errno);
	} else {
		printf("%zd [", length);
		fwrite(text, 1, (size_t)length, stdout); /* a file that was lengthened holds zeros */
		puts("]");
	}
	if (fd >= 0)
		close(fd);
}

static void say_link(const char *path)
{
	char target[200];
	ssize_t length = readlink(path, target, sizeof target);

	if (length < 0)
		printf("errno %d\n", errno);
	else
		printf("-> %.*s\n", (int)length, target);
}

static int ask(void)
{
	char line[1000], question[20], path[900];

	while (fgets(line, sizeof line, stdin)) {
		if (sscanf(line, "%19s %899s", question, path) != 2)
			return 1;
		if (!strcmp(question, "say")) {
			printf("%s\n", path);
			fflush(stdout);
			continue;
		}
		/* What was known is asked twice: the second time nobody needs to be asked. */
		for (int twice = 0; twice < 2; twice++) {
			if (!strcmp(question, "atime"))
				say_atime(path);
			else if (!strcmp(question, "stat"))
				say_stat(path, true);
			else if (!strcmp(question, "list"))
				say_list(path);
			else if (!strcmp(question, "read"))
				say_read(path);
			else if (!strcmp(question, "link"))
				say_link(path);
		}
		fflush(stdout);
	}
	return 0;
}

static int until(const char *path, long long size, int seconds)
{
	struct stat st;
	time_t end = time(NULL) + seconds;

	stat(path, &st);
	printf("looking\n");
	fflush(stdout);
	while (time(NULL) < end) {
		int result = stat(path, &st);

		if (size < 0 ? result != 0 : result == 0 && st.st_size == size) {
			printf("seen\n");
			return 0;
		}
	}
	printf("not seen\n");
	return 1;
}

static bool says(const char *path, const char *text)
{
	char found[201];
	int fd = open(path, O_RDONLY);
	ssize_t length = fd < 0 ? -1 : read(fd, found, sizeof found);

	if (fd >= 0)
		close(fd);
	return length == (ssize_t)strlen(text) && !memcmp(found, text, (size_t)length);
}

static int until_text(const char *path, const char *text, int seconds)
{
	time_t end = time(NULL) + seconds;

	for (int i = 0; i < 3; i++) /* so that it is known */
		says(path, text);
	printf("looking\n");
	fflush(stdout);
	while (time(NULL) < end)
		if (says(path, text)) {
			printf("seen\n");
			return 0;
		}
	printf("not seen\n");
	return 1;
}

static uint32_t state;

static uint32_t chance(uint32_t below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

static const char *random_path(char *room)
{
	static const char *const folders[] = { "", "", "x/", "y/", "x/z/", "none/" };
	static const char *const names[] = { "a", "b", "c", "x", "y", "z", "link", "a" };

	sprintf(room, "%s%s", folders[chance(6)], names[chance(8)]);
	return room;
}

static int open_fd = -1;

static int change(uint32_t what, const char *one, const char *two)
{
	char text[40];
	int fd, result;

	switch (what) {
	case 0: return mkdir(one, 0777);
	case 1: return rmdir(one);
	case 2: return unlink(one);
	case 3: return rename(one, two);
	case 4: return link(one, two);
	case 5: return symlink("a", one);
	case 6:
		fd = open(one, O_WRONLY | O_CREAT | (chance(2) ? O_EXCL : O_APPEND), 0666);
		if (fd < 0)
			return fd;
		result = (int)write(fd, text, (size_t)sprintf(text, "%u;", (unsigned)chance(1000)));
		return close(fd) < 0 ? -1 : result;
	case 7:
		fd = open(one, O_WRONLY | O_TRUNC);
		return fd < 0 ? fd : close(fd);
	case 8: /* one that stays open is written to while its names are asked about */
		if (open_fd >= 0)
			close(open_fd);
		open_fd = open(one, O_RDWR | O_CREAT, 0666);
		return open_fd < 0 ? -1 : 0;
	default:
		return open_fd < 0 ? 0 : (int)write(open_fd, text, (size_t)sprintf(text, "%u,", (unsigned)chance(1000)));
	}
}

static int random_steps(uint32_t seed, int steps)
{
	char one[40], two[40];

	state = seed;
	for (int i = 0; i < steps; i++) {
		uint32_t what = chance(24);

		random_path(one);
		random_path(two);
		printf("%d %u %s %s: ", i, (unsigned)what, one, what == 3 || what == 4 ? two : "");
		if (what < 10 || what == 23) {
			int result = change(what == 23 ? 9 : what, one, two);

			printf("%d %d\n", result, result < 0 ? errno : 0);
		} else if (what < 15) {
			say_stat(one, false);
		} else if (what < 18) {
			say_read(one);
		} else if (what < 20) {
			say_link(one);
		} else {
			static const char *const folders[] = { ".", "x", "y", "x/z" };

			say_list(folders[chance(4)]);
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "ask"))
		return ask();
	if (argc >= 4 && !strcmp(argv[1], "until"))
		return until(argv[2], atoll(argv[3]), argc > 4 ? atoi(argv[4]) : 30);
	if (argc >= 4 && !strcmp(argv[1], "until-text"))
		return until_text(argv[2], argv[3], argc > 4 ? atoi(argv[4]) : 30);
	if (argc == 4 && !strcmp(argv[1], "random"))
		return random_steps((uint32_t)atoi(argv[2]), atoi(argv[3]));
	return 2;
}
