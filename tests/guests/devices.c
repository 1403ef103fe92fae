/* /dev as a C library sees it: each of its names is opened by its path. devices tty|none: has the program a terminal? */
#include "calls.h"
#include "check.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void null_and_zero(void)
{
	static char zeros[5000], bytes[5000];
	struct stat st;
	int fd = open("/dev/null", O_RDWR);
	FILE *file = fopen("/dev/null", "w");

	CHECK(fd >= 0, "/dev/null is opened");
	CHECK_EQ(read(fd, bytes, sizeof bytes), 0, "it is empty");
	CHECK_EQ(write(fd, bytes, sizeof bytes), sizeof bytes, "and takes everything");
	CHECK_EQ(isatty(fd), 0, "it is no terminal");
	CHECK_EQ(lseek(fd, 100, SEEK_SET), 0, "where one can seek, to 0");
	CHECK(file && fputs("gone", file) >= 0 && fclose(file) == 0, "fopen makes a file of it as of any other");
	CHECK_EQ(fstat(fd, &st) || !S_ISCHR(st.st_mode), 0, "its type is a character device's");
	close(fd);
	fd = open("/dev/zero", O_RDONLY);
	memset(bytes, 1, sizeof bytes);
	CHECK_EQ(read(fd, bytes, sizeof bytes), sizeof bytes, "/dev/zero gives what is asked for");
	CHECK_EQ(memcmp(bytes, zeros, sizeof bytes), 0, "which is zeros");
	close(fd);
}

static void urandom(void)
{
	unsigned char first[64], second[64];
	FILE *file = fopen("/dev/urandom", "rb");

	CHECK(file && fread(first, 1, 64, file) == 64 && fread(second, 1, 64, file) == 64, "/dev/urandom gives bytes");
	CHECK(memcmp(first, second, 64) != 0, "which are other ones each time");
	if (file)
		fclose(file);
}

static void folder(void)
{
	char names[100] = "";
	struct stat st;
	DIR *dir = opendir("/dev");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		strcat(strcat(names, entry->d_name), " ");
	CHECK(!strcmp(names, ". .. null zero urandom tty "), "these names are in /dev");
	CHECK_EQ(stat("/dev", &st) || !S_ISDIR(st.st_mode), 0, "which is a folder");
	CHECK_EQ(stat("/dev/urandom", &st) || !S_ISCHR(st.st_mode), 0, "of devices");
	CHECK(open("/dev/new", O_CREAT | O_WRONLY, 0666) < 0 && errno == EPERM, "and of nothing else");
	CHECK(open("/dev/mem", O_RDONLY) < 0 && errno == ENOENT, "not even of what the host has there");
	CHECK(unlink("/dev/null") < 0 && errno == EPERM, "nothing in it is removed");
}

static void terminal(int has)
{
	char line[16] = "";
	int fd = open("/dev/tty", O_RDWR);

	if (!has) {
		CHECK(fd < 0 && errno == ENXIO, "without a terminal there is no /dev/tty");
		return;
	}
	CHECK(fd >= 0, "/dev/tty is opened");
	CHECK_EQ(isatty(fd), 1, "it is a terminal");
	CHECK_EQ(read(fd, line, 6), 6, "it reads what is typed");
	CHECK(!strcmp(line, "typed\n"), "byte by byte");
	CHECK_EQ(write(fd, "to the terminal\n", 16), 16, "and writes to the screen");
	close(fd);
	CHECK_EQ(read(0, line, 5), 5, "its end isn't stdin's");
	CHECK(!memcmp(line, "more\n", 5), "which goes on where it was");
}

int main(int argc, char **argv)
{
	null_and_zero();
	urandom();
	folder();
	terminal(argc > 1 && !strcmp(argv[1], "tty"));
	return check_end();
}
