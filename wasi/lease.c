#include "lease.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

enum {
	FOLDER_EVENTS = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK,
	/* who stored through a mapping is heard of when the file is closed */
	FILE_EVENTS = IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MASK_ADD,
	/* who opens it may be about to store through a mapping: then it is asked whether somebody may */
	CONTENT_EVENTS = FILE_EVENTS | IN_OPEN,
	NAMES = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO,
	BUCKETS = 4096, ENDED_AT_ONCE = 1024, WATCHES_MAX = 65536, SHARE = 4 /* of what the kernel lets one person watch */,
	BREAKS_MAX = 1 << 20, BREAK_HEAD = 12, KEPT_SHARE = 4 /* of what we may have open */,
};

/* What became of what was promised: docs/PROTOCOL.md, BREAK. */
enum broken { BROKEN_ALL, BROKEN_NAME, BROKEN_ATTRIBUTES };

/* One inode that the kernel tells us of. */
struct watch {
	int wd;
	uint64_t dev, ino;
	struct lease *folders;
	struct mark *files;
	struct content *contents;
	struct watch *next_by_wd, *next_by_inode, *next_idle;
	bool idle, gone; /* nobody holds it: in `idlers`; the kernel has ended it */
};

/* A folder as one guest knows it. */
struct lease {
	struct leases *of;
	uint32_t id;
	unsigned breaks;
	struct watch *watch;
	struct lease *next_on_watch, *next;
	struct mark *marks;
};

/* A file in it whose attributes were promised. */
struct mark {
	struct lease *lease;
	struct watch *watch;
	struct mark *next_on_watch, *next;
	char name[];
};

/* A file's content as one guest knows it. */
struct content {
	struct leases *of;
	uint32_t id;
	struct watch *watch; /* NULL: it was broken, and the guest still has to drop it */
	struct kept *kept;
	bool ends_when_opened;
	struct content *next_on_watch, *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int inotify_fd = -1, mounts_fd = -1;
static struct watch *by_wd[BUCKETS], *by_inode[BUCKETS];
static unsigned watches, watches_max;
static bool kernel_full; /* this person's other programs have the rest */
static struct watch *idlers; /* to be ended, if nobody wants them until then */
static struct leases *everyone[1024]; /* those that hold something */
static size_t everyone_count;
static _Atomic unsigned held, all_news; /* leases of all, and their breaks */
static _Atomic unsigned kept_count, kept_max;

/* ---- watches ---- */

static struct watch **wd_bucket(int wd) { return &by_wd[(unsigned)wd % BUCKETS]; }
static struct watch **inode_bucket(uint64_t ino) { return &by_inode[ino % BUCKETS]; }

static struct watch *watch_of_wd(int wd)
{
	struct watch *watch = *wd_bucket(wd);

	while (watch && watch->wd != wd)
		watch = watch->next_by_wd;
	return watch;
}

static struct watch *watch_of_inode(uint64_t dev, uint64_t ino)
{
	struct watch *watch = *inode_bucket(ino);

	while (watch && (watch->ino != ino || watch->dev != dev))
		watch = watch->next_by_inode;
	return watch;
}

static void watch_unlink(struct watch *watch)
{
	struct watch **link = wd_bucket(watch->wd);

	while (*link != watch)
		link = &(*link)->next_by_wd;
	*link = watch->next_by_wd;
	for (link = inode_bucket(watch->ino); *link != watch;)
		link = &(*link)->next_by_inode;
	*link = watch->next_by_inode;
	watches--;
	kernel_full = false;
}

/* When nobody holds it, it will be ended: whoever takes a folder anew wants the same ones at once. */
static void watch_drop(struct watch *watch)
{
	if (watch->folders || watch->files || watch->contents || watch->idle)
		return;
	watch->idle = true;
	watch->next_idle = idlers;
	idlers = watch;
}

/* Ends those that nobody holds, but only some: each end is an event in a queue that may overflow. */
static void watches_end_idle(void)
{
	for (unsigned left = ENDED_AT_ONCE; idlers && left; left--) {
		struct watch *watch = idlers;

		idlers = watch->next_idle;
		watch->idle = false;
		if (watch->gone) {
			free(watch);
		} else if (!watch->folders && !watch->files && !watch->contents) {
			inotify_rm_watch(inotify_fd, watch->wd);
			watch_unlink(watch);
			free(watch);
		}
	}
}

/* NULL: the kernel won't, or shouldn't be asked for more. The path leads through /proc/self/fd: a name would have to be resolved from the
 * root, where we may not look any more. */
static struct watch *watch_add(const char *path, uint32_t events, uint64_t dev, uint64_t ino)
{
	struct watch *watch;
	int wd;

