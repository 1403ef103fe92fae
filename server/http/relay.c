#include "relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "answer_head.h"
#include "reply.h"
#include "server/base/gateway.h"
#include "way.h"

enum {
	ANSWER_DEADLINE_MS = 120000, /* a bundler's first answer may take that long */
	STALL_DEADLINE_MS = 60000,   /* one side has bytes for the other, which takes none */
};

enum relay_state { RELAY_CONNECTS, RELAY_WAITS_FOR_HEAD, RELAY_MOVES };

struct relay {
	struct gateway *gateway;
	struct relay_request request;
	relay_done *done;
	void *context;
	enum relay_state state;
	bool keeps, is_tunnel;
	uint64_t since_ms;         /* of the state, or of the last progress */
	struct way there, back;
	char out[ANSWER_HEAD_MAX + 2048]; /* the answer's head as it is passed on */
	uv_poll_t client, upstream;
	unsigned open;             /* handles that haven't called back */
	struct relay *next, **link;
};

static struct relay *relays;
static unsigned count;

void relay_request_clear(struct relay_request *request)
{
	free(request->head);
	free(request->more);
	*request = (struct relay_request){ 0 };
}

bool relays_have_room(void)
{
	return count < RELAYS_MAX;
}

/* ---- the end ---- */

static void on_closed(uv_handle_t *handle)
{
	struct relay *relay = handle->data;

	if (--relay->open)
		return;
	relay_request_clear(&relay->request);
	free(relay);
}

static void relay_end(struct relay *relay, bool keeps_client)
{
	*relay->link = relay->next;
	if (relay->next)
		relay->next->link = relay->link;
	count--;
	uv_poll_stop(&relay->client);
	uv_poll_stop(&relay->upstream);
	uv_close((uv_handle_t *)&relay->client, on_closed);
	uv_close((uv_handle_t *)&relay->upstream, on_closed);
	close(relay->there.to);
	if (!keeps_client) {
		shutdown(relay->there.from, SHUT_WR);
		close(relay->there.from);
	}
	relay->done(relay->context, keeps_client ? relay->there.from : -1);
}

/* False: a side has closed. */
static bool move(struct relay *relay, struct way *way)
{
	bool moved = false, goes = way_move(way, &moved);

	if (moved)
		relay->since_ms = uv_now(relay->gateway->loop);
	return goes;
}

/* ---- the answer's head ---- */

/* Says why in place of an answer. The bytes of the request that weren't read can't be passed over: the connection ends. */
static void fail(struct relay *relay, int status, const char *why)
{
	struct way *back = &relay->back;
	char sentence[200];
	int length = snprintf(sentence, sizeof sentence, "the web server behind --root %s\n", why);

	back->head = relay->out;
	back->head_sent = 0;
	back->head_length = (size_t)snprintf(relay->out, sizeof relay->out, "HTTP/1.1 %d %s\r\nContent-Length: %d\r\n"
		"Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n%sConnection: close\r\n\r\n%s", status,
		status_text(status), length, relay->request.more, relay->request.is_head ? "" : sentence);
	back->at = back->end = 0;
	back->left = 0;
	way_drop(&relay->there);
	relay->keeps = false;
	relay->state = RELAY_MOVES;
}

static bool has_no_body(const struct relay *relay, int status)
{
	return relay->request.is_head || status == 204 || status == 304;
}

