/* The folder /dev of a program: null, zero, urandom and, where its standard streams are a terminal, tty. Only this file knows the
 * names in it and resolves paths in it; reading and writing what was opened is left to the calls. The folder has no descriptor: a
 * call that forgets to ask here gets BADF, never the host's /dev. null, zero and urandom are the kernel's own, opened before the
 * lock-in and lent to all. */
#ifndef WASI_DEVICES_H
#define WASI_DEVICES_H

#include "fd_table.h"

enum device { DEVICE_NULL, DEVICE_ZERO, DEVICE_URANDOM, DEVICE_TTY = WASI_DEVICES, DEVICE_FOLDER };

/* What a path in the folder leads to. NOENT, NOTDIR, PERM: it leaves the folder. `device` may be NULL. */
wasi_errno_t devices_find(const struct wasi_devices *devices, const union call_arg *path, enum device *device);

wasi_errno_t devices_stat(enum device device, const struct wasi_devices *devices, struct stat *st);

/* The folder as an object of `root`, and its attributes. */
void devices_folder(struct object *object, struct stat *st, const struct root *root);

/* Objects for what is opened there: the program's terminal, and a device whose descriptor is lent. */
void devices_terminal(struct object *object, bool reads, bool writes);
void devices_device(struct object *object, int fd, const struct stat *st, bool reads, bool writes);

/* As host_list(). */
wasi_errno_t devices_list(const struct wasi_devices *devices, wasi_errno_t (*each)(void *context, const struct host_entry *entry),
                          void *context);

#endif
