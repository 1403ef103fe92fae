/* Contents that a guest may answer from while its lease of the file lasts (lease.h). As for folders: first the lease, then the
 * read, so that no change falls between the two. The file itself is watched, so a write through any of its names breaks the
 * lease. Stores through a mapping are reported by no event: content_probe() asks whether anybody could make one, when the file is
 * leased and whenever it is opened. Where it can't be asked (another user's file), or the guest itself has the file open for
 * writing, such stores break the lease when the mapping's descriptor is closed.
 *
 * A descriptor is pinned for each, so that the page's answer to path_open can't become wrong; only lease_drop ends it. An open
 * descriptor keeps its file system from being unmounted: so only files in the grant's own mount are pinned. */
#include "path.h"

#include <stdlib.h>

enum { FILES_HEAD = 8, ITEM_HEAD = 104, IS_PINNED = 1 };

static bool writes_itself(struct guest *guest, uint64_t dev, uint64_t ino)
{
	struct object *object;

	for (uint32_t at = 0; (object = fd_table_next(&guest->table, &at));)
		if (object->can_write && object->dev == dev && object->ino == ino)
			return true;
	return false;
}

/* Leases the content. BUSY: somebody else has the file open for writing and could change it without an event. */
static wasi_errno_t promise(struct guest *guest, int fd, struct pinned *pinned, const struct stat *st, uint32_t *lease,
                            uint32_t *stamp)
{
	bool alone = !pinned && !writes_itself(guest, st->st_dev, st->st_ino);
	wasi_errno_t err = lease_new_content(&guest->leases, fd, pinned, alone, lease, stamp);

	if (!err && (pinned || alone) && content_probe(fd) == WASI_EBUSY &&
		(alone || !writes_itself(guest, st->st_dev, st->st_ino))) {
		lease_drop(&guest->leases, *lease);
		err = WASI_EBUSY;
	}
	return err;
}

/* ---- an open file ---- */

/* Pins the object's own descriptor, which both share from now on. NULL: it may not be shared, as one that was locked. */
static struct pinned *pinned_of(struct object *object)
{
	if (object->pinned || object->can_write || object->lent || object->locks || object->dropped_base ||
		object->dropped_inheriting)
		return object->pinned;
	object->pinned = root_may_pin(object->root, object->fd) ? pinned_new(object->fd) : NULL;
	if (!object->pinned)
		return NULL;
	object->lent = true;
	object->pinned->root = object->root;
	object->pinned->dev = object->dev;
	object->pinned->ino = object->ino;
	object->pinned->fs = object->fs;
	object->pinned->rights_base = object->rights_base;
	return object->pinned;
}

wasi_errno_t sys_lease_file(struct guest *guest, struct call *call)
{
	struct object *object = guest->in[0];
	wasi_filestat_t filestat;
	uint32_t lease, stamp;
	struct pinned *pinned;
	struct stat st;
	wasi_errno_t err;

	if (object->kind != OBJECT_FILE || object->filetype != WASI_FILETYPE_REGULAR_FILE || !object->can_read)
		return WASI_EINVAL;
	if (!host_fs_reports_changes(object->fs))
		return WASI_ENOTSUP;
	pinned = pinned_of(object);
	err = host_stat(object->fd, &st);
	if (!err)
		err = promise(guest, object->fd, pinned, &st, &lease, &stamp);
	if (err)
		return err;
	err = host_stat(object->fd, &st);
	if (err) {
		lease_drop(&guest->leases, lease);
		return err;
	}
	host_filestat(&st, &filestat);
	reply_u32(call, lease);
	reply_u32(call, stamp);
	reply_u32(call, pinned ? IS_PINNED : 0);
	reply_u32(call, 0);
	reply_bytes(call, &filestat, sizeof filestat);
	return WASI_OK;
}

/* ---- files of a folder ---- */

struct item {
	uint32_t lease;
	wasi_fdstat_t fdstat;
	struct stat st;
	size_t length;
};

static wasi_errno_t open_to_read(int dir, const char *name, int *fd)
{
	wasi_errno_t err = host_open_name(dir, name, O_RDONLY | O_NOATIME, fd);

	return err == WASI_EPERM ? host_open_name(dir, name, O_RDONLY, fd) : err;
}

/* Takes pinned, which holds an open file: leases it, and reads it into content. */
static wasi_errno_t lease_pinned_file(struct guest *guest, struct pinned *pinned, const struct stat *folder, uint8_t *content,
                                      size_t room, struct item *item)
{
	const struct object *in = guest->in[0];
	struct object object;
	uint32_t stamp;
	wasi_errno_t err = host_stat(pinned->fd, &item->st);

	if (!err && (!S_ISREG(item->st.st_mode) || item->st.st_dev != folder->st_dev || !root_may_pin(in->root, pinned->fd)))
		err = WASI_EINVAL;
	if (!err) {
		object_init(&object, pinned->fd, &item->st, true, false);
		object_fdstat(&object, &item->fdstat);
		pinned->root = in->root;
		pinned->dev = object.dev;
		pinned->ino = object.ino;
		pinned->fs = in->fs;
		pinned->rights_base = object.rights_base;
		err = promise(guest, pinned->fd, pinned, &item->st, &item->lease, &stamp);
	}
	if (!err) {
		err = host_stat(pinned->fd, &item->st); /* as it is since it is watched */
		if (!err && (uint64_t)item->st.st_size > room)
			err = WASI_E2BIG;
		if (!err)
			err = host_pread(pinned->fd, content, (size_t)item->st.st_size, 0, &item->length);
		if (!err && item->length != (size_t)item->st.st_size)
			err = WASI_EBUSY;
		if (err)
			lease_drop(&guest->leases, item->lease);
	}
	pinned_drop(pinned);
	return err;
}