static void answer_begin(struct relay *relay, const struct answer_head *head)
{
	struct way *back = &relay->back;
	char more[2048];
	size_t length;

	relay->is_tunnel = head->status == 101;
	back->left = relay->is_tunnel ? UINT64_MAX : has_no_body(relay, head->status) ? 0 : head->has_length ? head->content_length :
		UINT64_MAX;
	relay->keeps = relay->request.keep_alive && back->left != UINT64_MAX;
	if (relay->is_tunnel)
		relay->there.left = UINT64_MAX;
	snprintf(more, sizeof more, "%s%s", relay->is_tunnel ? "" : relay->request.more,
		relay->is_tunnel || relay->keeps ? "" : "Connection: close\r\n");
	length = answer_head_write(head, relay->request.origins, more, relay->out, sizeof relay->out);
	if (!length) {
		fail(relay, 502, "has a head that is too long");
		return;
	}
	back->head = relay->out;
	back->head_length = length;
	back->at = head->length;
	if (back->left < back->end - back->at) /* what is more than announced is nobody's */
		back->end = back->at + (size_t)back->left;
	if (back->left != UINT64_MAX)
		back->left -= back->end - back->at;
	relay->state = RELAY_MOVES;
}

static void answer_look(struct relay *relay)
{
	struct way *back = &relay->back;
	size_t skipped = 0;
	struct answer_head head;
	enum answer_verdict verdict;

	/* An interim answer (100, 103) is passed over: the real one follows. */
	while ((verdict = answer_head_read(&head, back->bytes + skipped, back->end - skipped)) == ANSWER_READY && head.status < 200 &&
	    head.status != 101)
		skipped += head.length;
	if (skipped) {
		memmove(back->bytes, back->bytes + skipped, back->end - skipped);
		back->end -= skipped;
		head.bytes = back->bytes;
	}
	if (verdict == ANSWER_BAD)
		fail(relay, 502, head.problem);
	else if (verdict == ANSWER_MORE && back->ended)
		fail(relay, 502, back->end ? "hung up in the middle of its answer" : "hung up without an answer");
	else if (verdict == ANSWER_READY && head.status == 101 && !relay->request.upgrades)
		fail(relay, 502, "answered an upgrade that nobody asked for");
	else if (verdict == ANSWER_READY)
		answer_begin(relay, &head);
}

static void answer_wait(struct relay *relay)
{
	struct way *back = &relay->back;
	ssize_t got = recv(back->from, back->bytes + back->end, sizeof back->bytes - back->end, MSG_DONTWAIT);

	if (got < 0 && way_is_for_later())
		return;
	back->ended = got <= 0;
	back->end += got > 0 ? (size_t)got : 0;
	answer_look(relay);
}

static void connected(struct relay *relay)
{
	int error = 0;
	socklen_t size = sizeof error;
	char why[100];

	getsockopt(relay->there.to, SOL_SOCKET, SO_ERROR, &error, &size);
	relay->state = RELAY_WAITS_FOR_HEAD;
	if (!error)
		return;
	snprintf(why, sizeof why, "can't be reached: %s (is it running?)", strerror(error));
	fail(relay, 502, why);
}

/* ---- turns ---- */

static void on_client(uv_poll_t *poll, int status, int events);
static void on_upstream(uv_poll_t *poll, int status, int events);

static bool poll_for(uv_poll_t *poll, int events, uv_poll_cb callback)
{
	return events ? uv_poll_start(poll, events, callback) == 0 : uv_poll_stop(poll) == 0;
}

static bool is_over(const struct relay *relay)
{
	if (relay->state != RELAY_MOVES)
		return false;
	return way_is_done(&relay->back) || (relay->is_tunnel && way_is_done(&relay->there));
}

