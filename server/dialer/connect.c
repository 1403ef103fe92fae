/* DIAL_CONNECT: looks the name up, judges each of its addresses, and tries the allowed ones as RFC 8305 says: families in turn, a
 * new one every 250 ms, the first that answers wins. It connects the very address that it judged; DEADLINE_MS bounds all of
 * it. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TRIES_MAX = 8, STAGGER_MS = 250, DEADLINE_MS = 30000 };

struct try {
	uv_poll_t poll;
	int fd;
	bool open;
};

struct connecting {
	struct request *request;        /* NULL: answered or cancelled, and only handles have to close */
	struct resolving *resolving;
	uv_timer_t next, deadline;
	struct net_endpoint targets[TRIES_MAX];
	size_t count, begun, ended;
	struct try tries[TRIES_MAX];
	unsigned handles;               /* libuv handles that aren't closed yet */
	int error;                      /* of the first try that failed */
	char name[NET_NAME_MAX + 1];
	uint16_t port;
};

static void on_closed(uv_handle_t *handle)
{
	struct connecting *connecting = handle->data;

	if (--connecting->handles == 0)
		free(connecting);
}

static void try_end(struct connecting *connecting, struct try *try, bool keeps_fd)
{
	if (!try->open)
		return;
	try->open = false;
	uv_poll_stop(&try->poll);
	uv_close((uv_handle_t *)&try->poll, on_closed);
	if (!keeps_fd)
		close(try->fd);
}

/* Ends the look-up and all tries; frees once libuv has closed their handles. */
static void stop(struct connecting *connecting)
{
	if (connecting->resolving)
		resolve_cancel(connecting->resolving);
	connecting->resolving = NULL;
	connecting->request = NULL;
	for (size_t i = 0; i < connecting->begun; i++)
		try_end(connecting, &connecting->tries[i], false);
	uv_close((uv_handle_t *)&connecting->next, on_closed);
	uv_close((uv_handle_t *)&connecting->deadline, on_closed);
}

static void finish(struct connecting *connecting, int error, int fd)
{
	struct request *request = connecting->request;

	stop(connecting);
	request_answer(request, error, NULL, 0, fd);
}

static void begin_next(struct connecting *connecting);
static void on_next(uv_timer_t *timer);

static void failed(struct connecting *connecting, int error)
{
	if (!connecting->error)
		connecting->error = error;
	connecting->ended++;
	if (connecting->begun < connecting->count)
		begin_next(connecting);
	else if (connecting->ended == connecting->count)
		finish(connecting, connecting->error, -1);
}

static void succeeded(struct connecting *connecting, struct try *try)
{
	int fd = try->fd;

	try_end(connecting, try, true);
	finish(connecting, 0, fd);
	close(fd);
}

