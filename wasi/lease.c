#include "lease.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	FOLDER_EVENTS = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR |
	                IN_EXCL_UNLINK,
	/* what somebody stored through a mapping is reported when he closes the file */
	FILE_EVENTS = IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MASK_ADD,
	/* whoever opens it may be about to store through a mapping: contents_opened() asks */
	CONTENT_EVENTS = FILE_EVENTS | IN_OPEN,
};

/* ---- folders ---- */

wasi_errno_t lease_new(struct leases *leases, int fd, uint64_t dev, uint64_t ino, uint32_t *id, uint32_t *stamp)
{
	struct folder_lease *lease = calloc(1, sizeof *lease), *old;
	wasi_errno_t err = WASI_ENOTSUP;
	char path[64];

	if (!lease)
		return WASI_ENOMEM;
	snprintf(path, sizeof path, "/proc/self/fd/%d/.", fd);
	leases_lock();
	if (watches_fd() >= 0) {
		leases_hear();
		old = folder_lease_on(&leases->folders, watch_of_inode(dev, ino));
		if (old)
			folder_lease_free(old);
		if (leases_join(leases)) {
			if (leases->folders.count >= LEASES_MAX)
				folder_lease_break(folder_lease_oldest(&leases->folders), true);
			leases_make_room(leases);
			lease->watch = watch_add(path, FOLDER_EVENTS, dev, ino);
			if (lease->watch && fstat(fd, &lease->st) != 0) {
				watch_drop(lease->watch);
				lease->watch = NULL;
			}
		}
	}
	if (lease->watch) {
		lease->id = *id = ++leases->last_id;
		*stamp = leases->breaks.count;
		folder_lease_link(lease, &leases->folders, &leases->breaks);
		lease = NULL;
		err = WASI_OK;
	}
	leases_unlock();
	free(lease);
	return err;
}

bool lease_add_file(struct leases *leases, uint32_t id, int dir, const char *name, uint64_t *dev, uint64_t *ino)
{
	size_t length = strlen(name) + 1;
	struct file_mark *mark = malloc(sizeof *mark + length);
	struct folder_lease *lease;
	struct stat st;
	char path[NAME_MAX + 64];
	bool added = false;

	if (!mark)
		return false;
	snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir, name);
	leases_lock();
	lease = folder_lease_of_id(&leases->folders, id);
	if (lease && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode)) {
		leases_make_room(leases);
		*mark = (struct file_mark){ .lease = lease, .watch = watch_add(path, FILE_EVENTS | IN_DONT_FOLLOW, st.st_dev,
		                                                               st.st_ino) };
		added = mark->watch && mark->watch->ino == st.st_ino && mark->watch->dev == st.st_dev;
		if (mark->watch && !added) /* replaced in between: the folder's event tells */
			watch_drop(mark->watch);
	}
	if (added) {
		memcpy(mark->name, name, length);
		file_mark_link(mark);
		*dev = st.st_dev;
		*ino = st.st_ino;
	}
	leases_unlock();
	if (!added)
		free(mark);
	return added;
}

void lease_forget_file(struct leases *leases, uint32_t id, const char *name)
{
	const struct folder_lease *lease;
	struct file_mark *mark;

	leases_lock();
	lease = folder_lease_of_id(&leases->folders, id);
	mark = lease ? file_mark_of(lease, name) : NULL;
	if (mark)
		file_mark_free(mark);
	leases_unlock();
}

uint32_t lease_find(struct leases *leases, uint64_t dev, uint64_t ino, uint32_t *stamp)
{
	const struct folder_lease *lease = NULL;
	uint32_t id;

	leases_lock();
	if (watches_fd() >= 0) {
		leases_hear();
		lease = folder_lease_on(&leases->folders, watch_of_inode(dev, ino));
	}
	*stamp = leases->breaks.count;
	id = lease ? lease->id : 0;
	leases_unlock();
	return id;
}

/* ---- contents ---- */

wasi_errno_t lease_new_content(struct leases *leases, int fd, struct pinned *pinned, bool ends_when_opened, uint32_t *id,
                               uint32_t *stamp)
{
	struct content_lease *content = calloc(1, sizeof *content);
	wasi_errno_t err = WASI_ENOTSUP;
	struct stat st;
	char path[64];

	if (!content)
		return WASI_ENOMEM;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	leases_lock();
	if (watches_fd() >= 0 && leases->contents.count < CONTENTS_MAX && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    leases_join(leases)) {
		leases_hear();
		leases_make_room(leases);
		content->watch = watch_add(path, CONTENT_EVENTS, st.st_dev, st.st_ino);
	}
	if (content->watch) {
		content->id = *id = ++leases->last_id;
		content->pinned = pinned;
		content->ends_when_opened = ends_when_opened;
		*stamp = leases->breaks.count;
		content_link(content, &leases->contents, &leases->breaks);
		content = NULL;
		err = WASI_OK;
	}
	leases_unlock();
	free(content);
	return err;
}

wasi_errno_t lease_pin(struct leases *leases, struct pinned *pinned, uint32_t *id)
{
	struct content_lease *content = calloc(1, sizeof *content);
	bool fits;

	if (!content)
		return WASI_ENOMEM;
	leases_lock();
	fits = leases->contents.count < CONTENTS_MAX && leases_join(leases);
	if (fits) {
		content->id = *id = ++leases->last_id;
		content->pinned = pinned;
		content_link(content, &leases->contents, &leases->breaks);
	}
	leases_unlock();
	if (!fits)
		free(content);
	return fits ? WASI_OK : WASI_ENOTSUP;
}

