/* Descriptors kept open for what a guest has leased: the ones that path_open would have opened to read. A lease_open shares one
 * of them, so that it can't fail. Used by the calls of one guest alone; only content_probe() asks their descriptor from any
 * thread. */
#ifndef WASI_PINNED_H
#define WASI_PINNED_H

#include <stdbool.h>
#include <stdint.h>

struct root;

struct pinned {
	int fd;
	unsigned holds;
	const struct root *root; /* in which it was found */
	uint64_t dev, ino;
	uint64_t rights_base;
	bool is_folder;
	uint8_t fs;              /* enum host_fs */
};

/* How many there may be, of all guests. */
void pinned_limit(unsigned most);

/* Takes fd, held once. NULL: no memory, or too many are pinned already; fd is still the caller's. */
struct pinned *pinned_new(int fd);
void pinned_drop(struct pinned *pinned);

#endif
