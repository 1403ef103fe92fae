#include "own_names.h"

void own_names_init(struct own_names *own, struct guest *guest, const struct call *call)
{
	own->leases = guest->leases.folders.count || guest->leases.contents.count ? &guest->leases : NULL;
	own->is_told = call->flags & CALL_MUST;
	own->count = 0;
}

void own_names_expect(struct own_names *own, int dir, const char *name, uint32_t event, const struct stat *there)
{
	struct own_name *next = &own->of[own->count];
	struct stat folder;

	if (!own->leases || host_stat(dir, &folder))
		return;
	*next = (struct own_name){ .dir = dir, .name = name, .event = event, .dev = folder.st_dev, .ino = folder.st_ino };
	if (there) {
		next->there_dev = there->st_dev;
		next->there_ino = there->st_ino;
	}
	own->count++;
}

bool own_names_change(struct own_names *own, int dir, const char *name, struct stat *st)
{
	if (!own->leases || host_stat_name(dir, name, st))
		return false;
	leases_change_inode(own->leases, st->st_dev, st->st_ino);
	return true;
}

void own_names_begin(struct own_names *own)
{
	if (own->leases && own->count)
		leases_own_begin(own->leases, own->of, own->count, own->is_told);
}

void own_names_end(struct own_names *own, wasi_errno_t err, const struct stat *there)
{
	if (!own->leases || !own->count)
		return;
	if (there) {
		own->of[own->count - 1].there_dev = there->st_dev;
		own->of[own->count - 1].there_ino = there->st_ino;
	}
	leases_own_end(own->leases, own->of, own->count, err == WASI_OK);
}
