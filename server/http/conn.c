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
#include "server/base/gateway.h"
#include "server/program/programs.h"
#include "server/program/posts.h"
#include "server/tls/conn.h"
#include "server/doors/lan.h"
#include "server/doors/route.h"

enum {
	HEAD_DEADLINE_MS = 10000, BODY_DEADLINE_MS = 30000, SEND_DEADLINE_MS = 30000, IDLE_DEADLINE_MS = 60000, DRAIN_DEADLINE_MS = 1000,
	IDLE_ENOUGH_MS = 1000, FULL_TOLD_MS = 10000, SEND_AT_ONCE = 256 << 10, BODY_AT_ONCE = 256 << 10,
};

static struct http_conn *http_conns;
static unsigned strangers, remote_strangers, admitted, all;

static void turn(struct http_conn *conn, enum http_conn_state state);

static uint64_t now_ms(const struct http_conn *conn)
{
	return uv_now(conn->gateway->loop);
}

/* ---- the end ---- */

static void on_closed(uv_handle_t *handle)
{
	struct http_conn *conn = handle->data;

	all--;
	free(conn);
}

static void stranger_less(struct http_conn *conn)
{
	if (conn->tls) {
		remote_strangers--;
		return;
	}
	strangers--;
	listener_has_room(conn->gateway);
}

static void http_conn_end(struct http_conn *conn, bool closes_socket)
{
	if (conn->state == HTTP_CONN_GONE)
		return;
	conn->state = HTTP_CONN_GONE;
	if (conn->call)
		call_post_cancel(conn->call);
	if (conn->requests)
		pairing_request_gone(conn);
	if (conn->post.session)
		session_drop(conn->post.session);
	if (conn->admitted)
		admitted--;
	else
		stranger_less(conn);
	*conn->link = conn->next;
	if (conn->next)
		conn->next->link = conn->link;
	if (conn->tls) {
		tls_conn_tell(conn->tls, NULL, NULL);
		tls_conn_drop(conn->tls);
	}
	uv_poll_stop(&conn->poll);
	uv_close((uv_handle_t *)&conn->poll, on_closed);
	if (conn->file >= 0)
		close(conn->file);
	free(conn->body);
	free(conn->out);
	if (closes_socket)
		close(conn->fd);
}

int http_conn_give_socket(struct http_conn *conn)
{
	int fd = conn->fd, one = 1;

	setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof one);
	http_conn_end(conn, false);
	return fd;
}

