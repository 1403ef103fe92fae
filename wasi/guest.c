/* A guest's beginning and end: arguments, environment, grants become handles; everything is closed and removed. */
#include "guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "devices.h"
#include "grants.h"
#include "listing.h"
#include "park.h"
#include "sockets.h"

void wasi_limits_default(struct wasi_limits *limits)
{
	*limits = (struct wasi_limits){
		.handles = 4096, .data = 4 << 20, .subscriptions = 4096, .path = 4096, .scratch_bytes = UINT64_C(1) << 30,
		.write_credit = 2 << 20,
	};
}

static wasi_errno_t strings_copy(struct strings *strings, const char *const *from, size_t count)
{
	strings->count = count;
	for (size_t i = 0; i < count; i++)
		strings->length += strlen(from[i]) + 1;
	if (strings->length > UINT32_MAX)
		return WASI_E2BIG;
	strings->bytes = malloc(strings->length + 1);
	if (!strings->bytes)
		return WASI_ENOMEM;
	for (size_t i = 0, at = 0; i < count; i++) {
		size_t length = strlen(from[i]) + 1;

		memcpy(strings->bytes + at, from[i], length);
		at += length;
	}
	return WASI_OK;
}

/* ---- the first handles ---- */

static wasi_errno_t put_object(struct guest *guest, uint32_t slot, const struct object *object)
{
	bool doubled;
	wasi_errno_t err = fd_table_check(&guest->table, WASI_HANDLE(slot, 0), &doubled);

	if (!err)
		fd_table_put(&guest->table, WASI_HANDLE(slot, 0), object);
	return err;
}

static wasi_errno_t put_stdio(struct guest *guest, bool tty)
{
	struct object object = { .fd = -1, .fs = HOST_FS_MEMORY,
		.filetype = tty ? WASI_FILETYPE_CHARACTER_DEVICE : WASI_FILETYPE_UNKNOWN };
	wasi_errno_t err = WASI_OK;

	for (uint32_t slot = WASI_STDIN; slot <= WASI_STDERR && !err; slot++) {
		object.kind = slot == WASI_STDIN ? OBJECT_STDIN : OBJECT_OUTPUT;
		object.stream = (uint8_t)slot;
		object.can_read = slot == WASI_STDIN;
		object.can_write = slot != WASI_STDIN;
		object.rights_base = RIGHTS_STDIO | (slot == WASI_STDIN ? WASI_RIGHT_FD_READ : WASI_RIGHT_FD_WRITE);
		err = put_object(guest, slot, &object);
	}
	return err;
}

static void tell_preopen(struct guest *guest, uint32_t slot, const struct object *object, const struct stat *st, const char *name)
{
	struct guest_preopen *preopen = &guest->preopens[guest->preopens_count++];

	preopen->handle = WASI_HANDLE(slot, 0);
	preopen->is_socket = object->kind == OBJECT_LISTENER;
	preopen->read_only = object->root && object->root->read_only;
	preopen->scratch = object->root && object->root->scratch;
	preopen->is_gone = object->kind == OBJECT_DIRECTORY && st->st_nlink == 0;
	preopen->name = name;
	object_fdstat(object, &preopen->fdstat);
	host_filestat(st, &preopen->filestat);
}

/* The folder `below` the one that dir_fd is, opened anew: listings need an offset of their own. */
static wasi_errno_t open_folder(int dir_fd, const char *below, int *fd)
{
	const char *path = *below ? below : ".";
	wasi_errno_t err = host_open_beneath(dir_fd, path, O_RDONLY | O_DIRECTORY, fd);

	return err == WASI_EACCES ? host_open_beneath(dir_fd, path, O_PATH | O_DIRECTORY, fd) : err;
}

