/* DIAL_RESOLVE, and looking names up for the other requests: getaddrinfo(3) in libuv's threads, since it blocks and can't be
 * stopped. So that slow names of one session don't delay another's, a session gets a few of the threads, and its other names wait
 * in a queue; the session with the fewest running look-ups is served first. */
#include "internal.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWERS_MAX = 32, DEADLINE_MS = 15000, THREADS = 32, THREADS_OF_SESSION = 4 };

struct resolving {
	uv_work_t lookup;
	uv_timer_t deadline;          /* getaddrinfo has no deadline of its own */
	uint32_t session;
	uint16_t port;
	bool waits, looks, closed;    /* for a thread; its thread hasn't returned; the timer has closed */
	struct addrinfo hints, *list; /* the thread's, while it looks */
	int status;
	char name[NET_NAME_MAX + 1];
	void (*done)(void *context, int error, const struct net_endpoint *found, size_t count); /* NULL: called or cancelled */
	void *context;
	int error;
	size_t count;
	struct net_endpoint found[ANSWERS_MAX];
	struct resolving *next;
};
static struct resolving *all, **last = &all; /* oldest first */

static int error_of(int status)
{
	switch (status) {
	case EAI_NONAME: case EAI_NODATA: case EAI_ADDRFAMILY:
		return ENOENT;
	case EAI_AGAIN:
		return ETIMEDOUT;
	case EAI_MEMORY:
		return ENOMEM;
	default:
		return EIO;
	}
}

/* *looking: those of them that have a thread. */
static unsigned lookups_of(uint32_t session, unsigned *looking)
{
	unsigned count = 0;

	*looking = 0;
	for (struct resolving *resolving = all; resolving; resolving = resolving->next)
		if (resolving->session == session) {
			count += resolving->waits || resolving->looks;
			*looking += resolving->looks;
		}
	return count;
}

static void forget(struct resolving *resolving)
{
	struct resolving **at = &all;

	if (resolving->looks || !resolving->closed)
		return;
	while (*at != resolving)
		at = &(*at)->next;
	*at = resolving->next;
	if (last == &resolving->next)
		last = at;
	free(resolving);
}

/* Takes it out of the queue for a thread. */
static void waits_not(struct resolving *resolving)
{
	dialer.lookups -= resolving->waits;
	resolving->waits = false;
}

static void on_closed(uv_handle_t *handle)
{
	struct resolving *resolving = handle->data;

	resolving->closed = true;
	forget(resolving);
}

/* Calls done, once, and closes the timer. */
static void tell(struct resolving *resolving)
{
	void (*done)(void *, int, const struct net_endpoint *, size_t) = resolving->done;

	resolving->done = NULL;
	if (done)
		done(resolving->context, resolving->error, resolving->found, resolving->count);
	if (!uv_is_closing((uv_handle_t *)&resolving->deadline))
		uv_close((uv_handle_t *)&resolving->deadline, on_closed);
}

static void on_deadline(uv_timer_t *timer)
{
	struct resolving *resolving = timer->data;

	if (resolving->looks || resolving->waits) {
		resolving->error = ETIMEDOUT;
		resolving->count = 0;
	}
	waits_not(resolving);
	tell(resolving);
}

static void look(uv_work_t *work)
{
	struct resolving *resolving = work->data;

	resolving->status = getaddrinfo(resolving->name, NULL, &resolving->hints, &resolving->list);
}

static void begin_next(void);

static void on_looked_up(uv_work_t *work, int status)
{
	struct resolving *resolving = work->data;

	resolving->looks = false;
	dialer.lookups--;
	for (const struct addrinfo *at = resolving->list; at && resolving->done && resolving->count < ANSWERS_MAX; at = at->ai_next)
		if (net_endpoint_of(at->ai_addr, &resolving->found[resolving->count]))
			resolving->found[resolving->count++].port = resolving->port;
	resolving->error = resolving->status ? error_of(resolving->status) : resolving->count ? 0 : ENOENT;
	if (resolving->list)
		freeaddrinfo(resolving->list);
	tell(resolving);
	forget(resolving);
	begin_next();
}

/* The oldest look-up of the session with the fewest running ones. NULL: none waits, or its session has its share. */
static struct resolving *next_of(void)
{
	unsigned fewest = THREADS_OF_SESSION, looking;
	struct resolving *next = NULL;

	for (struct resolving *resolving = all; resolving; resolving = resolving->next) {
		if (!resolving->waits)
			continue;
		lookups_of(resolving->session, &looking);
		if (looking < fewest) {
			fewest = looking;
			next = resolving;
		}
	}
	return next;
}

static void begin_next(void)
{
	size_t looking = 0;
	struct resolving *next;

	for (const struct resolving *resolving = all; resolving; resolving = resolving->next)
		looking += resolving->looks;
	for (; looking < THREADS && (next = next_of()); looking++) {
		next->waits = false;
		next->looks = uv_queue_work(&dialer.loop, &next->lookup, look, on_looked_up) == 0;
		if (next->looks)
			continue;
		dialer.lookups--;
		next->error = ENOMEM;
		uv_timer_start(&next->deadline, on_deadline, 0, 0);
	}
}

static void add(struct resolving *resolving, const char *text)
{
	struct net_endpoint *endpoint = &resolving->found[resolving->count++];

	*endpoint = (struct net_endpoint){ .port = resolving->port };
	net_address_read(text, &endpoint->address);
}

