/* A guest's private folder: made for it, its use counted, removed when it ends. The calls say when something grows or shrinks. */
#ifndef WASI_SCRATCH_H
#define WASI_SCRATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "abi.h"

struct fd_table;
struct object;
struct stat;

struct scratch {
	int dir, parent;   /* -1: none; parent is lent */
	char name[40];
	uint64_t used, limit;      /* bytes */
	uint64_t names, names_max; /* each name takes about a block of the disk, so the limit in blocks bounds the names, too */
};

/* Makes a folder of ours, 0700, below parent. */
wasi_errno_t scratch_make(struct scratch *scratch, int parent, uint64_t limit);
/* Removes it and everything in it. May take long. */
void scratch_clear(struct scratch *scratch);

/* How many of `length` bytes at `offset` may a file of this size still take? 0 and NOSPC when it would grow and there's no room
 * at all. */
wasi_errno_t scratch_admit(const struct scratch *scratch, uint64_t size, uint64_t offset, uint64_t *length);
void scratch_resized(struct scratch *scratch, uint64_t from, uint64_t to);

static inline bool scratch_takes_name(const struct scratch *scratch) { return scratch->names < scratch->names_max; }
static inline void scratch_name_made(struct scratch *scratch) { scratch->names++; }
/* A name was removed, or another was renamed over it; st is from before. */
void scratch_name_gone(struct scratch *scratch, struct fd_table *table, const struct stat *st);
/* An object in the scratch folder is being closed. */
void scratch_object_closes(struct scratch *scratch, struct fd_table *table, const struct object *object);

#endif
