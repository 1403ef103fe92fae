/* Starts as interpreters do: looks along a path of folders for modules, most of which aren't there, reads those that are, lists
 * folders, and says all that it saw. starts FOLDER NAME… */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void say_file(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned long sum = 0, length = 0;
	int byte;

	if (!file) {
		printf("%s: %s\n", path, strerror(errno));
		return;
	}
	while ((byte = getc(file)) != EOF) {
		sum = sum * 31 + (unsigned)byte;
		length++;
	}
	printf("%s: %lu bytes, %lu%s\n", path, length, sum, ferror(file) ? ", and an error" : "");
	fclose(file);
}

static void say_stat(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		printf("%s: %s\n", path, strerror(errno));
	else
		printf("%s: mode %o, size %lld\n", path, (unsigned)(st.st_mode & S_IFMT),
			S_ISREG(st.st_mode) ? (long long)st.st_size : 0);
}

static void say_folder(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	if (!folder) {
		printf("%s/: %s\n", path, strerror(errno));
		return;
	}
	while ((entry = readdir(folder)))
		printf("%s/: %s\n", path, entry->d_name);
	closedir(folder);
}

int main(int argc, char **argv)
{
	static const char *const places[] = { "first", "second", "third/deep" }, *const endings[] = { ".so", ".py", "" };
	char path[512];

	for (size_t place = 0; place < sizeof places / sizeof *places; place++) {
		snprintf(path, sizeof path, "%s/%s", argv[1], places[place]);
		say_stat(path);
		say_folder(path);
		for (int name = 2; name < argc; name++)
			for (size_t ending = 0; ending < sizeof endings / sizeof *endings; ending++) {
				snprintf(path, sizeof path, "%s/%s/%s%s", argv[1], places[place], argv[name], endings[ending]);
				say_stat(path);
				say_file(path);
			}
	}
	return 0;
}
