/* Looks at everything below a folder, as searching programs do: lists each folder, asks what each name is, reads each file.
 * growth PATH: prints how many folders, files and bytes there were. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned folders, files;
static unsigned long long bytes;

static void read_file(const char *path)
{
	static char buffer[4096];
	int fd = open(path, O_RDONLY);
	ssize_t length;

	if (fd < 0) {
		perror(path);
		exit(1);
	}
	while ((length = read(fd, buffer, sizeof buffer)) > 0)
		bytes += (unsigned long long)length;
	close(fd);
	files++;
}

static void walk(const char *folder)
{
	char **names = NULL;
	size_t count = 0, room = 0;
	DIR *dir = opendir(folder);

	if (!dir) {
		perror(folder);
		exit(1);
	}
	folders++;
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (entry->d_name[0] == '.')
			continue;
		if (count == room)
			names = realloc(names, (room = room ? room * 2 : 16) * sizeof *names);
		names[count] = malloc(strlen(folder) + strlen(entry->d_name) + 2);
		sprintf(names[count++], "%s/%s", folder, entry->d_name);
	}
	closedir(dir);
	for (size_t i = 0; i < count; i++) {
		struct stat st;

		if (lstat(names[i], &st) != 0) {
			perror(names[i]);
			exit(1);
		}
		if (S_ISDIR(st.st_mode))
			walk(names[i]);
		else
			read_file(names[i]);
		free(names[i]);
	}
	free(names);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	walk(argv[1]);
	printf("%u folders, %u files, %llu bytes\n", folders, files, bytes);
	return 0;
}
