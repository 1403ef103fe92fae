/* Slots, generations, and what an object may do. */
#include "fd_table.h"

#include <stdlib.h>
#include <string.h>

enum slot_state { SLOT_EMPTY, SLOT_RESERVED, SLOT_OPEN, SLOT_FAILED, SLOT_CANCELLED, SLOT_CLOSED };
enum { SLOTS_FIRST = 16 };

void fd_table_init(struct fd_table *table, uint32_t limit)
{
	*table = (struct fd_table){ .limit = limit < 65536 ? limit : 65536 };
}

void fd_table_clear(struct fd_table *table)
{
	free(table->slots);
	*table = (struct fd_table){ 0 };
}

enum handle_state fd_table_find(struct fd_table *table, wasi_handle_t handle, struct object **object)
{
	uint32_t slot = WASI_HANDLE_SLOT(handle);
	struct object *found;

	*object = NULL;
	if (slot >= table->limit)
		return HANDLE_CLOSED; /* its open was MFILE */
	if (slot >= table->count)
		return table->ran_out ? HANDLE_CLOSED : HANDLE_BAD;
	found = &table->slots[slot];
	if (found->generation != WASI_HANDLE_GENERATION(handle))
		return HANDLE_BAD;
	switch (found->slot_state) {
	case SLOT_OPEN:
		*object = found;
		return HANDLE_OPEN;
	case SLOT_RESERVED:
	case SLOT_FAILED:
	case SLOT_CANCELLED:
		return HANDLE_CLOSED;
	default:
		return HANDLE_BAD;
	}
}

static wasi_errno_t make_room(struct fd_table *table, uint32_t slot)
{
	uint32_t count = table->count ? table->count : SLOTS_FIRST;
	struct object *slots;

	if (slot < table->count)
		return WASI_OK;
	while (count <= slot)
		count *= 2;
	if (count > table->limit)
		count = table->limit;
	slots = realloc(table->slots, count * sizeof *slots);
	if (!slots) {
		table->ran_out = true;
		return WASI_ENOMEM;
	}
	memset(slots + table->count, 0, (count - table->count) * sizeof *slots);
	table->slots = slots;
	table->count = count;
	return WASI_OK;
}

static bool slot_is_free(const struct object *slot, uint16_t generation)
{
	switch (slot->slot_state) {
	case SLOT_EMPTY:
		return true;
	case SLOT_OPEN:
	case SLOT_RESERVED:
		return false;
	case SLOT_CANCELLED: /* the same call may run again */
		return generation >= slot->generation;
	default:
		return generation > slot->generation;
	}
}

wasi_errno_t fd_table_check(struct fd_table *table, wasi_handle_t handle, bool *doubled)
{
	uint32_t slot = WASI_HANDLE_SLOT(handle);
	const struct object *there;

	*doubled = false;
	if (slot >= table->limit)
		return WASI_EMFILE;
	if (slot < table->count) {
		there = &table->slots[slot];
		*doubled = !slot_is_free(there, WASI_HANDLE_GENERATION(handle));
		if (*doubled)
			return WASI_EBADF;
	}
	return make_room(table, slot);
}

static struct object *slot_of(struct fd_table *table, wasi_handle_t handle, enum slot_state state)
{
	struct object *slot = &table->slots[WASI_HANDLE_SLOT(handle)];

	*slot = (struct object){ .fd = -1, .slot_state = state, .generation = WASI_HANDLE_GENERATION(handle) };
	return slot;
}

void fd_table_put(struct fd_table *table, wasi_handle_t handle, const struct object *object)
{
	struct object *slot = slot_of(table, handle, SLOT_OPEN);

	*slot = *object;
	slot->slot_state = SLOT_OPEN;
	slot->generation = WASI_HANDLE_GENERATION(handle);
}

void fd_table_reserve(struct fd_table *table, wasi_handle_t handle) { slot_of(table, handle, SLOT_RESERVED); }

void fd_table_fail(struct fd_table *table, wasi_handle_t handle)
{
	if (WASI_HANDLE_SLOT(handle) < table->count)
		slot_of(table, handle, SLOT_FAILED);
}

