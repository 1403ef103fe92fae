#include "waits.h"

#include <stdlib.h>
#include <string.h>

#include "turn.h"

/* One of a waiter's descriptors, in the list of that descriptor's watch. */
struct interest {
	struct waiter *waiter;
	struct watch *watch;
	short events;
	struct interest *next, **link;
};

struct watch {
	uv_poll_t poll; /* first member: uv gives us its address back */
	int fd;
	int asked;                       /* of libuv: UV_ bits */
	unsigned wanting[3];             /* interests in each of kinds[] */
	struct interest *interests, **tail; /* oldest first */
	struct interest *at;             /* the next one to be told */
};

struct waiter {
	uv_timer_t *timer; /* its own memory: libuv keeps it until its close callback */
	waiter_ready *ready;
	void *context;
	bool spent;
	uint64_t since; /* of events: made while this one was told */
	size_t count;
	struct interest interests[];
};

static struct watch **watches; /* by descriptor */
static size_t watches_size;
static uint64_t events_told;

static const int kinds[] = { UV_READABLE, UV_WRITABLE, UV_PRIORITIZED };

static int uv_events(short events)
{
	return (events & (POLLIN | POLLHUP | POLLRDHUP) ? UV_READABLE : 0) | (events & POLLOUT ? UV_WRITABLE : 0) |
		(events & POLLPRI ? UV_PRIORITIZED : 0);
}

static void watch_closed(uv_handle_t *handle)
{
	free(handle);
}

static void on_event(uv_poll_t *poll, int status, int events);

/* Asks for what all interests together ask for; without any, the watch goes. */
static void watch_update(struct watch *watch)
{
	int wanted = UV_DISCONNECT;

	for (int kind = 0; kind < 3; kind++)
		wanted |= watch->wanting[kind] ? kinds[kind] : 0;
	if (watch->interests) {
		if (wanted != watch->asked)
			uv_poll_start(&watch->poll, wanted, on_event);
		watch->asked = wanted;
		return;
	}
	watches[watch->fd] = NULL;
	uv_poll_stop(&watch->poll);
	uv_close((uv_handle_t *)&watch->poll, watch_closed);
}

static void interest_join(struct interest *interest)
{
	struct watch *watch = interest->watch;

	interest->next = NULL;
	interest->link = watch->tail;
	*watch->tail = interest;
	watch->tail = &interest->next;
	for (int kind = 0; kind < 3; kind++)
		watch->wanting[kind] += (uv_events(interest->events) & kinds[kind]) != 0;
	watch_update(watch);
}

static void interest_leave(struct interest *interest)
{
	struct watch *watch = interest->watch;

	if (watch->at == interest)
		watch->at = interest->next;
	*interest->link = interest->next;
	if (interest->next)
		interest->next->link = interest->link;
	else
		watch->tail = interest->link;
	for (int kind = 0; kind < 3; kind++)
		watch->wanting[kind] -= (uv_events(interest->events) & kinds[kind]) != 0;
	watch_update(watch);
}

static void waiter_spend(struct waiter *waiter)
{
	if (waiter->spent)
		return;
	waiter->spent = true;
	waiter->ready(waiter->context);
}

static void on_event(uv_poll_t *poll, int status, int events)
{
	struct watch *watch = (struct watch *)poll;
	struct interest *interest;

	/* ready() frees waiters and so changes this list, and may end the watch, whose memory stays until the next turn. An error or
	 * a hang-up goes to all of them. A call that finds nothing (another took the connection) waits again, as a new waiter at the
	 * list's end, for the next event; telling it of this event again would never end. Waiters that aren't told before the turn is
	 * over are told in the next one: the descriptor stays ready. */
	events_told++;
	watch->at = watch->interests;
	while ((interest = watch->at) && interest->waiter->since < events_told) {
		watch->at = interest->next;
		if (interest->waiter->spent || !(status != 0 || events & (uv_events(interest->events) | UV_DISCONNECT)))
			continue;
		waiter_spend(interest->waiter);
		if (turn_is_over())
			break;
	}
	watch->at = NULL;
	if (status != 0) { /* libuv has stopped looking */
		watch->asked = 0;
		if (watches[watch->fd] == watch)
			watch_update(watch);
	}
}

static struct watch *watch_get(uv_loop_t *loop, int fd)
{
	struct watch *watch;

	if ((size_t)fd >= watches_size) {
		size_t size = (size_t)fd * 2 + 64;
		struct watch **grown = realloc(watches, size * sizeof *grown);

		if (!grown)
			return NULL;
		memset(grown + watches_size, 0, (size - watches_size) * sizeof *grown);
		watches = grown;
		watches_size = size;
	}
	if (watches[fd])
		return watches[fd];
	watch = calloc(1, sizeof *watch);
	if (!watch)
		return NULL;
	if (uv_poll_init(loop, &watch->poll, fd) != 0) {
		free(watch);
		return NULL;
	}
	watch->fd = fd;
	watch->tail = &watch->interests;
	watches[fd] = watch;
	return watch;
}

static void on_deadline(uv_timer_t *timer)
{
	waiter_spend(timer->data);
}

static void timer_closed(uv_handle_t *handle)
{
	free(handle);
}

static bool timer_set(struct waiter *waiter, uv_loop_t *loop, uint64_t deadline_ns)
{
	uint64_t due_ms = deadline_ns / 1000000 + (deadline_ns % 1000000 != 0), now_ms;

	if (deadline_ns == UINT64_MAX)
		return true;
	waiter->timer = malloc(sizeof *waiter->timer);
	if (!waiter->timer)
		return false;
	uv_update_time(loop);
	now_ms = uv_now(loop);
	uv_timer_init(loop, waiter->timer);
	waiter->timer->data = waiter;
	uv_timer_start(waiter->timer, on_deadline, due_ms > now_ms ? due_ms - now_ms : 0, 0);
	return true;
}

struct waiter *waiter_new(uv_loop_t *loop, const struct pollfd *fds, size_t count, uint64_t deadline_ns, waiter_ready *ready,
                          void *context)
{
	struct waiter *waiter = calloc(1, sizeof *waiter + count * sizeof *waiter->interests);

	if (!waiter)
		return NULL;
	waiter->ready = ready;
	waiter->context = context;
	waiter->since = events_told;
	for (size_t i = 0; i < count; i++) {
		struct interest *interest = &waiter->interests[waiter->count];

		if (fds[i].fd < 0)
			continue;
		interest->watch = watch_get(loop, fds[i].fd);
		if (!interest->watch) {
			waiter_free(waiter);
			return NULL;
		}
		interest->waiter = waiter;
		interest->events = fds[i].events;
		interest_join(interest);
		waiter->count++;
	}
	if (!timer_set(waiter, loop, deadline_ns)) {
		waiter_free(waiter);
		return NULL;
	}
	return waiter;
}

void waiter_free(struct waiter *waiter)
{
	if (!waiter)
		return;
	for (size_t i = 0; i < waiter->count; i++)
		interest_leave(&waiter->interests[i]);
	if (waiter->timer) {
		uv_timer_stop(waiter->timer);
		uv_close((uv_handle_t *)waiter->timer, timer_closed);
	}
	free(waiter);
}
