/* poll_oneoff: turns subscriptions into descriptors and a deadline, and judges what is ready. Whoever called guest_call()
 * waits. */
#include <stdlib.h>
#include <time.h>

#include "guest.h"
#include "park.h"
#include "sockets.h"

enum {
	FEW = 16,                    /* subscriptions that need no memory */
	REALTIME_LOOK_NS = 1000000000, /* an absolute wait reads the clock this often, since it may be set */
};

struct poll {
	struct guest *guest;
	struct call *call;
	uint32_t count;
	uint64_t started_ns, monotonic_ns, realtime_ns;
	uint64_t deadline_ns;     /* monotonic */
	struct object **objects;  /* each once: those that may not be ready */
	struct pollfd *fds;       /* theirs; fd -1 for stdin */
	uint32_t objects_count;
	bool on_stdin, on_network;
};

static void read_subscription(const struct poll *poll, uint32_t at, wasi_subscription_t *subscription)
{
	memcpy(subscription, poll->call->args[0].bytes.at + at * sizeof *subscription, sizeof *subscription);
}

/* ---- what is waited for ---- */

static wasi_errno_t watch_object(struct poll *poll, struct object *object, uint8_t tag)
{
	struct pollfd *fd;

	if (object->kind == OBJECT_UNCONNECTED)
		socket_settle(object);
	if (object->kind == OBJECT_FILE || object->kind == OBJECT_DIRECTORY)
		return WASI_OK;
	if ((object->kind == OBJECT_OUTPUT && tag == WASI_EVENTTYPE_FD_READ) ||
	    (object->kind == OBJECT_STDIN && tag == WASI_EVENTTYPE_FD_WRITE))
		return WASI_EBADF;
	if (object_is_output(object) && tag == WASI_EVENTTYPE_FD_WRITE)
		return WASI_OK;
	if (object->poll_stamp != poll->guest->poll_stamp) {
		object->poll_stamp = poll->guest->poll_stamp;
		object->poll_at = poll->objects_count++;
		poll->objects[object->poll_at] = object;
		poll->fds[object->poll_at] = (struct pollfd){ object->kind == OBJECT_UNCONNECTED ? -1 : object->fd, 0, 0 };
	}
	fd = &poll->fds[object->poll_at];
	fd->events |= tag == WASI_EVENTTYPE_FD_WRITE ? POLLOUT : object->kind == OBJECT_SOCKET ? POLLIN | POLLRDHUP : POLLIN;
	poll->on_stdin |= object_is_input(object);
	poll->on_network |= object->kind == OBJECT_UNCONNECTED && object->opened->asked;
	return WASI_OK;
}

/* Every subscription must be one that can be waited for, or the whole call fails. */
static wasi_errno_t watch_all(struct poll *poll)
{
	for (uint32_t i = 0; i < poll->count; i++) {
		wasi_subscription_t subscription;
		struct object *object;
		wasi_errno_t err;

		read_subscription(poll, i, &subscription);
		switch (subscription.tag) {
		case WASI_EVENTTYPE_CLOCK:
			if (subscription.clock.id > WASI_CLOCK_MONOTONIC || (subscription.clock.flags & ~WASI_SUBCLOCK_ABSTIME))
				return WASI_EINVAL;
			break;
		case WASI_EVENTTYPE_FD_READ:
		case WASI_EVENTTYPE_FD_WRITE:
			switch (fd_table_find(&poll->guest->table, subscription.fd.fd, &object)) {
			case HANDLE_OPEN:
				break;
			case HANDLE_BAD:
				poll->call->bad_handle = !poll->call->park; /* it may have been closed while the poll waited: no protocol error */
				return WASI_EBADF;
			default:
				return WASI_EBADF;
			}
			err = watch_object(poll, object, subscription.tag);
			if (err)
				return err;
			break;
		default:
			return WASI_EINVAL;
		}
	}
	return WASI_OK;
}

/* ---- what is ready ---- */

static uint64_t add_saturated(uint64_t a, uint64_t b) { return a + b < a ? UINT64_MAX : a + b; }

static bool clock_is_due(struct poll *poll, const wasi_subscription_t *subscription)
{
	bool absolute = subscription->clock.flags & WASI_SUBCLOCK_ABSTIME;
	uint64_t timeout = subscription->clock.timeout, due, look;

	if (absolute && subscription->clock.id == WASI_CLOCK_REALTIME) {
		if (poll->realtime_ns >= timeout)
			return true;
		look = timeout - poll->realtime_ns;
		due = add_saturated(poll->monotonic_ns, look < REALTIME_LOOK_NS ? look : REALTIME_LOOK_NS);
	} else {
		due = absolute ? timeout : add_saturated(poll->started_ns, timeout);
		if (poll->monotonic_ns >= due)
			return true;
	}
	if (due < poll->deadline_ns)
		poll->deadline_ns = due;
	return false;
}

static bool stdin_event(const struct poll *poll, wasi_event_t *event)
{
	bool ended;

	if (!stdin_is_ready(&poll->guest->input, &event->nbytes, &ended))
		return false;
	event->flags = ended ? WASI_EVENTRW_HANGUP : 0;
	return true;
}

static bool stream_event(const struct poll *poll, const struct object *object, wasi_event_t *event)
{
	short got = poll->fds[object->poll_at].revents, always = POLLHUP | POLLERR | POLLNVAL;

	if (event->type == WASI_EVENTTYPE_FD_WRITE) {
		event->nbytes = 1;
		event->flags = got & (POLLHUP | POLLERR) ? WASI_EVENTRW_HANGUP : 0;
		return got & (POLLOUT | always);
	}
	if (!(got & (POLLIN | POLLRDHUP | always)))
		return false;
	event->nbytes = object->kind == OBJECT_LISTENER ? 0 : host_readable_bytes(object->fd);
	if ((got & POLLHUP) || (got & POLLRDHUP && event->nbytes == 0))
		event->flags = WASI_EVENTRW_HANGUP;
	return true;
}

