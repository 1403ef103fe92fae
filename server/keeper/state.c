#include "state.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/home.h"
#include "server/base/digest.h"

static bool folder_find(char folder[PATH_MAX])
{
	struct stat stat;

	if (!home_path(folder, PATH_MAX - DIGEST_HEX - 32, "XDG_STATE_HOME", ".local/state", "wvwasi-gw") || !folders_make(folder) ||
	    lstat(folder, &stat) != 0)
		return false;
	if (!S_ISDIR(stat.st_mode) || stat.st_uid != geteuid()) {
		errno = EPERM;
		return false;
	}
	return !(stat.st_mode & 077) || chmod(folder, 0700) == 0;
}

/* Reads a file's fields; leaves those alone that the file doesn't have or that are malformed. */
static void file_read(int fd, struct state_running *running, int *kept_port)
{
	char text[2 * PATH_MAX];
	ssize_t length = pread(fd, text, sizeof text, 0);
	cJSON *all = length > 0 ? cJSON_ParseWithLength(text, (size_t)length) : NULL;
	const cJSON *kept = cJSON_GetObjectItemCaseSensitive(all, "port"), *pid = cJSON_GetObjectItemCaseSensitive(all, "pid"),
	            *port = cJSON_GetObjectItemCaseSensitive(all, "runsAt");
	const char *root = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(all, "root"));
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(all, "control"));

	if (cJSON_IsNumber(kept) && kept->valuedouble >= 1 && kept->valuedouble <= 65535)
		*kept_port = kept->valueint;
	if (cJSON_IsNumber(port) && port->valuedouble >= 1 && port->valuedouble <= 65535)
		running->port = port->valueint;
	if (cJSON_IsNumber(pid) && pid->valuedouble >= 1)
		running->pid = pid->valueint;
	snprintf(running->root, sizeof running->root, "%s", root ? root : "");
	snprintf(running->name, sizeof running->name, "%s", name && !strchr(name, '/') ? name : "");
	cJSON_Delete(all);
}

static enum state_opened unwritable(struct state *state)
{
	int error = errno;

	state_leave(state);
	errno = error;
	return STATE_UNWRITABLE;
}

enum state_opened state_open(struct state *state, const char *root, int own_port)
{
	char folder[PATH_MAX], hash[DIGEST_HEX + 1], port[8] = "", *name;
	struct state_running running = { 0 };
	struct digest digest;

	*state = (struct state){ .fd = -1, .folder_fd = -1, .own = own_port > 0 };
	snprintf(state->root, sizeof state->root, "%s", root);
	if (!folder_find(folder)) {
		snprintf(state->path, sizeof state->path, "%s", folder);
		return unwritable(state);
	}
	digest_of(&digest, root, strlen(root));
	digest_hex(&digest, hash);
	if (own_port)
		snprintf(port, sizeof port, "-%u", (unsigned)(own_port & 0xffff));
	snprintf(state->path, sizeof state->path, "%.*s/%s%.7s.json", PATH_MAX - DIGEST_HEX - 32, folder, hash, port);
	snprintf(state->name, sizeof state->name, "%.16s%.7s.sock", hash, port); /* a socket's whole path has 108 bytes */
	state->folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	name = strrchr(state->path, '/') + 1;
	if (state->folder_fd < 0)
		return unwritable(state);
	state->fd = openat(state->folder_fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (state->fd < 0)
		return unwritable(state);
	if (flock(state->fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK)
			return unwritable(state);
		file_read(state->fd, &running, &state->kept_port);
		state->pid = running.pid;
		close(state->fd);
		state->fd = -1;
		return STATE_HELD;
	}
	file_read(state->fd, &running, &state->kept_port);
	return STATE_OPEN;
}

static bool file_write(struct state *state, int port)
{
	cJSON *all = cJSON_CreateObject();
	char *text;
	bool written = false;

	cJSON_AddStringToObject(all, "root", state->root);
	if (state->kept_port)
		cJSON_AddNumberToObject(all, "port", state->kept_port);
	if (port) {
		cJSON_AddNumberToObject(all, "runsAt", port);
		cJSON_AddNumberToObject(all, "pid", getpid());
		cJSON_AddStringToObject(all, "control", state->name);
	}
	text = cJSON_PrintUnformatted(all);
	/* Written in place: a new file under that name wouldn't be locked. */
	if (text)
		written = pwrite(state->fd, text, strlen(text), 0) == (ssize_t)strlen(text) &&
		          ftruncate(state->fd, (off_t)strlen(text)) == 0;
	cJSON_free(text);
	cJSON_Delete(all);
	return written;
}

bool state_write(struct state *state, int port)
{
	return state->fd < 0 || file_write(state, port);
}

void state_leave(struct state *state)
{
	if (state->fd >= 0)
		close(state->fd);
	if (state->folder_fd >= 0)
		close(state->folder_fd);
	state->fd = state->folder_fd = -1;
}

void state_close(struct state *state)
{
	if (state->fd >= 0 && state->own)
		unlinkat(state->folder_fd, strrchr(state->path, '/') + 1, 0);
	else if (state->fd >= 0)
		file_write(state, 0);
	state_leave(state);
}

bool state_each(bool found(void *context, const struct state_running *running), void *context)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	bool goes_on = true;
	DIR *folder;

	if (!folder_find(path) || !(folder = opendir(path)))
		return false;
	while (goes_on && (entry = readdir(folder))) {
		struct state_running running = { .folder_fd = dirfd(folder) };
		size_t length = strlen(entry->d_name);
		int fd, kept_port;

		if (length < 5 || strcmp(entry->d_name + length - 5, ".json"))
			continue;
		fd = openat(dirfd(folder), entry->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0)
			continue;
		file_read(fd, &running, &kept_port);
		close(fd);
		if (running.port && *running.name)
			goes_on = found(context, &running);
	}
	closedir(folder);
	return true;
}
