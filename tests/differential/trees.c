/* A random walk over whole trees, made, changed, moved, removed and made again, that says what each step gave: default coherence
 * has to say what strict says. Arguments: first seed, how many, steps of each. Each seed works in a folder of its own. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH = 200, NAMES = 64, LARGEST = 300000 };

static uint64_t dice;
static unsigned walk_seed;
static char bytes[LARGEST];

static uint32_t roll(uint32_t sides)
{
	dice = dice * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(dice >> 33) % sides;
}

/* A folder one to three deep. */
static void folder(char *path)
{
	int end = sprintf(path, "/seed%u", walk_seed);

	for (uint32_t depth = 1 + roll(3); depth; depth--)
		end += sprintf(path + end, "/%c", (int)('a' + roll(4)));
}

static void file(char *path)
{
	folder(path);
	sprintf(path + strlen(path), "/f%u", roll(5));
}

static void either(char *path)
{
	(roll(2) ? folder : file)(path);
}

static uint32_t digest(uint32_t sum, const void *from, size_t length)
{
	for (const uint8_t *at = from; length; length--, at++)
		sum = (sum ^ *at) * 16777619u;
	return sum;
}

/* 0 or errno. */
static int result(int returned)
{
	return returned < 0 ? errno : 0;
}

static int put(const char *path, int flags, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | flags, 0666), error = 0;

	if (fd < 0)
		return errno;
	memset(bytes, (int)('a' + roll(26)), length);
	for (size_t done = 0; done < length && !error;) {
		ssize_t wrote = write(fd, bytes + done, length - done);

		error = wrote < 0 ? errno : 0;
		done += error ? 0 : (size_t)wrote;
	}
	return close(fd) && !error ? errno : error;
}

static int make(const char *path)
{
	char at[PATH];
	int error = 0;

	for (size_t i = 1; i <= strlen(path); i++)
		if (path[i] == '/' || !path[i]) {
			sprintf(at, "%.*s", (int)i, path);
			error = result(mkdir(at, 0777));
		}
	for (int i = 0; i < 3; i++) {
		sprintf(at, "%s/f%d", path, i);
		put(at, O_TRUNC, 10 + (size_t)i);
	}
	return error;
}

static int look(const char *path, uint32_t *gave)
{
	struct stat stat;

	if (lstat(path, &stat))
		return errno;
	*gave = S_ISDIR(stat.st_mode) ? 1 : digest((uint32_t)stat.st_nlink, &stat.st_size, sizeof stat.st_size);
	if (stat.st_mtim.tv_sec < 1000) /* one of ours */
		*gave = digest(*gave, &stat.st_mtim.tv_sec, sizeof stat.st_mtim.tv_sec);
	return 0;
}

static int get(const char *path, size_t piece, uint32_t *gave)
{
	int fd = open(path, O_RDONLY), error = 0;
	ssize_t length;

	if (fd < 0)
		return errno;
	while ((length = read(fd, bytes, piece)) > 0)
		*gave = digest(*gave, bytes, (size_t)length);
	error = result((int)length);
	close(fd);
	return error;
}

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

/* Names in order, and how many; or -1. */
static int list(const char *path, char names[NAMES][8])
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int count = 0;

	if (!dir)
		return -1;
	while ((entry = readdir(dir)) && count < NAMES)
		if (entry->d_name[0] != '.')
			snprintf(names[count++], 8, "%s", entry->d_name);
	closedir(dir);
	qsort(names, (size_t)count, 8, by_name);
	return count;
}

static int list_all(const char *path, int reads, uint32_t *gave)
{
	char names[NAMES][8], at[PATH];
	int count = list(path, names);

	if (count < 0)
		return errno;
	for (int i = 0; i < count; i++) {
		*gave = digest(*gave, names[i], strlen(names[i]));
		sprintf(at, "%s/%s", path, names[i]);
		if (reads && names[i][0] == 'f')
			get(at, 65536, gave);
	}
	return 0;
}

