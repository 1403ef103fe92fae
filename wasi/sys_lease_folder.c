/* What a guest may answer about a folder while its lease lasts: its names, and who and what they lead to. First the lease
 * (lease.h), then the look, so that no change falls between the two. Only on file systems that report every change, and only in
 * folders of which the program dropped no right.
 *
 * The folder's watch reports its own attributes and its names. Each file is watched itself, since nothing else reports a write
 * through another of its names, or the making of one. Of folders in it only device and inode are told: what changes their
 * attributes happens inside them. Access times are as they were at the look. */
#include "path.h"

#include <stdlib.h>

enum { ENTRY_HEAD = 12, LEASE_HEAD = 88, IS_FORESEEN = 1 };
/* how much is told of an entry */
enum { TELLS_NAME, TELLS_IDENTITY, TELLS_ATTRIBUTES };

static wasi_errno_t open_to_list(struct guest *guest, const struct call *call, const union call_arg *path, int *fd)
{
	enum { HOW = O_RDONLY | O_DIRECTORY | O_NOFOLLOW };
	wasi_errno_t err = path_open(guest, call, guest->in[0], path, HOW | O_NOATIME, fd);

	return err == WASI_EPERM ? path_open(guest, call, guest->in[0], path, HOW, fd) : err;
}

/* What follows an entry's head: nothing, device and inode, or its attributes. */
static uint8_t look(struct guest *guest, uint32_t lease, uint64_t dev, int dir, const char *name, uint8_t type, uint8_t *room,
                    uint32_t *length)
{
	wasi_filestat_t filestat;
	uint64_t watched_dev, watched_ino;
	struct stat st;

	*length = 0;
	if (type == WASI_FILETYPE_DIRECTORY) {
		uint64_t found_dev, found_ino;

		/* A mount point: changes of what is mounted there may not be reported, and nothing is renamed from and to it, though it
		 * were the same file system. */
		if (!host_folder_name(dir, name, &found_dev, &found_ino) || found_dev != dev)
			return TELLS_NAME;
		memcpy(room, &found_dev, 8);
		memcpy(room + 8, &found_ino, 8);
		*length = 16;
		return TELLS_IDENTITY;
	}
	if (type != WASI_FILETYPE_REGULAR_FILE || !lease_add_file(&guest->leases, lease, dir, name, &watched_dev, &watched_ino))
		return TELLS_NAME;
	if (host_stat_name(dir, name, &st) || st.st_dev != watched_dev || st.st_ino != watched_ino)
		return TELLS_NAME; /* the folder's event tells */
	host_filestat(&st, &filestat);
	memcpy(room, &filestat, sizeof filestat);
	*length = sizeof filestat;
	return TELLS_ATTRIBUTES;
}

struct telling {
	struct guest *guest;
	struct call *call;
	uint32_t room, lease, count;
	uint64_t dev, parent;
	int dir;
};

static wasi_errno_t tell_entry(void *context, const struct host_entry *entry)
{
	struct telling *telling = context;
	uint8_t *at = telling->call->reply + telling->call->reply_length;
	uint32_t length;

	if (strcmp(entry->name, ".") == 0)
		return WASI_OK;
	if (strcmp(entry->name, "..") == 0) {
		telling->parent = entry->ino;
		return WASI_OK;
	}
	if (telling->call->reply_length + ENTRY_HEAD + sizeof(wasi_filestat_t) + entry->length > telling->room)
		return WASI_E2BIG;
	memcpy(at, &entry->ino, 8);
	at[8] = entry->type;
	at[9] = look(telling->guest, telling->lease, telling->dev, telling->dir, entry->name, entry->type, at + ENTRY_HEAD, &length);
	memcpy(at + 10, &(uint16_t){ (uint16_t)entry->length }, 2);
	memcpy(at + ENTRY_HEAD + length, entry->name, entry->length);
	telling->call->reply_length += (uint32_t)(ENTRY_HEAD + length + entry->length);
	telling->count++;
	return WASI_OK;
}

struct counting {
	uint32_t left;
	int dir;
	bool tried;
};

/* Does the name with its letters in the other case lead to the same file? Then names that aren't listed may lead to files,
 * too. */
static bool leads_from_other_letters(int dir, const struct host_entry *entry, bool *tried)
{
	char other[NAME_MAX + 1];
	struct stat st;

	if (entry->length > NAME_MAX)
		return false;
	for (size_t i = 0; i < entry->length; i++) {
		char letter = entry->name[i], low = (char)(letter | 0x20);
		bool flips = low >= 'a' && low <= 'z';

		*tried |= flips;
		other[i] = flips ? (char)(letter ^ 0x20) : letter;
	}
	other[entry->length] = '\0';
	return *tried && host_stat_name(dir, other, &st) == WASI_OK && st.st_ino == entry->ino;
}

/* Only so many names that the answer has room for them: counted before files are watched, which costs more. */
static wasi_errno_t count_entry(void *context, const struct host_entry *entry)
{
	struct counting *counting = context;
	uint32_t need = (uint32_t)(ENTRY_HEAD + entry->length);

	if (need > counting->left)
		return WASI_E2BIG;
	counting->left -= need;
	return !counting->tried && leads_from_other_letters(counting->dir, entry, &counting->tried) ? WASI_ENOTSUP : WASI_OK;
}

