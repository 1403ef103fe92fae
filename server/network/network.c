#include "network.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "server/auth/sessions.h"
#include "server/base/channel.h"
#include "server/base/config.h"
#include "server/base/dialer_messages.h"
#include "server/base/events.h"
#include "server/base/gateway.h"
#include "wasi/network.h"

enum { QUEUED_MAX = 8 << 20 /* bytes that the dialer hasn't read */, BUCKETS = 1024, OPEN_IN_ALL = 16384 /* sockets */,
	GRANTED_MAX = 16 << 10 /* bytes of granted rules that are listed for a program */ };

enum { ASKED, ANSWERED };

struct network_request {
	uint32_t number;
	struct network_user *user;
	atomic_int state;
	struct network_answer *answer; /* written by the loop before ANSWERED, then read by the guest's thread */
	struct network_request *next, **link;         /* in its bucket */
	struct network_request *next_own, **link_own; /* its user's */
	struct network_request *next_dropped;
};

struct network_user {
	struct wasi_network network;  /* first: ask() and others cast it to the user */
	struct session *session;      /* held by the program */
	uint32_t program;
	bool told;                    /* DIAL_PROGRAM was sent */
	void (*answered)(void *context);
	void *context;
	struct network_request *requests;
	char *granted;                /* by the user's answers: each rule with a NUL; NULL: none */
	size_t granted_length;
	uint32_t granted_changes;
	size_t kept_at;               /* in the introduction: what its page keeps it to */
	size_t introduction_length;
	struct network_user *next, **link;
	char introduction[];          /* DIAL_PROGRAM's bytes */
};

/* Only the loop's thread uses it, except for `dropped` (under `lock`) and `open`. */
static struct {
	struct gateway *gateway;      /* NULL: no dialer was started */
	bool gone;                    /* the dialer has ended */
	struct channel channel;
	uv_poll_t poll;
	uv_async_t drops;             /* wakes the loop when another thread has dropped a request */
	uv_thread_t loop_thread;
	struct network_request *buckets[BUCKETS];
	uint32_t last_number, last_program;
	atomic_uint open;
	pthread_mutex_t lock;         /* guards `dropped` */
	struct network_request *dropped;
	struct network_user *users;
} net = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- requests ---- */

static void request_join(struct network_request *request)
{
	struct network_request **bucket = &net.buckets[request->number % BUCKETS];

	request->next = *bucket;
	request->link = bucket;
	if (*bucket)
		(*bucket)->link = &request->next;
	*bucket = request;
	request->next_own = request->user->requests;
	request->link_own = &request->user->requests;
	if (request->next_own)
		request->next_own->link_own = &request->next_own;
	request->user->requests = request;
}

static void answer_free(struct network_answer *answer)
{
	if (answer && answer->fd >= 0)
		close(answer->fd);
	free(answer);
}

static void request_free(struct network_request *request)
{
	if (atomic_load(&request->state) == ASKED && !net.gone)
		channel_send(&net.channel, DIAL_CANCEL, request->number, 0, NULL, 0, -1);
	*request->link = request->next;
	if (request->next)
		request->next->link = request->link;
	*request->link_own = request->next_own;
	if (request->next_own)
		request->next_own->link_own = request->link_own;
	answer_free(request->answer);
	free(request);
}

static void drops_take(void)
{
	struct network_request *request;

	pthread_mutex_lock(&net.lock);
	request = net.dropped;
	net.dropped = NULL;
	pthread_mutex_unlock(&net.lock);
	while (request) {
		struct network_request *next = request->next_dropped;

		request_free(request);
		request = next;
	}
}

static void on_drops(uv_async_t *async) { drops_take(); }

static void drop(struct network_request *request)
{
	uv_thread_t self = uv_thread_self();

	if (uv_thread_equal(&self, &net.loop_thread)) {
		request_free(request);
		return;
	}
	pthread_mutex_lock(&net.lock);
	request->next_dropped = net.dropped;
	net.dropped = request;
	pthread_mutex_unlock(&net.lock);
	uv_async_send(&net.drops);
}

/* ---- struct wasi_network's functions ---- */

