#include "changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <unistd.h>
#include <uv.h>

#include "server/base/events.h"
#include "server/base/gateway.h"

/* A build writes many files: it counts as over when none has changed for QUIET_MS, and at the latest after a bound. */
enum { BUCKETS = 1024, QUIET_MS = 80, PATIENCE_MS = 2000 };

/* A name in a watched folder; an empty one: the watched file itself. */
struct note {
	struct note *next;
	int wd;
	char name[];
};

static int inotify_fd = -1;
static struct note *notes[BUCKETS];
static unsigned count;
static uint64_t stamp, first_change_ms;
static void (*tell)(void);
static struct gateway *owner;
static uv_poll_t inotify_poll;
static uv_timer_t quiet;

static struct note **bucket(int wd, const char *name)
{
	unsigned hash = (unsigned)wd * 2654435761u;

	while (*name)
		hash = hash * 31 + (unsigned char)*name++;
	return &notes[hash % BUCKETS];
}

static struct note *find(int wd, const char *name)
{
	struct note *note = *bucket(wd, name);

	while (note && (note->wd != wd || strcmp(note->name, name)))
		note = note->next;
	return note;
}

static void add(int fd, uint32_t events, const char *name)
{
	char path[40];
	struct note *note;
	int wd;

	if (count >= CHANGES_FILES_MAX) {
		if (count++ == CHANGES_FILES_MAX)
			events_warn(owner, "--reload watches the first %d files that were asked for, not the others", CHANGES_FILES_MAX);
		return;
	}
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd); /* the locked-in gateway resolves no name from the root */
	wd = inotify_add_watch(inotify_fd, path, events);
	if (wd < 0 || find(wd, name))
		return;
	note = malloc(sizeof *note + strlen(name) + 1);
	if (!note)
		return;
	note->wd = wd;
	strcpy(note->name, name);
	note->next = *bucket(wd, name);
	*bucket(wd, name) = note;
	count++;
}

void changes_note(int folder, const char *name, int file)
{
	if (inotify_fd < 0)
		return;
	if (*name)
		add(folder, IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ONLYDIR, name);
	if (file >= 0) /* because the file may have another name in a folder that isn't watched */
		add(file, IN_CLOSE_WRITE, "");
}

/* The kernel has ended that watch, and may give its number to another one. */
static void forget(int wd)
{
	for (struct note **bucket = notes; bucket < notes + BUCKETS; bucket++)
		for (struct note **link = bucket; *link; ) {
			struct note *note = *link;

			if (note->wd != wd) {
				link = &note->next;
				continue;
			}
			*link = note->next;
			free(note);
			count -= count <= CHANGES_FILES_MAX;
		}
}

static void on_quiet(uv_timer_t *timer)
{
	first_change_ms = 0;
	stamp += stamp == UINT64_MAX ? 2 : 1; /* never 0 */
	tell();
}

static void changed(void)
{
	uint64_t now = uv_now(owner->loop);

	if (!first_change_ms)
		first_change_ms = now;
	uv_timer_start(&quiet, on_quiet, now - first_change_ms < PATIENCE_MS ? QUIET_MS : 0, 0);
}

static void on_events(uv_poll_t *from, int status, int ready)
{
	static char bytes[16 << 10] __attribute__((aligned(8)));
	ssize_t length = read(inotify_fd, bytes, sizeof bytes); /* the rest makes poll(2) report it again */

	for (ssize_t at = 0; at < length; ) {
		const struct inotify_event *event = (const struct inotify_event *)(bytes + at);

		at += (ssize_t)(sizeof *event + event->len);
		if (event->mask & IN_Q_OVERFLOW || (!(event->mask & IN_IGNORED) && find(event->wd, event->len ? event->name : "")))
			changed();
		if (event->mask & IN_IGNORED)
			forget(event->wd);
	}
}

bool changes_start(struct gateway *gateway, void on_change(void))
{
	inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (inotify_fd < 0)
		return false;
	while (!stamp)
		if (getrandom(&stamp, sizeof stamp, 0) != sizeof stamp)
			stamp = uv_hrtime();
	owner = gateway;
	tell = on_change;
	uv_timer_init(gateway->loop, &quiet);
	uv_poll_init(gateway->loop, &inotify_poll, inotify_fd);
	return uv_poll_start(&inotify_poll, UV_READABLE, on_events) == 0;
}

void changes_stop(void)
{
	if (inotify_fd < 0)
		return;
	uv_close((uv_handle_t *)&quiet, NULL);
	uv_close((uv_handle_t *)&inotify_poll, NULL);
	for (struct note **bucket = notes; bucket < notes + BUCKETS; bucket++)
		while (*bucket) {
			struct note *note = *bucket;

			*bucket = note->next;
			free(note);
		}
	close(inotify_fd);
	inotify_fd = -1;
}

uint64_t changes_stamp(void)
{
	return inotify_fd < 0 ? 0 : stamp;
}