/* After each event: what goes is moved, and the sockets are asked about what doesn't. */
static void turn(struct relay *relay)
{
	int client = UV_DISCONNECT, upstream = 0;

	if (relay->state != RELAY_CONNECTS && !move(relay, &relay->there)) {
		if (relay->is_tunnel) {
			relay_end(relay, false);
			return;
		}
		way_drop(&relay->there); /* it takes no more of the request; its answer may still come */
		relay->keeps = false;
	}
	if (relay->state == RELAY_MOVES && !move(relay, &relay->back)) {
		relay_end(relay, false);
		return;
	}
	if (is_over(relay)) {
		relay_end(relay, relay->keeps && !relay->back.left && way_is_done(&relay->there) && !relay->gateway->stopping);
		return;
	}
	if (relay->state == RELAY_CONNECTS) {
		upstream = UV_WRITABLE;
	} else {
		client |= (way_reads(&relay->there) ? UV_READABLE : 0) |
			(relay->state == RELAY_MOVES && !way_is_empty(&relay->back) ? UV_WRITABLE : 0);
		upstream |= (!way_is_empty(&relay->there) ? UV_WRITABLE : 0) |
		            (relay->state == RELAY_WAITS_FOR_HEAD || (way_is_empty(&relay->back) && way_reads(&relay->back)) ?
		            UV_READABLE : 0);
	}
	if (!poll_for(&relay->client, client, on_client) || !poll_for(&relay->upstream, upstream, on_upstream))
		relay_end(relay, false);
}

static void on_client(uv_poll_t *poll, int status, int events)
{
	struct relay *relay = poll->data;

	if (status < 0 || (events & UV_DISCONNECT && !relay->is_tunnel))
		relay_end(relay, false);
	else if (events & UV_DISCONNECT && !(events & UV_READABLE) && !way_reads(&relay->there))
		relay_end(relay, false); /* nobody takes the rest */
	else
		turn(relay);
}

static void on_upstream(uv_poll_t *poll, int status, int events)
{
	struct relay *relay = poll->data;

	if (relay->state == RELAY_CONNECTS)
		connected(relay);
	else if (relay->state == RELAY_WAITS_FOR_HEAD && (status < 0 || events & UV_READABLE))
		answer_wait(relay);
	else if (status < 0) {
		relay_end(relay, false);
		return;
	}
	turn(relay);
}

bool relay_start(struct gateway *gateway, int client_fd, int upstream_fd, struct relay_request *request, relay_done *done,
	void *context)
{
	struct relay *relay = calloc(1, sizeof *relay);

	if (!relay) {
		close(client_fd);
		close(upstream_fd);
		relay_request_clear(request);
		return false;
	}
	relay->gateway = gateway;
	relay->request = *request;
	*request = (struct relay_request){ 0 };
	relay->done = done;
	relay->context = context;
	relay->since_ms = uv_now(gateway->loop);
	relay->there.from = relay->back.to = client_fd;
	relay->there.to = relay->back.from = upstream_fd;
	relay->there.head = relay->request.head;
	relay->there.head_length = relay->request.head_length;
	relay->there.left = relay->request.body_length;
	relay->back.left = UINT64_MAX;
	relay->next = relays;
	relay->link = &relays;
	if (relays)
		relays->link = &relay->next;
	relays = relay;
	count++;
	relay->open = 2;
	uv_poll_init(gateway->loop, &relay->client, client_fd);
	uv_poll_init(gateway->loop, &relay->upstream, upstream_fd);
	relay->client.data = relay->upstream.data = relay;
	poll_for(&relay->client, UV_DISCONNECT, on_client);
	poll_for(&relay->upstream, UV_WRITABLE, on_upstream);
	return true;
}

/* ---- deadlines ---- */

static bool is_stalled(const struct relay *relay, uint64_t now_ms)
{
	bool has_bytes = relay->state == RELAY_MOVES && !way_is_empty(&relay->back);

	return now_ms > relay->since_ms + STALL_DEADLINE_MS && (has_bytes || (!relay->is_tunnel && !way_is_done(&relay->there)));
}

void relays_sweep(uint64_t now_ms)
{
	for (struct relay *relay = relays, *next; relay; relay = next) {
		next = relay->next;
		if (relay->state != RELAY_MOVES && now_ms > relay->since_ms + ANSWER_DEADLINE_MS) {
			fail(relay, 504, "doesn't answer");
			turn(relay);
		} else if (relay->state == RELAY_MOVES && is_stalled(relay, now_ms)) {
			relay_end(relay, false);
		}
	}
}

void relays_close(void)
{
	while (relays)
		relay_end(relays, false);
}
