/* Our part of HTTP as a whole: connections that send requests in pieces, good and bad, with secrets that are right, used, revoked
 * or made up, and that go away at any time; claims, tickets, calls by POST, upgrades, files, PROGRAM. The server's own
 * http/conn.c, route.c, api.c, files.c and secrets.c answer; what is behind a call or a WebSocket is this file's. The input is a
 * run of steps. (Heads alone: fuzz_head.c.) */
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/config.h"
#include "server/program/conn.h"
#include "server/doors/requests.h"
#include "server/doors/program_file.h"
#include "server/base/keeper_messages.h"
#include "server/doors/route.h"
#include "server/auth/secrets.h"
#include "server/auth/sessions.h"
#include "server/base/events.h"
#include "server/base/gateway.h"
#include "server/http/conn.h"
#include "server/program/posts.h"
#include "server/program/programs.h"
#include "server/program/ws.h"
#include "tree.h"

enum { PEERS = 6, STEPS_MAX = 120, ANSWER_BYTES = 1 << 20, MIDDLE = 1 << 16 };

struct peer {
	int fd;          /* -1: none */
	unsigned asked, answered;
	bool for_debugger;    /* at the debugger's door */
	bool nonsense;   /* something was sent that may be any number of requests */
	char *got;
	size_t got_length;
};

static struct tree tree;
static struct gateway gateway;
static struct config config;
static struct peer peers[PEERS];
static char token[SECRET_TEXT_MAX + 1], code[CODE_TEXT + 1], secret[SECRET_TEXT_MAX + 1], ticket[SECRET_TEXT_MAX + 1],
cookie[SECRET_TEXT_MAX + 1];
static const char key[] = "AAAAAAAAAAAAAAAAAAAAAA";
static unsigned invited, opened, tickets_told, tickets_used, fds_adopted;
static uint32_t last_session;

/* ---- what HTTP asks of others ---- */

struct call_post {
	call_post_done *done;
	void *context;
	struct call_post *next;
};
static struct call_post *calls;

static void call_unlink(struct call_post *post)
{
	struct call_post **link = &calls;

	while (*link != post)
		link = &(*link)->next;
	*link = post->next;
	free(post);
}

struct call_post *call_post_start(struct gateway *here, struct session *session, const char *by, const char *address,
	const uint8_t *body, size_t length, call_post_done *done, void *context)
{
	struct call_post *post;

	if (session) {
		if (session->revoked || session->scope != SCOPE_RUN)
			broken("a call of a revoked session, or of one that may only watch");
		tickets_used++;
	} else if (!by || strlen(by) >= 32) {
		broken("a call of nobody");
	}
	if (length && body[length - 1] == 'n') { /* it reads all of it, and answers at once */
		done(context, 409, (const uint8_t *)"no", 2, NULL);
		return NULL;
	}
	if (!length) {
		done(context, 400, NULL, 0, "nothing");
		return NULL;
	}
	post = malloc(sizeof *post);
	*post = (struct call_post){ done, context, calls };
	return calls = post;
}

void call_post_cancel(struct call_post *post) { call_unlink(post); }
void programs_end_session(const struct session *session) {}

/* A program of the first session has a socket at each handle below 8: some bytes have come, and of every other one the end. */
static int silent = -1; /* the other side of the socket that goes on */
static bool is_looked_on;

struct session *programs_session_of(const char *by)
{
	for (const struct session *session = sessions_first(); session && !strcmp(by, key); session = session->next)
		if (session->scope == SCOPE_RUN)
			return (struct session *)(uintptr_t)session;
	return NULL;
}

int programs_file_open(const char *by, uint32_t handle) { return -1; }

int programs_stream_open(const char *by, uint32_t handle, uint64_t at)
{
	static const char bytes[3 << 10];
	int pair[2];

	if (strcmp(by, key) || handle > 7 || is_looked_on)
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair))
		broken("no socket: %s", strerror(errno));
	send(pair[1], bytes, handle << 9, MSG_NOSIGNAL);
	close(handle & 1 ? pair[1] : silent);
	silent = handle & 1 ? silent : pair[1];
	return pair[0];
}

