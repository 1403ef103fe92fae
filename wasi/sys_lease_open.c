/* Folders that are pinned for what the page will open in them, and what it opened from what it knows. */
#include "path.h"

/* Of the same mount as the grant, as files: it may be opened to list, and is the one that its lease is about. */
static wasi_errno_t keep_folder(struct guest *guest, struct call *call, struct pinned *pinned, const struct stat *st)
{
	struct object object;
	wasi_fdstat_t fdstat;
	uint32_t id;
	wasi_errno_t err;

	object_init(&object, pinned->fd, st, false, false);
	object_fdstat(&object, &fdstat);
	pinned->root = guest->in[0]->root;
	pinned->dev = object.dev;
	pinned->ino = object.ino;
	pinned->fs = guest->in[0]->fs;
	pinned->rights_base = object.rights_base;
	pinned->is_folder = true;
	err = lease_pin(&guest->leases, pinned, &id);
	if (err)
		return err;
	reply_u32(call, id);
	reply_u32(call, 0);
	reply_u64(call, object.dev);
	reply_u64(call, object.ino);
	reply_bytes(call, &fdstat, sizeof fdstat);
	return WASI_OK;
}

wasi_errno_t sys_lease_keep(struct guest *guest, struct call *call)
{
	const struct object *in = guest->in[0];
	struct pinned *pinned = NULL;
	struct stat st;
	wasi_errno_t err;
	int fd;

	if (in->kind != OBJECT_DIRECTORY)
		return WASI_ENOTDIR;
	err = path_open(guest, call, in, &call->args[1], O_RDONLY | O_DIRECTORY | O_NOFOLLOW, &fd);
	if (err)
		return err;
	err = host_stat(fd, &st);
	if (!err && (st.st_dev != in->dev || !root_may_pin(in->root, fd)))
		err = WASI_ENOTSUP;
	if (!err && !(pinned = pinned_new(fd)))
		err = WASI_EMFILE;
	if (!pinned) {
		host_close(fd);
		return err;
	}
	err = keep_folder(guest, call, pinned, &st);
	pinned_drop(pinned);
	return err;
}

/* ---- what was opened from what is known ---- */

wasi_errno_t sys_lease_open(struct guest *guest, struct call *call)
{
	struct pinned *pinned = lease_pinned(&guest->leases, (uint32_t)call->args[2].n);
	const struct object *in = guest->in[0];
	struct object object = { .kind = OBJECT_FILE, .filetype = WASI_FILETYPE_REGULAR_FILE, .can_read = true, .lent = true };
	wasi_fdstat_t fdstat;

	if (in->kind != OBJECT_DIRECTORY)
		return WASI_ENOTDIR;
	if (!pinned)
		return WASI_EBADF;
	if (in->root != pinned->root)
		return WASI_ENOTCAPABLE;
	object.fd = pinned->fd;
	object.fs = pinned->fs;
	object.root = pinned->root;
	object.dev = pinned->dev;
	object.ino = pinned->ino;
	object.rights_base = pinned->rights_base;
	if (pinned->is_folder) {
		object.kind = OBJECT_DIRECTORY;
		object.filetype = WASI_FILETYPE_DIRECTORY;
		object.can_read = false;
		object.rights_inheriting = in->rights_inheriting;
	}
	object.pinned = pinned;
	pinned->holds++;
	object_fdstat(&object, &fdstat);
	reply_bytes(call, &fdstat, sizeof fdstat);
	fd_table_put(&guest->table, (wasi_handle_t)call->args[3].n, &object);
	return WASI_OK;
}
