#include "content_lease.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>

static _Atomic unsigned held;

bool contents_held(void) { return held; }

void content_link(struct content_lease *content, struct content_leases *contents, struct breaks *breaks)
{
	struct content_lease **bucket = &contents->by_id[content->id % CONTENT_BUCKETS];

	content->of = contents;
	content->breaks = breaks;
	content->next = *bucket;
	*bucket = content;
	contents->count++;
	if (content->pinned)
		content->pinned->holds++;
	if (content->watch) {
		content->next_on_watch = content->watch->contents;
		content->watch->contents = content;
		contents->watched++;
		held++;
	}
}

void content_end(struct content_lease *content)
{
	struct inode_watch *watch = content->watch;
	struct content_lease **link = watch ? &watch->contents : NULL;

	if (!watch)
		return;
	while (*link != content)
		link = &(*link)->next_on_watch;
	*link = content->next_on_watch;
	content->watch = NULL;
	content->of->watched--;
	held--;
	watch_drop(watch);
}

void content_break(struct content_lease *content, bool by_others)
{
	break_put(content->breaks, content->id, BROKEN_ALL, NULL, by_others);
	content_end(content);
}

void content_free(struct content_lease *content)
{
	struct content_lease **link = &content->of->by_id[content->id % CONTENT_BUCKETS];

	content_end(content);
	while (*link != content)
		link = &(*link)->next;
	*link = content->next;
	content->of->count--;
	if (content->pinned)
		pinned_drop(content->pinned);
	free(content);
}

struct content_lease *content_of_id(const struct content_leases *contents, uint32_t id)
{
	struct content_lease *content = contents->by_id[id % CONTENT_BUCKETS];

	while (content && content->id != id)
		content = content->next;
	return content;
}

struct content_lease *content_oldest(const struct content_leases *contents)
{
	struct content_lease *oldest = NULL;

	for (size_t bucket = 0; contents->watched && bucket < CONTENT_BUCKETS; bucket++)
		for (struct content_lease *content = contents->by_id[bucket]; content; content = content->next)
			if (content->watch && (!oldest || content->id < oldest->id))
				oldest = content;
	return oldest;
}

void contents_each(struct content_leases *contents, void (*what)(struct content_lease *content))
{
	for (size_t bucket = 0; contents->count && bucket < CONTENT_BUCKETS; bucket++)
		for (struct content_lease *content = contents->by_id[bucket], *next; content; content = next) {
			next = content->next;
			what(content);
		}
}

wasi_errno_t content_probe(int fd)
{
	if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
		fcntl(fd, F_SETLEASE, F_UNLCK); /* at once: otherwise a process that opens the file waits for us */
		return WASI_OK;
	}
	return errno == EAGAIN ? WASI_EBUSY : WASI_ENOTSUP;
}

/* If it was opened for writing, the probe says so, or the next event if it is closed already. Without a descriptor to probe,
 * every open breaks the lease. */
void contents_opened(struct inode_watch *watch)
{
	for (struct content_lease *content = watch->contents, *next; content; content = next) {
		next = content->next_on_watch; /* breaking the last one may take the watch along */
		if (content->pinned ? content_probe(content->pinned->fd) == WASI_EBUSY : content->ends_when_opened)
			content_break(content, true);
	}
}
