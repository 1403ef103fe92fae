#include "places.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Makes each missing part of the path, with mode 0700 as the XDG specification wants. */
static bool folder_make(char *path)
{
	for (char *slash = path; slash;) {
		int made;

		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = 0;
		made = mkdir(path, 0700);
		if (slash)
			*slash = '/';
		if (made != 0 && errno != EEXIST)
			return false;
	}
	return true;
}

static bool place_make(char place[PATH_MAX], const char *variable, const char *below_home, const char *app)
{
	const char *base = getenv(variable), *home = getenv("HOME");
	int length;

	if (!home || *home != '/') {
		const struct passwd *us = getpwuid(geteuid());

		home = us ? us->pw_dir : "/nonexistent";
	}
	if (base && *base == '/')
		length = snprintf(place, PATH_MAX, "%s/wvwasi-gw/%s", base, app);
	else
		length = snprintf(place, PATH_MAX, "%s/%s/wvwasi-gw/%s", home, below_home, app);
	if (length >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	return folder_make(place);
}

enum places_made places_make(struct places *places, const char *app)
{
	char file[PATH_MAX + 8];

	*places = (struct places){ .lock = -1 };
	if (!*app || app[strspn(app, "0123456789abcdef")]) { /* it becomes a part of a path, so it is checked */
		errno = EINVAL;
		return PLACES_UNWRITABLE;
	}
	if (!place_make(places->data, "XDG_DATA_HOME", ".local/share", app) ||
	    !place_make(places->cache, "XDG_CACHE_HOME", ".cache", app))
		return PLACES_UNWRITABLE;
	snprintf(file, sizeof file, "%s/lock", places->data);
	places->lock = open(file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (places->lock < 0)
		return PLACES_UNWRITABLE;
	if (flock(places->lock, LOCK_EX | LOCK_NB) == 0)
		return PLACES_MADE;
	places_clear(places);
	return errno == EWOULDBLOCK ? PLACES_HELD : PLACES_UNWRITABLE;
}

void places_clear(struct places *places)
{
	int error = errno;

	if (places->lock >= 0)
		close(places->lock);
	places->lock = -1;
	errno = error;
}
