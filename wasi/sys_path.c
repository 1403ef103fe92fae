/* path_*: what is done to names. */
#include "path.h"

/* What a call says to a path that ends in "." or "..". */
static wasi_errno_t hold_name(struct path *path, struct guest *guest, const struct call *call, int in, int arg, wasi_errno_t dots)
{
	wasi_errno_t err = path_hold(path, guest, call, guest->in[in], &call->args[arg]);

	return err ? err : path->last == PATH_NAME ? WASI_OK : dots;
}

/* ---- path_open ---- */

/* What is there may differ from what can be seen when a directory or file may not be read: its name can still be used. */
static wasi_errno_t open_object(struct guest *guest, struct call *call, int flags, bool reads, int *fd, struct stat *st, bool *path_only)
{
	const struct object *in = guest->in[0];
	const union call_arg *path = &call->args[2];
	/* Reads may be asked for before the program does (and for naught), so they leave no access time, where the file is ours. */
	wasi_errno_t err = path_open(guest, call, in, path, flags | O_NOATIME, fd);

	if (err == WASI_EPERM)
		err = path_open(guest, call, in, path, flags, fd);
	*path_only = false;
	if (err == WASI_EACCES && !(flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR))) {
		err = path_open(guest, call, in, path, O_PATH | (flags & (O_DIRECTORY | O_NOFOLLOW)), fd);
		*path_only = true;
	}
	if (err)
		return err;
	err = host_stat(*fd, st);
	if (!err && *path_only && S_ISLNK(st->st_mode))
		err = WASI_ELOOP;
	if (!err && *path_only && reads && !S_ISDIR(st->st_mode))
		err = WASI_EACCES;
	if (err)
		host_close(*fd);
	return err;
}

/* What of the object's file system matters. PERM: the memory, environment and the like of processes, ours among them. */
static wasi_errno_t place_object(struct object *object, const struct object *in, const struct stat *st)
{
	bool process_secrets = false;

	object->root = in->root;
	object->dropped_base = object->dropped_inheriting = in->dropped_inheriting;
	if (object->kind != OBJECT_DIRECTORY && object->kind != OBJECT_FILE)
		return WASI_OK;
	object->fs = object->dev == in->dev ? in->fs : host_fs_kind(object->fd, NULL);
	if (object->fs == HOST_FS_KERNEL)
		host_fs_kind(object->fd, &process_secrets);
	if (object->fs == HOST_FS_KERNEL || object->fs == HOST_FS_REMOTE)
		object->slow = true;
	if (process_secrets && object->kind == OBJECT_FILE && (object->can_write || !(st->st_mode & S_IROTH)))
		return WASI_EPERM;
	return WASI_OK;
}

static uint32_t write_credit(const struct guest *guest, const struct object *object)
{
	enum { SHORT_OF_SPACE = 64 << 20 };
	uint64_t space;

	if (object->filetype != WASI_FILETYPE_REGULAR_FILE || !object->can_write || guest->sizes_are_limited)
		return 0;
	if (object->dev == object->root->dev ? object->root->has_quota : host_has_quota(object->fd))
		return 0;
	space = host_space(object->fd);
	if (object->root->scratch) {
		uint64_t left = guest->scratch.limit > guest->scratch.used ? guest->scratch.limit - guest->scratch.used : 0;

		space = left < space ? left : space;
	}
	return space < SHORT_OF_SPACE ? 0 : guest->limits.write_credit;
}

static uint32_t traits_of(const struct object *object)
{
	if (object->kind == OBJECT_DIRECTORY)
		return 0;
	if (object->kind != OBJECT_FILE)
		return WASI_TRAIT_STREAM;
	if (object->filetype == WASI_FILETYPE_REGULAR_FILE && !object->slow)
		return WASI_TRAIT_REGULAR | WASI_TRAIT_CACHEABLE;
	return WASI_TRAIT_REGULAR;
}

