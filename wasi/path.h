/* The only file that walks paths: it makes of a path's bytes either an open descriptor, or a held directory and one name in it
 * that no link can redirect. Leaves to host_*.c how the system resolves beneath a root, and to the calls what they do there. */
#ifndef WASI_PATH_H
#define WASI_PATH_H

#include <limits.h>

#include "guest.h"

enum path_last { PATH_NAME, PATH_DOT, PATH_DOT_DOT };

struct path {
	int dir;               /* holds `name` */
	bool dir_is_ours;
	bool slash;            /* slashes followed the name: it must be a directory */
	enum path_last last;   /* not PATH_NAME: the path ends in "." or "..", and stays beneath */
	const char *name;      /* one component, never with slashes */
	char bytes[PATH_MAX];
};

/* Is it a path at all? INVAL with a NUL, NOENT empty, NAMETOOLONG, PERM absolute. */
wasi_errno_t path_check(const struct guest *guest, const union call_arg *arg);

/* Holds the directory in which the path's last name is; path_drop() lets it go (only after success). NOTDIR: `in` is none.
 * SYS_ELSEWHERE: it could block, and the call mustn't. */
wasi_errno_t path_hold(struct path *path, struct guest *guest, const struct call *call, const struct object *in,
                       const union call_arg *arg);
void path_drop(struct path *path);

/* A held name with a slash behind it: OK when it is a directory, NOTDIR when it isn't, NOENT. Without a slash: OK. */
wasi_errno_t path_check_slash(const struct path *path);

/* Opens what a path leads to. flags are open(2)'s; links are followed without O_NOFOLLOW. SYS_ELSEWHERE as above. */
wasi_errno_t path_open(struct guest *guest, const struct call *call, const struct object *in, const union call_arg *arg,
                       int flags, int *fd);

#endif
