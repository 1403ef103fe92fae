/* Does what its arguments say, one after the other, with few words: a random program that a test made. An act is one argument,
 * its words have a space between them; FD is a number below 8 that the program gives an open file. What each came to is said by
 * the next `say`:
 *   create FD PATH, excl FD PATH, trunc FD PATH, open FD PATH, write FD LENGTH LETTER, sync FD, datasync FD, size FD N,
 *   ftimes FD SECONDS, close FD
 *   rename FROM TO, unlink PATH, mkdir PATH, rmdir PATH, link FROM TO, symlink TARGET PATH, times PATH SECONDS
 *   stat PATH, list PATH, get PATH, say WORD, sleep MS, spin ROUNDS, until PATH, trap, exit CODE
 * An act that fails comes to its errno with a minus; one that asks, to what it found. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FDS = 8, WORDS = 4, SAID = 16384, BYTES = 1 << 17, NAMES = 256 };

static int fds[FDS] = { -1, -1, -1, -1, -1, -1, -1, -1 };
static char bytes[BYTES], said[SAID];
static size_t said_length;
static volatile unsigned spun;

static void come_to(const char *what)
{
	said_length += (size_t)snprintf(said + said_length, SAID - said_length, " %s", what);
	if (said_length >= SAID)
		exit(3);
}

static void come_to_errno(long long result)
{
	char text[24];

	sprintf(text, "%lld", result < 0 ? -(long long)errno : result);
	come_to(text);
}

static int opened(int fd, int as)
{
	if (as >= 0)
		fds[fd] = as;
	return as < 0 ? -1 : 0;
}

static void look(const char *path)
{
	char text[48];
	struct stat st;

	if (lstat(path, &st)) {
		come_to_errno(-1);
		return;
	}
	sprintf(text, S_ISDIR(st.st_mode) ? "folder" : S_ISLNK(st.st_mode) ? "link" : "%lld:%u", (long long)st.st_size,
		(unsigned)st.st_nlink);
	come_to(text);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(const char *path)
{
	char *names[NAMES], line[NAMES * 16] = "[";
	size_t count = 0, at = 1;
	DIR *dir = opendir(path);

	if (!dir) {
		come_to_errno(-1);
		return;
	}
	for (struct dirent *entry; (entry = readdir(dir)) && count < NAMES;)
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			names[count++] = strdup(entry->d_name);
	closedir(dir);
	qsort(names, count, sizeof *names, by_name);
	for (size_t i = 0; i < count; i++) {
		at += (size_t)snprintf(line + at, sizeof line - at, "%s%s", i ? "," : "", names[i]);
		free(names[i]);
	}
	snprintf(line + at, sizeof line - at, "]");
	come_to(line);
}

/* Length and a sum of what is in it. */
static void get(const char *path)
{
	char text[40];
	unsigned sum = 0;
	long long length = 0;
	ssize_t got = 0;
	int fd = open(path, O_RDONLY);

	while (fd >= 0 && (got = read(fd, bytes, sizeof bytes)) > 0)
		for (ssize_t i = 0; i < got; i++, length++)
			sum = sum * 31 + (unsigned char)bytes[i];
	if (fd < 0 || got < 0) {
		come_to_errno(-1);
	} else {
		sprintf(text, "%lld/%u", length, sum);
		come_to(text);
	}
	if (fd >= 0)
		close(fd);
}

static void say(const char *word)
{
	char line[SAID + 64];
	int length = snprintf(line, sizeof line, "%s%.*s\n", word, (int)said_length, said);

	said_length = 0;
	write(1, line, (size_t)length);
}

static long long write_letters(int fd, int length, char letter)
{
	memset(bytes, letter, (size_t)length);
	return write(fd, bytes, (size_t)length);
}

static void until(const char *path)
{
	struct stat st;

	while (stat(path, &st))
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static int closes(int *fd)
{
	int result = close(*fd);

	*fd = -1;
	return result;
}

static int named(const char *verb, char **with)
{
	if (!strcmp(verb, "rename"))
		return rename(with[0], with[1]);
	if (!strcmp(verb, "unlink"))
		return unlinkat(AT_FDCWD, with[0], 0);
	if (!strcmp(verb, "mkdir"))
		return mkdir(with[0], 0777);
	if (!strcmp(verb, "rmdir"))
		return rmdir(with[0]);
	if (!strcmp(verb, "link"))
		return link(with[0], with[1]);
	if (!strcmp(verb, "symlink"))
		return symlink(with[0], with[1]);
	if (!strcmp(verb, "times"))
		return utimensat(AT_FDCWD, with[0], (struct timespec[2]){ { .tv_sec = atoi(with[1]) }, { .tv_sec = atoi(with[1]) } },
			AT_SYMLINK_NOFOLLOW);
	fprintf(stderr, "no such act: %s\n", verb);
	exit(2);
}

static long long on_file(const char *verb, int fd, char **with, int *known)
{
	*known = 1;
	if (!strcmp(verb, "create"))
		return opened(fd, open(with[1], O_WRONLY | O_CREAT, 0666));
	if (!strcmp(verb, "excl"))
		return opened(fd, open(with[1], O_WRONLY | O_CREAT | O_EXCL, 0666));
	if (!strcmp(verb, "trunc"))
		return opened(fd, open(with[1], O_WRONLY | O_CREAT | O_TRUNC, 0666));
	if (!strcmp(verb, "open"))
		return opened(fd, open(with[1], O_WRONLY));
	if (!strcmp(verb, "write"))
		return write_letters(fds[fd], atoi(with[1]), with[2][0]);
	if (!strcmp(verb, "sync"))
		return fsync(fds[fd]);
	if (!strcmp(verb, "datasync"))
		return fdatasync(fds[fd]);
	if (!strcmp(verb, "size"))
		return ftruncate(fds[fd], atoi(with[1]));
	if (!strcmp(verb, "ftimes"))
		return futimens(fds[fd], (struct timespec[2]){ { .tv_sec = atoi(with[1]) }, { .tv_sec = atoi(with[1]) } });
	if (!strcmp(verb, "close"))
		return closes(&fds[fd]);
	*known = 0;
	return 0;
}

static void act(const char *verb, char **with)
{
	int known;
	long long result;

	if (!strcmp(verb, "say")) {
		say(with[0]);
	} else if (!strcmp(verb, "stat")) {
		look(with[0]);
	} else if (!strcmp(verb, "list")) {
		list(with[0]);
	} else if (!strcmp(verb, "get")) {
		get(with[0]);
	} else if (!strcmp(verb, "sleep")) {
		nanosleep(&(struct timespec){ .tv_sec = atoi(with[0]) / 1000, .tv_nsec = atoi(with[0]) % 1000 * 1000000L }, NULL);
	} else if (!strcmp(verb, "spin")) {
		for (int i = atoi(with[0]); i > 0; i--)
			spun++;
	} else if (!strcmp(verb, "until")) {
		until(with[0]);
	} else if (!strcmp(verb, "trap")) {
		__builtin_trap();
	} else if (!strcmp(verb, "exit")) {
		exit(atoi(with[0]));
	} else {
		result = on_file(verb, atoi(with[0]) % FDS, with, &known);
		come_to_errno(known ? result : named(verb, with));
	}
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *words[WORDS + 1] = { "", "", "", "", "" };
		int count = 0;

		for (char *word = strtok(argv[i], " "); word && count <= WORDS; word = strtok(NULL, " "))
			words[count++] = word;
		act(words[0], words + 1);
	}
	return 0;
}
