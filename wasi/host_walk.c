/* The second mechanism that resolves a path: a walk over its components that follows no link by itself, and holds every directory
 * on the way, so that ".." leads back to where it came from, wherever that was moved to. */
#include "host.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

enum { LINKS_MAX = 40 /* as Linux has it */, DEPTH_MAX = PATH_MAX / 2 };

struct walk {
	int root, flags;
	int links;
	size_t depth;
	size_t at;                 /* what is before it in `rest` has been walked */
	char rest[PATH_MAX];
	/* the directories between root and here: ".." goes back to one of these, wherever it was moved to */
	int held[DEPTH_MAX];
};

static int walk_here(const struct walk *walk) { return walk->depth ? walk->held[walk->depth - 1] : walk->root; }

/* Puts a link's target in front of what is still to be walked. *is_link false: the name is no link, and the caller keeps its own
 * error. */
static wasi_errno_t walk_expand(struct walk *walk, const char *name, size_t after, bool *is_link)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(walk_here(walk), name, target, sizeof target);
	size_t rest_length = strlen(walk->rest + after);

	*is_link = length >= 0;
	if (length < 0)
		return WASI_OK;
	if (++walk->links > LINKS_MAX)
		return WASI_ELOOP;
	if (length == 0)
		return WASI_ENOENT;
	if (target[0] == '/')
		return WASI_EPERM;
	if ((size_t)length + rest_length >= sizeof walk->rest)
		return WASI_ENAMETOOLONG;
	memmove(walk->rest + length, walk->rest + after, rest_length + 1);
	memcpy(walk->rest, target, (size_t)length);
	walk->at = 0;
	return WASI_OK;
}

/* The path ended in the directory that we hold. */
static wasi_errno_t walk_open_here(const struct walk *walk, int *fd)
{
	if (walk->flags & O_CREAT)
		return walk->flags & O_EXCL ? WASI_EEXIST : WASI_EISDIR;
	*fd = openat(walk_here(walk), ".", walk->flags & ~O_NOFOLLOW);
	return *fd < 0 ? host_error(errno) : WASI_OK;
}

/* The last name. *again: it was a link, whose target is to be walked now. */
static wasi_errno_t walk_open_last(struct walk *walk, const char *name, size_t after, bool slash, int *fd, bool *again)
{
	bool follow = (slash || !(walk->flags & O_NOFOLLOW)) && !((walk->flags & O_CREAT) && (walk->flags & O_EXCL));
	int flags = walk->flags | O_NOFOLLOW | (slash ? O_DIRECTORY : 0), error;
	struct stat st;
	wasi_errno_t err;

	*again = false;
	if (slash && (walk->flags & O_CREAT))
		return WASI_EISDIR;
	*fd = openat(walk_here(walk), name, flags, 0666);
	error = errno;
	if (*fd >= 0) {
		/* O_PATH opens links themselves. */
		if (!follow || !(flags & O_PATH) || (flags & O_DIRECTORY) || fstat(*fd, &st) < 0 || !S_ISLNK(st.st_mode))
			return WASI_OK;
		close(*fd);
		*fd = -1;
		error = ELOOP;
	}
	if (!follow || (error != ELOOP && error != ENOTDIR))
		return host_error(error);
	err = walk_expand(walk, name, after, again);
	return err || *again ? err : host_error(error);
}

static wasi_errno_t walk_enter(struct walk *walk, const char *name, size_t after)
{
	int fd = openat(walk_here(walk), name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), error = errno;
	wasi_errno_t err;
	bool is_link;

	if (fd >= 0) {
		if (walk->depth == DEPTH_MAX) {
			close(fd);
			return WASI_ENAMETOOLONG;
		}
		walk->held[walk->depth++] = fd;
		walk->at = after;
		return WASI_OK;
	}
	if (error != ENOTDIR && error != ELOOP)
		return host_error(error);
	err = walk_expand(walk, name, after, &is_link);
	return err || is_link ? err : WASI_ENOTDIR;
}

static wasi_errno_t walk_on(struct walk *walk, int *fd)
{
	for (;;) {
		char name[NAME_MAX + 1];
		size_t start = walk->at + strspn(walk->rest + walk->at, "/");
		size_t length = strcspn(walk->rest + start, "/");
		size_t after = start + length;
		size_t slashes = strspn(walk->rest + after, "/");
		bool last = walk->rest[after + slashes] == '\0', again;
		wasi_errno_t err;

		if (length == 0)
			return walk_open_here(walk, fd);
		if (length > NAME_MAX)
			return WASI_ENAMETOOLONG;
		memcpy(name, walk->rest + start, length);
		name[length] = '\0';
		if (strcmp(name, ".") == 0) {
			walk->at = after;
		} else if (strcmp(name, "..") == 0) {
			if (walk->depth == 0)
				return WASI_EPERM;
			close(walk->held[--walk->depth]);
			walk->at = after;
		} else if (!last) {
			err = walk_enter(walk, name, after);
			if (err)
				return err;
		} else {
			err = walk_open_last(walk, name, after, slashes > 0, fd, &again);
			if (err || !again)
				return err;
		}
	}
}

wasi_errno_t host_walk(int root, const char *path, int flags, int *fd)
{
	struct walk walk;
	size_t length = strlen(path);
	wasi_errno_t err;

	if (length == 0)
		return WASI_ENOENT;
	if (length >= sizeof walk.rest)
		return WASI_ENAMETOOLONG;
	if (path[0] == '/')
		return WASI_EPERM;
	walk.root = root;
	walk.flags = flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NONBLOCK | O_NOCTTY);
	walk.links = 0;
	walk.depth = 0;
	walk.at = 0;
	memcpy(walk.rest, path, length + 1);
	err = walk_on(&walk, fd);
	while (walk.depth)
		close(walk.held[--walk.depth]);
	return err;
}

static wasi_errno_t open_name(int dir, const char *name, int flags, mode_t mode, int *fd)
{
	do
		*fd = openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC | (flags & O_PATH ? 0 : O_NONBLOCK | O_NOCTTY), mode);
	while (*fd < 0 && errno == EINTR);
	return *fd < 0 ? host_error(errno) : WASI_OK;
}

wasi_errno_t host_make_file(int dir, const char *name, mode_t mode, int *fd)
{
	return open_name(dir, name, O_RDWR | O_CREAT | O_EXCL, mode, fd);
}

wasi_errno_t host_open_name(int dir, const char *name, int flags, int *fd)
{
	return open_name(dir, name, flags, 0666, fd);
}