struct pinned *lease_pinned(const struct leases *leases, uint32_t id)
{
	const struct content_lease *content = content_of_id(&leases->contents, id); /* only calls of this guest change the list */

	return content ? content->pinned : NULL;
}

/* ---- both ---- */

void lease_drop(struct leases *leases, uint32_t id)
{
	struct folder_lease *lease;

	leases_lock();
	lease = folder_lease_of_id(&leases->folders, id);
	if (lease)
		folder_lease_free(lease);
	else if (content_of_id(&leases->contents, id))
		content_free(content_of_id(&leases->contents, id));
	leases_unlock();
}

void leases_change_inode(struct leases *leases, uint64_t dev, uint64_t ino)
{
	struct folder_lease *folder;
	struct inode_watch *watch;

	if (!leases->folders.count && !leases->contents.count)
		return;
	leases_lock();
	watch = watch_of_inode(dev, ino);
	for (struct file_mark *mark = watch ? watch->files : NULL, *next; mark; mark = next) {
		next = mark->next_on_watch;
		if (mark->lease->of == &leases->folders)
			file_mark_break(mark, false);
	}
	watch = watch_of_inode(dev, ino); /* breaking its last mark may have taken it along */
	for (struct content_lease *content = watch ? watch->contents : NULL, *next; content; content = next) {
		next = content->next_on_watch;
		if (content->of == &leases->contents)
			content_break(content, false);
	}
	folder = folder_lease_on(&leases->folders, watch_of_inode(dev, ino));
	if (folder)
		folder_lease_break(folder, false);
	leases_unlock();
}

void leases_own_begin(struct leases *leases, const struct own_name *names, unsigned count, bool is_told)
{
	struct own_events *own = &leases->folders.own;

	leases_lock();
	leases_hear();
	own->count = 0;
	own->is_told = is_told;
	for (unsigned i = 0; i < count && strlen(names[i].name) <= NAME_MAX; i++) {
		struct own_event *event = &own->of[own->count];

		if (!folder_lease_on(&leases->folders, watch_of_inode(names[i].dev, names[i].ino)))
			continue;
		*event = (struct own_event){ .dev = names[i].dev, .ino = names[i].ino, .mask = names[i].event };
		strcpy(event->name, names[i].name);
		own->count++;
	}
	leases_unlock();
}

static bool is_as_told(const struct own_name *name)
{
	struct stat st;

	if (fstatat(name->dir, name->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return name->there_ino == 0;
	return st.st_ino == name->there_ino && st.st_dev == name->there_dev;
}

static bool own_event_came(const struct own_events *own, const struct own_name *name)
{
	for (unsigned i = 0; i < own->count; i++)
		if (own->of[i].dev == name->dev && own->of[i].ino == name->ino && strcmp(own->of[i].name, name->name) == 0)
			return own->of[i].came;
	return false;
}

void leases_own_end(struct leases *leases, const struct own_name *names, unsigned count, bool is_done)
{
	struct own_events *own = &leases->folders.own;

	leases_lock();
	leases_hear();
	for (unsigned i = 0; own->is_told && is_done && i < count; i++) {
		struct folder_lease *lease = folder_lease_on(&leases->folders, watch_of_inode(names[i].dev, names[i].ino));

		/* Equal events that follow each other come as one, so the look comes after they were taken in. Later changes have their
		 * own. */
		if (lease && (!own_event_came(own, &names[i]) || !is_as_told(&names[i])))
			folder_lease_break_name(lease, names[i].name);
	}
	own->count = 0;
	leases_unlock();
}

void leases_own_times_begin(struct leases *leases, const struct stat *folder)
{
	struct own_events *own = &leases->folders.own;

	leases_lock();
	leases_hear();
	own->times_dev = folder->st_dev;
	own->times_ino = folder->st_ino;
	leases_unlock();
}

void leases_own_times_end(struct leases *leases, const struct stat *folder)
{
	struct own_events *own = &leases->folders.own;
	struct folder_lease *lease;

	leases_lock();
	leases_hear();
	lease = folder_lease_on(&leases->folders, watch_of_inode(own->times_dev, own->times_ino));
	own->times_dev = own->times_ino = 0;
	/* Others' events may have come as one with the guest's own. */
	if (lease && (lease->st.st_mode != folder->st_mode || lease->st.st_uid != folder->st_uid ||
		lease->st.st_gid != folder->st_gid))
		folder_lease_break(lease, true);
	leases_unlock();
}

void leases_clear(struct leases *leases)
{
	leases_lock();
	while (leases->folders.first)
		folder_lease_free(leases->folders.first);
	contents_each(&leases->contents, content_free);
	leases_leave(leases);
	leases_unlock();
	free(leases->breaks.bytes);
	*leases = (struct leases){ 0 };
}

bool leases_have_news(struct leases *leases)
{
	bool has;

	leases_lock();
	has = leases->breaks.has_news;
	leases->breaks.has_news = false;
	leases_unlock();
	return has;
}

void leases_end(struct leases *leases)
{
	leases_lock();
	leases->breaks.overflowed = true;
	break_put(&leases->breaks, 0, BROKEN_ALL, NULL, true);
	leases_unlock();
}

uint8_t *leases_breaks_take(struct leases *leases, size_t *length)
{
	uint8_t *bytes;

	leases_lock();
	if (leases->breaks.overflowed) { /* lease 0: every one of them */
		while (leases->folders.first)
			folder_lease_free(leases->folders.first);
		contents_each(&leases->contents, content_end);
		leases->breaks.length = 0;
		leases->breaks.overflowed = false;
		break_put(&leases->breaks, 0, BROKEN_ALL, NULL, false);
	}
	bytes = breaks_take(&leases->breaks, length);
	leases_unlock();
	return bytes;
}