static wasi_errno_t put_devices(struct guest *guest, struct root *root, const char *below)
{
	uint32_t slot = (uint32_t)(WASI_FIRST_PREOPEN + guest->preopens_count);
	struct object object;
	struct stat st;
	wasi_errno_t err;

	if (*below)
		return WASI_ENOTDIR;
	devices_folder(&object, &st, root);
	object.preopen = true;
	err = put_object(guest, slot, &object);
	if (!err)
		tell_preopen(guest, slot, &object, &st, root->name);
	return err;
}

static wasi_errno_t put_folder(struct guest *guest, const struct guest_config *config, const struct wasi_grant *grant,
	const char *name, const char *below, bool read_only)
{
	struct root *root = &guest->roots[guest->roots_count];
	uint32_t slot = (uint32_t)(WASI_FIRST_PREOPEN + guest->preopens_count);
	struct object object;
	struct stat st;
	wasi_errno_t err;
	int fd;

	*root = (struct root){
		.read_only = grant->read_only || read_only || grant->devices,
		.scratch = grant->scratch,
		.devices = grant->devices,
		.name = strdup(name),
		.number = grant->number,
		.only = grant->only ? strdup(grant->only) : NULL,
	};
	guest->roots_count++;
	if (!root->name || (grant->only && !root->only))
		return WASI_ENOMEM;
	if (grant->devices)
		return put_devices(guest, root, below);
	if (grant->scratch && guest->scratch.dir < 0) {
		if (config->scratch_parent_fd < 0)
			return WASI_ENOTCAPABLE;
		err = scratch_make(&guest->scratch, config->scratch_parent_fd, config->limits.scratch_bytes);
		if (err)
			return err;
	}
	err = grant->only && *below ? WASI_ENOTCAPABLE : open_folder(grant->scratch ? guest->scratch.dir : grant->dir_fd, below, &fd);
	if (err)
		return err;
	err = host_stat(fd, &st);
	if (!err) {
		object_init(&object, fd, &st, false, false);
		object.fs = host_fs_kind(fd, NULL);
		object.slow = object.fs == HOST_FS_REMOTE || object.fs == HOST_FS_KERNEL;
		object.root = root;
		object.preopen = true;
		if (root->only)
			object.dropped_base = object.dropped_inheriting = RIGHTS_OF_MANY;
		root_hide(root, &st);
		root->dev = object.dev;
		root->ino = object.ino;
		root->mount = host_mount(fd);
		root->has_quota = !root->read_only && host_has_quota(fd);
		err = put_object(guest, slot, &object);
	}
	if (err)
		host_close(fd);
	else
		tell_preopen(guest, slot, &object, &st, root->name);
	return err;
}

static wasi_errno_t put_listener(struct guest *guest, const struct wasi_listener *listener, char **name)
{
	struct object object;
	struct stat st;
	uint32_t slot = (uint32_t)(WASI_FIRST_PREOPEN + guest->preopens_count);
	wasi_errno_t err = host_stat(listener->fd, &st);

	*name = strdup(listener->address);
	if (err || !*name)
		return err ? err : WASI_ENOMEM;
	object_init(&object, listener->fd, &st, false, false);
	object.kind = OBJECT_LISTENER;
	object.lent = true;
	object.fdflags = listener->blocking ? 0 : WASI_FDFLAG_NONBLOCK;
	object.rights_base = WASI_RIGHT_SOCK_ACCEPT | WASI_RIGHT_POLL_FD_READWRITE | WASI_RIGHT_FD_FILESTAT_GET |
		WASI_RIGHT_FD_FDSTAT_SET_FLAGS;
	object.rights_inheriting = WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE | WASI_RIGHT_POLL_FD_READWRITE |
		WASI_RIGHT_SOCK_SHUTDOWN | WASI_RIGHT_FD_FILESTAT_GET | WASI_RIGHT_FD_FDSTAT_SET_FLAGS;
	socket_use_begin(&guest->socket_uses, &object, WASI_HANDLE(slot, 0), GUEST_SOCKET_STREAM, GUEST_SOCKET_LISTENING);
	socket_use_addresses(&object);
	err = put_object(guest, slot, &object);
	if (err)
		socket_use_end(&object);
	else
		tell_preopen(guest, slot, &object, &st, *name);
	return err;
}