bool programs_stream_goes_on(const char *by, uint32_t handle, size_t *took)
{
	*took = 0;
	return !is_looked_on;
}

size_t programs_count(void) { return 0; }
unsigned conn_count(void) { return 0; }
void code_is_due(struct gateway *here) {}
bool channel_send(struct channel *channel, uint32_t type, uint32_t a, uint32_t b, const void *bytes, size_t length,
	int pass_fd) { return true; }
void events_session_open(struct gateway *here, uint32_t session, const char *address, const char *browser)
{
	last_session = session;
	if (++opened > invited)
		broken("%u are in, and %u were invited", opened, invited);
}
void events_session_close(struct gateway *here, uint32_t session) {}
void events_warn(struct gateway *here, const char *format, ...) {}

void ws_adopt(struct gateway *here, int fd, struct session *session, const char *address, struct text head)
{
	if (!session || session->revoked)
		broken("a WebSocket without a session");
	if (++tickets_used > tickets_told)
		broken("%u tickets were used, and %u were given", tickets_used, tickets_told);
	fds_adopted++;
	close(fd);
}

/* ---- what the other side reads ---- */

static void keep(const cJSON *value, char to[static SECRET_TEXT_MAX + 1])
{
	const char *text = cJSON_GetStringValue(value);

	if (text && strlen(text) <= SECRET_TEXT_MAX)
		strcpy(to, text);
}

static void body_must_be(struct peer *peer, int status, const char *head, const char *body, size_t length)
{
	cJSON *json;

	if (token[0] && memmem(body, length, token, strlen(token)))
		broken("an answer repeats the token");
	if (!strstr(head, "Content-Type: application/json\r\n"))
		return;
	json = cJSON_ParseWithLength(body, length);
	if (!cJSON_IsObject(json))
		broken("status %d with a body that isn't JSON: %.*s", status, (int)length, body);
	if ((status >= 400) != (cJSON_GetObjectItemCaseSensitive(json, "error") != NULL))
		broken("status %d, and: %.*s", status, (int)length, body);
	keep(cJSON_GetObjectItemCaseSensitive(json, "secret"), secret);
	if (cJSON_GetObjectItemCaseSensitive(json, "tickets")) {
		const cJSON *all = cJSON_GetObjectItemCaseSensitive(json, "tickets");

		tickets_told += (unsigned)cJSON_GetArraySize(all);
		keep(cJSON_GetArrayItem(all, 0), ticket);
	}
	cJSON_Delete(json);
}

/* The length of a chunked body, its last chunk included; 0: that hasn't come. */
static size_t chunks_at(const char *bytes, size_t length)
{
	for (size_t at = 0, chunk = 1; chunk; at += chunk + 2) {
		const char *end = memmem(bytes + at, length - at, "\r\n", 2);
		char size[16] = "", *after;

		if (!end)
			return 0;
		if (end - (bytes + at) >= (ptrdiff_t)sizeof size)
			broken("a chunk of %.20s bytes", bytes + at);
		memcpy(size, bytes + at, (size_t)(end - (bytes + at)));
		chunk = strtoul(size, &after, 16);
		if (*after || after == size)
			broken("a chunk of %s bytes", size);
		at = (size_t)(end + 2 - bytes);
		if (length < at + chunk + 2)
			return 0;
		if (memcmp(bytes + at + chunk, "\r\n", 2))
			broken("a chunk without its end");
		if (!chunk)
			return at + 2;
	}
	return 0;
}

