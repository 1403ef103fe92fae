#include "listing.h"

#include "devices.h"

#include <stdlib.h>
#include <string.h>

/* All listings of a guest together; past it NOMEM. */
enum { LISTED_BYTES_MAX = 256 << 20 };

void listing_free(struct listing *listing, struct listed *listed)
{
	uint64_t size;

	if (!listing)
		return;
	size = listing->room + (uint64_t)listing->starts_room * sizeof *listing->starts;
	listed->bytes -= size;
	account_give(listed->account, size);
	free(listing->records);
	free(listing->starts);
	free(listing);
}

struct filling {
	struct listed *listed;
	struct listing *listing;
	const struct object *directory;
};

static wasi_errno_t grow(struct listed *listed, void **memory, uint32_t *room, size_t item, uint32_t needed)
{
	uint32_t more = *room ? *room : 64;
	uint64_t added;
	void *grown;

	if (needed <= *room)
		return WASI_OK;
	while (more < needed)
		more *= 2;
	added = (uint64_t)(more - *room) * item;
	if (listed->bytes + added > LISTED_BYTES_MAX || !account_take(listed->account, added))
		return WASI_ENOMEM;
	grown = realloc(*memory, more * item);
	if (!grown) {
		account_give(listed->account, added);
		return WASI_ENOMEM;
	}
	listed->bytes += added;
	*memory = grown;
	*room = more;
	return WASI_OK;
}

static wasi_errno_t add_record(struct filling *filling, const char *name, size_t length, uint64_t ino, uint8_t type)
{
	struct listing *listing = filling->listing;
	wasi_dirent_t record;
	wasi_errno_t err = grow(filling->listed, (void **)&listing->records, &listing->room, 1,
	                        listing->length + (uint32_t)(sizeof record + length));

	if (!err)
		err = grow(filling->listed, (void **)&listing->starts, &listing->starts_room, sizeof *listing->starts,
		           listing->count + 2);
	if (err)
		return err;
	memset(&record, 0, sizeof record); /* the padding too: it goes to the page, and what lay on our stack doesn't */
	record.next = listing->count + 1;
	record.ino = ino;
	record.namlen = (uint32_t)length;
	record.type = type;
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
	if (directory->root->only && strcmp(entry->name, directory->root->only) != 0)
		return WASI_OK;
	if (strcmp(entry->name, "..") == 0) {
		/* The guest mustn't see the root's parent: as in "/", `..` is the root itself. */
		if (directory->ino != directory->root->ino || directory->dev != directory->root->dev)
			memcpy(filling->listing->records + filling->listing->starts[1] + offsetof(wasi_dirent_t, ino), &entry->ino,
			       sizeof entry->ino);
		return WASI_OK;
	}
	return add_record(filling, entry->name, entry->length, entry->ino, entry->type);
}

wasi_errno_t listing_fill(struct object *directory, struct listed *listed)
{
	struct filling filling = { listed, calloc(1, sizeof *filling.listing), directory };
	wasi_errno_t err = WASI_ENOMEM;

	if (filling.listing)
		err = add_record(&filling, ".", 1, directory->ino, WASI_FILETYPE_DIRECTORY);
	if (!err)
		err = add_record(&filling, "..", 2, directory->ino, WASI_FILETYPE_DIRECTORY);
	if (!err)
		err = directory->root->devices ? devices_list(directory->root->devices, fill_entry, &filling)
		                               : host_list(directory->fd, fill_entry, &filling);
	if (err) {
		listing_free(filling.listing, listed);
		return err;
	}
	listing_free(directory->listing, listed);
	directory->listing = filling.listing;
	return WASI_OK;
}
