#include "conn.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/config.h"
#include "server/program/conn.h"
#include "server/doors/pairing_request.h"
#include "server/doors/listener.h"
#include "server/auth/sessions.h"
#include "server/base/events.h"
#include "server/gateway.h"
#include "server/program/programs.h"
#include "server/program/posts.h"
#include "server/tls/conn.h"
#include "server/doors/lan.h"
#include "server/doors/route.h"

enum {
	HEAD_DEADLINE_MS = 10000, BODY_DEADLINE_MS = 30000, SEND_DEADLINE_MS = 30000, IDLE_DEADLINE_MS = 60000, DRAIN_DEADLINE_MS = 1000,
	IDLE_ENOUGH_MS = 1000, FULL_TOLD_MS = 10000, SEND_AT_ONCE = 256 << 10, BODY_AT_ONCE = 256 << 10,
};

static struct visit *visits;
static unsigned strangers, remote_strangers, admitted, all;

static void turn(struct visit *visit, enum visit_state state);

static uint64_t now_ms(const struct visit *visit)
{
	return uv_now(visit->gateway->loop);
}

/* ---- the end ---- */

static void on_closed(uv_handle_t *handle)
{
	struct visit *visit = handle->data;

	all--;
	free(visit);
}

static void stranger_less(struct visit *visit)
{
	if (visit->front) {
		remote_strangers--;
		return;
	}
	strangers--;
	listener_has_room(visit->gateway);
}

static void visit_end(struct visit *visit, bool closes_socket)
{
	if (visit->state == VISIT_GONE)
		return;
	visit->state = VISIT_GONE;
	if (visit->call)
		call_post_cancel(visit->call);
	if (visit->knocks)
		knock_gone(visit);
	if (visit->post.session)
		session_drop(visit->post.session);
	if (visit->admitted)
		admitted--;
	else
		stranger_less(visit);
	*visit->link = visit->next;
	if (visit->next)
		visit->next->link = visit->link;
	if (visit->front) {
		front_tell(visit->front, NULL, NULL);
		front_drop(visit->front);
	}
	uv_poll_stop(&visit->poll);
	uv_close((uv_handle_t *)&visit->poll, on_closed);
	if (visit->file >= 0)
		close(visit->file);
	free(visit->body);
	free(visit->out);
	if (closes_socket)
		close(visit->fd);
}

int visit_give_socket(struct visit *visit)
{
	int fd = visit->fd, one = 1;

	setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof one);
	visit_end(visit, false);
	return fd;
}

/* A browser keeps connections for later: those make room. True: one has gone. */
static bool idlest_end(bool is_admitted, bool is_remote)
{
	struct visit *idlest = NULL;

	for (struct visit *visit = visits; visit; visit = visit->next)
		if (visit->admitted == is_admitted && (is_admitted || !visit->front == !is_remote) && visit->fresh && visit->state == VISIT_READS_HEAD && now_ms(visit) - visit->since_ms > IDLE_ENOUGH_MS &&
		    (!idlest || visit->since_ms < idlest->since_ms))
			idlest = visit;
	if (idlest)
		visit_end(idlest, true);
	return idlest != NULL;
}

bool admitted_have_room(struct gateway *gateway)
{
	static uint64_t last_told_ms;
	uint64_t now = uv_now(gateway->loop);

	if (admitted + conn_count() < (unsigned)gateway->config->max_connections || idlest_end(true, false))
		return true;
	if (!last_told_ms || now - last_told_ms > FULL_TOLD_MS)
		events_warn(gateway, "%d connections are in: one more was refused (--max-connections)", gateway->config->max_connections);
	last_told_ms = now;
	return false;
}

bool visit_admit(struct visit *visit)
{
	if (visit->admitted)
		return true;
	if (!admitted_have_room(visit->gateway))
		return false;
	visit->admitted = true;
	admitted++;
	stranger_less(visit);
	return true;
}

/* ---- sending ---- */

