#include "lease_owners.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "wasi.h"

enum { NAMES = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO, PINNED_SHARE = 4 /* of what we may have open */ };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int mounts_fd = -1;
static struct leases *owners[LEASE_OWNERS_MAX];
static size_t owners_count;

void leases_lock(void) { pthread_mutex_lock(&lock); }
void leases_unlock(void) { pthread_mutex_unlock(&lock); }

/* ---- events ---- */

static void content_break_if_held(struct content_lease *content)
{
	if (content->watch)
		content_break(content, true);
}

static void break_everything(void)
{
	for (size_t i = 0; i < owners_count; i++) {
		while (owners[i]->folders.first)
			folder_lease_break(owners[i]->folders.first, true);
		contents_each(&owners[i]->contents, content_break_if_held);
	}
}

static void name_changed(struct inode_watch *watch, const struct inotify_event *event)
{
	for (struct folder_lease *lease = watch->folders, *next; lease; lease = next) {
		next = lease->next_on_watch; /* breaking the last one may take the watch along */
		if (!folder_lease_own_event(lease, event))
			folder_lease_break_name(lease, event->name);
	}
}

static void folder_attributes_changed(struct inode_watch *watch)
{
	for (struct folder_lease *lease = watch->folders, *next; lease; lease = next) {
		next = lease->next_on_watch;
		if (!folder_lease_own_times(lease))
			folder_lease_break(lease, true);
	}
}

static void inode_changed(int wd)
{
	struct inode_watch *watch;

	while ((watch = watch_of_wd(wd)) && (watch->folders || watch->files || watch->contents)) {
		if (watch->files)
			file_mark_break(watch->files, true);
		else if (watch->contents)
			content_break(watch->contents, true);
		else
			folder_lease_break(watch->folders, true);
	}
}

static void take_event(const struct inotify_event *event)
{
	struct inode_watch *watch = event->wd >= 0 ? watch_of_wd(event->wd) : NULL;

	if (event->mask & IN_Q_OVERFLOW) {
		break_everything();
		return;
	}
	if (!watch)
		return; /* a late event of a watch that we ended */
	if (event->mask & NAMES && event->len) {
		name_changed(watch, event);
		return;
	}
	if (event->len) /* a child's attributes: it has a watch of its own, or nothing is leased of it */
		return;
	if (event->mask == IN_OPEN) {
		contents_opened(watch);
		return;
	}
	if (event->mask == (IN_ATTRIB | IN_ISDIR)) {
		folder_attributes_changed(watch);
		return;
	}
	inode_changed(event->wd);
	if (event->mask & IN_IGNORED && (watch = watch_of_wd(event->wd)))
		watch_gone(watch);
}

void leases_hear(void)
{
	static _Alignas(struct inotify_event) char buffer[64 << 10];
	struct pollfd fds[2] = { { .fd = watches_fd(), .events = POLLIN }, { .fd = mounts_fd, .events = POLLPRI } };

	watches_end_idle();
	if (poll(fds, 2, 0) <= 0)
		return;
	if (fds[1].revents)
		break_everything();
	for (ssize_t length; fds[0].revents && (length = read(watches_fd(), buffer, sizeof buffer)) > 0;)
		for (char *at = buffer; at < buffer + length;) {
			const struct inotify_event *event = (const void *)at;

			take_event(event);
			at += sizeof *event + event->len;
		}
}

/* ---- owners and their shares ---- */

bool leases_join(struct leases *leases)
{
	for (size_t i = 0; i < owners_count; i++)
		if (owners[i] == leases)
			return true;
	if (owners_count == LEASE_OWNERS_MAX)
		return false;
	owners[owners_count++] = leases;
	return true;
}

void leases_leave(struct leases *leases)
{
	for (size_t i = 0; i < owners_count; i++)
		if (owners[i] == leases)
			owners[i] = owners[--owners_count];
	while (watches_have_idle()) /* their ends are events too, which must not wake anybody later */
		leases_hear();
}

/* How many watches a guest uses, at most: several guests may share one. */
static unsigned watches_of(const struct leases *leases)
{
	return leases->folders.count + leases->folders.marks_count + leases->contents.watched;
}

static void give_up_oldest(struct leases *leases)
{
	struct folder_lease *folder = leases->folders.first ? folder_lease_oldest(&leases->folders) : NULL;
	struct content_lease *content = content_oldest(&leases->contents);

	if (content && (!folder || content->id < folder->id))
		content_break(content, true);
	else
		folder_lease_break(folder, true);
}

void leases_make_room(const struct leases *leases)
{
	unsigned fair = owners_count ? watches_to_share() / (unsigned)owners_count : 0;

	if (watches_are_full())
		watches_end_idle();
	while (watches_are_full() && watches_of(leases) < fair) {
		struct leases *largest = NULL;

		for (size_t i = 0; i < owners_count; i++)
			if (!largest || watches_of(owners[i]) > watches_of(largest))
				largest = owners[i];
		if (!largest || largest == leases || watches_of(largest) <= fair)
			return;
		give_up_oldest(largest);
		watches_end_idle();
	}
}

/* ---- for the server ---- */

int wasi_leases_start(int *mounts)
{
	struct rlimit files;

	pinned_limit(getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < WATCHES_MAX * PINNED_SHARE
	             ? (unsigned)files.rlim_cur / PINNED_SHARE : WATCHES_MAX);
	signal(SIGIO, SIG_IGN); /* content_probe(): sent when its lease is broken while it is taken and dropped; it would end us */
	/* Two: whoever polls one of them first takes the news from the other. */
	mounts_fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	*mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (mounts_fd < 0 || *mounts < 0) /* nobody would tell us of a mount */
		return -1;
	return watches_start();
}

void wasi_leases_limit(unsigned most) { watches_limit(most); }

void wasi_leases_hear(void)
{
	leases_lock();
	leases_hear();
	leases_unlock();
}

bool wasi_leases_held(void) { return folder_leases_held() || contents_held(); }

unsigned wasi_leases_news(void) { return breaks_by_others(); }
