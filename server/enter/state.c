#include "state.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digest.h"

/* Each part of the path that isn't there, as the XDG specification wants it: 0700. */
static bool folders_make(char *path)
{
	for (char *slash = strchr(path + 1, '/'); ; slash = strchr(slash + 1, '/')) {
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

static bool folder_find(char folder[PATH_MAX])
{
	const char *base = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	struct stat stat;
	int length;

	if (base && *base == '/') {
		length = snprintf(folder, PATH_MAX, "%s/wvwasi-gw", base);
	} else {
		if (!home || *home != '/') {
			const struct passwd *us = getpwuid(geteuid());

			home = us ? us->pw_dir : "/nonexistent";
		}
		length = snprintf(folder, PATH_MAX, "%s/.local/state/wvwasi-gw", home);
	}
	if (length >= PATH_MAX - DIGEST_HEX - 8) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (!folders_make(folder) || lstat(folder, &stat) != 0)
		return false;
	if (!S_ISDIR(stat.st_mode) || stat.st_uid != geteuid()) {
		errno = EPERM;
		return false;
	}
	return !(stat.st_mode & 077) || chmod(folder, 0700) == 0;
}

static void state_read(struct state *state)
{
	char text[PATH_MAX + 1024];
	ssize_t length = pread(state->fd, text, sizeof text, 0);
	cJSON *all = length > 0 ? cJSON_ParseWithLength(text, (size_t)length) : NULL;
	const cJSON *port = cJSON_GetObjectItemCaseSensitive(all, "port"), *pid = cJSON_GetObjectItemCaseSensitive(all, "pid");

	if (cJSON_IsNumber(port) && port->valuedouble >= 1 && port->valuedouble <= 65535)
		state->port = port->valueint;
	if (cJSON_IsNumber(pid) && pid->valuedouble >= 1)
		state->pid = pid->valueint;
	cJSON_Delete(all);
}

enum state_opened state_open(struct state *state, const char *root)
{
	char folder[PATH_MAX], name[DIGEST_HEX + 1];
	struct digest digest;

	*state = (struct state){ .fd = -1 };
	snprintf(state->root, sizeof state->root, "%s", root);
	if (!folder_find(folder)) {
		snprintf(state->path, sizeof state->path, "%s", folder);
		return STATE_UNWRITABLE;
	}
	digest_of(&digest, root, strlen(root));
	digest_hex(&digest, name);
	snprintf(state->path, sizeof state->path, "%.*s/%s.json", PATH_MAX - DIGEST_HEX - 8, folder, name);
	state->fd = open(state->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (state->fd < 0)
		return STATE_UNWRITABLE;
	if (flock(state->fd, LOCK_EX | LOCK_NB) != 0) {
		int error = errno;

		state_read(state);
		close(state->fd);
		state->fd = -1;
		errno = error;
		return error == EWOULDBLOCK ? STATE_HELD : STATE_UNWRITABLE;
	}
	state_read(state);
	return STATE_OPEN;
}

bool state_write(struct state *state, int port)
{
	cJSON *all;
	char *text;
	bool written = false;

	state->port = port;
	if (state->fd < 0)
		return true;
	all = cJSON_CreateObject();
	cJSON_AddStringToObject(all, "root", state->root);
	cJSON_AddNumberToObject(all, "port", port);
	cJSON_AddNumberToObject(all, "pid", getpid());
	text = cJSON_PrintUnformatted(all);
	/* In place: a new file under the name would be one that nobody has locked. */
	if (text)
		written = pwrite(state->fd, text, strlen(text), 0) == (ssize_t)strlen(text) && ftruncate(state->fd, (off_t)strlen(text)) == 0;
	cJSON_free(text);
	cJSON_Delete(all);
	return written;
}

void state_close(struct state *state)
{
	if (state->fd >= 0)
		close(state->fd);
	state->fd = -1;
}