	if (watches >= watches_max)
		watches_end_idle();
	if (watches >= watches_max)
		return NULL;
	wd = inotify_add_watch(inotify_fd, path, events);
	kernel_full = wd < 0 && errno == ENOSPC;
	if (wd < 0)
		return NULL;
	watch = watch_of_wd(wd);
	if (watch)
		return watch;
	watch = calloc(1, sizeof *watch);
	if (!watch) {
		inotify_rm_watch(inotify_fd, wd);
		return NULL;
	}
	*watch = (struct watch){ .wd = wd, .dev = dev, .ino = ino, .next_by_wd = *wd_bucket(wd), .next_by_inode = *inode_bucket(ino) };
	*wd_bucket(wd) = *inode_bucket(ino) = watch;
	watches++;
	return watch;
}

/* ---- breaks ---- */

static void break_put(struct leases *leases, uint32_t id, enum broken what, const char *name, bool news)
{
	size_t name_length = name ? strlen(name) : 0, need = leases->length + BREAK_HEAD + name_length;
	uint8_t *at;

	leases->told++;
	leases->has_news |= news;
	all_news += news;
	if (leases->lost_count)
		return;
	if (need > leases->room) {
		size_t room = need * 2 < 1024 ? 1024 : need * 2;
		uint8_t *grown = need > BREAKS_MAX ? NULL : realloc(leases->breaks, room);

		if (!grown) {
			leases->lost_count = true;
			return;
		}
		leases->breaks = grown;
		leases->room = room;
	}
	at = leases->breaks + leases->length;
	memcpy(at, &leases->told, 4);
	memcpy(at + 4, &id, 4);
	at[8] = (uint8_t)what;
	at[9] = 0;
	memcpy(at + 10, &(uint16_t){ (uint16_t)name_length }, 2);
	if (name_length)
		memcpy(at + BREAK_HEAD, name, name_length);
	leases->length = need;
}

static void mark_free(struct mark *mark)
{
	struct mark **link = &mark->watch->files;

	while (*link != mark)
		link = &(*link)->next_on_watch;
	*link = mark->next_on_watch;
	for (link = &mark->lease->marks; *link != mark;)
		link = &(*link)->next;
	*link = mark->next;
	mark->lease->of->marks_count--;
	watch_drop(mark->watch);
	free(mark);
}

static void lease_free(struct lease *lease)
{
	struct lease **link = &lease->watch->folders;

	while (lease->marks)
		mark_free(lease->marks);
	while (*link != lease)
		link = &(*link)->next_on_watch;
	*link = lease->next_on_watch;
	for (link = &lease->of->first; *link != lease;)
		link = &(*link)->next;
	*link = lease->next;
	lease->of->count--;
	held--;
	watch_drop(lease->watch);
	free(lease);
}

static void lease_break(struct lease *lease, bool news)
{
	break_put(lease->of, lease->id, BROKEN_ALL, NULL, news);
	lease_free(lease);
}

static void lease_break_name(struct lease *lease, const char *name)
{
	if (++lease->breaks > LEASE_BREAKS_MAX) {
		lease_break(lease, true);
		return;
	}
	for (struct mark *mark = lease->marks; mark; mark = mark->next)
		if (strcmp(mark->name, name) == 0) {
			mark_free(mark);
			break;
		}
	break_put(lease->of, lease->id, BROKEN_NAME, name, true);
}

static void mark_break(struct mark *mark, bool news)
{
	break_put(mark->lease->of, mark->lease->id, BROKEN_ATTRIBUTES, mark->name, news);
	mark_free(mark);
}

/* What it was about isn't watched any more. */
static void content_end(struct content *content)
{
	struct watch *watch = content->watch;
	struct content **link = watch ? &watch->contents : NULL;

	if (!watch)
		return;
	while (*link != content)
		link = &(*link)->next_on_watch;
	*link = content->next_on_watch;
	content->watch = NULL;
	held--;
	watch_drop(watch);
}

static void content_break(struct content *content, bool news)
{
	break_put(content->of, content->id, BROKEN_ALL, NULL, news);
	content_end(content);
}

static void content_free(struct content *content)
{
	struct content **link = &content->of->contents[content->id % CONTENT_BUCKETS];

	content_end(content);
	while (*link != content)
		link = &(*link)->next;
	*link = content->next;
	content->of->contents_count--;
	if (content->kept)
		kept_drop(content->kept);
	free(content);
}

static void contents_each(struct leases *leases, void (*what)(struct content *content))
{
	for (size_t bucket = 0; leases->contents_count && bucket < CONTENT_BUCKETS; bucket++)
		for (struct content *content = leases->contents[bucket], *next; content; content = next) {
			next = content->next;
			what(content);
		}
}

static void content_break_if_held(struct content *content)
{
	if (content->watch)
		content_break(content, true);
}

static void break_everything(void)
{
	for (size_t i = 0; i < everyone_count; i++) {
		while (everyone[i]->first)
			lease_break(everyone[i]->first, true);
		contents_each(everyone[i], content_break_if_held);
	}
}

/* ---- events ---- */

/* Somebody opened it. To write, perhaps: then the probe says so, or, if he closed it already, the next event. Without a descriptor to ask by, it
 * has to be supposed. */
static void contents_opened(struct watch *watch)
{
	for (struct content *content = watch->contents, *next; content; content = next) {
		next = content->next_on_watch; /* the last one may take the watch along */
		if (content->kept ? content_probe(content->kept->fd) == WASI_EBUSY : content->ends_when_opened)
			content_break(content, true);
	}
}

static void take_event(const struct inotify_event *event)
{
	struct watch *watch = event->wd >= 0 ? watch_of_wd(event->wd) : NULL;

	if (event->mask & IN_Q_OVERFLOW) {
		break_everything();
		return;
	}
	if (!watch)
		return; /* the last of one that we ended */
	if (event->mask & NAMES && event->len) {
		for (struct lease *lease = watch->folders, *next; lease; lease = next) {
			next = lease->next_on_watch;
			lease_break_name(lease, event->name); /* the last one may take the watch along */
		}
		return;
	}
	if (event->len) /* a child's attributes: it has a watch of its own, or isn't promised */
		return;
	if (event->mask == IN_OPEN) {
		contents_opened(watch);
		return;
	}
	while ((watch = watch_of_wd(event->wd)) && (watch->folders || watch->files || watch->contents)) {
		if (watch->files)
			mark_break(watch->files, true);
		else if (watch->contents)
			content_break(watch->contents, true);
		else
			lease_break(watch->folders, true);
	}
	if (event->mask & IN_IGNORED && (watch = watch_of_wd(event->wd))) {
		watch_unlink(watch);
		watch->gone = true;
		watch_drop(watch);
	}
}

/* Hears all that has happened so far. */
static void drain(void)
{
	static _Alignas(struct inotify_event) char buffer[64 << 10];
	struct pollfd fds[2] = { { .fd = inotify_fd, .events = POLLIN }, { .fd = mounts_fd, .events = POLLPRI } };

	watches_end_idle();
	if (poll(fds, 2, 0) <= 0)
		return;
	if (fds[1].revents)
		break_everything();
	for (ssize_t length; fds[0].revents && (length = read(inotify_fd, buffer, sizeof buffer)) > 0;)
		for (char *at = buffer; at < buffer + length;) {
			const struct inotify_event *event = (const void *)at;

			take_event(event);
			at += sizeof *event + event->len;
		}
}

/* ---- for the calls ---- */

static bool join(struct leases *leases)
{
	for (size_t i = 0; i < everyone_count; i++)
		if (everyone[i] == leases)
			return true;
	if (everyone_count == sizeof everyone / sizeof *everyone)
		return false;
	everyone[everyone_count++] = leases;
	return true;
}

static struct lease *lease_on(struct leases *leases, const struct watch *watch)
{
	struct lease *lease = watch ? watch->folders : NULL;

