/* Makes, counts and removes scratch folders. Counted are the files' sizes, as the guest sees them, and the names: each write,
 * truncation and removal adds or subtracts its difference, and a removed open file counts until it is closed. */
#include "scratch.h"

#include <stdio.h>
#include <string.h>

#include "fd_table.h"

static const char prefix[] = "guest-";

wasi_errno_t scratch_make(struct scratch *scratch, int parent, uint64_t limit)
{
	enum { BLOCK = 4096, NAMES_MIN = 16 };

	*scratch = (struct scratch){ .dir = -1, .parent = parent, .limit = limit };
	scratch->names_max = limit / BLOCK > NAMES_MIN ? limit / BLOCK : NAMES_MIN;
	for (int tries = 0; tries < 16; tries++) {
		uint64_t dice[2];
		struct stat st;
		wasi_errno_t err = host_random(dice, sizeof dice);

		if (err)
			return err;
		snprintf(scratch->name, sizeof scratch->name, "%s%016llx%016llx", prefix, (unsigned long long)dice[0],
		         (unsigned long long)dice[1]);
		err = host_make_directory(parent, scratch->name, 0700);
		if (err == WASI_EEXIST)
			continue;
		if (err)
			return err;
		err = host_open_name(parent, scratch->name, O_RDONLY | O_DIRECTORY, &scratch->dir);
		/* The lock says that it is in use; without it another gateway's sweep may have removed it. */
		if (!err && !host_lock(scratch->dir) && !host_stat(scratch->dir, &st) && st.st_nlink > 0)
			return WASI_OK;
		if (scratch->dir >= 0)
			host_close(scratch->dir);
		scratch->dir = -1;
		if (err && err != WASI_ENOENT) {
			host_remove_directory(parent, scratch->name);
			return err;
		}
	}
	return WASI_EAGAIN;
}

/* ---- removing: a tree of any depth with three descriptors, and never through a link ---- */

struct removal {
	int top, in;        /* in: the folder being emptied, top itself or one right in it */
	uint64_t moved;     /* names given to folders that were moved up */
	uint64_t progress;  /* entries removed or moved up */
};

static bool is_dots(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

static wasi_errno_t remove_entry(void *context, const struct host_entry *entry)
{
	struct removal *removal = context;
	char name[40];
	enum { TRIES_MAX = 1000 };

	if (is_dots(entry->name))
		return WASI_OK;
	if (host_unlink(removal->in, entry->name) == WASI_OK || host_remove_directory(removal->in, entry->name) == WASI_OK) {
		removal->progress++;
		return WASI_OK;
	}
	if (removal->in == removal->top)
		return WASI_OK; /* its turn comes by itself */
	/* Not empty: up to the top with it, so that we never have to go deeper than one. */
	for (int tries = 0; tries < TRIES_MAX; tries++) {
		snprintf(name, sizeof name, ".removed-%llu", (unsigned long long)removal->moved++);
		if (host_rename(removal->in, entry->name, removal->top, name) == WASI_OK) {
			removal->progress++;
			break;
		}
	}
	return WASI_OK;
}

static wasi_errno_t remove_child(void *context, const struct host_entry *entry)
{
	struct removal *removal = context;

	if (is_dots(entry->name))
		return WASI_OK;
	if (host_open_name(removal->top, entry->name, O_RDONLY | O_DIRECTORY, &removal->in) == WASI_OK) {
		host_list(removal->in, remove_entry, removal);
		host_close(removal->in);
		if (host_remove_directory(removal->top, entry->name) == WASI_OK)
			removal->progress++;
	}
	return WASI_OK;
}

static void remove_tree(int parent, const char *name, int dir)
{
	struct removal removal = { .top = dir };
	uint64_t before;

	/* Listing while removing may skip entries, and what was moved up comes in the next round. */
	do {
		before = removal.progress;
		removal.in = dir;
		host_list(dir, remove_entry, &removal);
		host_list(dir, remove_child, &removal);
	} while (host_remove_directory(parent, name) == WASI_ENOTEMPTY && removal.progress != before);
}

void scratch_clear(struct scratch *scratch)
{
	if (scratch->dir < 0)
		return;
	remove_tree(scratch->parent, scratch->name, scratch->dir);
	host_close(scratch->dir);
	scratch->dir = -1;
}

static wasi_errno_t sweep_entry(void *context, const struct host_entry *entry)
{
	int parent = *(const int *)context, dir;

	if (strncmp(entry->name, prefix, sizeof prefix - 1) != 0)
		return WASI_OK; /* not ours */
	if (host_open_name(parent, entry->name, O_RDONLY | O_DIRECTORY, &dir) == WASI_OK) {
		if (host_lock(dir) == WASI_OK)
			remove_tree(parent, entry->name, dir);
		host_close(dir);
	}
	return WASI_OK;
}

void wasi_scratch_sweep(int scratch_parent_fd)
{
	int dir;

	/* A descriptor of our own: the parent's may be O_PATH, and others share its offset. */
	if (host_open_name(scratch_parent_fd, ".", O_RDONLY | O_DIRECTORY, &dir) == WASI_OK) {
		host_list(dir, sweep_entry, &scratch_parent_fd);
		host_close(dir);
	}
}

/* ---- counting ---- */

wasi_errno_t scratch_admit(const struct scratch *scratch, uint64_t size, uint64_t offset, uint64_t *length)
{
	uint64_t room = scratch->limit > scratch->used ? scratch->limit - scratch->used : 0;
	uint64_t end;

	if (*length == 0 || offset > INT64_MAX || *length > INT64_MAX - offset)
		return WASI_OK; /* nothing, or the system's own refusal */
	end = size + room < size ? UINT64_MAX : size + room;
	if (offset + *length <= end)
		return WASI_OK;
	if (offset >= end)
		return WASI_ENOSPC;
	*length = end - offset;
	return WASI_OK;
}

void scratch_resized(struct scratch *scratch, uint64_t from, uint64_t to)
{
	if (to >= from)
		scratch->used += to - from;
	else
		scratch->used -= from - to < scratch->used ? from - to : scratch->used;
}

static void forget_name(struct scratch *scratch)
{
	if (scratch->names) /* others of the same user may have made some */
		scratch->names--;
}

void scratch_name_gone(struct scratch *scratch, struct fd_table *table, const struct stat *st)
{
	struct object *object;
	bool open = false;

	if (S_ISREG(st->st_mode) && st->st_nlink == 1) {
		for (uint32_t at = 0; (object = fd_table_next(table, &at));)
			if (object->kind == OBJECT_FILE && object->ino == st->st_ino && object->dev == st->st_dev)
				object->orphan = open = true;
		if (open)
			return;
		scratch_resized(scratch, (uint64_t)st->st_size, 0);
	}
	forget_name(scratch);
}

void scratch_object_closes(struct scratch *scratch, struct fd_table *table, const struct object *closing)
{
	struct object *object;
	struct stat st;

	if (!closing->orphan)
		return;
	for (uint32_t at = 0; (object = fd_table_next(table, &at));)
		if (object != closing && object->orphan && object->ino == closing->ino && object->dev == closing->dev)
			return;
	if (host_stat(closing->fd, &st) == WASI_OK)
		scratch_resized(scratch, (uint64_t)st.st_size, 0);
	forget_name(scratch);
}
