/* Paths into directories and names. */
#include "path.h"

#include "devices.h"

wasi_errno_t path_check(const struct guest *guest, const union call_arg *arg)
{
	if (arg->bytes.length == 0)
		return WASI_ENOENT;
	if (arg->bytes.length >= PATH_MAX || arg->bytes.length > guest->limits.path)
		return WASI_ENAMETOOLONG;
	if (memchr(arg->bytes.at, '\0', arg->bytes.length))
		return WASI_EINVAL;
	if (arg->bytes.at[0] == '/')
		return WASI_EPERM;
	return WASI_OK;
}

/* ".wvwasi-" 16 digits ".swap": what is written there replaces a file as a whole (static/shim/files/writable.js). */
static bool is_swap_name(const char *name, size_t length)
{
	static const char before[] = ".wvwasi-", after[] = ".swap";
	enum { BEFORE = sizeof before - 1, DIGITS = 16, AFTER = sizeof after - 1 };

	return length == BEFORE + DIGITS + AFTER && memcmp(name, before, BEFORE) == 0 &&
	       strspn(name + BEFORE, "0123456789abcdef") == DIGITS && memcmp(name + BEFORE + DIGITS, after, AFTER) == 0;
}

/* Of a folder of which one file was granted: may the guest name this? Whatever else it names, it learns the same. */
static bool is_granted(const struct root *root, const char *name, size_t length)
{
	return !root->only || strcmp(name, root->only) == 0 || strcmp(name, ".") == 0 || is_swap_name(name, length);
}

static wasi_errno_t path_read(struct path *path, const struct guest *guest, const struct object *in, const union call_arg *arg)
{
	wasi_errno_t err = in->kind == OBJECT_DIRECTORY ? path_check(guest, arg) : WASI_ENOTDIR;

	if (err)
		return err;
	if (in->root->devices) { /* sys_path_open and sys_path_filestat_get don't come here */
		err = devices_find(in->root->devices, arg, NULL);
		return err ? err : WASI_EINVAL; /* as readlink(2) says of what is no link */
	}
	memcpy(path->bytes, arg->bytes.at, arg->bytes.length);
	path->bytes[arg->bytes.length] = '\0';
	if (!is_granted(in->root, path->bytes, arg->bytes.length))
		return WASI_ENOTCAPABLE;
	path->dir = in->fd;
	path->dir_is_ours = false;
	return WASI_OK;
}

/* Cuts the bytes into what leads to the directory (NULL: the path has one name) and the last name. */
static const char *path_split(struct path *path, size_t length)
{
	size_t start;

	path->slash = path->bytes[length - 1] == '/';
	while (path->bytes[length - 1] == '/') /* not absolute: it ends */
		length--;
	path->bytes[length] = '\0';
	for (start = length; start > 0 && path->bytes[start - 1] != '/';)
		start--;
	path->name = path->bytes + start;
	path->last = strcmp(path->name, ".") == 0 ? PATH_DOT : strcmp(path->name, "..") == 0 ? PATH_DOT_DOT : PATH_NAME;
	if (start == 0)
		return NULL;
	path->bytes[start - 1] = '\0';
	return path->bytes;
}

static wasi_errno_t open_beneath(const struct call *call, int root, const char *path, int flags, int *fd)
{
	wasi_errno_t err;

	if (call->may_block)
		return host_open_beneath(root, path, flags, fd);
	err = host_open_cached(root, path, flags, fd);
	return err == WASI_EAGAIN ? SYS_ELSEWHERE : err;
}

wasi_errno_t path_hold(struct path *path, struct guest *guest, const struct call *call, const struct object *in,
                       const union call_arg *arg)
{
	wasi_errno_t err = path_read(path, guest, in, arg);
	const char *parent;
	int fd;

	if (err)
		return err;
	parent = path_split(path, arg->bytes.length);
	if (path->last != PATH_NAME) {
		/* No call changes such a name, but it must not lead out either. */
		memcpy(path->bytes, arg->bytes.at, arg->bytes.length);
		err = open_beneath(call, in->fd, path->bytes, O_PATH | O_DIRECTORY, &fd);
		if (!err)
			host_close(fd);
		return err;
	}
	if (parent) {
		err = open_beneath(call, in->fd, parent, O_PATH | O_DIRECTORY, &fd);
		if (err)
			return err;
		path->dir = fd;
		path->dir_is_ours = true;
	}
	return WASI_OK;
}

void path_drop(struct path *path)
{
	if (path->dir_is_ours)
		host_close(path->dir);
	path->dir_is_ours = false;
}

wasi_errno_t path_check_slash(const struct path *path)
{
	struct stat st;
	wasi_errno_t err;

	if (!path->slash)
		return WASI_OK;
	err = host_stat_name(path->dir, path->name, &st);
	return err ? err : S_ISDIR(st.st_mode) ? WASI_OK : WASI_ENOTDIR;
}

/* openat2 can't create or truncate without blocking. Here the directory is resolved without blocking first, and creating one name
 * on a local disk costs as much as mkdir, which runs on the loop, too. A link goes to the thread. */
static wasi_errno_t open_for_change(struct guest *guest, const struct call *call, const struct object *in,
                                    const union call_arg *arg, int flags, int *fd)
{
	struct path path;
	wasi_errno_t err = path_hold(&path, guest, call, in, arg);

	if (err)
		return err;
	if (path.last != PATH_NAME || path.slash) {
		err = SYS_ELSEWHERE;
	} else {
		err = host_open_name(path.dir, path.name, flags, fd);
		if (err == WASI_EAGAIN || (!(flags & O_NOFOLLOW) && (err == WASI_ELOOP || err == WASI_ENOTDIR)))
			err = SYS_ELSEWHERE;
	}
	path_drop(&path);
	return err;
}

wasi_errno_t path_open(struct guest *guest, const struct call *call, const struct object *in, const union call_arg *arg,
                       int flags, int *fd)
{
	struct path path;
	wasi_errno_t err;

	if (in->kind == OBJECT_DIRECTORY && in->root->only) /* a link leads to what is beside */
		flags |= O_NOFOLLOW;
	if (!call->may_block && (flags & (O_CREAT | O_TRUNC)))
		return open_for_change(guest, call, in, arg, flags, fd);
	err = path_read(&path, guest, in, arg);
	return err ? err : open_beneath(call, in->fd, path.bytes, flags, fd);
}