	while (lease && lease->of != leases)
		lease = lease->next_on_watch;
	return lease;
}

/* How much of what there is to be had of watches a guest has, about: some are several guests'. */
static unsigned share_of(const struct leases *leases)
{
	return leases->count + leases->marks_count + leases->contents_count;
}

static struct lease *oldest_of(const struct leases *leases)
{
	struct lease *lease = leases->first;

	while (lease->next)
		lease = lease->next;
	return lease;
}

static bool is_full(void) { return kernel_full || watches >= watches_max; }

/* No watch is left, and this guest wants one: while it has less than its share, those who have more give up their oldest folders. */
static void make_room(const struct leases *leases)
{
	unsigned fair = everyone_count ? (kernel_full ? watches : watches_max) / (unsigned)everyone_count : 0;

	if (is_full())
		watches_end_idle();
	while (is_full() && share_of(leases) < fair) {
		struct leases *richest = NULL;

		for (size_t i = 0; i < everyone_count; i++)
			if (everyone[i]->first && (!richest || share_of(everyone[i]) > share_of(richest)))
				richest = everyone[i];
		if (!richest || richest == leases || share_of(richest) <= fair)
			return;
		lease_break(oldest_of(richest), true);
		watches_end_idle();
	}
}

static struct content *content_of_id(const struct leases *leases, uint32_t id)
{
	struct content *content = leases->contents[id % CONTENT_BUCKETS];