/* One whole answer at the beginning; gives its length, or 0: it isn't whole yet. */
static size_t answer_at(struct peer *peer, const char *bytes, size_t length)
{
	const char *end = memmem(bytes, length, "\r\n\r\n", 4), *at;
	static char head[4096];
	size_t head_length, body = 0;
	int status;

	if (!end)
		return 0;
	head_length = (size_t)(end + 4 - bytes);
	if (head_length >= sizeof head)
		broken("a head of %zu bytes", head_length);
	memcpy(head, bytes, head_length);
	head[head_length] = 0;
	if (sscanf(head, "HTTP/1.1 %3d ", &status) != 1)
		broken("an answer that begins with %.20s", head);
	if (status == 100)
		return head_length;
	at = strstr(head, "Content-Length: ");
	if (strstr(head, "Transfer-Encoding: chunked\r\n")) {
		if (!(body = chunks_at(bytes + head_length, length - head_length)))
			return 0;
	} else if (!at && status != 304)
		broken("an answer without a length");
	if (!strstr(head, "X-Content-Type-Options: nosniff\r\n"))
		broken("an answer that may be sniffed");
	if (at)
		body = strtoul(at + 16, NULL, 10);
	if ((at = strstr(head, "Set-Cookie: wv_4242=")) && strlen(at) > 20 + COOKIE_TEXT)
		snprintf(cookie, sizeof cookie, "%.*s", COOKIE_TEXT, at + 20);
	if (length - head_length < body) { /* HEAD's has none */
		return 0;
	}
	body_must_be(peer, status, head, bytes + head_length, body);
	if (++peer->answered > peer->asked && !peer->nonsense)
		broken("%u answers to %u requests", peer->answered, peer->asked);
	return head_length + body;
}

static void peer_reads(struct peer *peer)
{
	ssize_t count;
	size_t taken;

	if (peer->fd < 0)
		return;
	for (;;) {
		peer->got = realloc(peer->got, peer->got_length + MIDDLE);
		count = recv(peer->fd, peer->got + peer->got_length, MIDDLE, MSG_DONTWAIT);
		if (count <= 0)
			break;
		peer->got_length += (size_t)count;
		if (peer->got_length > ANSWER_BYTES)
			break;
	}
	/* After a HEAD what follows is the next answer: its length is only said. */
	while (!peer->nonsense && (taken = answer_at(peer, peer->got, peer->got_length))) {
		peer->got_length -= taken;
		memmove(peer->got, peer->got + taken, peer->got_length);
	}
}

static void peer_goes(struct peer *peer)
{
	if (peer->fd >= 0)
		close(peer->fd);
	free(peer->got);
	*peer = (struct peer){ .fd = -1 };
}

/* ---- what it sends ---- */

struct input {
	const uint8_t *at, *end;
};

static uint8_t take(struct input *input) { return input->at < input->end ? *input->at++ : 0; }

struct text_out {
	char bytes[8192];
	size_t length;
};

static void put(struct text_out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text_out *out, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(out->bytes + out->length, sizeof out->bytes - out->length, format, args);
	va_end(args);
	if (length > 0 && out->length + (size_t)length < sizeof out->bytes)
		out->length += (size_t)length;
}

static void put_raw(struct text_out *out, struct input *input)
{
	for (unsigned count = take(input); count > 0 && out->length < sizeof out->bytes - 1; count--)
		out->bytes[out->length++] = (char)take(input);
}

