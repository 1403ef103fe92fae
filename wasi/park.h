/* Calls that must wait: what they wait for, whose turn it is, and what happens to them when their handle is closed. Leaves the
 * waiting itself to the caller of guest_call(), which also cancels parked calls before it frees the guest. */
#ifndef WASI_PARK_H
#define WASI_PARK_H

#include "fd_table.h"
#include "sys.h"

enum park_side { PARK_NO_SIDE, PARK_READ, PARK_WRITE }; /* calls on one side of one object go one after the other */

/* An object's parked calls; made when the first one parks. While calls are parked it outlives the object: their descriptor stays
 * open until the last of them was run again or cancelled, since a poll may still use it. */
struct park_queue {
	bool closed;
	int fd;                 /* to be closed with the last call; -1: not ours, or not closed yet */
	unsigned holds;
	struct park *first[3], **last[3]; /* by enum park_side */
};

/* One parked call's own. */
struct park {
	struct park *next;
	enum park_side side;
	struct park_queue **on;     /* everything that it waits for */
	size_t on_count;
	struct pollfd *fds;         /* as many or fewer */
	struct park_queue *on_one;  /* room for the usual case */
	struct pollfd fd_one;
	uint64_t started_ns;        /* of a poll: what its relative clocks count from */
	size_t progress;            /* bytes done before it parked */
	struct network_request *asked; /* network.h: dropped with the call; NULL: nothing */
	const struct wasi_network *network; /* that was asked */
	uint8_t *received;          /* WAITALL: the bytes received so far */
};

/* Is it the call's turn on this side of the object? */
bool park_is_turn(const struct object *object, const struct call *call, enum park_side side);

/* Parks the call on one object, at the end of the side's queue (or where it is, if it is parked already). events: POLLIN,
 * POLLOUT; 0 for stdin and sinks, whose flag in call->wait the caller sets. Returns SYS_PARKED, or NOMEM. */
wasi_errno_t park_on(struct call *call, struct object *object, enum park_side side, short events);

/* For calls that may do a part of their work before they wait: must this one wait before it does any? On a thread no call can
 * wait, so a call that parks there is cancelled and run from its beginning on the loop. (That also keeps sinks on the loop.) */
bool park_comes_first(const struct call *call);

/* Parks the call on objects[count], with room for as many pollfds, which the caller fills in. SYS_PARKED or NOMEM. */
wasi_errno_t park_on_all(struct call *call, struct object *const *objects, size_t count);

/* Has one of the objects that the parked call waits for been closed? */
bool park_is_closed(const struct call *call);

/* The call is done or cancelled. */
void park_end(struct call *call);

/* The object is being closed. True: calls are parked on it, and its descriptor will be closed with the last of them. */
bool park_object_closes(struct object *object);

#endif