wasi_errno_t sys_path_open(struct guest *guest, struct call *call)
{
	enum { LOOKUP_ALL = WASI_LOOKUP_SYMLINK_FOLLOW, OFLAGS_ALL = 15, FDFLAGS_ALL = 31,
	       FDFLAGS_SYNC = WASI_FDFLAG_SYNC | WASI_FDFLAG_DSYNC | WASI_FDFLAG_RSYNC };
	const struct object *in = guest->in[0];
	uint32_t lookup = (uint32_t)call->args[1].n, oflags = (uint32_t)call->args[3].n, fdflags = (uint32_t)call->args[6].n;
	uint64_t rights = call->args[4].n;
	bool reads = rights & WASI_RIGHT_FD_READ, writes = rights & WASI_RIGHT_FD_WRITE, path_only;
	struct object object;
	wasi_fdstat_t fdstat;
	struct stat st;
	wasi_errno_t err;
	int flags, fd;

	if ((lookup & ~LOOKUP_ALL) || (oflags & ~OFLAGS_ALL) || (fdflags & ~FDFLAGS_ALL))
		return WASI_EINVAL;
	if ((oflags & WASI_OFLAG_DIRECTORY) && (oflags & (WASI_OFLAG_CREAT | WASI_OFLAG_EXCL | WASI_OFLAG_TRUNC)))
		return WASI_EINVAL;
	if (in->kind != OBJECT_DIRECTORY)
		return WASI_ENOTDIR;
	if (fdflags & FDFLAGS_SYNC)
		return WASI_ENOTSUP;
	if ((rights & in->dropped_inheriting) || ((oflags & WASI_OFLAG_CREAT) && !object_may(in, WASI_RIGHT_PATH_CREATE_FILE)))
		return WASI_ENOTCAPABLE;
	if (in->root->read_only && (writes || (oflags & (WASI_OFLAG_CREAT | WASI_OFLAG_TRUNC))))
		return WASI_EPERM;

	flags = writes ? reads ? O_RDWR : O_WRONLY : O_RDONLY;
	if (oflags & WASI_OFLAG_CREAT)
		flags |= oflags & WASI_OFLAG_EXCL ? O_CREAT | O_EXCL : O_CREAT;
	if (oflags & WASI_OFLAG_DIRECTORY)
		flags |= O_DIRECTORY;
	if (fdflags & WASI_FDFLAG_APPEND)
		flags |= O_APPEND;
	if (!(lookup & WASI_LOOKUP_SYMLINK_FOLLOW))
		flags |= O_NOFOLLOW;
	if ((oflags & WASI_OFLAG_TRUNC) && !in->root->scratch)
		flags |= O_TRUNC;
	else if (oflags & WASI_OFLAG_TRUNC) /* in the scratch folder what goes away must be known before it goes */
		flags = (flags & ~O_ACCMODE) | O_RDWR;

	err = open_object(guest, call, flags, reads, &fd, &st, &path_only);
	if (err)
		return err;
	object_init(&object, fd, &st, reads && !path_only, writes);
	object.path_only = path_only;
	object.fdflags = (uint16_t)(object.kind == OBJECT_DIRECTORY ? 0 : fdflags);
	err = place_object(&object, in, &st);
	if (!err && (oflags & WASI_OFLAG_TRUNC) && in->root->scratch && S_ISREG(st.st_mode)) {
		err = host_set_size(fd, 0);
		if (!err)
			scratch_resized(&guest->scratch, (uint64_t)st.st_size, 0);
	}
	if (err) {
		host_close(fd);
		return err;
	}
	object_fdstat(&object, &fdstat);
	reply_bytes(call, &fdstat, sizeof fdstat);
	reply_u32(call, traits_of(&object));
	reply_u32(call, write_credit(guest, &object));
	fd_table_put(&guest->table, (wasi_handle_t)call->args[7].n, &object);
	return WASI_OK;
}

/* ---- looking ---- */

/* What a path leads to, by a descriptor that only names it. */
static wasi_errno_t open_named(struct guest *guest, struct call *call, uint32_t lookup, const union call_arg *path, int *fd)
{
	return path_open(guest, call, guest->in[0], path, O_PATH | (lookup & WASI_LOOKUP_SYMLINK_FOLLOW ? 0 : O_NOFOLLOW), fd);
}

static wasi_errno_t stat_named(struct guest *guest, struct call *call, uint32_t lookup, const union call_arg *path, struct stat *st)
{
	wasi_errno_t err;
	int fd;

	/* One name that is no link needs one question, where that can't block. */
	if ((call->may_block || guest->in[0]->fs == HOST_FS_MEMORY) && !memchr(path->bytes.at, '/', path->bytes.length)) {
		struct path held;

		err = path_hold(&held, guest, call, guest->in[0], path);
		if (err)
			return err;
		if (held.last == PATH_NAME) {
			err = host_stat_name(held.dir, held.name, st);
			if (err || !S_ISLNK(st->st_mode) || !(lookup & WASI_LOOKUP_SYMLINK_FOLLOW))
				return err;
		}
	}
	err = open_named(guest, call, lookup, path, &fd);
	if (err)
		return err;
	err = host_stat(fd, st);
	host_close(fd);
	return err;
}

wasi_errno_t sys_path_filestat_get(struct guest *guest, struct call *call)
{
	uint32_t lookup = (uint32_t)call->args[1].n;
	wasi_filestat_t filestat;
	struct stat st;
	wasi_errno_t err;

	if (lookup & ~WASI_LOOKUP_SYMLINK_FOLLOW)
		return WASI_EINVAL;
	err = stat_named(guest, call, lookup, &call->args[2], &st);
	if (err)
		return err;
	host_filestat(&st, &filestat);
	reply_bytes(call, &filestat, sizeof filestat);
	return WASI_OK;
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

/* ---- changing ---- */

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
		scratch_name_gone(guest, &st);
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
		scratch_name_gone(guest, &target);
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

wasi_errno_t sys_path_filestat_set_times(struct guest *guest, struct call *call)
{
	uint32_t lookup = (uint32_t)call->args[1].n;
	struct timespec times[2];
	wasi_errno_t err = times_read(times, call->args[3].n, call->args[4].n, call->args[5].n);
	int fd;

	if (err)
		return err;
	if (lookup & ~WASI_LOOKUP_SYMLINK_FOLLOW)
		return WASI_EINVAL;
	err = open_named(guest, call, lookup, &call->args[2], &fd);
	if (err)
		return err;
	err = host_set_times(fd, times);
	host_close(fd);
	return err;
}