/* Is a change of names here as good as certain to succeed (docs/PROTOCOL.md, Foreseen calls)? */
static bool is_foreseen(const struct guest *guest, const struct root *root, int fd, const struct stat *st)
{
	if (root->read_only || root->scratch || guest->sizes_are_limited || !host_names_are_free(fd))
		return false;
	if ((uint64_t)st->st_dev == root->dev ? root->has_quota : host_has_quota(fd))
		return false;
	return host_space(fd) >= SHORT_OF_SPACE;
}

static wasi_errno_t lease_listed(struct guest *guest, struct call *call, int fd, const struct stat *st)
{
	struct telling telling = { guest, call, guest_clamp(guest, call->args[2].n), 0, 0, st->st_dev, 0, fd };
	const struct root *root = guest->in[0]->root;
	struct counting counting = { telling.room, fd, false };
	uint32_t stamp;
	wasi_filestat_t filestat;
	struct stat now;
	wasi_errno_t err;
	uint8_t *head = call->reply;

	if (telling.room < LEASE_HEAD || !host_fs_reports_changes(host_fs_kind(fd, NULL)) || !host_names_are_exact(fd))
		return WASI_ENOTSUP;
	err = host_list(fd, count_entry, &counting);
	if (!err)
		err = lease_new(&guest->leases, fd, st->st_dev, st->st_ino, &telling.lease, &stamp);
	if (err)
		return err;
	call->reply_length = LEASE_HEAD;
	err = host_stat_name(fd, ".", &now); /* by its name: may it be searched? */
	if (!err)
		err = host_list(fd, tell_entry, &telling);
	if (err) {
		lease_drop(&guest->leases, telling.lease);
		return err;
	}
	if (root && root->dev == (uint64_t)st->st_dev && root->ino == (uint64_t)st->st_ino)
		telling.parent = st->st_ino;
	host_filestat(&now, &filestat);
	memcpy(head, &telling.lease, 4);
	memcpy(head + 4, &stamp, 4);
	memcpy(head + 8, &filestat, sizeof filestat);
	memcpy(head + 72, &telling.parent, 8);
	memcpy(head + 80, &telling.count, 4);
	memcpy(head + 84, &(uint32_t){ root && is_foreseen(guest, root, fd, st) ? IS_FORESEEN : 0 }, 4);
	return WASI_OK;
}

wasi_errno_t sys_lease_folder(struct guest *guest, struct call *call)
{
	struct stat st;
	wasi_errno_t err;
	int fd;

	if (guest->in[0]->kind != OBJECT_DIRECTORY)
		return WASI_ENOTDIR;
	if (!call->may_block) /* it lists */
		return SYS_ELSEWHERE;
	err = open_to_list(guest, call, &call->args[1], &fd);
	if (err)
		return err;
	err = host_stat(fd, &st);
	if (!err)
		err = lease_listed(guest, call, fd, &st);
	host_close(fd);
	return err;
}

/* lease, stamp, the folder's attributes; then an entry without its name, or nothing: there is none. */
wasi_errno_t sys_lease_name(struct guest *guest, struct call *call)
{
	struct path path;
	struct stat folder, st;
	wasi_filestat_t filestat;
	uint32_t lease, stamp, length = 0;
	wasi_errno_t err = path_hold(&path, guest, call, guest->in[0], &call->args[1]);
	uint8_t *at;

	if (err)
		return err;
	if (path.last != PATH_NAME)
		return WASI_EINVAL;
	err = path.slash ? WASI_EINVAL : host_stat(path.dir, &folder);
	lease = err ? 0 : lease_find(&guest->leases, folder.st_dev, folder.st_ino, &stamp);
	if (!err && !lease)
		err = WASI_ENOTSUP;
	if (!err)
		err = host_stat(path.dir, &folder);
	if (!err) {
		host_filestat(&folder, &filestat);
		reply_u32(call, lease);
		reply_u32(call, stamp);
		reply_bytes(call, &filestat, sizeof filestat);
		err = host_stat_name(path.dir, path.name, &st);
		if (!err) {
			at = call->reply + call->reply_length;
			memset(at, 0, ENTRY_HEAD);
			memcpy(at, &(uint64_t){ st.st_ino }, 8);
			at[8] = host_filetype(st.st_mode);
			lease_forget_file(&guest->leases, lease, path.name);
			at[9] = look(guest, lease, folder.st_dev, path.dir, path.name, at[8], at + ENTRY_HEAD, &length);
			call->reply_length += ENTRY_HEAD + length;
		} else if (err == WASI_ENOENT) {
			err = WASI_OK;
		}
	}
	path_drop(&path);
	return err;
}

wasi_errno_t sys_lease_drop(struct guest *guest, struct call *call)
{
	lease_drop(&guest->leases, (uint32_t)call->args[0].n);
	return WASI_OK;
}