/* Our own pages run our own scripts and nothing else; 'wasm-unsafe-eval' is WebAssembly. */
#define PAGE_POLICY "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'%s; img-src 'self' data: blob:; " \
	"font-src 'self'; connect-src 'self' %s://%s; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/* The debugger's page shows what programs and pages make up, while it holds control: nothing there may become a script. */
#define WATCH_POLICY "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self' %s://%s; " \
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

static size_t head_write(const struct visit *visit, const struct reply *reply, char *to, size_t size)
{
	static const char *const embedder[] = { [ISOLATION_REQUIRE_CORP] = "require-corp", [ISOLATION_CREDENTIALLESS] = "credentialless" };
	int isolation = visit->gateway->config->isolation;
	size_t at = 0;

#define PUT(...) at += (size_t)snprintf(to + at, size - at, __VA_ARGS__)
	PUT("HTTP/1.1 %d %s\r\n", reply->status, status_text(reply->status));
	if (reply->status != 304)
		PUT("Content-Length: %llu\r\n", (unsigned long long)reply->length);
	if (reply->type)
		PUT("Content-Type: %s\r\n", reply->type);
	PUT("%s", reply->headers);
	if (visit->watches) /* from another machine app and debugger are one site, and browsers must be asked to keep their processes apart */
		PUT("Cross-Origin-Opener-Policy: same-origin\r\nOrigin-Agent-Cluster: ?1\r\nContent-Security-Policy: " WATCH_POLICY
		    "\r\nX-Frame-Options: DENY\r\n", visit->front ? "wss" : "ws", visit->host);
	else if (isolation != ISOLATION_OFF)
		PUT("Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: %s\r\n", embedder[isolation]);
	PUT("Cross-Origin-Resource-Policy: same-origin\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n");
	if (reply->is_page && !visit->watches)
		PUT("Content-Security-Policy: " PAGE_POLICY "\r\nX-Frame-Options: DENY\r\n", reply->makes_styles ? " 'unsafe-inline'" : "",
		    visit->front ? "wss" : "ws", visit->host);
	else if (reply->is_app)
		PUT("Content-Security-Policy: frame-ancestors 'self'\r\n");
	PUT("%s\r\n", visit->keep_alive ? "" : "Connection: close\r\n");
#undef PUT
	assert(at < size);
	return at;
}

/* Waits for the next request, or lingers until the other side has read the answer to one whose body we didn't take. */
static void sent(struct visit *visit)
{
	free(visit->out);
	visit->out = NULL;
	if (visit->file >= 0)
		close(visit->file);
	visit->file = -1;
	if (visit->keep_alive && !visit->gateway->stopping) {
		visit->fresh = true;
		turn(visit, VISIT_READS_HEAD);
	} else {
		shutdown(visit->fd, SHUT_WR);
		turn(visit, VISIT_DRAINS);
	}
}

/* False: nothing goes now, or it is over. */
static bool send_some(struct visit *visit, const void *bytes, size_t length, int flags, ssize_t *count)
{
	*count = send(visit->fd, bytes, length, flags | MSG_DONTWAIT | MSG_NOSIGNAL);
	if (*count >= 0)
		return true;
	if (errno != EAGAIN && errno != EINTR)
		visit_end(visit, true);
	return false;
}