/* In the order of enum network_question. */
static const uint32_t types[] = { DIAL_CONNECT, DIAL_BIND, DIAL_LISTEN, DIAL_DATAGRAM, DIAL_PEER, DIAL_RESOLVE, DIAL_TLS,
	DIAL_HTTP };

static struct network_request *ask(const struct wasi_network *network, enum network_question question, const void *bytes,
	size_t length, int fd, int *error)
{
	struct network_user *user = (struct network_user *)network;
	struct network_request *request;

	*error = net.gone ? ENETDOWN : net.channel.queued > QUEUED_MAX || length > CHANNEL_BYTES_MAX ? ENOBUFS : 0;
	if (*error)
		return NULL;
	drops_take(); /* cancels them first: the dialer counts a session's requests */
	if (!user->told)
		user->told = channel_send(&net.channel, DIAL_PROGRAM, user->program, user->session->id, user->introduction,
			user->introduction_length, -1);
	request = calloc(1, sizeof *request);
	*error = ENOMEM;
	if (!request)
		return NULL;
	request->number = ++net.last_number;
	request->user = user;
	request_join(request);
	if (channel_send(&net.channel, types[question], request->number, user->program, bytes, length, fd))
		return request;
	atomic_store(&request->state, ANSWERED); /* not sent: request_free() sends no DIAL_CANCEL */
	request_free(request);
	return NULL;
}

static struct network_answer *answer(struct network_request *request)
{
	return atomic_load(&request->state) == ANSWERED ? request->answer : NULL;
}

static void closes(const struct wasi_network *network)
{
	const struct network_user *user = (const struct network_user *)network;

	atomic_fetch_sub(&user->session->sockets, 1);
	atomic_fetch_sub(&net.open, 1);
}

static bool opens(const struct wasi_network *network)
{
	const struct network_user *user = (const struct network_user *)network;
	bool may = atomic_fetch_add(&user->session->sockets, 1) < net.gateway->config->limits.connections;

	may &= atomic_fetch_add(&net.open, 1) < OPEN_IN_ALL;
	if (!may)
		closes(network);
	return may;
}

/* ---- the dialer's messages ---- */

/* Gives the answer to the program. False: no memory; the call then waits until its program closes the socket or ends. */
static bool request_answered(struct network_request *request, int error, const uint8_t *bytes, size_t length, int fd)
{
	struct network_user *user = request->user;

	request->answer = malloc(sizeof *request->answer + length);
	if (!request->answer) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	request->answer->error = error;
	request->answer->fd = fd;
	request->answer->length = length;
	if (length)
		memcpy(request->answer->bytes, bytes, length);
	atomic_store(&request->state, ANSWERED);
	user->answered(user->context); /* which may free the request */
	return true;
}

static void user_granted(uint32_t program, const char *rule, size_t length)
{
	struct network_user *user = net.users;
	char *grown;

	while (user && user->program != program)
		user = user->next;
	grown = user && user->granted_length < GRANTED_MAX ? realloc(user->granted, user->granted_length + length + 1) : NULL;
	if (!grown)
		return; /* it isn't listed */
	memcpy(grown + user->granted_length, rule, length + 1);
	user->granted = grown;
	user->granted_length += length + 1;
	user->granted_changes++;
}

static void on_message(struct channel_message *message)
{
	struct network_request *request;

	if (message->type == DIALER_GRANTED)
		user_granted(message->a, (const char *)message->bytes, message->length);

	if (message->type == DIALER_SAYS)
		events_warn(net.gateway, "%s", (const char *)message->bytes);
	if (message->type == DIALED) {
		request = net.buckets[message->a % BUCKETS];
		while (request && request->number != message->a)
			request = request->next;
		if (request && atomic_load(&request->state) == ASKED) {
			request_answered(request, (int)message->b, message->bytes, message->length, message->fd);
			return;
		}
	}
	if (message->fd >= 0)
		close(message->fd);
}

static struct network_request *unanswered(void)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct network_request *request = net.buckets[i]; request; request = request->next)
			if (atomic_load(&request->state) == ASKED && !request->answer)
				return request;
	return NULL;
}

