#include "grantable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOLD = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

static bool refuse(char why[GRANTABLE_WHY], const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool refuse(char why[GRANTABLE_WHY], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, GRANTABLE_WHY, format, args);
	va_end(args);
	return false;
}

/* What is left of `path` below `folder`; NULL: it isn't in there. */
static const char *below(const char *path, const char *folder)
{
	size_t length = strcmp(folder, "/") ? strlen(folder) : 0;

	return !strncmp(path, folder, length) && (!path[length] || path[length] == '/') ? path + length : NULL;
}

/* ---- what the lock reaches ---- */

static bool home_find(char home[PATH_MAX])
{
	const char *named = getenv("HOME");
	const struct passwd *us = named && *named == '/' ? NULL : getpwuid(geteuid());

	return realpath(us ? us->pw_dir : named ? named : "", home);
}

static bool add(struct grantable *grantable, int fd)
{
	struct stat stat;

	if (fd < 0 || fstat(fd, &stat) != 0 || grantable->count == GRANTABLE_MAX) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	grantable->all[grantable->count++] = (struct grantable_folder){ fd, stat.st_dev, stat.st_ino };
	return true;
}

/* The folders in the home folder, without the hidden ones: the lock then keeps the gateway out of these, too. */
static bool add_visible(struct grantable *grantable)
{
	int fd = openat(grantable->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!folder)
		return false;
	while ((entry = readdir(folder))) {
		int one = *entry->d_name == '.' ? -1 : openat(grantable->fd, entry->d_name, HOLD);

		if (one >= 0 && !add(grantable, one))
			grantable->left_out++;
	}
	closedir(folder);
	return true;
}

bool grantable_open(struct grantable *grantable, const char *dir, char why[GRANTABLE_WHY])
{
	const char *rest;

	*grantable = (struct grantable){ .on = dir, .fd = -1 };
	if (!dir)
		return true;
	if (!home_find(grantable->home))
		*grantable->home = 0;
	if (!*grantable->home && !*dir)
		return refuse(why, "%s: cannot find your home folder; name a folder: --ask=DIR", strerror(errno));
	if (!realpath(*dir ? dir : grantable->home, grantable->path))
		return refuse(why, "%s: --ask '%s'", strerror(errno), dir);
	if (*grantable->home && below(grantable->home, grantable->path) && strcmp(grantable->home, grantable->path))
		return refuse(why, "--ask '%s' holds your home folder, and with it what is hidden there: name a folder in it, or give --ask alone",
		              dir);
	rest = *grantable->home ? below(grantable->path, grantable->home) : NULL;
	if (rest && strstr(rest, "/."))
		return refuse(why, "--ask '%s' lies in a hidden folder, of which nothing is granted", dir);
	grantable->whole = !rest || *rest;
	grantable->fd = open(grantable->path, HOLD);
	if (grantable->fd < 0 || !(grantable->whole ? add(grantable, openat(grantable->fd, ".", HOLD)) : add_visible(grantable)))
		return refuse(why, "%s: --ask '%s'", strerror(errno), grantable->path);
	return true;
}

void grantable_forget(struct grantable *grantable)
{
	for (size_t i = 0; i < grantable->count; i++) {
		close(grantable->all[i].fd);
		grantable->all[i].fd = -1;
	}
}

/* ---- what the user names ---- */

/* The path below DIR; NULL, and why. */
static const char *path_read(const struct grantable *grantable, const char *named, char whole[2 * PATH_MAX],
                             char why[GRANTABLE_WHY])
{
	const char *rest;

	if (*named == '~' && (!named[1] || named[1] == '/'))
		snprintf(whole, 2 * PATH_MAX, "%s%s", grantable->home, named + 1);
	else
		snprintf(whole, 2 * PATH_MAX, "%s%s%s", *named == '/' ? "" : grantable->path, *named == '/' ? "" : "/", named);
	rest = below(whole, grantable->path);
	if (!*named || strlen(named) >= PATH_MAX)
		refuse(why, *named ? "that path is too long" : "no folder was named");
	else if (!rest)
		refuse(why, "'%s' isn't in '%s', and nothing else can be granted while it runs (--ask=DIR)", named, grantable->path);
	return *named && strlen(named) < PATH_MAX ? rest : NULL;
}

static bool is_reached(const struct grantable *grantable, const struct stat *stat)
{
	for (size_t i = 0; i < grantable->count; i++)
		if (grantable->all[i].dev == stat->st_dev && grantable->all[i].ino == stat->st_ino)
			return true;
	return false;
}