	while (content && content->id != id)
		content = content->next;
	return content;
}

static struct lease *lease_of_id(const struct leases *leases, uint32_t id)
{
	struct lease *lease = leases->first;

	while (lease && lease->id != id)
		lease = lease->next;
	return lease;
}

wasi_errno_t lease_new(struct leases *leases, int fd, uint64_t dev, uint64_t ino, uint32_t *id, uint32_t *stamp)
{
	struct lease *lease = calloc(1, sizeof *lease), *old;
	wasi_errno_t err = WASI_ENOTSUP;
	char path[64];

	if (!lease)
		return WASI_ENOMEM;
	snprintf(path, sizeof path, "/proc/self/fd/%d/.", fd);
	pthread_mutex_lock(&lock);
	if (inotify_fd >= 0) {
		drain();
		old = lease_on(leases, watch_of_inode(dev, ino));
		if (old)
			lease_free(old);
		if (join(leases)) {
			if (leases->count >= LEASES_MAX)
				lease_break(oldest_of(leases), true);
			make_room(leases);
			lease->watch = watch_add(path, FOLDER_EVENTS, dev, ino);
		}
	}
	if (lease->watch) {
		lease->of = leases;
		lease->id = *id = ++leases->last_id;
		*stamp = leases->told;
		lease->next_on_watch = lease->watch->folders;
		lease->watch->folders = lease;
		lease->next = leases->first;
		leases->first = lease;
		leases->count++;
		held++;
		lease = NULL;
		err = WASI_OK;
	}
	pthread_mutex_unlock(&lock);
	free(lease);
	return err;
}

bool lease_add_file(struct leases *leases, uint32_t id, int dir, const char *name, uint64_t *dev, uint64_t *ino)
{
	size_t length = strlen(name) + 1;
	struct mark *mark = malloc(sizeof *mark + length);
	struct lease *lease;
	struct stat st;
	char path[NAME_MAX + 64];

	snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir, name);
	pthread_mutex_lock(&lock);
	lease = lease_of_id(leases, id);
	if (!mark || !lease || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		goto no;
	make_room(leases);
	*mark = (struct mark){ .lease = lease, .watch = watch_add(path, FILE_EVENTS | IN_DONT_FOLLOW, st.st_dev, st.st_ino) };
	if (!mark->watch)
		goto no;
	if (mark->watch->ino != st.st_ino || mark->watch->dev != st.st_dev) { /* replaced in between: the folder's event tells */
		watch_drop(mark->watch);
		goto no;
	}
	memcpy(mark->name, name, length);
	mark->next_on_watch = mark->watch->files;
	mark->watch->files = mark;
	mark->next = lease->marks;
	lease->marks = mark;
	leases->marks_count++;
	*dev = st.st_dev;
	*ino = st.st_ino;
	pthread_mutex_unlock(&lock);
	return true;
no:
	pthread_mutex_unlock(&lock);
	free(mark);
	return false;
}

void lease_forget_file(struct leases *leases, uint32_t id, const char *name)
{
	struct lease *lease;
	struct mark *mark;

	pthread_mutex_lock(&lock);
	lease = lease_of_id(leases, id);
	mark = lease ? lease->marks : NULL;
	while (mark && strcmp(mark->name, name) != 0)
		mark = mark->next;
	if (mark)
		mark_free(mark);
	pthread_mutex_unlock(&lock);
}

uint32_t lease_find(struct leases *leases, uint64_t dev, uint64_t ino, uint32_t *stamp)
{
	const struct lease *lease = NULL;
	uint32_t id;

	pthread_mutex_lock(&lock);
	if (inotify_fd >= 0) {
		drain();
		lease = lease_on(leases, watch_of_inode(dev, ino));
	}
	*stamp = leases->told;
	id = lease ? lease->id : 0;
	pthread_mutex_unlock(&lock);
	return id;
}

void lease_drop(struct leases *leases, uint32_t id)
{
	struct lease *lease;

	pthread_mutex_lock(&lock);
	lease = lease_of_id(leases, id);
	if (lease)
		lease_free(lease);
	else if (content_of_id(leases, id))
		content_free(content_of_id(leases, id));
	pthread_mutex_unlock(&lock);
}

/* ---- contents ---- */

wasi_errno_t content_probe(int fd)
{
	if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
		fcntl(fd, F_SETLEASE, F_UNLCK); /* at once: it would make who opens it wait */
		return WASI_OK;
	}
	return errno == EAGAIN ? WASI_EBUSY : WASI_ENOTSUP;
}

