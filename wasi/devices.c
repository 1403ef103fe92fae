#include "devices.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = { [DEVICE_NULL] = "null", [DEVICE_ZERO] = "zero", [DEVICE_URANDOM] = "urandom",
	[DEVICE_TTY] = "tty" };

/* A device number that no file system has, so that the folder is never taken for one of the host's. */
enum { FOLDER_DEV = 0, FOLDER_INO = 1 };

void wasi_devices_open(struct wasi_devices *devices)
{
	struct stat st;

	for (int i = 0; i < WASI_DEVICES; i++) {
		char path[16];

		snprintf(path, sizeof path, "/dev/%s", names[i]);
		devices->fds[i] = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (devices->fds[i] >= 0 && (fstat(devices->fds[i], &st) != 0 || !S_ISCHR(st.st_mode))) {
			close(devices->fds[i]);
			devices->fds[i] = -1;
		}
	}
}

void wasi_devices_close(struct wasi_devices *devices)
{
	for (int i = 0; i < WASI_DEVICES; i++)
		if (devices->fds[i] >= 0)
			close(devices->fds[i]);
}

/* ---- paths ---- */

static bool is_there(const struct wasi_devices *devices, int device) { return device == DEVICE_TTY || devices->fds[device] >= 0; }

wasi_errno_t devices_find(const struct wasi_devices *devices, const union call_arg *path, enum device *device)
{
	const char *at = (const char *)path->bytes.at, *end = at + path->bytes.length;
	enum device found = DEVICE_FOLDER;

	while (at < end) {
		const char *slash = memchr(at, '/', (size_t)(end - at));
		size_t length = (size_t)((slash ? slash : end) - at);
		int i = 0;

		if (found != DEVICE_FOLDER) /* also with nothing behind its slash */
			return WASI_ENOTDIR;
		if (length == 2 && memcmp(at, "..", 2) == 0)
			return WASI_EPERM;
		if (length && !(length == 1 && *at == '.')) {
			while (i <= DEVICE_TTY && !(is_there(devices, i) && strlen(names[i]) == length && memcmp(names[i], at, length) == 0))
				i++;
			if (i > DEVICE_TTY)
				return WASI_ENOENT;
			found = (enum device)i;
			if (slash)
				return WASI_ENOTDIR;
		}
		at += length + (slash != NULL);
	}
	if (device)
		*device = found;
	return WASI_OK;
}

/* ---- attributes ---- */

wasi_errno_t devices_stat(enum device device, const struct wasi_devices *devices, struct stat *st)
{
	if (device < DEVICE_TTY)
		return host_stat(devices->fds[device], st);
	memset(st, 0, sizeof *st);
	if (device == DEVICE_TTY) { /* as stdin has them */
		st->st_mode = S_IFCHR;
		return WASI_OK;
	}
	st->st_mode = S_IFDIR;
	st->st_nlink = 2;
	st->st_dev = FOLDER_DEV;
	st->st_ino = FOLDER_INO;
	return WASI_OK;
}

wasi_errno_t devices_list(const struct wasi_devices *devices, wasi_errno_t (*each)(void *context, const struct host_entry *entry),
                          void *context)
{
	wasi_errno_t err = WASI_OK;
	struct stat st;

	for (int i = 0; i <= DEVICE_TTY && !err; i++) {
		if (!is_there(devices, i))
			continue;
		err = devices_stat((enum device)i, devices, &st);
		if (!err)
			err = each(context, &(struct host_entry){ .name = names[i], .length = strlen(names[i]), .ino = st.st_ino,
				.type = WASI_FILETYPE_CHARACTER_DEVICE });
	}
	return err;
}

/* ---- opening ---- */

void devices_folder(struct object *object, struct stat *st, const struct root *root)
{
	devices_stat(DEVICE_FOLDER, root->devices, st);
	object_init(object, -1, st, false, false);
	object->root = root;
}

void devices_terminal(struct object *object, bool reads, bool writes)
{
	*object = (struct object){ .kind = OBJECT_TERMINAL, .fd = -1, .fs = HOST_FS_MEMORY,
		.filetype = WASI_FILETYPE_CHARACTER_DEVICE, .stream = WASI_STDOUT, .can_read = reads, .can_write = writes };
	object->rights_base = RIGHTS_STDIO | (reads ? WASI_RIGHT_FD_READ : 0) | (writes ? WASI_RIGHT_FD_WRITE : 0);
}

/* A lent device can only be read and written. */
void devices_device(struct object *object, int fd, const struct stat *st, bool reads, bool writes)
{
	object_init(object, fd, st, reads, writes);
	object->lent = true;
	object->dropped_base = WASI_RIGHT_FD_FILESTAT_SET_TIMES;
}
