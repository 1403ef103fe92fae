/* What is read from names and done to them. */
#include "path.h"

/* What a call says to a path that ends in "." or "..". */
static wasi_errno_t hold_name(struct path *path, struct guest *guest, const struct call *call, int in, int arg, wasi_errno_t dots)
{
	wasi_errno_t err = path_hold(path, guest, call, guest->in[in], &call->args[arg]);

	return err ? err : path->last == PATH_NAME ? WASI_OK : dots;
}

wasi_errno_t sys_path_readlink(struct guest *guest, struct call *call)
{
	uint32_t room = guest_clamp(guest, call->args[2].n);
	char target[PATH_MAX];
	struct path path;
	size_t length;
	wasi_errno_t err = hold_name(&path, guest, call, 0, 1, WASI_EINVAL);

	if (err)
		return err;
	err = path_check_slash(&path);
	if (!err)
		err = host_readlink(path.dir, path.name, target, sizeof target, &length);
	path_drop(&path);
	if (err)
		return err;
	if (length && target[0] == '/')
		return WASI_EPERM; /* it tells of the host, and leads nowhere here */
	reply_bytes(call, target, length < room ? length : room);
	return WASI_OK;
}

wasi_errno_t sys_path_create_directory(struct guest *guest, struct call *call)
{
	struct path path;
	wasi_errno_t err = hold_name(&path, guest, call, 0, 1, WASI_EEXIST);

	if (err)
		return err;
	err = host_make_directory(path.dir, path.name, 0777);
	path_drop(&path);
	return err;
}

wasi_errno_t sys_path_remove_directory(struct guest *guest, struct call *call)
{
	struct path path;
	wasi_errno_t err = hold_name(&path, guest, call, 0, 1, WASI_EINVAL);

	if (err)
		return err;
	err = host_remove_directory(path.dir, path.name);
	path_drop(&path);
	return err;
}

wasi_errno_t sys_path_unlink_file(struct guest *guest, struct call *call)
{
	bool counted = guest->in[0]->root && guest->in[0]->root->scratch;
	struct path path;
	struct stat st;
	wasi_errno_t err = hold_name(&path, guest, call, 0, 1, WASI_EISDIR);

	if (err)
		return err;
	err = path_check_slash(&path);
	if (!err && counted)
		err = host_stat_name(path.dir, path.name, &st);
	if (!err)
		err = host_unlink(path.dir, path.name);
	path_drop(&path);
	if (!err && counted)
		scratch_name_gone(&guest->scratch, &guest->table, &st);
	return err;
}

/* Between the scratch folder and others nothing is moved or linked, as between file systems: its bytes are counted. */
static bool crosses_scratch(const struct guest *guest)
{
	const struct root *from = guest->in[0]->root, *to = guest->in[1]->root;

	return (from && from->scratch) != (to && to->scratch);
}

/* A new name with a slash behind it is for directories alone. */
static wasi_errno_t check_new_slash(const struct path *path)
{
	wasi_errno_t err = path_check_slash(path);

	return path->slash && err == WASI_OK ? WASI_EEXIST : err;
}

static wasi_errno_t link_held(const struct guest *guest, const struct path *from, const struct path *to)
{
	struct stat st;
	wasi_errno_t err = path_check_slash(from);

	if (!err)
		err = check_new_slash(to);
	if (!err)
		err = host_stat_name(from->dir, from->name, &st);
	if (err)
		return err;
	/* The target is looked at first, as Linux does: EXIST comes before PERM for a directory. */
	if (S_ISDIR(st.st_mode))
		return host_stat_name(to->dir, to->name, &st) ? WASI_EPERM : WASI_EEXIST;
	if (crosses_scratch(guest))
		return WASI_EXDEV;
	return host_link(from->dir, from->name, to->dir, to->name);
}

wasi_errno_t sys_path_link(struct guest *guest, struct call *call)
{
	struct path from, to;
	wasi_errno_t err;

	if (call->args[1].n) /* SYMLINK_FOLLOW or nonsense: nobody supports it */
		return WASI_EINVAL;
	err = hold_name(&from, guest, call, 0, 2, WASI_EPERM);
	if (err)
		return err;
	err = hold_name(&to, guest, call, 1, 4, WASI_EEXIST);
	if (!err) {
		err = link_held(guest, &from, &to);
		path_drop(&to);
	}
	path_drop(&from);
	return err;
}

static wasi_errno_t rename_held(struct guest *guest, const struct path *from, const struct path *to)
{
	bool counted = guest->in[1]->root && guest->in[1]->root->scratch, replaces = false;
	struct stat source, target;
	wasi_errno_t err = path_check_slash(from);

	if (err)
		return err;
	if (to->slash || counted) {
		err = host_stat_name(from->dir, from->name, &source);
		if (err)
			return err;
		err = host_stat_name(to->dir, to->name, &target);
		replaces = err == WASI_OK;
		if (err && err != WASI_ENOENT)
			return err;
		if (to->slash && (!S_ISDIR(source.st_mode) || (replaces && !S_ISDIR(target.st_mode))))
			return WASI_ENOTDIR;
		if (replaces && source.st_ino == target.st_ino && source.st_dev == target.st_dev)
			replaces = false; /* two names of one file: nothing happens */
	}
	if (crosses_scratch(guest))
		return WASI_EXDEV;
	err = host_rename(from->dir, from->name, to->dir, to->name);
	if (!err && counted && replaces)
		scratch_name_gone(&guest->scratch, &guest->table, &target);
	return err;
}

wasi_errno_t sys_path_rename(struct guest *guest, struct call *call)
{
	struct path from, to;
	wasi_errno_t err = hold_name(&from, guest, call, 0, 1, WASI_EBUSY);

	if (err)
		return err;
	err = hold_name(&to, guest, call, 1, 3, WASI_EBUSY);
	if (!err) {
		err = rename_held(guest, &from, &to);
		path_drop(&to);
	}
	path_drop(&from);
	return err;
}

wasi_errno_t sys_path_symlink(struct guest *guest, struct call *call)
{
	char target[PATH_MAX];
	struct path path;
	wasi_errno_t err = path_check(guest, &call->args[0]); /* an absolute target would name the host's files */

	if (!err)
		err = hold_name(&path, guest, call, 0, 2, WASI_EEXIST);
	if (err)
		return err;
	memcpy(target, call->args[0].bytes.at, call->args[0].bytes.length);
	target[call->args[0].bytes.length] = '\0';
	err = check_new_slash(&path);
	if (!err)
		err = host_symlink(target, path.dir, path.name);
	path_drop(&path);
	return err;
}