struct kept *kept_new(int fd)
{
	struct kept *kept = kept_count < kept_max ? malloc(sizeof *kept) : NULL;

	if (kept) {
		*kept = (struct kept){ .fd = fd, .holds = 1 };
		kept_count++;
	}
	return kept;
}

void kept_drop(struct kept *kept)
{
	if (--kept->holds)
		return;
	close(kept->fd);
	kept_count--;
	free(kept);
}

wasi_errno_t content_new(struct leases *leases, int fd, struct kept *kept, bool ends_when_opened, uint32_t *id, uint32_t *stamp)
{
	struct content *content = calloc(1, sizeof *content);
	wasi_errno_t err = WASI_ENOTSUP;
	struct stat st;
	char path[64];

	if (!content)
		return WASI_ENOMEM;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	pthread_mutex_lock(&lock);
	if (inotify_fd >= 0 && leases->contents_count < CONTENTS_MAX && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && join(leases)) {
		drain();
		make_room(leases);
		content->watch = watch_add(path, CONTENT_EVENTS, st.st_dev, st.st_ino);
	}
	if (content->watch) {
		content->of = leases;
		content->id = *id = ++leases->last_id;
		*stamp = leases->told;
		content->next_on_watch = content->watch->contents;
		content->watch->contents = content;
		content->next = leases->contents[content->id % CONTENT_BUCKETS];
		leases->contents[content->id % CONTENT_BUCKETS] = content;
		content->kept = kept;
		content->ends_when_opened = ends_when_opened;
		if (kept)
			kept->holds++;
		leases->contents_count++;
		held++;
		content = NULL;
		err = WASI_OK;
	}
	pthread_mutex_unlock(&lock);
	free(content);
	return err;
}

wasi_errno_t content_keep(struct leases *leases, struct kept *kept, uint32_t *id)
{
	struct content *content = calloc(1, sizeof *content);
	bool fits;

	if (!content)
		return WASI_ENOMEM;
	pthread_mutex_lock(&lock);
	fits = leases->contents_count < CONTENTS_MAX && join(leases);
	if (fits) {
		content->of = leases;
		content->id = *id = ++leases->last_id;
		content->next = leases->contents[content->id % CONTENT_BUCKETS];
		leases->contents[content->id % CONTENT_BUCKETS] = content;
		content->kept = kept;
		kept->holds++;
		leases->contents_count++;
	}
	pthread_mutex_unlock(&lock);
	if (!fits)
		free(content);
	return fits ? WASI_OK : WASI_ENOTSUP;
}