static wasi_errno_t lease_named(struct guest *guest, int dir, const struct stat *folder, const char *name, uint8_t *content,
                                size_t room, struct item *item)
{
	struct pinned *pinned;
	struct stat st;
	wasi_errno_t err = host_stat_name(dir, name, &st);
	int fd;

	if (err)
		return err;
	if (!S_ISREG(st.st_mode))
		return WASI_EINVAL;
	if ((uint64_t)st.st_size > room)
		return WASI_E2BIG;
	err = open_to_read(dir, name, &fd);
	if (err)
		return err;
	pinned = pinned_new(fd);
	if (!pinned) {
		host_close(fd);
		return WASI_EMFILE;
	}
	return lease_pinned_file(guest, pinned, folder, content, room, item);
}

/* The next of the list's names, each a u16 length and its bytes. INVAL: that's no list, or no name. */
static wasi_errno_t next_name(const union call_arg *names, uint32_t *at, char name[NAME_MAX + 1])
{
	const uint8_t *bytes = names->bytes.at + *at;
	uint32_t left = names->bytes.length - *at;
	uint16_t length;

	if (left < sizeof length)
		return WASI_EINVAL;
	memcpy(&length, bytes, sizeof length);
	if (length == 0 || length > NAME_MAX || left - sizeof length < length)
		return WASI_EINVAL;
	memcpy(name, bytes + sizeof length, length);
	name[length] = '\0';
	if (strlen(name) != length || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return WASI_EINVAL;
	*at += (uint32_t)sizeof length + length;
	return WASI_OK;
}

static void put_item(struct call *call, wasi_errno_t err, const struct item *item)
{
	uint8_t *at = call->reply + call->reply_length;
	wasi_filestat_t filestat;

	memcpy(at, &(uint32_t){ err }, 4);
	call->reply_length += 4;
	if (err)
		return;
	host_filestat(&item->st, &filestat);
	memcpy(at + 4, &item->lease, 4);
	memcpy(at + 8, &(uint32_t){ WASI_TRAIT_REGULAR | WASI_TRAIT_CACHEABLE }, 4);
	memcpy(at + 12, &item->fdstat, sizeof item->fdstat);
	memcpy(at + 36, &filestat, sizeof filestat);
	memcpy(at + 100, &(uint32_t){ (uint32_t)item->length }, 4);
	call->reply_length += (uint32_t)(ITEM_HEAD - 4 + item->length);
}

struct telling {
	struct guest *guest;
	struct call *call;
	const struct stat *folder;
	int dir;
	uint32_t room, largest;
};

/* The item of one name, if there is room for an item at all: else false. */
static bool tell_item(struct telling *telling, const char *name, bool even_failed)
{
	struct call *call = telling->call;
	uint32_t used = call->reply_length + ITEM_HEAD;
	size_t left = used <= telling->room ? telling->room - used : 0;
	struct item item;
	wasi_errno_t err;

	if (used > telling->room)
		return false;
	if (left > telling->largest)
		left = telling->largest;
	err = lease_named(telling->guest, telling->dir, telling->folder, name, call->reply + used, left, &item);
	if (!err || even_failed)
		put_item(call, err, &item);
	return true;
}

static wasi_errno_t tell_entry(void *context, const struct host_entry *entry)
{
	return entry->type != WASI_FILETYPE_REGULAR_FILE || tell_item(context, entry->name, false) ? WASI_OK : WASI_E2BIG;
}

static wasi_errno_t lease_listed(struct guest *guest, struct call *call, int dir, const struct stat *folder)
{
	const union call_arg *names = &call->args[3];
	struct telling telling = { guest, call, folder, dir, guest_clamp(guest, call->args[4].n), (uint32_t)call->args[2].n };
	uint32_t stamp, lease = lease_find(&guest->leases, folder->st_dev, folder->st_ino, &stamp);
	char name[NAME_MAX + 1];
	wasi_errno_t err = WASI_OK;

	if (!lease)
		return WASI_ENOTSUP;
	if (telling.room < FILES_HEAD)
		return WASI_E2BIG;
	reply_u32(call, lease);
	reply_u32(call, stamp);
	if (names->bytes.length == 0) {
		err = host_list(dir, tell_entry, &telling);
		return err == WASI_E2BIG ? WASI_OK : err;
	}
	for (uint32_t at = 0; !err && at < names->bytes.length;) {
		err = next_name(names, &at, name);
		if (!err && !tell_item(&telling, name, true))
			break;
	}
	return err; /* what was leased before goes with the guest */
}

wasi_errno_t sys_lease_files(struct guest *guest, struct call *call)
{
	enum { HOW = O_RDONLY | O_DIRECTORY | O_NOFOLLOW };
	const struct object *in = guest->in[0];
	struct stat folder;
	wasi_errno_t err;
	int dir;

	if (in->kind != OBJECT_DIRECTORY)
		return WASI_ENOTDIR;
	if (!call->may_block) /* it reads */
		return SYS_ELSEWHERE;
	err = path_open(guest, call, in, &call->args[1], HOW | O_NOATIME, &dir);
	if (err == WASI_EPERM)
		err = path_open(guest, call, in, &call->args[1], HOW, &dir);
	if (err)
		return err;
	err = host_stat(dir, &folder);
	if (!err)
		err = lease_listed(guest, call, dir, &folder);
	host_close(dir);
	return err;
}