static void send_more(struct visit *visit)
{
	ssize_t count;

	if (visit->out_sent < visit->out_length) {
		if (!send_some(visit, visit->out + visit->out_sent, visit->out_length - visit->out_sent,
		               visit->rest_length || visit->file_left ? MSG_MORE : 0, &count))
			return;
		visit->out_sent += (size_t)count;
	} else if (visit->rest_length) {
		if (!send_some(visit, visit->rest, visit->rest_length < SEND_AT_ONCE ? visit->rest_length : SEND_AT_ONCE, 0, &count))
			return;
		visit->rest += count;
		visit->rest_length -= (size_t)count;
	} else if (visit->file_left) {
		off_t at = (off_t)visit->file_at;

		count = sendfile(visit->fd, visit->file, &at, visit->file_left < SEND_AT_ONCE ? visit->file_left : SEND_AT_ONCE);
		if (count < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (count <= 0) { /* it became shorter meanwhile: the announced length can't be kept */
			visit_end(visit, true);
			return;
		}
		visit->file_at += (uint64_t)count;
		visit->file_left -= (uint64_t)count;
	}
	visit->since_ms = now_ms(visit);
	if (visit->out_sent == visit->out_length && !visit->rest_length && !visit->file_left)
		sent(visit);
}

void visit_reply(struct visit *visit, struct reply *reply)
{
	bool has_body = !visit->is_head && reply->status != 304 && reply->length;
	size_t copied = has_body && reply->lent ? reply->length : 0, room = 2048 + copied;

	assert(visit->state != VISIT_GONE && !visit->out);
	free(visit->body);
	visit->body = NULL;
	visit->call = NULL;
	visit->wants_program = false;
	if (visit->post.session)
		session_drop(visit->post.session);
	visit->post = (struct post){ 0 };
	/* A body that nobody read would be taken for the next request. */
	visit->keep_alive = visit->keep_alive && !reply->closes && !visit->owes_body && !visit->gateway->stopping;
	visit->out = malloc(room);
	if (!visit->out) {
		if (reply->fd >= 0)
			close(reply->fd);
		visit_end(visit, true);
		return;
	}
	visit->out_sent = 0;
	visit->out_length = head_write(visit, reply, visit->out, 2048);
	if (copied)
		memcpy(visit->out + visit->out_length, reply->bytes, copied);
	visit->out_length += copied;
	visit->rest = has_body && !reply->lent && reply->fd < 0 ? reply->bytes : NULL;
	visit->rest_length = visit->rest ? reply->length : 0;
	visit->file = reply->fd;
	visit->file_at = reply->offset;
	visit->file_left = has_body && reply->fd >= 0 ? reply->length : 0;
	turn(visit, VISIT_SENDS);
	send_more(visit);
}

void visit_refuse(struct visit *visit, int status, const char *sentence, bool as_json, bool closes)
{
	struct reply reply;
	char *text = NULL;

	reply_init(&reply, status);
	reply.closes = closes;
	reply.lent = true;
	reply_header(&reply, "Cache-Control: no-store");
	if (as_json) {
		cJSON *error = cJSON_CreateObject();

		cJSON_AddStringToObject(error, "error", sentence);
		text = cJSON_PrintUnformatted(error);
		cJSON_Delete(error);
		reply.type = "application/json";
	} else {
		reply.type = "text/plain; charset=utf-8";
		if (asprintf(&text, "%s\n", sentence) < 0)
			text = NULL;
	}
	if (status == 405)
		reply_header(&reply, "Allow: GET, HEAD, POST");
	reply.bytes = text;
	reply.length = text ? strlen(text) : 0;
	visit_reply(visit, &reply);
	if (as_json)
		cJSON_free(text);
	else
		free(text);
}

/* ---- reading ---- */

static void on_poll(uv_poll_t *poll, int status, int events);

static void on_more(void *context)
{
	struct visit *visit = context;

	uv_poll_start(&visit->poll, UV_READABLE | UV_DISCONNECT, on_poll);
}

/* The socket wakes us when there's more than what we have looked at: without it, a head that comes in drops would keep the loop spinning. */
static void wake_at(struct visit *visit, size_t bytes)
{
	int mark = (int)bytes;

	if (visit->front) { /* a socketpair doesn't know marks: who fills it tells us */
		if (bytes > 1 && uv_poll_start(&visit->poll, UV_DISCONNECT, on_poll) == 0)
			front_tell(visit->front, on_more, visit);
		return;
	}
	setsockopt(visit->fd, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof mark);
}

static void read_head(struct visit *visit, bool other_side_is_done)
{
	static char bytes[HEAD_BYTES_MAX];
	ssize_t have = recv(visit->fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
	struct head head;

	if (have < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (have <= 0) {
		visit_end(visit, true);
		return;
	}
	if (visit->fresh)
		visit->since_ms = now_ms(visit);
	visit->fresh = false;
	switch (head_read(&head, bytes, (size_t)have)) {
	case HEAD_MORE:
		if (other_side_is_done)
			visit_end(visit, true);
		else
			wake_at(visit, (size_t)have + 1);
		break;
	case HEAD_REFUSED:
		visit->keep_alive = visit->is_head = false;
		wake_at(visit, 1);
		visit_refuse(visit, head.status, head.problem, false, true);
		break;
	case HEAD_READY:
		visit->keep_alive = head.keep_alive;
		visit->is_head = head.method == METHOD_HEAD;
		visit->owes_body = head.content_length > 0;
		route(visit, &head);
		break;
	}
}

void visit_take_head(struct visit *visit, const struct head *head)
{
	static char nowhere[HEAD_BYTES_MAX];

	wake_at(visit, 1);
	if (recv(visit->fd, nowhere, head->length, MSG_DONTWAIT) != (ssize_t)head->length)
		visit->keep_alive = false; /* it was there a moment ago */
}

void visit_read_body(struct visit *visit, const struct head *head, uint64_t most)
{
	if (head->content_length > most) {
		visit_refuse(visit, 413, "the body is longer than this takes", true, true);
		return;
	}
	if (text_is_nocase(head->fields[HEAD_EXPECT], "100-continue"))
		send(visit->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_DONTWAIT | MSG_NOSIGNAL);
	visit->owes_body = false;
	visit->body_length = (size_t)head->content_length;
	visit->body_have = visit->body_room = 0;
	turn(visit, VISIT_READS_BODY);
	if (!visit->body_length)
		route_body(visit);
}

/* Memory follows what has come, not what was announced. */
static bool body_grow(struct visit *visit)
{
	size_t room = visit->body_room ? 2 * visit->body_room : 16 << 10;
	uint8_t *grown;

	if (visit->body_have < visit->body_room)
		return true;
	if (room > visit->body_length)
		room = visit->body_length;
	grown = realloc(visit->body, room);
	if (!grown)
		return false;
	visit->body = grown;
	visit->body_room = room;
	return true;
}

static void read_body(struct visit *visit)
{
	for (size_t taken = 0; visit->body_have < visit->body_length && taken < BODY_AT_ONCE; ) {
		ssize_t got;

		if (!body_grow(visit)) {
			visit_refuse(visit, 503, "no memory", true, true);
			return;
		}
		got = recv(visit->fd, visit->body + visit->body_have, visit->body_room - visit->body_have, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			visit_end(visit, true);
			return;
		}
		visit->body_have += (size_t)got;
		taken += (size_t)got;
		visit->since_ms = now_ms(visit);
	}
	if (visit->body_have == visit->body_length)
		route_body(visit);
}

static void drain(struct visit *visit)
{
	static char nowhere[64 << 10];
	ssize_t got = recv(visit->fd, nowhere, sizeof nowhere, MSG_DONTWAIT);

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		visit_end(visit, true);
}

/* ---- turns ---- */

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct visit *visit = poll->data;

	if (status < 0) {
		visit_end(visit, true);
		return;
	}
	switch (visit->state) {
	case VISIT_READS_HEAD:
		read_head(visit, events & UV_DISCONNECT);
		break;
	case VISIT_READS_BODY:
		read_body(visit);
		break;
	case VISIT_WAITS:
		visit_end(visit, true);
		break;
	case VISIT_SENDS:
		send_more(visit);
		break;
	case VISIT_DRAINS:
		drain(visit);
		break;
	case VISIT_GONE:
		break;
	}
}

static void turn(struct visit *visit, enum visit_state state)
{
	static const int wanted[] = {
		[VISIT_READS_HEAD] = UV_READABLE | UV_DISCONNECT, [VISIT_READS_BODY] = UV_READABLE, [VISIT_WAITS] = UV_DISCONNECT,
		[VISIT_SENDS] = UV_WRITABLE, [VISIT_DRAINS] = UV_READABLE,
	};

	visit->state = state;
	visit->since_ms = now_ms(visit);
	if (uv_poll_start(&visit->poll, wanted[state], on_poll) != 0)
		visit_end(visit, true);
}

void visit_wait(struct visit *visit)
{
	turn(visit, VISIT_WAITS);
}

struct visit *visit_waiting_for_program(void)
{
	struct visit *oldest = NULL;

	for (struct visit *visit = visits; visit; visit = visit->next)
		if (visit->wants_program)
			oldest = visit; /* the newest is first in the list */
	return oldest;
}

bool visits_have_room(void)
{
	return strangers < VISITS_STRANGE_MAX || idlest_end(false, false);
}

static struct visit *visit_make(struct gateway *gateway, int fd, const char *address, struct front *front, bool watches)
{
	const struct place *place = front ? &gateway->lan->places[watches ? LAN_WATCH : LAN_APP][0] : NULL;
	struct visit *visit = calloc(1, sizeof *visit);

	if (!visit || uv_poll_init(gateway->loop, &visit->poll, fd) != 0) {
		close(fd);
		free(visit);
		return NULL;
	}
	visit->gateway = gateway;
	visit->fd = fd;
	visit->file = -1;
	visit->fresh = true;
	visit->front = front;
	visit->watches = watches;
	visit->host = place ? place->host : watches ? gateway->watch_host : gateway->host;
	visit->origin = place ? place->origin : watches ? gateway->watch_origin : gateway->origin;
	visit->poll.data = visit;
	snprintf(visit->address, sizeof visit->address, "%s", address);
	visit->next = visits;
	visit->link = &visits;
	if (visits)
		visits->link = &visit->next;
	visits = visit;
	all++;
	return visit;
}

void visit_new(struct gateway *gateway, int fd, const char *address, bool is_ours, bool watches)
{
	struct visit *visit = visit_make(gateway, fd, address, NULL, watches);
	int on = 1;

	if (!visit)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	visit->is_ours = is_ours;
	strangers++;
	turn(visit, VISIT_READS_HEAD);
}

/* Other machines have places of their own, so that they can't take the person's; and each has its share of them. */
static bool remote_has_room(const char *address)
{
	unsigned same = 0;

	for (const struct visit *visit = visits; visit; visit = visit->next)
		same += visit->front && !visit->admitted && !strcmp(visit->address, address);
	return same < VISITS_REMOTE_EACH_MAX && (remote_strangers < VISITS_REMOTE_MAX || idlest_end(false, true));
}

void visit_new_remote(struct gateway *gateway, int fd, const char *address, struct front *front, bool watches)
{
	struct visit *visit;

	if (!remote_has_room(address)) {
		close(fd);
		return;
	}
	visit = visit_make(gateway, fd, address, front, watches);
	if (!visit)
		return;
	front_hold(front);
	remote_strangers++;
	turn(visit, VISIT_READS_HEAD);
}

void visits_sweep(uint64_t now)
{
	for (struct visit *visit = visits, *next; visit; visit = next) {
		uint64_t age = now > visit->since_ms ? now - visit->since_ms : 0;

		next = visit->next;
		switch (visit->state) {
		case VISIT_READS_HEAD:
			if (age > (visit->fresh && visit->keep_alive ? IDLE_DEADLINE_MS : HEAD_DEADLINE_MS))
				visit_end(visit, true);
			break;
		case VISIT_READS_BODY:
			if (age > (visit->admitted ? BODY_DEADLINE_MS : HEAD_DEADLINE_MS))
				visit_end(visit, true);
			break;
		case VISIT_SENDS:
			if (age > SEND_DEADLINE_MS)
				visit_end(visit, true);
			break;
		case VISIT_DRAINS:
			if (age > DRAIN_DEADLINE_MS)
				visit_end(visit, true);
			break;
		default: /* who waits for a program waits as long as it takes */
			break;
		}
	}
}

void visits_close(struct gateway *gateway)
{
	for (struct visit *visit = visits, *next; visit; visit = next) {
		next = visit->next;
		if (visit->state != VISIT_SENDS && visit->state != VISIT_DRAINS)
			visit_end(visit, true);
	}
}

unsigned visits_count(void)
{
	return all;
}