static bool object_event(struct poll *poll, const wasi_subscription_t *subscription, wasi_event_t *event)
{
	uint64_t right = event->type == WASI_EVENTTYPE_FD_READ ? WASI_RIGHT_FD_READ : WASI_RIGHT_FD_WRITE;
	struct object *object;
	struct stat st;

	fd_table_find(&poll->guest->table, subscription->fd.fd, &object);
	if (!object_may(object, WASI_RIGHT_POLL_FD_READWRITE | right)) {
		event->error = WASI_ENOTCAPABLE;
		return true;
	}
	switch (object->kind) {
	case OBJECT_TERMINAL:
		if (event->type == WASI_EVENTTYPE_FD_WRITE)
			break;
		return stdin_event(poll, event);
	case OBJECT_STDIN:
		return stdin_event(poll, event);
	case OBJECT_STREAM: case OBJECT_SOCKET: case OBJECT_LISTENER: case OBJECT_DATAGRAM:
		return stream_event(poll, object, event);
	case OBJECT_UNCONNECTED:
		/* A datagram can be sent. A stream is as for poll(2): nothing while it is being connected; before that, and when that
		 * failed, it hangs up. */
		if (object_is_datagram(object))
			return event->type == WASI_EVENTTYPE_FD_WRITE;
		event->flags = WASI_EVENTRW_HANGUP;
		return !object->opened->asked;
	default:
		break;
	}
	event->nbytes = 1;
	/* of a file the size: the offset is the page's, who subtracts it */
	if (object->kind == OBJECT_FILE && event->type == WASI_EVENTTYPE_FD_READ && !host_stat(object->fd, &st))
		event->nbytes = (uint64_t)st.st_size;
	return true;
}

static void gather_events(struct poll *poll)
{
	for (uint32_t i = 0; i < poll->count; i++) {
		wasi_subscription_t subscription;
		wasi_event_t event;
		bool ready;

		memset(&event, 0, sizeof event); /* the padding too: it goes to the page */
		read_subscription(poll, i, &subscription);
		event.userdata = subscription.userdata;
		event.type = subscription.tag;
		ready = event.type == WASI_EVENTTYPE_CLOCK ? clock_is_due(poll, &subscription) :
			object_event(poll, &subscription, &event);
		if (ready)
			reply_bytes(poll->call, &event, sizeof event);
	}
}

static wasi_errno_t park(struct poll *poll)
{
	struct call *call = poll->call;
	bool is_new = !call->park;
	wasi_errno_t err = park_on_all(call, poll->objects, poll->objects_count);
	size_t count = 0;

	if (err != SYS_PARKED)
		return err;
	if (is_new)
		call->park->started_ns = poll->started_ns;
	for (uint32_t i = 0; i < poll->objects_count; i++)
		if (poll->fds[i].fd >= 0)
			call->park->fds[count++] = (struct pollfd){ poll->fds[i].fd, poll->fds[i].events, 0 };
	call->wait = (struct call_wait){ .fds = call->park->fds, .fds_count = count, .deadline_ns = poll->deadline_ns,
		.on_stdin = poll->on_stdin, .on_network = poll->on_network };
	return SYS_PARKED;
}

/* A parked poll may be run again without its event. If none of its clocks is due and none of its descriptors is ready, its
 * subscriptions, perhaps thousands, needn't be judged. */
static bool waits_on(const struct poll *poll)
{
	const struct call *call = poll->call;
	uint64_t bytes;
	bool ended;

	if (!call->park || call->wait.on_network || poll->monotonic_ns >= call->wait.deadline_ns)
		return false;
	if (call->wait.on_stdin && stdin_is_ready(&poll->guest->input, &bytes, &ended))
		return false;
	if (call->wait.fds_count && host_poll(call->wait.fds, call->wait.fds_count))
		return false;
	for (size_t i = 0; i < call->wait.fds_count; i++)
		if (call->wait.fds[i].revents)
			return false;
	return true;
}

wasi_errno_t sys_poll_oneoff(struct guest *guest, struct call *call)
{
	struct object *few_objects[FEW];
	struct pollfd few_fds[FEW];
	struct poll poll = {
		.guest = guest, .call = call, .deadline_ns = UINT64_MAX, .objects = few_objects, .fds = few_fds,
		.count = (uint32_t)(call->args[0].bytes.length / sizeof(wasi_subscription_t)),
		.monotonic_ns = host_clock_ns(CLOCK_MONOTONIC), .realtime_ns = host_clock_ns(CLOCK_REALTIME),
	};
	wasi_errno_t err;

	if (poll.count == 0 || call->args[0].bytes.length % sizeof(wasi_subscription_t))
		return WASI_EINVAL;
	if (poll.count > guest->limits.subscriptions)
		return WASI_ENOMEM;
	if (waits_on(&poll))
		return SYS_PARKED;
	poll.started_ns = call->park ? call->park->started_ns : poll.monotonic_ns;
	if (poll.count > FEW) {
		poll.objects = malloc(poll.count * (sizeof *poll.objects + sizeof *poll.fds));
		if (!poll.objects)
			return WASI_ENOMEM;
		poll.fds = (struct pollfd *)(poll.objects + poll.count);
	}
	guest->poll_stamp++;
	err = watch_all(&poll);
	if (!err && poll.objects_count)
		err = host_poll(poll.fds, poll.objects_count);
	if (!err) {
		gather_events(&poll);
		if (!call->reply_length)
			err = park(&poll);
	}
	if (poll.objects != few_objects)
		free(poll.objects);
	return err;
}