static wasi_errno_t put_preopens(struct guest *guest, const struct guest_config *config, const char **failed)
{
	size_t folders = config->preopens_given ? config->preopens_count : config->grants_count;
	wasi_errno_t err = WASI_OK;

	guest->roots = calloc(folders + 1, sizeof *guest->roots);
	guest->preopens = calloc(folders + config->listeners_count + 1, sizeof *guest->preopens);
	guest->addresses = calloc(config->listeners_count + 1, sizeof *guest->addresses);
	*failed = "memory";
	if (!guest->roots || !guest->preopens || !guest->addresses)
		return WASI_ENOMEM;
	for (size_t i = 0; i < folders && !err; i++) {
		if (config->preopens_given) {
			const struct wasi_preopen *wanted = &config->preopens[i];
			const char *below;
			size_t grant;

			*failed = wanted->grant;
			err = grants_find(config->grants, config->grants_count, wanted->grant, &grant, &below);
			if (!err)
				err = put_folder(guest, config, &config->grants[grant], wanted->name, below, wanted->read_only);
		} else {
			*failed = config->grants[i].name;
			err = put_folder(guest, config, &config->grants[i], config->grants[i].name, "", false);
		}
	}
	for (size_t i = 0; i < config->listeners_count && !err; i++) {
		*failed = config->listeners[i].address;
		guest->addresses_count = i + 1;
		err = put_listener(guest, &config->listeners[i], &guest->addresses[i]);
	}
	return err;
}

wasi_errno_t guest_new(const struct guest_config *config, struct guest **made, const char **failed)
{
	struct guest *guest = calloc(1, sizeof *guest);
	wasi_errno_t err;

	*made = NULL;
	*failed = "memory";
	if (!guest)
		return WASI_ENOMEM;
	guest->limits = config->limits;
	guest->tty = config->tty;
	guest->network = config->network;
	guest->listed.account = config->memory;
	guest->scratch.dir = -1;
	guest->sizes_are_limited = host_file_size_is_limited();
	fd_table_init(&guest->table, config->limits.handles);
	socket_uses_init(&guest->socket_uses);
	err = strings_copy(&guest->args, config->args, config->args_count);
	if (!err)
		err = strings_copy(&guest->env, config->env, config->env_count);
	if (!err)
		err = put_stdio(guest, config->tty);
	if (!err)
		err = put_preopens(guest, config, failed);
	if (err) {
		guest_free(guest);
		return err;
	}
	*made = guest;
	*failed = NULL;
	return WASI_OK;
}

wasi_errno_t guest_close_object(struct guest *guest, struct object *object)
{
	wasi_errno_t err = WASI_OK;

	if (object->poison)
		guest->poisoned--;
	scratch_object_closes(&guest->scratch, &guest->table, object);
	listing_free(object->listing, &guest->listed);
	if (object->locks && object->locks->count) { /* a parked call may keep the descriptor open */
		host_set_lock(object->fd, &(struct lock_range){ 0, INT64_MAX, WASI_LOCK_UNLOCK });
		guest->locks_count -= object->locks->count;
	}
	free(object->locks);
	socket_closes(object);
	socket_use_end(object);
	if (!park_object_closes(object) && !object->lent && object->fd >= 0)
		err = host_close(object->fd);
	if (object->pinned)
		pinned_drop(object->pinned);
	fd_table_remove(object);
	return err;
}

