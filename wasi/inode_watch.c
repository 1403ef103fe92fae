#include "inode_watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUCKETS = 4096, ENDED_AT_ONCE = 1024, SHARE = 4 /* of what the kernel lets one user watch */ };

static int inotify_fd = -1;
static struct inode_watch *by_wd[BUCKETS], *by_inode[BUCKETS];
static unsigned count, count_max;
static bool kernel_full; /* this user's other programs have the rest */
static struct inode_watch *idlers;

int watches_start(void)
{
	FILE *file = fopen("/proc/sys/fs/inotify/max_user_watches", "re");
	unsigned most = 8192;

	if (file) {
		if (fscanf(file, "%u", &most) != 1)
			most = 8192;
		fclose(file);
	}
	count_max = most / SHARE < WATCHES_MAX ? most / SHARE : WATCHES_MAX;
	inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	return inotify_fd;
}

int watches_fd(void) { return inotify_fd; }
void watches_limit(unsigned most) { count_max = most; }
bool watches_are_full(void) { return kernel_full || count >= count_max; }
unsigned watches_to_share(void) { return kernel_full ? count : count_max; }
bool watches_have_idle(void) { return idlers; }

static struct inode_watch **wd_bucket(int wd) { return &by_wd[(unsigned)wd % BUCKETS]; }
static struct inode_watch **inode_bucket(uint64_t ino) { return &by_inode[ino % BUCKETS]; }

struct inode_watch *watch_of_wd(int wd)
{
	struct inode_watch *watch = *wd_bucket(wd);

	while (watch && watch->wd != wd)
		watch = watch->next_by_wd;
	return watch;
}

struct inode_watch *watch_of_inode(uint64_t dev, uint64_t ino)
{
	struct inode_watch *watch = *inode_bucket(ino);

	while (watch && (watch->ino != ino || watch->dev != dev))
		watch = watch->next_by_inode;
	return watch;
}

static bool is_wanted(const struct inode_watch *watch) { return watch->folders || watch->files || watch->contents; }

static void watch_unlink(struct inode_watch *watch)
{
	struct inode_watch **link = wd_bucket(watch->wd);

	while (*link != watch)
		link = &(*link)->next_by_wd;
	*link = watch->next_by_wd;
	for (link = inode_bucket(watch->ino); *link != watch;)
		link = &(*link)->next_by_inode;
	*link = watch->next_by_inode;
	count--;
	kernel_full = false;
}

void watch_drop(struct inode_watch *watch)
{
	if (is_wanted(watch) || watch->idle)
		return;
	watch->idle = true;
	watch->next_idle = idlers;
	idlers = watch;
}

void watch_gone(struct inode_watch *watch)
{
	watch_unlink(watch);
	watch->gone = true;
	watch_drop(watch);
}

void watches_end_idle(void)
{
	for (unsigned left = ENDED_AT_ONCE; idlers && left; left--) {
		struct inode_watch *watch = idlers;

		idlers = watch->next_idle;
		watch->idle = false;
		if (watch->gone) {
			free(watch);
		} else if (!is_wanted(watch)) {
			inotify_rm_watch(inotify_fd, watch->wd);
			watch_unlink(watch);
			free(watch);
		}
	}
}

struct inode_watch *watch_add(const char *path, uint32_t events, uint64_t dev, uint64_t ino)
{
	struct inode_watch *watch;
	int wd;

	if (count >= count_max)
		watches_end_idle();
	if (count >= count_max)
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
	*watch = (struct inode_watch){ .wd = wd, .dev = dev, .ino = ino, .next_by_wd = *wd_bucket(wd),
		.next_by_inode = *inode_bucket(ino) };
	*wd_bucket(wd) = *inode_bucket(ino) = watch;
	count++;
	return watch;
}
