/* Parked calls and their queues. Allocates: a call that waits isn't in a hurry. */
#include "park.h"

#include <assert.h>
#include <stdlib.h>

static struct park_queue *queue_of(struct object *object)
{
	struct park_queue *queue = object->queue;

	if (!queue) {
		queue = calloc(1, sizeof *queue);
		if (!queue)
			return NULL;
		queue->fd = -1;
		for (int side = 0; side < 3; side++)
			queue->last[side] = &queue->first[side];
		object->queue = queue;
	}
	return queue;
}

static void queue_drop(struct park_queue *queue)
{
	if (--queue->holds || !queue->closed)
		return;
	if (queue->fd >= 0)
		host_close(queue->fd);
	free(queue);
}

bool park_is_turn(const struct object *object, const struct call *call, enum park_side side)
{
	const struct park *first = object->queue ? object->queue->first[side] : NULL;

	return !first || first == call->park;
}

bool park_comes_first(const struct call *call) { return call->may_block && !call->park; }

wasi_errno_t park_on_all(struct call *call, struct object *const *objects, size_t count)
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
		park->on = calloc(count, sizeof(struct park_queue *));
		park->fds = calloc(count, sizeof(struct pollfd));
	}
	call->park = park;
	if (!park->on || !park->fds) {
		park_end(call);
		return WASI_ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		struct park_queue *queue = queue_of(objects[i]);

		if (!queue) {
			park_end(call);
			return WASI_ENOMEM;
		}
		queue->holds++;
		park->on[park->on_count++] = queue;
	}
	return SYS_PARKED;
}

wasi_errno_t park_on(struct call *call, struct object *object, enum park_side side, short events)
{
	bool is_new = !call->park;
	wasi_errno_t err = park_on_all(call, &object, 1);
	struct park *park = call->park;
	struct park_queue *queue;

	if (err != SYS_PARKED)
		return err;
	if (is_new) {
		queue = park->on[0];
		park->side = side;
		*queue->last[side] = park;
		queue->last[side] = &park->next;
	}
	park->fds[0] = (struct pollfd){ object->fd, events, 0 };
	call->wait.fds = park->fds;
	call->wait.fds_count = events ? 1 : 0;
	call->wait.deadline_ns = UINT64_MAX;
	return SYS_PARKED;
}

bool park_is_closed(const struct call *call)
{
	const struct park *park = call->park;

	for (size_t i = 0; i < park->on_count; i++)
		if (park->on[i]->closed)
			return true;
	return false;
}

static void leave_queue(struct park_queue *queue, struct park *park)
{
	struct park **at = &queue->first[park->side];

	while (*at != park)
		at = &(*at)->next;
	*at = park->next;
	if (!park->next)
		queue->last[park->side] = at;
}

void park_end(struct call *call)
{
	struct park *park = call->park;

	if (!park)
		return;
	if (park->side != PARK_NO_SIDE)
		leave_queue(park->on[0], park);
	for (size_t i = 0; i < park->on_count; i++)
		queue_drop(park->on[i]);
	if (park->on != &park->on_one)
		free(park->on);
	if (park->fds != &park->fd_one)
		free(park->fds);
	if (park->asked)
		park->network->drop(park->asked);
	free(park->received);
	free(park);
	call->park = NULL;
	call->wait = (struct call_wait){ .deadline_ns = UINT64_MAX };
}

bool park_object_closes(struct object *object)
{
	struct park_queue *queue = object->queue;

	object->queue = NULL;
	if (!queue)
		return false;
	queue->closed = true;
	if (!queue->holds) {
		free(queue);
		return false;
	}
	queue->fd = object->lent ? -1 : object->fd;
	return true;
}