static int remove_tree(const char *path)
{
	char names[NAMES][8], at[PATH];
	int count = list(path, names);

	if (count < 0)
		return errno;
	for (int i = 0; i < count; i++) {
		struct stat stat;
		int error;

		sprintf(at, "%s/%s", path, names[i]);
		error = lstat(at, &stat) ? errno : S_ISDIR(stat.st_mode) ? remove_tree(at) : result(unlink(at));
		if (error)
			return error;
	}
	return result(rmdir(path));
}

/* Temporary files, backups, folders that come and go: names of its own, and what it asks about them meanwhile. */
static int own(const char *path, uint32_t *gave)
{
	char one[PATH], two[PATH];
	int error = 0;

	for (uint32_t left = 2 + roll(10); left; left--) {
		uint32_t act = roll(12);

		sprintf(one, "%s/o%u", path, roll(4));
		sprintf(two, "%s/o%u", path, roll(4));
		error = act < 2    ? put(one, O_TRUNC, roll(500))
		        : act < 3  ? put(one, O_EXCL, roll(500))
		        : act < 5  ? result(rename(one, two))
		        : act < 7  ? result(unlink(one))
		        : act < 8  ? result(mkdir(one, 0777))
		        : act < 9  ? result(rmdir(one))
		        : act < 10 ? result(utimensat(AT_FDCWD, one, (struct timespec[2]){ { .tv_sec = 77 }, { .tv_sec = 77 } },
		        	AT_SYMLINK_NOFOLLOW))
		        : act < 11 ? look(one, gave)
		                   : list_all(path, 0, gave);
		*gave = digest(*gave, &error, sizeof error);
	}
	return error;
}

static int cut(const char *path, uint32_t *gave)
{
	int fd = open(path, O_RDWR), error;

	if (fd < 0)
		return errno;
	error = result(ftruncate(fd, roll(400)));
	*gave = digest(*gave, &error, sizeof error);
	error = result(futimens(fd, (struct timespec[2]){ { .tv_sec = 99 }, { .tv_sec = 99 } }));
	close(fd);
	return error;
}

static int step(const char **what, char *path, char *other, uint32_t *gave)
{
	static const size_t sizes[] = { 0, 1, 100, 4096, 65536, 70000, LARGEST };
	uint32_t act = roll(54);

	either(other);
	if (act < 6)
		return *what = "make", folder(path), make(path);
	if (act < 16)
		return *what = "stat", either(path), look(path, gave);
	if (act < 23)
		return *what = "read", file(path), get(path, roll(2) ? 4096 : 100000, gave);
	if (act < 26)
		return *what = "list", folder(path), list_all(path, 0, gave);
	if (act < 29)
		return *what = "read all", folder(path), list_all(path, 1, gave);
	if (act < 32)
		return *what = "write", file(path), put(path, O_TRUNC, sizes[roll(7)]);
	if (act < 34)
		return *what = "append", file(path), put(path, O_APPEND, 8);
	if (act < 36)
		return *what = "rename", either(path), result(rename(path, other));
	if (act < 37)
		return *what = "link", file(path), result(link(path, other));
	if (act < 38)
		return *what = "unlink", either(path), result(unlink(path));
	if (act < 50)
		return *what = "own", folder(path), own(path, gave);
	if (act < 52)
		return *what = "cut", file(path), cut(path, gave);
	return *what = "remove", folder(path), remove_tree(path);
}

int main(int argc, char **argv)
{
	unsigned first = argc > 1 ? (unsigned)atoi(argv[1]) : 1, count = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
	int steps = argc > 3 ? atoi(argv[3]) : 1000;

	for (walk_seed = first; walk_seed < first + count; walk_seed++) {
		char path[PATH], other[PATH];

		dice = (walk_seed + 1) * 0x9E3779B97F4A7C15u;
		sprintf(path, "/seed%u", walk_seed);
		mkdir(path, 0777);
		for (int i = 0; i < steps; i++) {
			const char *what = "";
			uint32_t gave = 0;
			int error = step(&what, path, other, &gave);

			printf("%u.%d %s '%s' '%s' = %d %u\n", walk_seed, i, what, path, other, error, gave);
		}
	}
	return 0;
}