struct kept *content_kept(const struct leases *leases, uint32_t id)
{
	const struct content *content = content_of_id(leases, id); /* only calls of this guest change the list */

	return content ? content->kept : NULL;
}

void leases_change_file(struct leases *leases, uint64_t dev, uint64_t ino)
{
	struct watch *watch;

	if (!leases->count && !leases->contents_count)
		return;
	pthread_mutex_lock(&lock);
	watch = watch_of_inode(dev, ino);
	for (struct mark *mark = watch ? watch->files : NULL, *next; mark; mark = next) {
		next = mark->next_on_watch;
		if (mark->lease->of == leases)
			mark_break(mark, false);
	}
	watch = watch_of_inode(dev, ino); /* its last mark may have taken it along */
	for (struct content *content = watch ? watch->contents : NULL, *next; content; content = next) {
		next = content->next_on_watch;
		if (content->of == leases)
			content_break(content, false);
	}
	pthread_mutex_unlock(&lock);
}

void leases_clear(struct leases *leases)
{
	pthread_mutex_lock(&lock);
	while (leases->first)
		lease_free(leases->first);
	contents_each(leases, content_free);
	for (size_t i = 0; i < everyone_count; i++)
		if (everyone[i] == leases)
			everyone[i] = everyone[--everyone_count];
	while (idlers) /* nothing may wake us for them later */
		drain();
	pthread_mutex_unlock(&lock);
	free(leases->breaks);
	*leases = (struct leases){ 0 };
}

/* ---- for the server ---- */

int wasi_leases_start(int *mounts)
{
	FILE *file = fopen("/proc/sys/fs/inotify/max_user_watches", "re");
	struct rlimit files;
	unsigned most = 8192;

	if (file) {
		if (fscanf(file, "%u", &most) != 1)
			most = 8192;
		fclose(file);
	}
	watches_max = most / SHARE < WATCHES_MAX ? most / SHARE : WATCHES_MAX;
	kept_max = getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < WATCHES_MAX * KEPT_SHARE ? (unsigned)files.rlim_cur / KEPT_SHARE : WATCHES_MAX;
	signal(SIGIO, SIG_IGN); /* what a lease says when it is broken while we take and drop it; it would end us */
	/* Two: who polls one of them first takes the news from the other. */
	mounts_fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	*mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (mounts_fd < 0 || *mounts < 0) /* nobody would tell us of a mount */
		return -1;
	inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	return inotify_fd;
}

void wasi_leases_limit(unsigned most) { watches_max = most; }

void wasi_leases_hear(void)
{
	pthread_mutex_lock(&lock);
	drain();
	pthread_mutex_unlock(&lock);
}

bool wasi_leases_held(void) { return held; }

unsigned wasi_leases_news(void) { return all_news; }

bool guest_has_news(struct guest *guest)
{
	bool has;

	pthread_mutex_lock(&lock);
	has = guest->leases.has_news;
	guest->leases.has_news = false;
	pthread_mutex_unlock(&lock);
	return has;
}

uint8_t *guest_breaks_take(struct guest *guest, size_t *length)
{
	struct leases *leases = &guest->leases;
	uint8_t *breaks = NULL;

	*length = 0;
	pthread_mutex_lock(&lock);
	if (leases->lost_count) { /* lease 0: every one of them */
		while (leases->first)
			lease_free(leases->first);
		contents_each(leases, content_end);
		leases->length = 0;
		leases->lost_count = false;
		break_put(leases, 0, BROKEN_ALL, NULL, false);
	}
	if (leases->length) {
		breaks = leases->breaks;
		*length = leases->length;
		leases->breaks = NULL;
		leases->length = leases->room = 0;
	}
	leases->has_news = false;
	pthread_mutex_unlock(&lock);
	return breaks;
}
