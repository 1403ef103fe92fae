/* The copy of a folder's listing from which fd_readdir answers: made when the program starts to read the folder (cookie 0), in
 * WASI's layout; each answer is a piece of it. So cookies are ordinals, and no entry is repeated or lost when the folder changes
 * meanwhile. */
#ifndef WASI_LISTING_H
#define WASI_LISTING_H

#include "account.h"
#include "fd_table.h"

/* The memory of all listings of a guest. */
struct listed {
	uint64_t bytes;
	struct account *account; /* that they are taken from; NULL: none */
};

struct listing {
	uint8_t *records;   /* wasi_dirent_t and name, one after the other */
	uint32_t *starts;   /* of each record; starts[count] is the end */
	uint32_t length, room, count, starts_room;
};

/* Lists the directory anew, in place of its old listing. NOMEM past the bound of all listings of the guest, or
 * when its account has no more. */
wasi_errno_t listing_fill(struct object *directory, struct listed *listed);
/* Takes NULL. */
void listing_free(struct listing *listing, struct listed *listed);

#endif
