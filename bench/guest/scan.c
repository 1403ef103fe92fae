/* Searches all files below a folder, as compiled grep-likes do (ripgrep's calls are the model): looks for files of rules in each
 * folder before it is listed, lists with the 128 bytes that Rust's library begins with, opens and reads every file. scan PATH
 * WORD: prints how many folders, files, bytes and lines with the word there were. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../tests/guests/calls.h"

enum { LISTED = 128, PIECE = 64 << 10, NAME = 256 };

static const char *const rules[] = { ".gitignore", ".ignore", ".rgignore", ".git", ".jj" };
static unsigned folders, files, lines;
static unsigned long long bytes;
static const char *word;

static void die(const char *path)
{
	perror(path);
	exit(1);
}

static void look_for_rules(int dir)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		stat_t stat;

		if (path_filestat_get(dir, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, P(rules[i]), &stat) != __WASI_ERRNO_NOENT) {
			fprintf(stderr, "a file of rules is in the tree: %s\n", rules[i]);
			exit(1);
		}
	}
}

/* Lines longer than a piece are cut: there are none. */
static void search(char *text, size_t length)
{
	size_t wanted = strlen(word);

	for (char *at = text, *end = text + length; (at = memchr(at, word[0], (size_t)(end - at)));) {
		if ((size_t)(end - at) < wanted)
			return;
		if (memcmp(at, word, wanted) != 0) {
			at++;
			continue;
		}
		lines++;
		at = memchr(at, '\n', (size_t)(end - at));
		if (!at)
			return;
	}
}

static void read_file(int dir, const char *name)
{
	static char buffer[PIECE];
	int fd = openat(dir, name, O_RDONLY);
	ssize_t length;

	if (fd < 0)
		die(name);
	while ((length = read(fd, buffer, sizeof buffer)) > 0) {
		bytes += (unsigned long long)length;
		search(buffer, (size_t)length);
	}
	if (length < 0)
		die(name);
	close(fd);
	files++;
}

static void scan(int dir);

static void visit(int dir, const char *name, int type)
{
	if (type == __WASI_FILETYPE_DIRECTORY) {
		int inner = openat(dir, name, O_RDONLY | O_DIRECTORY);

		if (inner < 0)
			die(name);
		scan(inner);
		close(inner);
	} else {
		read_file(dir, name);
	}
}

static void scan(int dir)
{
	uint8_t listed[LISTED];
	uint64_t cookie = 0;
	uint32_t used = LISTED;

	folders++;
	look_for_rules(dir);
	while (used == LISTED) {
		uint32_t at = 0;

		errno = fd_readdir(dir, listed, LISTED, cookie, &used);
		if (errno)
			die("fd_readdir");
		while (used - at >= sizeof(__wasi_dirent_t)) {
			__wasi_dirent_t entry;
			char name[NAME];

			memcpy(&entry, listed + at, sizeof entry);
			at += sizeof entry;
			if (used - at < entry.d_namlen)
				break; /* comes whole the next time, since no name here is longer than the buffer */
			memcpy(name, listed + at, entry.d_namlen);
			name[entry.d_namlen] = '\0';
			at += entry.d_namlen;
			cookie = entry.d_next;
			if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
				visit(dir, name, entry.d_type);
		}
	}
}

int main(int argc, char **argv)
{
	int dir;

	if (argc != 3)
		return 2;
	word = argv[2];
	dir = open(argv[1], O_RDONLY | O_DIRECTORY);
	if (dir < 0)
		die(argv[1]);
	scan(dir);
	printf("%u folders, %u files, %llu bytes, %u lines\n", folders, files, bytes, lines);
	return 0;
}
