#include "folder_lease.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static _Atomic unsigned held;

bool folder_leases_held(void) { return held; }

/* ---- files ---- */

void file_mark_link(struct file_mark *mark)
{
	mark->next_on_watch = mark->watch->files;
	mark->watch->files = mark;
	mark->next = mark->lease->marks;
	mark->lease->marks = mark;
	mark->lease->of->marks_count++;
}

void file_mark_free(struct file_mark *mark)
{
	struct file_mark **link = &mark->watch->files;

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

void file_mark_break(struct file_mark *mark, bool by_others)
{
	break_put(mark->lease->breaks, mark->lease->id, BROKEN_ATTRIBUTES, mark->name, by_others);
	file_mark_free(mark);
}

struct file_mark *file_mark_of(const struct folder_lease *lease, const char *name)
{
	struct file_mark *mark = lease->marks;

	while (mark && strcmp(mark->name, name) != 0)
		mark = mark->next;
	return mark;
}

/* ---- folders ---- */

void folder_lease_link(struct folder_lease *lease, struct folder_leases *leases, struct breaks *breaks)
{
	lease->of = leases;
	lease->breaks = breaks;
	lease->next_on_watch = lease->watch->folders;
	lease->watch->folders = lease;
	lease->next = leases->first;
	leases->first = lease;
	leases->count++;
	held++;
}

void folder_lease_free(struct folder_lease *lease)
{
	struct folder_lease **link = &lease->watch->folders;

	while (lease->marks)
		file_mark_free(lease->marks);
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

void folder_lease_break(struct folder_lease *lease, bool by_others)
{
	break_put(lease->breaks, lease->id, BROKEN_ALL, NULL, by_others);
	folder_lease_free(lease);
}

void folder_lease_break_name(struct folder_lease *lease, const char *name)
{
	struct file_mark *mark;

	if (++lease->names_broken > LEASE_BREAKS_MAX) {
		folder_lease_break(lease, true);
		return;
	}
	mark = file_mark_of(lease, name);
	if (mark)
		file_mark_free(mark);
	break_put(lease->breaks, lease->id, BROKEN_NAME, name, true);
}

/* ---- the guest's own changes ---- */

static struct own_event *own_event_next(struct own_events *own)
{
	for (unsigned i = 0; i < own->count; i++)
		if (!own->of[i].came)
			return &own->of[i];
	return NULL;
}

bool folder_lease_own_event(struct folder_lease *lease, const struct inotify_event *event)
{
	struct own_events *own = &lease->of->own;
	struct own_event *next = own_event_next(own);
	struct file_mark *mark;

	if (!next || next->dev != lease->watch->dev || next->ino != lease->watch->ino || next->mask != event->mask ||
	    strcmp(next->name, event->name) != 0)
		return false;
	if (next != own->of && own->of[0].cookie != event->cookie) /* one rename's two names */
		return false;
	next->came = true;
	next->cookie = event->cookie;
	mark = file_mark_of(lease, event->name);
	if (mark)
		file_mark_free(mark);
	if (!own->is_told)
		break_put(lease->breaks, lease->id, BROKEN_NAME, event->name, false);
	return true;
}

bool folder_lease_own_times(const struct folder_lease *lease)
{
	const struct own_events *own = &lease->of->own;

	return own->times_ino == lease->watch->ino && own->times_dev == lease->watch->dev;
}

/* ---- finding ---- */

struct folder_lease *folder_lease_of_id(const struct folder_leases *leases, uint32_t id)
{
	struct folder_lease *lease = leases->first;

	while (lease && lease->id != id)
		lease = lease->next;
	return lease;
}

struct folder_lease *folder_lease_on(const struct folder_leases *leases, const struct inode_watch *watch)
{
	struct folder_lease *lease = watch ? watch->folders : NULL;

	while (lease && lease->of != leases)
		lease = lease->next_on_watch;
	return lease;
}

struct folder_lease *folder_lease_oldest(const struct folder_leases *leases)
{
	struct folder_lease *lease = leases->first;

	while (lease->next)
		lease = lease->next;
	return lease;
}
