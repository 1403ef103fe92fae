/* Parked calls and their queues. Allocates: a call that waits isn't in a hurry. */
#include "wait.h"

#include <assert.h>
#include <stdlib.h>

static struct waiting *waiting_of(struct object *object)
{
	struct waiting *waiting = object->waiting;

	if (!waiting) {
		waiting = calloc(1, sizeof *waiting);
		if (!waiting)
			return NULL;
		waiting->fd = -1;
		for (int side = 0; side < 3; side++)
			waiting->last[side] = &waiting->first[side];
		object->waiting = waiting;
	}
	return waiting;
}

static void waiting_drop(struct waiting *waiting)
{
	if (--waiting->holds || !waiting->closed)
		return;
	if (waiting->fd >= 0)
		host_close(waiting->fd);
	free(waiting);
}

bool wait_is_turn(const struct object *object, const struct call *call, enum wait_side side)
{
	const struct park *first = object->waiting ? object->waiting->first[side] : NULL;

	return !first || first == call->park;
}

bool wait_comes_first(const struct call *call) { return call->may_block && !call->park; }

wasi_errno_t wait_on_all(struct guest *guest, struct call *call, struct object *const *objects, size_t count)
{
	struct park *park = call->park;

	if (park)
		return SYS_PARKED;
	park = calloc(1, sizeof *park);
	if (!park)
		return WASI_ENOMEM;
	park->on = &park->on_one;
	park->fds = &park->fd_one;
	if (count > 1) {
		park->on = calloc(count, sizeof(struct waiting *));
		park->fds = calloc(count, sizeof(struct pollfd));
	}
	call->park = park;
	guest->parked++;
	if (!park->on || !park->fds) {
		wait_end(guest, call);
		return WASI_ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		struct waiting *waiting = waiting_of(objects[i]);

		if (!waiting) {
			wait_end(guest, call);
			return WASI_ENOMEM;
		}
		waiting->holds++;
		park->on[park->on_count++] = waiting;
	}
	return SYS_PARKED;
}

wasi_errno_t wait_on(struct guest *guest, struct call *call, struct object *object, enum wait_side side, short events)
{
	bool is_new = !call->park;
	wasi_errno_t err = wait_on_all(guest, call, &object, 1);
	struct park *park = call->park;
	struct waiting *waiting;

	if (err != SYS_PARKED)
		return err;
	if (is_new) {
		waiting = park->on[0];
		park->side = side;
		*waiting->last[side] = park;
		waiting->last[side] = &park->next;
	}
	park->fds[0] = (struct pollfd){ object->fd, events, 0 };
	call->wait.fds = park->fds;
	call->wait.fds_count = events ? 1 : 0;
	call->wait.deadline_ns = UINT64_MAX;
	return SYS_PARKED;
}

bool wait_is_closed(const struct call *call)
{
	const struct park *park = call->park;

	for (size_t i = 0; i < park->on_count; i++)
		if (park->on[i]->closed)
			return true;
	return false;
}

static void leave_queue(struct waiting *waiting, struct park *park)
{
	struct park **at = &waiting->first[park->side];

	while (*at != park)
		at = &(*at)->next;
	*at = park->next;
	if (!park->next)
		waiting->last[park->side] = at;
}

void wait_end(struct guest *guest, struct call *call)
{
	struct park *park = call->park;

	if (!park)
		return;
	if (park->side != WAIT_NO_SIDE)
		leave_queue(park->on[0], park);
	for (size_t i = 0; i < park->on_count; i++)
		waiting_drop(park->on[i]);
	if (park->on != &park->on_one)
		free(park->on);
	if (park->fds != &park->fd_one)
		free(park->fds);
	free(park->kept);
	free(park);
	call->park = NULL;
	call->wait = (struct call_wait){ .deadline_ns = UINT64_MAX };
	guest->parked--;
}

bool wait_object_closes(struct object *object)
{
	struct waiting *waiting = object->waiting;

	object->waiting = NULL;
	if (!waiting)
		return false;
	waiting->closed = true;
	if (!waiting->holds) {
		free(waiting);
		return false;
	}
	waiting->fd = object->lent ? -1 : object->fd;
	return true;
}