static void put_field(struct text_out *out, struct input *input, uint8_t which)
{
	switch (which % 16) {
	case 0: put(out, "Content-Type: application/octet-stream\r\n"); break;
	case 1: put(out, "Wvwasi-Secret: %s\r\n", secret); break;
	case 2: case 3: put(out, "Wvwasi-Ticket: %s\r\n", ticket); break;
	case 4: put(out, "Wvwasi-Guest: %s\r\n", key); break;
	case 5: put(out, "Cookie: a=b; wv_4242=%s\r\n", cookie); break;
	case 6: case 7:
		put(out, "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		    "Sec-WebSocket-Protocol: %s, t.%s\r\n", which & 16 ? "wvwasi-watch.1" : "wvwasi.1", ticket);
		break;
	case 8: put(out, "Connection: close\r\n"); break;
	case 9: put(out, "Expect: 100-continue\r\n"); break;
	case 10: put(out, "Wvwasi-Guest: %s\r\nRange: bytes=%u-%u\r\n", key, which >> 4, take(input) * 16u); break;
	case 11: put(out, "If-None-Match: *\r\nUser-Agent: Firefox/%u Linux\r\n", take(input)); break;
	case 12: put(out, "Sec-Fetch-Site: %s\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n",
		which & 16 ? "cross-site" : "same-origin"); break;
	case 13: put(out, "Wvwasi-Secret: %.*s\r\n", take(input) % 60,
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"); break;
	default: put(out, "Content-Type: application/json\r\n");
	}
}

static void put_body(struct text_out *out, struct input *input, uint8_t which)
{
	switch (which % 10) {
	case 0: put(out, "{\"token\": \"%s\"}", token); break;
	case 1: put(out, "{\"code\":\"%s\"}", code); break;
	case 2: put(out, "{\"code\":\"AAAA-AAA%c\"}", 'A' + take(input) % 26); break;
	case 3: put(out, "{\"count\":%d}", (int8_t)take(input)); break;
	case 4: put(out, "{\"token\":\"%s\",\"code\":\"%s\"}", token, code); break;
	case 5: put(out, "{}"); break;
	case 6:
		for (unsigned depth = take(input) * 8u; depth > 0; depth--)
			put(out, "[");
		break;
	case 7: put(out, "{\"token\":null,\"count\":1e%u,\"x\":\"\\u%02x00\"}", take(input), take(input)); break;
	default: put_raw(out, input);
	}
}

static void peer_asks(struct peer *peer, struct input *input)
{
	static const char *const paths[] = { "/_wvwasi/claim", "/_wvwasi/ticket", "/_wvwasi/call", "/_wvwasi/ws",
		"/_wvwasi/program.json", "/_wvwasi/program.wasm",
	                                     "/_wvwasi/enter", "/_wvwasi/wvwasi.js", "/", "/f", "/missing", "/d", "/d/", "/d/../f",
	                                     "/_wvwasi/bytes?5", "/_wvwasi/bytes?4" };
	static const char *const methods[] = { "POST", "POST", "POST", "GET", "GET", "HEAD", "PUT", "POST" };
	static struct text_out out, body;
	uint8_t what = take(input), how = take(input);
	const char *method = methods[how & 7], *path = paths[what % 16];

	out.length = body.length = 0;
	if (what >= 240) { /* anything */
		put_raw(&out, input);
		peer->nonsense = true;
	} else {
		put(&out, "%s %s HTTP/1.1\r\nHost: %s\r\n", how & 128 && what % 16 < 4 ? (what % 16 == 3 ? "GET" : "POST") : method, path,
		    how == 0x7f ? "evil.example" : peer->for_debugger ? gateway.debugger_host : gateway.host);
		if ((how & 0x78) != 0x78)
			put(&out, "Origin: %s\r\n", peer->for_debugger ? gateway.debugger_origin : gateway.origin);
		for (unsigned count = how >> 3 & 3; count > 0; count--)
			put_field(&out, input, take(input));
		if (how & 32)
			put(&out, "Content-Type: application/json\r\n");
		if (how & 64)
			put_body(&body, input, take(input));
		if (*method == 'P' || how & 128)
			put(&out, "Content-Length: %zu\r\n", body.length);
		put(&out, "\r\n");
		if (out.length + body.length < sizeof out.bytes) {
			memcpy(out.bytes + out.length, body.bytes, body.length);
			out.length += body.length;
		}
		/* After a HEAD no body comes, whatever length is told; a body that was not announced is the next request. */
		peer->nonsense |= *method == 'H' || (body.length && *method != 'P' && !(how & 128));
		peer->asked++;
	}
	if (what & 16) { /* in pieces, and perhaps not all */
		size_t first = out.length * (how & 15) / 16;

		send(peer->fd, out.bytes, first, MSG_DONTWAIT | MSG_NOSIGNAL);
		uv_run(gateway.loop, UV_RUN_NOWAIT);
		if (what & 32)
			send(peer->fd, out.bytes + first, out.length - first, MSG_DONTWAIT | MSG_NOSIGNAL);
		else
			peer->nonsense = true;
	} else {
		send(peer->fd, out.bytes, out.length, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
}

/* ---- an input ---- */

static void peer_comes(struct peer *peer, bool is_ours, bool for_debugger)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair))
		broken("cannot connect: %s", strerror(errno));
	peer->fd = pair[0];
	peer->for_debugger = for_debugger;
	route_accept(&gateway, pair[1], "127.0.0.1", NULL, is_ours, for_debugger);
}

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void step(struct input *input)
{
	uint8_t what = take(input);
	struct peer *peer = &peers[(what >> 4) % PEERS];

	switch (what & 15) {
	case 0: case 1: case 2: case 3: case 4: case 5:
		if (peer->fd < 0)
			peer_comes(peer, !(what & 1), (what & 15) == 5);
		peer_asks(peer, input);
		break;
	case 6:
		peer_goes(peer);
		break;
	case 7:
		if (peer->fd >= 0)
			shutdown(peer->fd, SHUT_WR);
		break;
	case 8:
		if (what & 64)
			secrets_debugger_token_new(gateway.secrets, now_ns(), 600, token);
		else
			secrets_token_new_for(gateway.secrets, now_ns(), what & 128 ? 0 : 600, 0, token);
		invited++;
		break;
	case 9:
		secrets_code_new(gateway.secrets, now_ns(), code);
		invited++;
		break;
	case 10:
		session_revoke(&gateway, last_session);
		break;
	case 11:
		if (calls) {
			struct call_post *post = calls;
			call_post_done *done = post->done;
			void *context = post->context;

			call_unlink(post);
			done(context, 200, (const uint8_t *)gateway.host, what & 128 ? 0 : 10, NULL);
		}
		break;
	case 12:
		program_file_opened(&gateway, what & 128 ? -1 : openat(tree.root, "f", O_RDONLY | O_CLOEXEC), ENOENT,
			what & 64 ? PROGRAM_RECORDING : PROGRAM_ITSELF);
		break;
	case 13:
		http_conns_sweep(uv_now(gateway.loop) + (uint64_t)(what >> 4) * 5000);
		break;
	case 15:
		is_looked_on = what >> 7;
		break;
	case 14:
		config.max_connections = 1 + (what >> 4);
		config.isolation = what >> 5 & 1;
		break;
	}
	for (int i = 0; i < 4; i++) /* a head, its body, the answer */
		uv_run(gateway.loop, UV_RUN_NOWAIT);
	for (int i = 0; i < PEERS; i++)
		peer_reads(&peers[i]);
}

static unsigned descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void nothing(uv_async_t *async) {}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *args[] = { "program.wasm" };
	static uv_async_t alive;

	tree_make(&tree);
	gateway = (struct gateway){ .loop = uv_default_loop(), .config = &config, .root_fd = tree.root, .port = 4242,
		.grants = { .args = args, .args_count = 1 } };
	strcpy(gateway.host, "localhost:4242");
	strcpy(gateway.origin, "http://localhost:4242");
	strcpy(gateway.debugger_host, "127.0.0.2:4242");
	strcpy(gateway.debugger_origin, "http://127.0.0.2:4242");
	uv_async_init(gateway.loop, &alive, nothing);
	for (int i = 0; i < PEERS; i++)
		peers[i].fd = -1;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct input input = { bytes, bytes + length };
	unsigned fds;

	tree_fill(&tree);
	uv_run(gateway.loop, UV_RUN_NOWAIT);
	fds = descriptors();
	gateway.secrets = secrets_new();
	config.max_connections = 3;
	config.isolation = ISOLATION_REQUIRE_CORP;
	strcpy(secret, "none");
	strcpy(ticket, key);
	strcpy(cookie, "none");
	*token = *code = 0;
	is_looked_on = false;
	invited = opened = tickets_told = tickets_used = 0;
	for (int i = 0; i < STEPS_MAX && input.at < input.end; i++)
		step(&input);
	for (int i = 0; i < PEERS; i++)
		peer_goes(&peers[i]);
	for (int i = 0; i < 40 && http_conns_count(); i++)
		uv_run(gateway.loop, UV_RUN_NOWAIT);
	if (http_conns_count() || calls)
		broken("%u connections stay", http_conns_count());
	sessions_close(&gateway);
	close(silent);
	silent = -1;
	if (sessions_are_held())
		broken("a session is still held");
	secrets_free(gateway.secrets);
	if (descriptors() != fds)
		broken("%u descriptors, %u before", descriptors(), fds);
	tree_check(&tree);
	tree_wipe(&tree);
	return 0;
}
