/* What of the grants a guest gets: all of them, or what its page names. Leaves to guest.c how they become handles. */
#ifndef WASI_GRANTS_H
#define WASI_GRANTS_H

#include "wasi.h"

/* Which grant does this name lie in (the deepest one)? Its index, and *below: what is left of the name, relative, "" for the
 * grant itself; points into `wanted`. NOTCAPABLE: none, or the name has "..". */
wasi_errno_t grants_find(const struct wasi_grant *grants, size_t count, const char *wanted, size_t *index, const char **below);

#endif