/* A browser keeps connections for later: those make room. True: one has gone. */
static bool idlest_end(bool is_admitted, bool is_remote)
{
	struct http_conn *idlest = NULL;

	for (struct http_conn *conn = http_conns; conn; conn = conn->next)
		if (conn->admitted == is_admitted && (is_admitted || !conn->tls == !is_remote) && conn->fresh && conn->state == HTTP_CONN_READS_HEAD && now_ms(conn) - conn->since_ms > IDLE_ENOUGH_MS &&
		    (!idlest || conn->since_ms < idlest->since_ms))
			idlest = conn;
	if (idlest)
		http_conn_end(idlest, true);
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

bool http_conn_admit(struct http_conn *conn)
{
	if (conn->admitted)
		return true;
	if (!admitted_have_room(conn->gateway))
		return false;
	conn->admitted = true;
	admitted++;
	stranger_less(conn);
	return true;
}

/* ---- sending ---- */

/* Our own pages run our own scripts and nothing else; 'wasm-unsafe-eval' is WebAssembly. */
#define PAGE_POLICY "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'%s; img-src 'self' data: blob:; " \
	"font-src 'self'; connect-src 'self' %s://%s; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/* The debugger's page shows what programs and pages make up, while it holds control: nothing there may become a script. */
#define DEBUG_POLICY "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self' %s://%s; " \
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

static size_t head_write(const struct http_conn *conn, const struct reply *reply, char *to, size_t size)
{
	static const char *const embedder[] = { [ISOLATION_REQUIRE_CORP] = "require-corp", [ISOLATION_CREDENTIALLESS] = "credentialless" };
	int isolation = conn->gateway->config->isolation;
	size_t at = 0;

#define PUT(...) at += (size_t)snprintf(to + at, size - at, __VA_ARGS__)
	PUT("HTTP/1.1 %d %s\r\n", reply->status, status_text(reply->status));
	if (reply->status != 304)
		PUT("Content-Length: %llu\r\n", (unsigned long long)reply->length);
	if (reply->type)
		PUT("Content-Type: %s\r\n", reply->type);
	PUT("%s", reply->headers);
	if (conn->for_debugger) /* from another machine app and debugger are one site, and browsers must be asked to keep their processes apart */
		PUT("Cross-Origin-Opener-Policy: same-origin\r\nOrigin-Agent-Cluster: ?1\r\nContent-Security-Policy: " DEBUG_POLICY
		    "\r\nX-Frame-Options: DENY\r\n", conn->tls ? "wss" : "ws", conn->host);
	else if (isolation != ISOLATION_OFF)
		PUT("Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: %s\r\n", embedder[isolation]);
	PUT("Cross-Origin-Resource-Policy: same-origin\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n");
	if (reply->is_page && !conn->for_debugger)
		PUT("Content-Security-Policy: " PAGE_POLICY "\r\nX-Frame-Options: DENY\r\n", reply->makes_styles ? " 'unsafe-inline'" : "",
		    conn->tls ? "wss" : "ws", conn->host);
	else if (reply->is_app)
		PUT("Content-Security-Policy: frame-ancestors 'self'\r\n");
	PUT("%s\r\n", conn->keep_alive ? "" : "Connection: close\r\n");
#undef PUT
	assert(at < size);
	return at;
}

/* Waits for the next request, or lingers until the other side has read the answer to one whose body we didn't take. */
static void sent(struct http_conn *conn)
{
	free(conn->out);
	conn->out = NULL;
	if (conn->file >= 0)
		close(conn->file);
	conn->file = -1;
	if (conn->keep_alive && !conn->gateway->stopping) {
		conn->fresh = true;
		turn(conn, HTTP_CONN_READS_HEAD);
	} else {
		shutdown(conn->fd, SHUT_WR);
		turn(conn, HTTP_CONN_DRAINS);
	}
}

/* False: nothing goes now, or it is over. */
static bool send_some(struct http_conn *conn, const void *bytes, size_t length, int flags, ssize_t *count)
{
	*count = send(conn->fd, bytes, length, flags | MSG_DONTWAIT | MSG_NOSIGNAL);
	if (*count >= 0)
		return true;
	if (errno != EAGAIN && errno != EINTR)
		http_conn_end(conn, true);
	return false;
}

static void send_more(struct http_conn *conn)
{
	ssize_t count;

	if (conn->out_sent < conn->out_length) {
		if (!send_some(conn, conn->out + conn->out_sent, conn->out_length - conn->out_sent,
		               conn->rest_length || conn->file_left ? MSG_MORE : 0, &count))
			return;
		conn->out_sent += (size_t)count;
	} else if (conn->rest_length) {
		if (!send_some(conn, conn->rest, conn->rest_length < SEND_AT_ONCE ? conn->rest_length : SEND_AT_ONCE, 0, &count))
			return;
		conn->rest += count;
		conn->rest_length -= (size_t)count;
	} else if (conn->file_left) {
		off_t at = (off_t)conn->file_at;

		count = sendfile(conn->fd, conn->file, &at, conn->file_left < SEND_AT_ONCE ? conn->file_left : SEND_AT_ONCE);
		if (count < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (count <= 0) { /* it became shorter meanwhile: the announced length can't be kept */
			http_conn_end(conn, true);
			return;
		}
		conn->file_at += (uint64_t)count;
		conn->file_left -= (uint64_t)count;
	}
	conn->since_ms = now_ms(conn);
	if (conn->out_sent == conn->out_length && !conn->rest_length && !conn->file_left)
		sent(conn);
}

void http_conn_reply(struct http_conn *conn, struct reply *reply)
{
	bool has_body = !conn->is_head && reply->status != 304 && reply->length;
	size_t copied = has_body && reply->lent ? reply->length : 0, room = 2048 + copied;

	assert(conn->state != HTTP_CONN_GONE && !conn->out);
	free(conn->body);
	conn->body = NULL;
	conn->call = NULL;
	conn->wants_program = false;
	if (conn->post.session)
		session_drop(conn->post.session);
	conn->post = (struct post){ 0 };
	/* A body that nobody read would be taken for the next request. */
	conn->keep_alive = conn->keep_alive && !reply->closes && !conn->owes_body && !conn->gateway->stopping;
	conn->out = malloc(room);
	if (!conn->out) {
		if (reply->fd >= 0)
			close(reply->fd);
		http_conn_end(conn, true);
		return;
	}
	conn->out_sent = 0;
	conn->out_length = head_write(conn, reply, conn->out, 2048);
	if (copied)
		memcpy(conn->out + conn->out_length, reply->bytes, copied);
	conn->out_length += copied;
	conn->rest = has_body && !reply->lent && reply->fd < 0 ? reply->bytes : NULL;
	conn->rest_length = conn->rest ? reply->length : 0;
	conn->file = reply->fd;
	conn->file_at = reply->offset;
	conn->file_left = has_body && reply->fd >= 0 ? reply->length : 0;
	turn(conn, HTTP_CONN_SENDS);
	send_more(conn);
}

void http_conn_refuse(struct http_conn *conn, int status, const char *sentence, bool as_json, bool closes)
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
	http_conn_reply(conn, &reply);
	if (as_json)
		cJSON_free(text);
	else
		free(text);
}

/* ---- reading ---- */

static void on_poll(uv_poll_t *poll, int status, int events);

static void on_more(void *context)
{
	struct http_conn *conn = context;

	uv_poll_start(&conn->poll, UV_READABLE | UV_DISCONNECT, on_poll);
}

/* The socket wakes us when there's more than what we have looked at: without it, a head that comes in drops would keep the loop spinning. */
static void wake_at(struct http_conn *conn, size_t bytes)
{
	int mark = (int)bytes;

	if (conn->tls) { /* a socketpair doesn't know marks: who fills it tells us */
		if (bytes > 1 && uv_poll_start(&conn->poll, UV_DISCONNECT, on_poll) == 0)
			tls_conn_tell(conn->tls, on_more, conn);
		return;
	}
	setsockopt(conn->fd, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof mark);
}

static void read_head(struct http_conn *conn, bool other_side_is_done)
{
	static char bytes[HEAD_BYTES_MAX];
	ssize_t have = recv(conn->fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
	struct head head;

	if (have < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (have <= 0) {
		http_conn_end(conn, true);
		return;
	}
	if (conn->fresh)
		conn->since_ms = now_ms(conn);
	conn->fresh = false;
	switch (head_read(&head, bytes, (size_t)have)) {
	case HEAD_MORE:
		if (other_side_is_done)
			http_conn_end(conn, true);
		else
			wake_at(conn, (size_t)have + 1);
		break;
	case HEAD_REFUSED:
		conn->keep_alive = conn->is_head = false;
		wake_at(conn, 1);
		http_conn_refuse(conn, head.status, head.problem, false, true);
		break;
	case HEAD_READY:
		conn->keep_alive = head.keep_alive;
		conn->is_head = head.method == METHOD_HEAD;
		conn->owes_body = head.content_length > 0;
		route(conn, &head);
		break;
	}
}

void http_conn_take_head(struct http_conn *conn, const struct head *head)
{
	static char nowhere[HEAD_BYTES_MAX];

	wake_at(conn, 1);
	if (recv(conn->fd, nowhere, head->length, MSG_DONTWAIT) != (ssize_t)head->length)
		conn->keep_alive = false; /* it was there a moment ago */
}

void http_conn_read_body(struct http_conn *conn, const struct head *head, uint64_t most)
{
	if (head->content_length > most) {
		http_conn_refuse(conn, 413, "the body is longer than this takes", true, true);
		return;
	}
	if (text_is_nocase(head->fields[HEAD_EXPECT], "100-continue"))
		send(conn->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_DONTWAIT | MSG_NOSIGNAL);
	conn->owes_body = false;
	conn->body_length = (size_t)head->content_length;
	conn->body_have = conn->body_room = 0;
	turn(conn, HTTP_CONN_READS_BODY);
	if (!conn->body_length)
		route_body(conn);
}

/* Memory follows what has come, not what was announced. */
static bool body_grow(struct http_conn *conn)
{
	size_t room = conn->body_room ? 2 * conn->body_room : 16 << 10;
	uint8_t *grown;

	if (conn->body_have < conn->body_room)
		return true;
	if (room > conn->body_length)
		room = conn->body_length;
	grown = realloc(conn->body, room);
	if (!grown)
		return false;
	conn->body = grown;
	conn->body_room = room;
	return true;
}

static void read_body(struct http_conn *conn)
{
	for (size_t taken = 0; conn->body_have < conn->body_length && taken < BODY_AT_ONCE; ) {
		ssize_t got;

		if (!body_grow(conn)) {
			http_conn_refuse(conn, 503, "no memory", true, true);
			return;
		}
		got = recv(conn->fd, conn->body + conn->body_have, conn->body_room - conn->body_have, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			http_conn_end(conn, true);
			return;
		}
		conn->body_have += (size_t)got;
		taken += (size_t)got;
		conn->since_ms = now_ms(conn);
	}
	if (conn->body_have == conn->body_length)
		route_body(conn);
}

static void drain(struct http_conn *conn)
{
	static char nowhere[64 << 10];
	ssize_t got = recv(conn->fd, nowhere, sizeof nowhere, MSG_DONTWAIT);

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		http_conn_end(conn, true);
}

/* ---- turns ---- */

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct http_conn *conn = poll->data;

	if (status < 0) {
		http_conn_end(conn, true);
		return;
	}
	switch (conn->state) {
	case HTTP_CONN_READS_HEAD:
		read_head(conn, events & UV_DISCONNECT);
		break;
	case HTTP_CONN_READS_BODY:
		read_body(conn);
		break;
	case HTTP_CONN_WAITS:
		http_conn_end(conn, true);
		break;
	case HTTP_CONN_SENDS:
		send_more(conn);
		break;
	case HTTP_CONN_DRAINS:
		drain(conn);
		break;
	case HTTP_CONN_GONE:
		break;
	}
}

static void turn(struct http_conn *conn, enum http_conn_state state)
{
	static const int wanted[] = {
		[HTTP_CONN_READS_HEAD] = UV_READABLE | UV_DISCONNECT, [HTTP_CONN_READS_BODY] = UV_READABLE, [HTTP_CONN_WAITS] = UV_DISCONNECT,
		[HTTP_CONN_SENDS] = UV_WRITABLE, [HTTP_CONN_DRAINS] = UV_READABLE,
	};

	conn->state = state;
	conn->since_ms = now_ms(conn);
	if (uv_poll_start(&conn->poll, wanted[state], on_poll) != 0)
		http_conn_end(conn, true);
}

void http_conn_wait(struct http_conn *conn)
{
	turn(conn, HTTP_CONN_WAITS);
}

struct http_conn *http_conn_waiting_for_program(void)
{
	struct http_conn *oldest = NULL;

	for (struct http_conn *conn = http_conns; conn; conn = conn->next)
		if (conn->wants_program)
			oldest = conn; /* the newest is first in the list */
	return oldest;
}

bool http_conns_have_room(void)
{
	return strangers < HTTP_CONNS_STRANGE_MAX || idlest_end(false, false);
}

static struct http_conn *http_conn_make(struct gateway *gateway, int fd, const char *address, struct tls_conn *tls, bool for_debugger)
{
	const struct origin *origin = tls ? &gateway->lan->origins[for_debugger ? LAN_DEBUGGER : LAN_APP][0] : NULL;
	struct http_conn *conn = calloc(1, sizeof *conn);

	if (!conn || uv_poll_init(gateway->loop, &conn->poll, fd) != 0) {
		close(fd);
		free(conn);
		return NULL;
	}
	conn->gateway = gateway;
	conn->fd = fd;
	conn->file = -1;
	conn->fresh = true;
	conn->tls = tls;
	conn->for_debugger = for_debugger;
	conn->host = origin ? origin->host : for_debugger ? gateway->debugger_host : gateway->host;
	conn->origin = origin ? origin->origin : for_debugger ? gateway->debugger_origin : gateway->origin;
	conn->poll.data = conn;
	snprintf(conn->address, sizeof conn->address, "%s", address);
	conn->next = http_conns;
	conn->link = &http_conns;
	if (http_conns)
		http_conns->link = &conn->next;
	http_conns = conn;
	all++;
	return conn;
}

void http_conn_new(struct gateway *gateway, int fd, const char *address, bool is_ours, bool for_debugger)
{
	struct http_conn *conn = http_conn_make(gateway, fd, address, NULL, for_debugger);
	int on = 1;

	if (!conn)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	conn->is_ours = is_ours;
	strangers++;
	turn(conn, HTTP_CONN_READS_HEAD);
}

/* Other machines have places of their own, so that they can't take the person's; and each has its share of them. */
static bool remote_has_room(const char *address)
{
	unsigned same = 0;

	for (const struct http_conn *conn = http_conns; conn; conn = conn->next)
		same += conn->tls && !conn->admitted && !strcmp(conn->address, address);
	return same < HTTP_CONNS_REMOTE_EACH_MAX && (remote_strangers < HTTP_CONNS_REMOTE_MAX || idlest_end(false, true));
}

void http_conn_new_remote(struct gateway *gateway, int fd, const char *address, struct tls_conn *tls, bool for_debugger)
{
	struct http_conn *conn;

	if (!remote_has_room(address)) {
		close(fd);
		return;
	}
	conn = http_conn_make(gateway, fd, address, tls, for_debugger);
	if (!conn)
		return;
	tls_conn_hold(tls);
	remote_strangers++;
	turn(conn, HTTP_CONN_READS_HEAD);
}

void http_conns_sweep(uint64_t now)
{
	for (struct http_conn *conn = http_conns, *next; conn; conn = next) {
		uint64_t age = now > conn->since_ms ? now - conn->since_ms : 0;

		next = conn->next;
		switch (conn->state) {
		case HTTP_CONN_READS_HEAD:
			if (age > (conn->fresh && conn->keep_alive ? IDLE_DEADLINE_MS : HEAD_DEADLINE_MS))
				http_conn_end(conn, true);
			break;
		case HTTP_CONN_READS_BODY:
			if (age > (conn->admitted ? BODY_DEADLINE_MS : HEAD_DEADLINE_MS))
				http_conn_end(conn, true);
			break;
		case HTTP_CONN_SENDS:
			if (age > SEND_DEADLINE_MS)
				http_conn_end(conn, true);
			break;
		case HTTP_CONN_DRAINS:
			if (age > DRAIN_DEADLINE_MS)
				http_conn_end(conn, true);
			break;
		default: /* who waits for a program waits as long as it takes */
			break;
		}
	}
}

void http_conns_close(struct gateway *gateway)
{
	for (struct http_conn *conn = http_conns, *next; conn; conn = next) {
		next = conn->next;
		if (conn->state != HTTP_CONN_SENDS && conn->state != HTTP_CONN_DRAINS)
			http_conn_end(conn, true);
	}
}

unsigned http_conns_count(void)
{
	return all;
}
