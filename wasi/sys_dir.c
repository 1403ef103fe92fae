/* fd_readdir: pieces of a listing (listing.h). */
#include "guest.h"
#include "listing.h"

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
		err = listing_fill(directory, &guest->listed);
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
