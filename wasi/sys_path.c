/* Calls that read or change names. */
#include <sys/inotify.h>

#include "own_names.h"

/* The errno for a path that ends in "." or "..". */
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
		return WASI_EPERM; /* an absolute target tells of the host, and leads nowhere here */
	reply_bytes(call, target, length < room ? length : room);
	return WASI_OK;
}

static bool is_counted(const struct object *in) { return in->root && in->root->scratch; }

/* In the scratch folder names are counted. NOSPC: one too many; EXIST: there already. */
static wasi_errno_t admit_name(const struct guest *guest, const struct object *in, const struct path *path)
{
	struct stat st;

	if (!is_counted(in) || scratch_takes_name(&guest->scratch))
		return WASI_OK;
	return host_stat_name(path->dir, path->name, &st) ? WASI_ENOSPC : WASI_EEXIST;
}

static wasi_errno_t count_name(struct guest *guest, const struct object *in, wasi_errno_t err)
{
	if (!err && is_counted(in))
		scratch_name_made(&guest->scratch);
	return err;
}

wasi_errno_t sys_path_create_directory(struct guest *guest, struct call *call)
{
	struct path path;
	wasi_errno_t err = hold_name(&path, guest, call, 0, 1, WASI_EEXIST);

	if (err)
		return err;
	err = admit_name(guest, guest->in[0], &path);
	if (!err) {
		struct own_names own;

		own_names_init(&own, guest, call);
		own_names_expect(&own, path.dir, path.name, IN_CREATE | IN_ISDIR, NULL);
		own_names_begin(&own);
		err = count_name(guest, guest->in[0], host_make_directory(path.dir, path.name, 0777));
		own_names_end(&own, err, NULL);
	}
	path_drop(&path);
	return err;
}

static wasi_errno_t remove_held(struct guest *guest, const struct call *call, const struct path *path, uint32_t event,
                                wasi_errno_t (*remove)(int dir, const char *name))
{
	struct own_names own;
	struct stat st, own_st;
	wasi_errno_t err = is_counted(guest->in[0]) ? host_stat_name(path->dir, path->name, &st) : WASI_OK;

	own_names_init(&own, guest, call);
	if (own_names_change(&own, path->dir, path->name, &own_st))
		own_names_expect(&own, path->dir, path->name, event, NULL);
	own_names_begin(&own);
	if (!err)
		err = remove(path->dir, path->name);
	own_names_end(&own, err, NULL);
	if (!err && is_counted(guest->in[0]))
		scratch_name_gone(&guest->scratch, &guest->table, &st);
	return err;
}

wasi_errno_t sys_path_remove_directory(struct guest *guest, struct call *call)
{
	struct path path;
	wasi_errno_t err = hold_name(&path, guest, call, 0, 1, WASI_EINVAL);

	if (err)
		return err;
	err = remove_held(guest, call, &path, IN_DELETE | IN_ISDIR, host_remove_directory);
	path_drop(&path);
	return err;
}

wasi_errno_t sys_path_unlink_file(struct guest *guest, struct call *call)
{
	struct path path;
	wasi_errno_t err = hold_name(&path, guest, call, 0, 1, WASI_EISDIR);

	if (err)
		return err;
	err = path_check_slash(&path);
	if (!err)
		err = remove_held(guest, call, &path, IN_DELETE, host_unlink);
	path_drop(&path);
	return err;
}

/* Nothing is moved or linked between the scratch folder and others, as if they were two file systems, because its bytes are
 * counted. */
static bool crosses_scratch(const struct guest *guest)
{
	return is_counted(guest->in[0]) != is_counted(guest->in[1]);
}

/* A new name with a slash behind it is for directories alone. */
static wasi_errno_t check_new_slash(const struct path *path)
{
	wasi_errno_t err = path_check_slash(path);

	return path->slash && err == WASI_OK ? WASI_EEXIST : err;
}

static wasi_errno_t link_told(struct guest *guest, const struct call *call, const struct path *from, const struct path *to)
{
	struct own_names own;
	struct stat st;
	wasi_errno_t err;

	own_names_init(&own, guest, call);
	if (own_names_change(&own, from->dir, from->name, &st))
		own_names_expect(&own, to->dir, to->name, IN_CREATE, &st);
	own_names_begin(&own);
	err = count_name(guest, guest->in[1], host_link(from->dir, from->name, to->dir, to->name));
	own_names_end(&own, err, NULL);
	return err;
}

static wasi_errno_t link_held(struct guest *guest, const struct call *call, const struct path *from, const struct path *to)
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
	err = admit_name(guest, guest->in[1], to);
	return err ? err : link_told(guest, call, from, to);
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
		err = link_held(guest, call, &from, &to);
		path_drop(&to);
	}
	path_drop(&from);
	return err;
}

static wasi_errno_t rename_told(struct guest *guest, const struct call *call, const struct path *from, const struct path *to)
{
	struct own_names own;
	struct stat st, replaced;
	wasi_errno_t err;

	own_names_init(&own, guest, call);
	if (own_names_change(&own, from->dir, from->name, &st)) {
		uint32_t folder = S_ISDIR(st.st_mode) ? IN_ISDIR : 0;

		own_names_change(&own, to->dir, to->name, &replaced);
		own_names_expect(&own, from->dir, from->name, IN_MOVED_FROM | folder, NULL);
		own_names_expect(&own, to->dir, to->name, IN_MOVED_TO | folder, &st);
	}
	own_names_begin(&own);
	err = host_rename(from->dir, from->name, to->dir, to->name);
	own_names_end(&own, err, NULL);
	return err;
}

static wasi_errno_t rename_held(struct guest *guest, const struct call *call, const struct path *from, const struct path *to)
{
	bool counted = is_counted(guest->in[1]), replaces = false;
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
	err = rename_told(guest, call, from, to);
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
		err = rename_held(guest, call, &from, &to);
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
		err = admit_name(guest, guest->in[0], &path);
	if (!err) {
		struct own_names own;

		own_names_init(&own, guest, call);
		own_names_expect(&own, path.dir, path.name, IN_CREATE, NULL);
		own_names_begin(&own);
		err = count_name(guest, guest->in[0], host_symlink(target, path.dir, path.name));
		own_names_end(&own, err, NULL);
	}
	path_drop(&path);
	return err;
}
