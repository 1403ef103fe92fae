/* path_open, path_create_like. */
#include <sys/inotify.h>

#include "devices.h"
#include "own_names.h"

/* A directory or file that we mayn't read can still be named: then an O_PATH descriptor is opened. */
static wasi_errno_t open_object(struct guest *guest, struct call *call, int flags, bool reads, int *fd, struct stat *st,
                                bool *path_only)
{
	const struct object *in = guest->in[0];
	const union call_arg *path = &call->args[2];
	/* The page may read in advance, perhaps in vain, so reads of the user's own files change no access time. */
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

/* In the scratch folder it must be known whether the call makes a file: names are counted. */
static wasi_errno_t open_counted(struct guest *guest, struct call *call, int flags, bool reads, int *fd, struct stat *st,
                                 bool *path_only)
{
	bool makes = scratch_takes_name(&guest->scratch);
	wasi_errno_t err = makes ? open_object(guest, call, flags | O_EXCL, reads, fd, st, path_only) : WASI_EEXIST;

	if (err == WASI_EEXIST && !(flags & O_EXCL)) {
		err = open_object(guest, call, flags & ~O_CREAT, reads, fd, st, path_only);
		if (!err && (S_ISDIR(st->st_mode) || *path_only)) { /* what O_CREAT says */
			host_close(*fd);
			return S_ISDIR(st->st_mode) ? WASI_EISDIR : WASI_EACCES;
		}
		if (err != WASI_ENOENT)
			return err;
		err = makes ? open_object(guest, call, flags, reads, fd, st, path_only) : WASI_ENOSPC; /* what a link leads to */
	} else if (!makes) {
		err = WASI_ENOSPC;
	}
	if (!err)
		scratch_name_made(&guest->scratch);
	return err;
}

/* Finds the kind of its file system. PERM: files of /proc with processes' memory or environment, this process's among them. */
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
	uint64_t space;

	if (object->filetype != WASI_FILETYPE_REGULAR_FILE || !object->can_write || guest->sizes_are_limited)
		return 0;
	if (object->dev == object->root->dev ? object->root->has_quota : host_has_quota(object->fd))
		return 0;
	if (host_descriptors_are_short(object->fd))
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

enum { FDFLAGS_SYNC = WASI_FDFLAG_SYNC | WASI_FDFLAG_DSYNC | WASI_FDFLAG_RSYNC };

struct wanted { /* path_open's words */
	uint32_t lookup, oflags, fdflags;
	uint64_t rights;
	bool reads, writes;
};

static wasi_errno_t check_wanted(const struct object *in, const struct wanted *wanted)
{
	enum { OFLAGS_ALL = 15, FDFLAGS_ALL = 31, CHANGES_FILE = WASI_OFLAG_CREAT | WASI_OFLAG_TRUNC };

	if ((wanted->lookup & ~WASI_LOOKUP_SYMLINK_FOLLOW) || (wanted->oflags & ~OFLAGS_ALL) || (wanted->fdflags & ~FDFLAGS_ALL))
		return WASI_EINVAL;
	if ((wanted->oflags & WASI_OFLAG_DIRECTORY) && (wanted->oflags & (CHANGES_FILE | WASI_OFLAG_EXCL)))
		return WASI_EINVAL;
	if (in->kind != OBJECT_DIRECTORY)
		return WASI_ENOTDIR;
	if (wanted->fdflags & FDFLAGS_SYNC)
		return WASI_ENOTSUP;
	if ((wanted->rights & in->dropped_inheriting) ||
	    ((wanted->oflags & WASI_OFLAG_CREAT) && !object_may(in, WASI_RIGHT_PATH_CREATE_FILE)) ||
	    ((wanted->oflags & WASI_OFLAG_TRUNC) && !object_may(in, WASI_RIGHT_PATH_FILESTAT_SET_SIZE)))
		return WASI_ENOTCAPABLE;
	if (in->root->read_only && !in->root->devices && (wanted->writes || (wanted->oflags & CHANGES_FILE)))
		return WASI_EPERM;
	return WASI_OK;
}

/* As open(2) has them. In the scratch folder what truncating takes away must be known before it goes: there place_object() is
 * followed by truncate_scratch(). */
static int flags_of(const struct wanted *wanted, bool scratch)
{
	int flags = wanted->writes ? wanted->reads ? O_RDWR : O_WRONLY : O_RDONLY;

	if (wanted->oflags & WASI_OFLAG_CREAT)
		flags |= wanted->oflags & WASI_OFLAG_EXCL ? O_CREAT | O_EXCL : O_CREAT;
	if (wanted->oflags & WASI_OFLAG_DIRECTORY)
		flags |= O_DIRECTORY;
	if (wanted->fdflags & WASI_FDFLAG_APPEND)
		flags |= O_APPEND;
	if (!(wanted->lookup & WASI_LOOKUP_SYMLINK_FOLLOW))
		flags |= O_NOFOLLOW;
	if (wanted->oflags & WASI_OFLAG_TRUNC)
		flags = scratch ? (flags & ~O_ACCMODE) | O_RDWR : flags | O_TRUNC;
	return flags;
}

static wasi_errno_t truncate_scratch(struct guest *guest, int fd, const struct stat *st)
{
	wasi_errno_t err;

	if (!S_ISREG(st->st_mode))
		return WASI_OK;
	err = host_set_size(fd, 0);
	if (!err)
		scratch_resized(&guest->scratch, (uint64_t)st->st_size, 0);
	return err;
}

/* In /dev (devices.h), once flags and rights were checked. NXIO: a tty, and the program has none. */
static wasi_errno_t open_device(struct guest *guest, struct call *call)
{
	const struct object *in = guest->in[0];
	bool reads = call->args[4].n & WASI_RIGHT_FD_READ, writes = call->args[4].n & WASI_RIGHT_FD_WRITE;
	uint64_t oflags = call->args[3].n;
	enum device device;
	struct object object;
	wasi_fdstat_t fdstat;
	struct stat st;
	wasi_errno_t err = path_check(guest, &call->args[2]);

	if (!err)
		err = devices_find(in->root->devices, &call->args[2], &device);
	if (err == WASI_ENOENT && (oflags & WASI_OFLAG_CREAT))
		return WASI_EPERM; /* as in a read-only folder */
	if (err)
		return err;
	if ((oflags & WASI_OFLAG_CREAT) && (oflags & WASI_OFLAG_EXCL))
		return WASI_EEXIST;
	if (device == DEVICE_FOLDER) {
		if (writes || (oflags & (WASI_OFLAG_CREAT | WASI_OFLAG_TRUNC)))
			return WASI_EISDIR;
		devices_folder(&object, &st, in->root);
	} else if (oflags & WASI_OFLAG_DIRECTORY) {
		return WASI_ENOTDIR;
	} else if (device == DEVICE_TTY) {
		if (!guest->tty)
			return WASI_ENXIO;
		devices_terminal(&object, reads, writes);
	} else {
		err = devices_stat(device, in->root->devices, &st);
		if (err)
			return err;
		devices_device(&object, in->root->devices->fds[device], &st, reads, writes);
	}
	object.dropped_base |= in->dropped_inheriting;
	object.dropped_inheriting = in->dropped_inheriting;
	if (object.kind != OBJECT_DIRECTORY)
		object.fdflags = (uint16_t)call->args[6].n;
	object_fdstat(&object, &fdstat);
	reply_bytes(call, &fdstat, sizeof fdstat);
	reply_u32(call, object.kind == OBJECT_DIRECTORY ? 0 : object.kind == OBJECT_TERMINAL ?
		WASI_TRAIT_STREAM | WASI_TRAIT_TERMINAL : WASI_TRAIT_STREAM);
	reply_u32(call, 0);
	fd_table_put(&guest->table, (wasi_handle_t)call->args[7].n, &object);
	return WASI_OK;
}

/* What an open that may make or truncate a file does to what the guest has leased, if it can be said. */
struct own_open {
	struct own_names names;
	struct path path;
	bool is_held;
	bool makes;  /* the page was told that it makes a file where nothing is */
	bool finds;  /* but somebody else had made one by then */
};

static void own_open_begin(struct own_open *own, struct guest *guest, const struct call *call, const struct wanted *wanted)
{
	struct stat st;

	own->is_held = own->makes = own->finds = false;
	own_names_init(&own->names, guest, call);
	if (!own->names.leases || !(wanted->oflags & (WASI_OFLAG_CREAT | WASI_OFLAG_TRUNC)) ||
	    !host_fs_reports_changes(guest->in[0]->fs) ||
	    path_hold(&own->path, guest, call, guest->in[0], &call->args[2]))
		return;
	own->is_held = own->path.last == PATH_NAME;
	if (!own->is_held)
		return;
	if (host_stat_name(own->path.dir, own->path.name, &st) == WASI_ENOENT) {
		own->makes = wanted->oflags & WASI_OFLAG_CREAT && own->names.is_told && !guest->in[0]->root->scratch;
		if (wanted->oflags & WASI_OFLAG_CREAT)
			own_names_expect(&own->names, own->path.dir, own->path.name, IN_CREATE, NULL);
	} else if (wanted->oflags & WASI_OFLAG_TRUNC) {
		own_names_change(&own->names, own->path.dir, own->path.name, &st);
	}
	own_names_begin(&own->names);
}

/* What somebody else makes at the last moment isn't the page's, though the event that says so is as its own would be. */
static wasi_errno_t own_open(struct own_open *own, struct guest *guest, struct call *call, int flags, bool reads, int *fd,
                             struct stat *st, bool *path_only)
{
	if (own->makes) {
		wasi_errno_t err = open_object(guest, call, flags | O_EXCL, reads, fd, st, path_only);

		if (err != WASI_EEXIST)
			return err;
		own->finds = true;
	}
	return open_object(guest, call, flags, reads, fd, st, path_only);
}

static void own_open_end(struct own_open *own, wasi_errno_t err, const struct stat *st)
{
	if (!own->is_held)
		return;
	own_names_end(&own->names, err, err || own->finds ? NULL : st); /* NULL: what is there isn't as the page was told */
	path_drop(&own->path);
}

wasi_errno_t sys_path_open(struct guest *guest, struct call *call)
{
	const struct object *in = guest->in[0];
	struct wanted wanted = {
		.lookup = (uint32_t)call->args[1].n, .oflags = (uint32_t)call->args[3].n, .fdflags = (uint32_t)call->args[6].n,
		.rights = call->args[4].n, .reads = call->args[4].n & WASI_RIGHT_FD_READ, .writes = call->args[4].n & WASI_RIGHT_FD_WRITE,
	};
	wasi_errno_t err = check_wanted(in, &wanted);
	struct own_open own;
	struct object object;
	wasi_fdstat_t fdstat;
	struct stat st;
	bool path_only;
	int fd;

	if (!err && in->root->devices)
		return open_device(guest, call);
	if (err)
		return err;
	own_open_begin(&own, guest, call, &wanted);
	if (in->root->scratch && (wanted.oflags & WASI_OFLAG_CREAT))
		err = open_counted(guest, call, flags_of(&wanted, true), wanted.reads, &fd, &st, &path_only);
	else
		err = own_open(&own, guest, call, flags_of(&wanted, in->root->scratch), wanted.reads, &fd, &st, &path_only);
	own_open_end(&own, err, &st);
	if (err)
		return err;
	object_init(&object, fd, &st, wanted.reads && !path_only, wanted.writes);
	object.path_only = path_only;
	object.fdflags = (uint16_t)(object.kind == OBJECT_DIRECTORY ? 0 : wanted.fdflags);
	err = place_object(&object, in, &st);
	if (!err && (wanted.oflags & WASI_OFLAG_TRUNC) && in->root->scratch)
		err = truncate_scratch(guest, fd, &st);
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

/* In the scratch folder names are counted. */
wasi_errno_t sys_path_create_like(struct guest *guest, struct call *call)
{
	const struct object *in = guest->in[0];
	struct own_names own;
	struct object object;
	wasi_fdstat_t fdstat;
	struct path path;
	struct stat st;
	wasi_errno_t err = guest->in[1]->kind != OBJECT_FILE ? WASI_EINVAL : host_stat(guest->in[1]->fd, &st);
	int fd;

	if (!err)
		err = path_hold(&path, guest, call, in, &call->args[1]);
	if (err)
		return err;
	if (path.last != PATH_NAME || path.slash)
		err = WASI_EEXIST;
	else if (in->root->scratch && !scratch_takes_name(&guest->scratch))
		err = WASI_ENOSPC;
	if (!err) {
		own_names_init(&own, guest, call);
		own_names_expect(&own, path.dir, path.name, IN_CREATE, NULL);
		own_names_begin(&own);
		err = host_make_file(path.dir, path.name, st.st_mode & 0777, &fd);
		if (!err)
			err = host_stat(fd, &st);
		own_names_end(&own, err, err ? NULL : &st);
	}
	path_drop(&path);
	if (err)
		return err;
	if (in->root->scratch)
		scratch_name_made(&guest->scratch);
	object_init(&object, fd, &st, true, true);
	err = place_object(&object, in, &st);
	if (err) {
		host_close(fd);
		return err;
	}
	object_fdstat(&object, &fdstat);
	reply_bytes(call, &fdstat, sizeof fdstat);
	fd_table_put(&guest->table, (wasi_handle_t)call->args[3].n, &object);
	return WASI_OK;
}