struct resolving *resolve_begin(const struct program_of *program, const struct net_endpoint *endpoint, int family,
                                void done(void *context, int error, const struct net_endpoint *found, size_t count),
                                void *context)
{
	bool looks = endpoint->is_name && !net_name_is_localhost(endpoint->name);
	struct resolving *resolving;
	unsigned looking;

	if (looks && (dialer.lookups >= LOOKUPS_MAX || lookups_of(program->session, &looking) >= LOOKUPS_OF_SESSION))
		return NULL;
	resolving = calloc(1, sizeof *resolving);
	if (!resolving)
		return NULL;
	resolving->session = program->session;
	resolving->port = endpoint->port;
	resolving->done = done;
	resolving->context = context;
	resolving->lookup.data = resolving->deadline.data = resolving;
	if (!endpoint->is_name)
		resolving->found[resolving->count++] = *endpoint;
	else if (!looks && family != 6)
		add(resolving, "127.0.0.1");
	if (!looks && endpoint->is_name && family != 4)
		add(resolving, "::1");
	resolving->hints = (struct addrinfo){ .ai_family = family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC,
		.ai_socktype = SOCK_STREAM };
	strcpy(resolving->name, endpoint->is_name ? endpoint->name : "");
	resolving->waits = looks;
	dialer.lookups += looks;
	*last = resolving;
	last = &resolving->next;
	uv_timer_init(&dialer.loop, &resolving->deadline);
	uv_timer_start(&resolving->deadline, on_deadline, looks ? DEADLINE_MS : 0, 0);
	if (looks)
		begin_next();
	return resolving;
}

void resolve_cancel(struct resolving *resolving)
{
	resolving->done = NULL;
	waits_not(resolving); /* a thread that has started isn't stopped */
	if (!uv_is_closing((uv_handle_t *)&resolving->deadline))
		uv_close((uv_handle_t *)&resolving->deadline, on_closed);
}

void resolve_prepare(void)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *list = NULL;

	/* No search domains of resolv.conf: the name that is looked up must be the one that was judged. */
	setenv("LOCALDOMAIN", ".", 1);
	setenv("UV_THREADPOOL_SIZE", "32" /* THREADS */, 1);
	/* The first look-up loads the libraries that nsswitch.conf names. */
	if (getaddrinfo("localhost", NULL, &hints, &list) == 0)
		freeaddrinfo(list);
}

/* ---- requests that wait for a look-up ---- */

struct lookup {
	struct request *request;
	struct resolving *resolving;
	struct net_endpoint asked;
	resolved *done;
};

static void on_lookup_done(void *context, int error, const struct net_endpoint *found, size_t count)
{
	struct lookup lookup = *(struct lookup *)context;

	free(context);
	lookup.request->cancelled = NULL;
	lookup.done(lookup.request, &lookup.asked, error, found, count);
}

static void on_request_cancelled(struct request *request)
{
	struct lookup *lookup = request->work;

	resolve_cancel(lookup->resolving);
	free(lookup);
}

void request_resolve(struct request *request, const struct net_endpoint *asked, int family, resolved *done)
{
	struct lookup *lookup = calloc(1, sizeof *lookup);

	if (!lookup) {
		request_answer(request, ENOMEM, NULL, 0, -1);
		return;
	}
	*lookup = (struct lookup){ .request = request, .asked = *asked, .done = done };
	request->work = lookup;
	request->cancelled = on_request_cancelled;
	lookup->resolving = resolve_begin(request->program, asked, family, on_lookup_done, lookup);
	if (!lookup->resolving) {
		free(lookup);
		request_answer(request, EMFILE, NULL, 0, -1);
	}
}

/* ---- DIAL_RESOLVE ---- */

static void on_resolved(struct request *request, const struct net_endpoint *asked, int error, const struct net_endpoint *found,
	size_t count)
{
	uint8_t bytes[ANSWERS_MAX * (1 + NET_ENDPOINT_ADDRESS_BYTES)];
	size_t length = 0;

	for (size_t i = 0; i < count; i++) {
		/* Without a port an address is given if a rule allows it at any. */
		if (judge_address(request->program, NET_TCP, asked->name, &found[i], asked->port != 0) &&
		    (asked->port == 0 || judge_address(request->program, NET_UDP, asked->name, &found[i], false)))
			continue;
		judge_found(request->program, asked->name, &found[i].address);
		bytes[length] = (uint8_t)net_endpoint_write(&found[i], bytes + length + 1);
		length += 1u + bytes[length];
	}
	if (!error && !length)
		error = EACCES;
	request_answer(request, error, bytes, length, -1);
}

void resolve_request_begin(struct request *request, const uint8_t *bytes, size_t length)
{
	struct net_endpoint endpoint;
	bool any;
	int error = 0;

	if (length < 1 || !net_endpoint_read(bytes + 1, length - 1, &endpoint)) {
		request_answer(request, EINVAL, NULL, 0, -1);
		return;
	}
	if (!endpoint.is_name) { /* an address needs no look-up, and is judged when the program connects */
		uint8_t own[1 + NET_ENDPOINT_ADDRESS_BYTES];

		own[0] = (uint8_t)net_endpoint_write(&endpoint, own + 1);
		request_answer(request, 0, own, 1u + own[0], -1);
		return;
	}
	if (!endpoint.port || !net_rules_name(&dialer.rules, NET_UDP, endpoint.name, endpoint.port, &any))
		error = judge_name(request->program, NET_TCP, endpoint.name, endpoint.port);
	if (error)
		request_answer(request, error, NULL, 0, -1);
	else
		request_resolve(request, &endpoint, bytes[0], on_resolved);
}
