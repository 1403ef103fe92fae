#include "home.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool home_path(char *path, size_t room, const char *variable, const char *otherwise, const char *below)
{
	const char *base = getenv(variable), *home = getenv("HOME");
	int length;

	if (base && *base == '/') {
		length = snprintf(path, room, "%s/%s", base, below);
	} else {
		if (!home || *home != '/') {
			const struct passwd *us = getpwuid(geteuid());

			home = us ? us->pw_dir : "/nonexistent";
		}
		length = snprintf(path, room, "%s/%s/%s", home, otherwise, below);
	}
	if (length < 0 || (size_t)length >= room) {
		errno = ENAMETOOLONG;
		return false;
	}
	return true;
}

bool folders_make(char *path)
{
	for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		int made;

		if (slash)
			*slash = 0;
		made = mkdir(path, 0700);
		if (slash)
			*slash = '/';
		if (made != 0 && errno != EEXIST)
			return false;
		if (!slash)
			return true;
	}
}