void fd_table_cancel(struct fd_table *table, wasi_handle_t handle)
{
	if (WASI_HANDLE_SLOT(handle) < table->count)
		slot_of(table, handle, SLOT_CANCELLED);
}

void fd_table_remove(struct object *object)
{
	uint16_t generation = object->generation;

	*object = (struct object){ .fd = -1, .slot_state = SLOT_CLOSED, .generation = generation };
}

struct object *fd_table_next(struct fd_table *table, uint32_t *at)
{
	while (*at < table->count) {
		struct object *object = &table->slots[(*at)++];

		if (object->slot_state == SLOT_OPEN)
			return object;
	}
	return NULL;
}

bool fd_table_slot_next(const struct fd_table *table, uint32_t *at, wasi_handle_t *handle, bool *is_open)
{
	while (*at < table->count) {
		const struct object *slot = &table->slots[*at];
		uint32_t number = (*at)++;

		if (slot->slot_state == SLOT_EMPTY)
			continue;
		*handle = number | (uint32_t)slot->generation << 16;
		*is_open = slot->slot_state == SLOT_OPEN;
		return true;
	}
	return false;
}

void root_hide(const struct root *root, struct stat *st)
{
	if (!root || !root->only || !S_ISDIR(st->st_mode))
		return;
	st->st_nlink = st->st_nlink != 0;
	st->st_size = 0;
	st->st_atim = st->st_mtim = st->st_ctim = (struct timespec){ 0 };
}

void object_fdstat(const struct object *object, wasi_fdstat_t *fdstat)
{
	memset(fdstat, 0, sizeof *fdstat); /* the padding too: it goes to the page */
	fdstat->filetype = object->filetype;
	fdstat->flags = object->fdflags;
	fdstat->rights_base = object->rights_base & ~object->dropped_base;
	fdstat->rights_inheriting = object->rights_inheriting & ~object->dropped_inheriting;
}

static uint64_t rights_of_bytes(const struct object *object)
{
	uint64_t rights = RIGHTS_FILE;

	if (!object->can_read)
		rights &= ~WASI_RIGHT_FD_READ;
	if (!object->can_write)
		rights &= ~(WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_ALLOCATE | WASI_RIGHT_FD_FILESTAT_SET_SIZE);
	/* without these rights a C library takes a character device for a terminal */
	if (object->kind != OBJECT_FILE && !object->device)
		rights &= ~(WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_TELL);
	if (object->kind != OBJECT_FILE)
		rights &= ~(WASI_RIGHT_FD_ADVISE | WASI_RIGHT_FD_ALLOCATE | WASI_RIGHT_FD_DATASYNC |
		            WASI_RIGHT_FD_SYNC | WASI_RIGHT_FD_FILESTAT_SET_SIZE);
	return rights;
}

void object_init(struct object *object, int fd, const struct stat *st, bool can_read, bool can_write)
{
	*object = (struct object){ .fd = fd, .dev = st->st_dev, .ino = st->st_ino, .filetype = host_filetype(st->st_mode) };
	object->fs = HOST_FS_MEMORY;
	switch (st->st_mode & S_IFMT) {
	case S_IFDIR:
		object->kind = OBJECT_DIRECTORY;
		object->rights_base = RIGHTS_DIRECTORY;
		object->rights_inheriting = RIGHTS_DIRECTORY | RIGHTS_FILE;
		return;
	case S_IFREG:
	case S_IFBLK:
		object->kind = OBJECT_FILE;
		object->slow = S_ISBLK(st->st_mode);
		break;
	case S_IFSOCK:
		object->kind = OBJECT_SOCKET;
		break;
	default:
		object->kind = OBJECT_STREAM;
		object->fifo = S_ISFIFO(st->st_mode);
		/* A device's own driver decides what O_NONBLOCK means; terminals are known to keep it. */
		object->device = object->slow = S_ISCHR(st->st_mode) && !host_is_tty(fd);
	}
	object->can_read = can_read;
	object->can_write = can_write;
	object->rights_base = rights_of_bytes(object);
	if (object->kind == OBJECT_SOCKET)
		object->rights_base |= WASI_RIGHT_SOCK_SHUTDOWN;
}
