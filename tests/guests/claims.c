/* Programs that claim what only one of them may have, by names; also as a native program, beside those in pages.
 *   claims lock WAY NAME ROUNDS: takes a lock in the folder LOCKS so often, by excl, mkdir, link or symlink; whoever has it adds
 *     1 to the number in the file `number`, and writes "NAME in" and "NAME out" to the file `log`.
 *   claims spool WAY NAME COUNT: takes the jobs job0 to jobCOUNT of the folder `spool` as they come, by rename or unlink, and
 *     writes its jobs' numbers to the file `claimed NAME`; `ready` in the name of its own file says that it has begun.
 *   claims make COUNT: makes so many jobs, one after the other.
 * Where WAY has the word `own` in front, the program that is called one makes the jobs itself. It works in the folder $FOLDER, or
 * in /. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *top = "";
static char own[300], own_name[40], lock[300], log_path[300], number_path[300];

static const char *at(char *room, const char *name)
{
	snprintf(room, 300, "%s/%s", top, name);
	return room;
}

static void fail(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

static void put(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | flags, 0666);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd))
		fail(path);
}

/* Whether the lock is ours now. */
static int takes(const char *way)
{
	int result, fd;

	if (!strcmp(way, "mkdir"))
		result = mkdir(lock, 0777);
	else if (!strcmp(way, "link"))
		result = link(own, lock);
	else if (!strcmp(way, "symlink"))
		result = symlink(own_name, lock);
	else if ((result = fd = open(lock, O_WRONLY | O_CREAT | O_EXCL, 0666)) >= 0)
		close(fd);
	if (result < 0 && errno != EEXIST)
		fail("take");
	return result >= 0;
}

static void leaves(const char *way)
{
	if (strcmp(way, "mkdir") ? unlink(lock) : rmdir(lock))
		fail("leave");
}

static int read_number(void)
{
	char text[20] = "";
	int fd = open(number_path, O_RDONLY);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (length <= 0)
		fail("number");
	close(fd);
	return atoi(text);
}

static int locks(const char *way, const char *name, int rounds)
{
	char text[40];

	at(lock, "lock");
	at(log_path, "log");
	at(number_path, "number");
	snprintf(own_name, sizeof own_name, "own %s", name);
	put(at(own, own_name), O_TRUNC, name);
	for (int i = 0; i < rounds;) {
		if (!takes(way))
			continue;
		snprintf(text, sizeof text, "%s in\n", name);
		put(log_path, O_APPEND, text);
		snprintf(text, sizeof text, "%d\n", read_number() + 1);
		put(number_path, O_TRUNC, text);
		snprintf(text, sizeof text, "%s out\n", name);
		put(log_path, O_APPEND, text);
		leaves(way);
		i++;
	}
	printf("%s has had it %d times\n", name, rounds);
	return 0;
}

static void make_job(int i)
{
	char path[300], name[20];

	sprintf(name, "spool/job%d", i);
	put(at(path, name), O_EXCL, "job\n");
}

static int claim(const char *way, const char *name, int i)
{
	char job[300], mine[300], text[40];
	int result;

	sprintf(text, "spool/job%d", i);
	at(job, text);
	snprintf(text, sizeof text, "mine %s %d", name, i);
	result = strcmp(way, "rename") ? unlink(job) : rename(job, at(mine, text));
	if (result && errno != ENOENT)
		fail("claim");
	return !result;
}

/* Job after job; who finds one gone goes on to the next, once that has come: what is there beyond a missing one was claimed by
 * others. */
static int spool(const char *way, const char *name, int count)
{
	char claimed[300], text[40], path[300];
	int own_jobs = !strncmp(way, "own", 3) && !strcmp(name, "one"), had = 0;

	way += strncmp(way, "own", 3) ? 0 : 3;
	snprintf(text, sizeof text, "claimed %s", name);
	put(at(claimed, text), O_TRUNC, "");
	for (int i = 0; i < count; i++) {
		struct stat st;

		if (own_jobs)
			make_job(i);
		snprintf(text, sizeof text, "made/%d", i);
		if (own_jobs)
			put(at(path, text), O_TRUNC, "");
		else
			while (lstat(at(path, text), &st))
				;
		if (claim(way, name, i)) {
			snprintf(text, sizeof text, "%d\n", i);
			put(claimed, O_APPEND, text);
			had++;
		}
	}
	printf("%s had %d\n", name, had);
	return 0;
}

static int make(int count)
{
	char path[300], name[20];

	for (int i = 0; i < count; i++) {
		make_job(i);
		sprintf(name, "made/%d", i);
		put(at(path, name), O_TRUNC, "");
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (getenv("FOLDER"))
		top = getenv("FOLDER");
	if (argc == 5 && !strcmp(argv[1], "lock"))
		return locks(argv[2], argv[3], atoi(argv[4]));
	if (argc == 5 && !strcmp(argv[1], "spool"))
		return spool(argv[2], argv[3], atoi(argv[4]));
	if (argc == 3 && !strcmp(argv[1], "make"))
		return make(atoi(argv[2]));
	return 2;
}
