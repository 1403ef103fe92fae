#include "profile_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/home.h"

enum { NAME_HEX = 2 * sizeof(struct profile_key), NAME_ROOM = NAME_HEX + 8 };
static const char ending[] = ".txt";

bool profile_folder_open(struct profile_folder *folder)
{
	struct stat stat;

	folder->fd = -1;
	if (!home_path(folder->path, sizeof folder->path, "XDG_CACHE_HOME", ".cache", "wvwasi-gw/starts") ||
	    !folders_make(folder->path))
		return false;
	folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder->fd < 0)
		return false;
	if (fstat(folder->fd, &stat) == 0 && stat.st_uid != geteuid())
		errno = EPERM;
	else if (!(stat.st_mode & 077) || fchmod(folder->fd, 0700) == 0)
		return true;
	profile_folder_close(folder);
	return false;
}

void profile_folder_close(struct profile_folder *folder)
{
	int error = errno;

	if (folder->fd >= 0)
		close(folder->fd);
	folder->fd = -1;
	errno = error;
}

/* ---- names ---- */

static void name_put(char name[NAME_ROOM], const struct profile_key *key)
{
	const uint8_t *bytes = (const uint8_t *)key;

	for (size_t i = 0; i < sizeof *key; i++)
		snprintf(name + 2 * i, 3, "%02x", bytes[i]);
	strcpy(name + NAME_HEX, ending);
}

static bool name_read(const char *name, struct profile_key *key)
{
	uint8_t *bytes = (uint8_t *)key;

	if (strspn(name, "0123456789abcdef") != NAME_HEX || strcmp(name + NAME_HEX, ending) != 0)
		return false;
	for (size_t i = 0; i < sizeof *key; i++)
		bytes[i] = (uint8_t)strtoul((char[]){ name[2 * i], name[2 * i + 1], 0 }, NULL, 16);
	return true;
}

/* Its entries, from the first on; NULL: it can't be read. The descriptor stays the folder's. */
static DIR *entries_open(const struct profile_folder *folder)
{
	int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !entries)
		close(fd);
	return entries;
}

/* ---- writing ---- */

/* True: one was too many, and the oldest is gone. */
static bool oldest_remove(const struct profile_folder *folder)
{
	char oldest[NAME_ROOM] = "";
	struct timespec since = { 0 };
	const struct dirent *entry;
	struct profile_key key;
	unsigned count = 0;
	DIR *entries = entries_open(folder);

	while (entries && (entry = readdir(entries))) {
		struct stat stat;

		if (!name_read(entry->d_name, &key) || fstatat(folder->fd, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (!count++ || stat.st_mtim.tv_sec < since.tv_sec ||
		    (stat.st_mtim.tv_sec == since.tv_sec && stat.st_mtim.tv_nsec < since.tv_nsec)) {
			since = stat.st_mtim;
			strcpy(oldest, entry->d_name);
		}
	}
	if (entries)
		closedir(entries);
	return count > PROFILE_FILES_MAX && unlinkat(folder->fd, oldest, 0) == 0;
}

bool profile_folder_write(const struct profile_folder *folder, const struct profile_key *key, const void *text, size_t length)
{
	char name[NAME_ROOM], draft[NAME_ROOM + 4];
	int fd, error;
	bool done;

	name_put(name, key);
	snprintf(draft, sizeof draft, "%s.new", name);
	unlinkat(folder->fd, draft, 0);
	fd = openat(folder->fd, draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	done = fd >= 0 && write(fd, text, length) == (ssize_t)length;
	error = errno;
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && !done)
		unlinkat(folder->fd, draft, 0);
	errno = error;
	if (!done || renameat(folder->fd, draft, folder->fd, name) != 0)
		return false;
	while (oldest_remove(folder))
		;
	return true;
}

/* ---- reading ---- */

void profile_folder_read(const struct profile_folder *folder, const uint8_t grants[static 8], profile_found *found, void *context)
{
	static char text[PROFILE_FILE_MAX];
	const struct dirent *entry;
	struct profile_key key;
	DIR *entries = entries_open(folder);

	while (entries && (entry = readdir(entries))) {
		struct stat stat;
		ssize_t length = -1;
		int fd;

		if (!name_read(entry->d_name, &key) || memcmp(key.grants, grants, sizeof key.grants) != 0)
			continue;
		fd = openat(folder->fd, entry->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		if (fd < 0)
			continue;
		if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_uid == geteuid() && stat.st_size <= (off_t)sizeof text)
			length = read(fd, text, sizeof text);
		close(fd);
		if (length >= 0)
			found(context, &key, text, (size_t)length);
	}
	if (entries)
		closedir(entries);
}
