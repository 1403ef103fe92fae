/* fd_readdir: a listing is taken when the program starts to read a folder (cookie 0), in WASI's layout, and every further answer is a
 * piece of it. So cookies are ordinals, and what happens to the folder meanwhile can't repeat or lose an entry. */
#include "guest.h"

#include <stdlib.h>

struct listing {
	uint8_t *records;   /* wasi_dirent_t and name, one after the other */
	uint32_t *starts;   /* of each record; starts[count] is the end */
	uint32_t length, room, count, starts_room;
};

/* All listings of a guest together; past it NOMEM. */
enum { LISTED_BYTES_MAX = 256 << 20 };

void listing_free(struct guest *guest, struct listing *listing)
{
	if (!listing)
		return;
	guest->listed_bytes -= listing->room + (uint64_t)listing->starts_room * sizeof *listing->starts;
	free(listing->records);
	free(listing->starts);
	free(listing);
}

struct filling {
	struct guest *guest;
	struct listing *listing;
	const struct object *directory;
};

static wasi_errno_t grow(struct guest *guest, void **memory, uint32_t *room, size_t item, uint32_t needed)
{
	uint32_t more = *room ? *room : 64;
	void *grown;

	if (needed <= *room)
		return WASI_OK;
	while (more < needed)
		more *= 2;
	if (guest->listed_bytes + (uint64_t)(more - *room) * item > LISTED_BYTES_MAX)
		return WASI_ENOMEM;
	grown = realloc(*memory, more * item);
	if (!grown)
		return WASI_ENOMEM;
	guest->listed_bytes += (uint64_t)(more - *room) * item;
	*memory = grown;
	*room = more;
	return WASI_OK;
}

static wasi_errno_t add_record(struct filling *filling, const char *name, size_t length, uint64_t ino, uint8_t type)
{
	struct listing *listing = filling->listing;
	wasi_dirent_t record = { .next = listing->count + 1, .ino = ino, .namlen = (uint32_t)length, .type = type };
	wasi_errno_t err = grow(filling->guest, (void **)&listing->records, &listing->room, 1,
	                        listing->length + (uint32_t)(sizeof record + length));

	if (!err)
		err = grow(filling->guest, (void **)&listing->starts, &listing->starts_room, sizeof *listing->starts, listing->count + 2);
	if (err)
		return err;
	memcpy(listing->records + listing->length, &record, sizeof record);
	memcpy(listing->records + listing->length + sizeof record, name, length);
	listing->starts[listing->count++] = listing->length;
	listing->length += (uint32_t)(sizeof record + length);
	listing->starts[listing->count] = listing->length;
	return WASI_OK;
}

static wasi_errno_t fill_entry(void *context, const struct host_entry *entry)
{
	struct filling *filling = context;
	const struct object *directory = filling->directory;

	if (strcmp(entry->name, ".") == 0)
		return WASI_OK;
	if (strcmp(entry->name, "..") == 0) {
		/* The root's parent is nobody's business: as "/" it is its own. */
		if (directory->ino != directory->root->ino || directory->dev != directory->root->dev)
			memcpy(filling->listing->records + filling->listing->starts[1] + offsetof(wasi_dirent_t, ino), &entry->ino, sizeof entry->ino);
		return WASI_OK;
	}
	return add_record(filling, entry->name, entry->length, entry->ino, entry->type);
}

static wasi_errno_t listing_fill(struct guest *guest, struct object *directory)
{
	struct filling filling = { guest, calloc(1, sizeof *filling.listing), directory };
	wasi_errno_t err = WASI_ENOMEM;

	if (filling.listing)
		err = add_record(&filling, ".", 1, directory->ino, WASI_FILETYPE_DIRECTORY);
	if (!err)
		err = add_record(&filling, "..", 2, directory->ino, WASI_FILETYPE_DIRECTORY);
	if (!err)
		err = host_list(directory->fd, fill_entry, &filling);
	if (err) {
		listing_free(guest, filling.listing);
		return err;
	}
	listing_free(guest, directory->listing);
	directory->listing = filling.listing;
	return WASI_OK;
}

wasi_errno_t sys_fd_readdir(struct guest *guest, struct call *call)
{
	struct object *directory = guest->in[0];
	uint64_t cookie = call->args[1].n;
	uint32_t room = guest_clamp(guest, call->args[2].n), start, length;
	const struct listing *listing;
	wasi_errno_t err;

	if (directory->kind != OBJECT_DIRECTORY)
		return WASI_ENOTDIR;
	if (directory->path_only)
		return WASI_EACCES;
	if (cookie == 0 || !directory->listing) {
		if (!call->may_block)
			return SYS_ELSEWHERE;
		err = listing_fill(guest, directory);
		if (err)
			return err;
	}
	listing = directory->listing;
	if (cookie >= listing->count)
		return WASI_OK;
	start = listing->starts[cookie];
	length = listing->length - start;
	reply_bytes(call, listing->records + start, length < room ? length : room);
	return WASI_OK;
}