/* From *fd, which it replaces, to the folder of that name. */
static bool step(const struct grantable *grantable, int *fd, const char *name, bool is_first, char why[GRANTABLE_WHY])
{
	struct stat stat;
	int next;

	if (!strcmp(name, ".."))
		return refuse(why, "a path with '..' isn't taken: name the folder from '%s' on", grantable->path);
	if (*name == '.')
		return refuse(why, "'%s' is hidden, and nothing hidden is granted while it runs", name);
	next = openat(*fd, name, HOLD);
	if (next < 0 && (errno == ENOTDIR || errno == ELOOP) && fstatat(*fd, name, &stat, AT_SYMLINK_NOFOLLOW) == 0)
		return refuse(why, S_ISLNK(stat.st_mode) ? "'%s' is a link: name the folder that it leads to" : "'%s' isn't a folder", name);
	if (next < 0)
		return refuse(why, "%s: '%s'", strerror(errno), name);
	close(*fd);
	*fd = next;
	if (is_first && !grantable->whole && (fstat(next, &stat) != 0 || !is_reached(grantable, &stat)))
		return refuse(why, "'%s' was made after wvwasi-gw had locked itself in: start it again to grant that folder", name);
	return true;
}

static bool walk(const struct grantable *grantable, int *fd, const char *path, char why[GRANTABLE_WHY])
{
	char name[NAME_MAX + 1];
	bool is_first = true;

	for (;;) {
		size_t length;

		path += strspn(path, "/");
		length = strcspn(path, "/");
		if (!length)
			return !is_first || grantable->whole ||
			       refuse(why, "your home folder isn't granted as a whole, since hidden folders are in it: name one in it");
		if (length > NAME_MAX)
			return refuse(why, "%s: '%.40s…'", strerror(ENAMETOOLONG), path);
		memcpy(name, path, length);
		name[length] = 0;
		path += length;
		if (!strcmp(name, "."))
			continue;
		if (!step(grantable, fd, name, is_first, why))
			return false;
		is_first = false;
	}
}

/* Where the descriptor leads, as the kernel says it. */
static bool real_of(int fd, char real[PATH_MAX])
{
	char link[40];
	ssize_t length;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	length = readlink(link, real, PATH_MAX - 1);
	real[length < 0 ? 0 : length] = 0;
	return length > 0;
}

int grantable_folder_open(const struct grantable *grantable, const char *named, char real[PATH_MAX], char why[GRANTABLE_WHY])
{
	char whole[2 * PATH_MAX];
	const char *path;
	struct stat stat;
	int held, fd = -1;

	if (!grantable->on) {
		refuse(why, "this gateway was started without --ask, so nothing can be granted while it runs");
		return -1;
	}
	path = path_read(grantable, named, whole, why);
	held = path ? openat(grantable->fd, ".", HOLD) : -1;
	if (held < 0)
		return -1;
	if (walk(grantable, &held, path, why)) {
		fd = openat(held, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || fstat(fd, &stat) != 0 || !real_of(fd, real))
			refuse(why, "%s: '%s'", strerror(errno), named);
		else if (stat.st_uid != geteuid())
			refuse(why, "'%s' belongs to another user", named);
		else if (!below(real, grantable->path)) /* moved meanwhile */
			refuse(why, "'%s' isn't in '%s' any more", named, grantable->path);
		else
			goto out;
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
out:
	close(held);
	return fd;
}

/* Is there a file by that name that may be granted? */
static bool file_check(int folder, const char *name, bool may_make, char why[GRANTABLE_WHY])
{
	struct stat stat;
	int fd;

	if (!*name)
		return refuse(why, "no file was named");
	if (*name == '.')
		return refuse(why, "'%s' is hidden, and nothing hidden is granted while it runs", name);
	fd = may_make ? openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666) : -1;
	if (fd >= 0)
		close(fd);
	else if (may_make && errno != EEXIST)
		return refuse(why, "%s: cannot make '%s'", strerror(errno), name);
	if (fstatat(folder, name, &stat, AT_SYMLINK_NOFOLLOW) != 0)
		return refuse(why, "%s: '%s'", strerror(errno), name);
	if (S_ISLNK(stat.st_mode))
		return refuse(why, "'%s' is a link: name the file that it leads to", name);
	if (!S_ISREG(stat.st_mode))
		return refuse(why, "'%s' isn't a file", name);
	return stat.st_uid == geteuid() || refuse(why, "'%s' belongs to another user", name);
}

int grantable_file_open(const struct grantable *grantable, const char *named, bool may_make, char real[PATH_MAX],
                        char why[GRANTABLE_WHY])
{
	const char *slash = strrchr(named, '/'), *name = slash ? slash + 1 : named;
	char folder[PATH_MAX] = ".";
	size_t length;
	int fd;

	if (slash)
		snprintf(folder, sizeof folder, "%.*s", slash == named ? 1 : (int)(slash - named), named);
	fd = grantable_folder_open(grantable, folder, real, why);
	if (fd < 0)
		return -1;
	length = strlen(real);
	if (length + 1 + strlen(name) >= PATH_MAX)
		refuse(why, "that path is too long");
	else if (file_check(fd, name, may_make, why)) {
		snprintf(real + length, PATH_MAX - length, "/%s", name);
		return fd;
	}
	close(fd);
	return -1;
}