void guest_free(struct guest *guest)
{
	struct object *object;

	if (!guest)
		return;
	leases_clear(&guest->leases);
	for (uint32_t at = 0; (object = fd_table_next(&guest->table, &at));)
		guest_close_object(guest, object);
	fd_table_clear(&guest->table);
	socket_uses_clear(&guest->socket_uses);
	scratch_clear(&guest->scratch);
	stdin_clear(&guest->input);
	for (size_t i = 0; i < guest->roots_count; i++) {
		free(guest->roots[i].name);
		free(guest->roots[i].only);
	}
	for (size_t i = 0; i < guest->addresses_count; i++)
		free(guest->addresses[i]);
	free(guest->addresses);
	free(guest->roots);
	free(guest->preopens);
	free(guest->args.bytes);
	free(guest->env.bytes);
	free(guest->hints);
	free(guest);
}

bool guest_withdraw(struct guest *guest, uint32_t number)
{
	bool had = false;

	for (size_t i = 0; i < guest->roots_count; i++)
		if (number && guest->roots[i].number == number) {
			guest->roots[i].withdrawn_ns = host_clock_ns(CLOCK_MONOTONIC) +
				WASI_WITHDRAWAL_MS * UINT64_C(1000000);
			had = true;
		}
	if (had)
		leases_end(&guest->leases);
	return had;
}

void guest_sockets(struct guest *guest, bool changed_alone, void each(void *context, const struct guest_socket *socket),
	void *context)
{
	socket_uses_each(&guest->socket_uses, changed_alone, each, context);
}

struct guest_sockets_total guest_sockets_total(struct guest *guest) { return socket_uses_total(&guest->socket_uses); }

size_t guest_preopens(struct guest *guest, const struct guest_preopen **preopens)
{
	*preopens = guest->preopens;
	return guest->preopens_count;
}

bool guest_handle_next(struct guest *guest, uint32_t *at, struct guest_handle *handle)
{
	struct object *object = fd_table_next(&guest->table, at);

	if (!object)
		return false;
	handle->handle = (uint32_t)(object - guest->table.slots) | (uint32_t)object->generation << 16;
	object_fdstat(object, &handle->fdstat);
	handle->is_preopen = object->preopen;
	handle->path_is_hosts = false;
	handle->path[0] = 0;
	for (size_t i = 0; i < guest->preopens_count; i++)
		if (object->preopen && guest->preopens[i].handle == handle->handle) {
			snprintf(handle->path, sizeof handle->path, "%s", guest->preopens[i].name);
			return true;
		}
	if (object->fd >= 0) {
		host_name_of(object->fd, handle->path, sizeof handle->path);
		handle->path_is_hosts = true;
	} else if (object->kind == OBJECT_TERMINAL) {
		snprintf(handle->path, sizeof handle->path, "/dev/tty");
	} else if (object_is_stdio(object)) {
		snprintf(handle->path, sizeof handle->path, object->kind == OBJECT_STDIN ? "stdin" : object->stream == 1 ? "stdout" :
			"stderr");
	}
	return true;
}

void guest_sink_set(struct guest *guest, guest_sink_fn *sink, void *context)
{
	guest->sink = sink;
	guest->sink_context = context;
}

bool guest_exited(const struct guest *guest, uint32_t *code)
{
	*code = guest->exit_code;
	return guest->exited;
}

/* ---- standard input, and what was broken ---- */

bool guest_stdin_push(struct guest *guest, const uint8_t *bytes,
	size_t length) { return stdin_push(&guest->input, bytes, length); }
bool guest_stdin_mark(struct guest *guest) { return stdin_mark(&guest->input); }
void guest_stdin_close(struct guest *guest) { guest->input.closed = true; }
uint64_t guest_stdin_consumed(const struct guest *guest) { return guest->input.consumed; }

bool guest_stdin_is_ready(const struct guest *guest)
{
	uint64_t bytes;
	bool ended;

	return stdin_is_ready(&guest->input, &bytes, &ended);
}

bool guest_has_news(struct guest *guest) { return leases_have_news(&guest->leases); }
uint8_t *guest_breaks_take(struct guest *guest, size_t *length) { return leases_breaks_take(&guest->leases, length); }