static void on_connect(uv_poll_t *poll, int status, int events)
{
	struct connecting *connecting = poll->data;
	struct try *try = (struct try *)((char *)poll - offsetof(struct try, poll));
	socklen_t size = sizeof(int);
	int error = 0;

	/* the socket's own error says more than libuv's status */
	getsockopt(try->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (!error && status)
		error = -status;
	if (!error) {
		succeeded(connecting, try);
		return;
	}
	try_end(connecting, try, false);
	failed(connecting, error);
}

/* The first try uses the socket that the program has bound, if there is one. */
static int socket_for(struct connecting *connecting, int family)
{
	int fd = connecting->request->fd;

	connecting->request->fd = -1;
	return fd >= 0 ? fd : stream_socket(family);
}

static void begin_next(struct connecting *connecting)
{
	struct try *try = &connecting->tries[connecting->begun];
	struct sockaddr_storage storage;
	unsigned length = net_endpoint_sockaddr(&connecting->targets[connecting->begun], &storage);
	int error = 0;

	uv_timer_stop(&connecting->next);
	connecting->begun++;
	try->fd = socket_for(connecting, storage.ss_family);
	if (try->fd < 0 || (connect(try->fd, (struct sockaddr *)&storage, length) != 0 && errno != EINPROGRESS))
		error = errno;
	if (!error && uv_poll_init(&dialer.loop, &try->poll, try->fd) != 0)
		error = ENOMEM;
	if (error) {
		if (try->fd >= 0)
			close(try->fd);
		failed(connecting, error);
		return;
	}
	try->open = true;
	try->poll.data = connecting;
	connecting->handles++;
	uv_poll_start(&try->poll, UV_WRITABLE, on_connect);
	if (connecting->begun < connecting->count)
		uv_timer_start(&connecting->next, on_next, STAGGER_MS, 0);
}

static void on_next(uv_timer_t *timer)
{
	struct connecting *connecting = timer->data;

	if (connecting->begun < connecting->count)
		begin_next(connecting);
}

static void on_deadline(uv_timer_t *timer) { finish(timer->data, ETIMEDOUT, -1); }

/* Takes IPv4 and IPv6 in turn, beginning with the family of the first; within a family keeps the resolver's order. */
static void interleave(struct connecting *connecting, const struct net_endpoint *found, size_t count)
{
	bool taken[TRIES_MAX * 4] = { false };
	uint8_t want = count ? found[0].address.family : 0;

	if (count > sizeof taken)
		count = sizeof taken;
	for (size_t done = 0; done < count && connecting->count < TRIES_MAX; done++) {
		size_t pick = 0;

		while (pick < count && (taken[pick] || found[pick].address.family != want))
			pick++;
		if (pick == count)
			for (pick = 0; taken[pick]; pick++)
				;
		taken[pick] = true;
		want = found[pick].address.family == 4 ? 6 : 4;
		connecting->targets[connecting->count++] = found[pick];
	}
}

static void on_resolved(void *context, int error, const struct net_endpoint *found, size_t count)
{
	struct connecting *connecting = context;
	struct net_endpoint allowed[TRIES_MAX * 4];
	const char *name = connecting->name[0] ? connecting->name : NULL;
	size_t allowed_count = 0;

	connecting->resolving = NULL;
	for (size_t i = 0; i < count && allowed_count < TRIES_MAX * 4; i++)
		if (!judge_address(connecting->request->program, NET_TCP, name, &found[i], true)) {
			if (name)
				judge_found(connecting->request->program, name, &found[i].address);
			allowed[allowed_count++] = found[i];
		}
	interleave(connecting, allowed, allowed_count);
	if (allowed_count)
		judge_wish.scheme = -1; /* some addresses are allowed: the user isn't asked about the others */
	for (size_t i = 0; i < allowed_count; i++)
		judge_spend(connecting->request->program, NET_TCP, name, &allowed[i]);
	if (error || !connecting->count)
		finish(connecting, error ? error : EACCES, -1);
	else
		begin_next(connecting);
}

static void on_cancelled(struct request *request)
{
	stop(request->work);
}

void connect_begin(struct request *request, const uint8_t *bytes, size_t length)
{
	struct net_endpoint endpoint;
	struct connecting *connecting;
	int error;

	if (!net_endpoint_read(bytes, length, &endpoint) || !endpoint.port) {
		request_answer(request, EINVAL, NULL, 0, -1);
		return;
	}
	error = endpoint.is_name ? judge_name(request->program, NET_TCP, endpoint.name, endpoint.port) : 0;
	connecting = error ? NULL : calloc(1, sizeof *connecting);
	if (!connecting) {
		request_answer(request, error ? error : ENOMEM, NULL, 0, -1);
		return;
	}
	connecting->request = request;
	connecting->port = endpoint.port;
	strcpy(connecting->name, endpoint.name);
	connecting->next.data = connecting->deadline.data = connecting;
	connecting->handles = 2;
	uv_timer_init(&dialer.loop, &connecting->next);
	uv_timer_init(&dialer.loop, &connecting->deadline);
	uv_timer_start(&connecting->deadline, on_deadline, DEADLINE_MS, 0);
	request->work = connecting;
	request->cancelled = on_cancelled;
	connecting->resolving = resolve_begin(request->program, &endpoint, 0, on_resolved, connecting);
	if (!connecting->resolving)
		finish(connecting, EMFILE, -1);
}
