/* Lists everything below a folder with its attributes, as `ls -lR` and `tree -s` do. list PATH: a line for each name, then how
 * many folders and files there were. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static unsigned folders, files;

static void die(const char *path)
{
	perror(path);
	exit(1);
}

static int is_listed(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void show(const char *name, const struct stat *st, int depth)
{
	char when[32];
	struct tm tm;

	gmtime_r(&st->st_mtime, &tm);
	strftime(when, sizeof when, "%Y-%m-%d %H:%M", &tm);
	printf("%c %3u %9lld %s %*s%s\n", S_ISDIR(st->st_mode) ? 'd' : '-', (unsigned)st->st_nlink, (long long)st->st_size, when,
		2 * depth, "", name);
}

static void list(const char *folder, int depth)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_listed, alphasort);

	if (count < 0)
		die(folder);
	for (int i = 0; i < count; i++) {
		char *path = malloc(strlen(folder) + strlen(entries[i]->d_name) + 2);
		struct stat st;

		sprintf(path, "%s/%s", folder, entries[i]->d_name);
		if (lstat(path, &st) != 0)
			die(path);
		show(entries[i]->d_name, &st, depth);
		if (S_ISDIR(st.st_mode)) {
			folders++;
			list(path, depth + 1);
		} else {
			files++;
		}
		free(path);
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	list(argv[1], 0);
	printf("%u folders, %u files\n", folders, files);
	return 0;
}
