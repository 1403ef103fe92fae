/* Names that a call of the guest changes, for its own leases (lease.h): which events will come is said before the call runs, and
 * what became of it after. Costs nothing while the guest has leased nothing. */
#ifndef WASI_OWN_NAMES_H
#define WASI_OWN_NAMES_H

#include "path.h"

struct own_names {
	struct leases *leases; /* NULL: it has leased nothing */
	bool is_told;          /* the page knows already what the call does */
	unsigned count;
	struct own_name of[2];
};

/* None yet. */
void own_names_init(struct own_names *own, struct guest *guest, const struct call *call);
/* This name in dir will have this event of inotify's; there: what it leads to then, or NULL. name is lent until the end. */
void own_names_expect(struct own_names *own, int dir, const char *name, uint32_t event, const struct stat *there);
/* The call changes what this name leads to now: its attributes, its content, or that it is there. Gives its attributes. False:
 * nothing is there. */
bool own_names_change(struct own_names *own, int dir, const char *name, struct stat *st);
/* Right before the call, and right after; there: what the last name leads to now, if it wasn't known before, or NULL. */
void own_names_begin(struct own_names *own);
void own_names_end(struct own_names *own, wasi_errno_t err, const struct stat *there);

#endif