static void on_gone(void)
{
	struct network_request *request;

	net.gone = true;
	uv_poll_stop(&net.poll);
	if (net.gateway->stopping)
		return;
	events_warn(net.gateway,
		"the dialer process has ended: programs can open no more connections; open ones stay. Restart wvwasi-gw to reconnect");
	while ((request = unanswered()) && request_answered(request, ENETDOWN, NULL, 0, -1))
		;
}

static void on_channel(uv_poll_t *poll, int status, int events);

static void channel_watch(void *context)
{
	if (!net.gone)
		uv_poll_start(&net.poll, UV_READABLE | (channel_wants_to_write(&net.channel) ? UV_WRITABLE : 0), on_channel);
}

static void on_channel(uv_poll_t *poll, int status, int events)
{
	static struct channel_message message;
	enum channel_got got = CHANNEL_MESSAGE;

	channel_flush(&net.channel);
	for (int i = 0; i < 64 && got == CHANNEL_MESSAGE; i++)
		if ((got = channel_receive(&net.channel, &message)) == CHANNEL_MESSAGE)
			on_message(&message);
	if (got == CHANNEL_CLOSED)
		on_gone();
	channel_watch(NULL);
}

/* ---- users ---- */

struct network_user *network_user_new(struct session *session, const char *name, const char *page, const char *rules,
                                      size_t rules_length, void answered(void *context), void *context)
{
	size_t name_length = strlen(name) + 1, page_length = strlen(page) + 1;
	struct network_user *user = net.gateway ? calloc(1, sizeof *user + name_length + page_length + rules_length) : NULL;

	if (!user)
		return NULL;
	user->network = (struct wasi_network){ ask, answer, drop, opens, closes };
	user->session = session;
	user->program = ++net.last_program;
	user->answered = answered;
	user->context = context;
	memcpy(user->introduction, name, name_length);
	memcpy(user->introduction + name_length, page, page_length);
	if (rules_length)
		memcpy(user->introduction + name_length + page_length, rules, rules_length);
	user->kept_at = name_length + page_length;
	user->introduction_length = name_length + page_length + rules_length;
	user->next = net.users;
	user->link = &net.users;
	if (user->next)
		user->next->link = &user->next;
	net.users = user;
	return user;
}

struct network_rules network_rules_of(const struct network_user *user)
{
	if (!user)
		return (struct network_rules){ 0 };
	return (struct network_rules){ user->introduction + user->kept_at, user->introduction_length - user->kept_at, user->granted,
		user->granted_length, user->granted_changes };
}

const struct wasi_network *network_of(const struct network_user *user) { return user ? &user->network : NULL; }

void network_user_free(struct network_user *user)
{
	if (!user)
		return;
	drops_take();
	while (user->requests)
		request_free(user->requests);
	if (user->told && !net.gone)
		channel_send(&net.channel, DIAL_PROGRAM_GONE, user->program, 0, NULL, 0, -1);
	*user->link = user->next;
	if (user->next)
		user->next->link = user->link;
	free(user->granted);
	free(user);
}

/* ---- start and end ---- */

bool network_start(struct gateway *gateway, int fd, const uint16_t *ports, size_t ports_count)
{
	uint8_t bytes[64];
	size_t length = 0;

	net.gateway = gateway;
	net.loop_thread = uv_thread_self();
	channel_init(&net.channel, fd);
	net.channel.on_queued = channel_watch;
	if (uv_poll_init(gateway->loop, &net.poll, fd) != 0 || uv_async_init(gateway->loop, &net.drops, on_drops) != 0)
		return false;
	for (size_t i = 0; i < ports_count && length < sizeof bytes; i++) {
		bytes[length++] = (uint8_t)ports[i];
		bytes[length++] = (uint8_t)(ports[i] >> 8);
	}
	channel_send(&net.channel, DIAL_OWN, 0, 0, bytes, length, -1);
	channel_watch(NULL);
	return true;
}

void network_stop(void)
{
	if (!net.gateway)
		return;
	net.gone = true;
	uv_poll_stop(&net.poll);
	uv_close((uv_handle_t *)&net.poll, NULL);
	uv_close((uv_handle_t *)&net.drops, NULL);
	channel_clear(&net.channel);
}

bool network_is_there(void) { return net.gateway && !net.gone; }
