#include "proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "policy.h"
#include "server/base/config.h"
#include "server/base/gateway.h"
#include "server/base/keeper_messages.h"
#include "server/base/upstream.h"
#include "server/http/relay.h"
#include "server/tls/conn.h"
#include "waiting.h"

static struct waiting waiting;
static char origins_text[3][90];
static const char *origins[4];  /* of the other server, as its redirects may name it */
static char upstream_host[80];
static client_accept *accept_again;

bool proxy_is_on(const struct gateway *gateway)
{
	return gateway->config->root && upstream_is_url(gateway->config->root);
}

void proxy_start(struct gateway *gateway, client_accept *accept)
{
	static const char *const hosts[] = { "localhost", "127.0.0.1" };
	struct upstream upstream;

	accept_again = accept;
	if (!proxy_is_on(gateway) || upstream_read(gateway->config->root, &upstream))
		return;
	snprintf(upstream_host, sizeof upstream_host, "%s:%u", upstream.host, upstream.port);
	for (size_t i = 0; i < 3; i++) {
		snprintf(origins_text[i], sizeof origins_text[i], "http://%s:%u", i < 2 ? hosts[i] : upstream.host, upstream.port);
		origins[i] = origins_text[i];
	}
}

/* ---- the request as the other server sees it ---- */

struct out {
	char *bytes;
	size_t length, room;
};

static void put(struct out *out, const char *bytes, size_t length)
{
	if (length > out->room - out->length)
		length = out->room - out->length; /* it never is: the room is made for what there is */
	memcpy(out->bytes + out->length, bytes, length);
	out->length += length;
}

static void put_text(struct out *out, const char *text)
{
	put(out, text, strlen(text));
}

/* All but ours, which the gateways of this machine tell by their names. */
static void put_cookies(struct out *out, struct text cookies)
{
	bool any = false;

	while (cookies.length) {
		const char *end = memchr(cookies.at, ';', cookies.length);
		size_t length = end ? (size_t)(end - cookies.at) : cookies.length;
		struct text one = text_trimmed((struct text){ cookies.at, length });

		if (one.length && !(one.length >= 3 && !memcmp(one.at, "wv_", 3))) {
			put_text(out, any ? "; " : "Cookie: ");
			put(out, one.at, one.length);
			any = true;
		}
		cookies.at += length + (end != NULL);
		cookies.length -= length + (end != NULL);
	}
	if (any)
		put_text(out, "\r\n");
}

static bool is_ours_alone(struct text name)
{
	static const char *const dropped[] = { "host", "connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade",
		"expect", "referer" };

	for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++)
		if (text_is_nocase(name, dropped[i]))
			return true;
	return name.length >= 7 && text_is_nocase((struct text){ name.at, 7 }, "wvwasi-");
}

static void put_field(struct out *out, struct text name, struct text value)
{
	if (is_ours_alone(name))
		return;
	if (text_is_nocase(name, "cookie")) {
		put_cookies(out, value);
		return;
	}
	put(out, name.at, name.length);
	put_text(out, ": ");
	if (text_is_nocase(name, "origin")) /* it is ours, or we wouldn't be here: to that server it is its own */
		put_text(out, origins[2]);
	else
		put(out, value.at, value.length);
	put_text(out, "\r\n");
}

/* head_read() has judged every line of it. */
static bool head_rewrite(const struct head *head, bool upgrades, struct out *out)
{
	const char *at = head->bytes, *end = head->bytes + head->length - 2, *newline;

	out->room = head->length + 400;
	out->bytes = malloc(out->room);
	out->length = 0;
	if (!out->bytes)
		return false;
	for (int lines = 0; at < end && (newline = memchr(at, '\n', (size_t)(end - at))); lines++, at = newline + 1) {
		const char *colon = memchr(at, ':', (size_t)(newline - at));

		if (!lines)
			put(out, at, (size_t)(newline + 1 - at));
		else if (colon)
			put_field(out, (struct text){ at, (size_t)(colon - at) },
			          text_trimmed((struct text){ colon + 1, (size_t)(newline - 1 - colon - 1) }));
	}
	put_text(out, "Host: ");
	put_text(out, upstream_host);
	put_text(out, upgrades ? "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" : "\r\nConnection: close\r\n\r\n");
	return true;
}

static char *policy_lines(const struct http_conn *conn)
{
	struct reply reply;
	char lines[1024];

	reply_init(&reply, 200);
	reply.is_app = true;
	lines[policy_write(conn, &reply, lines, sizeof lines)] = 0;
	return strdup(lines);
}

/* ---- asking the keeper for a connection ---- */

void proxy_begin(struct http_conn *conn, const struct head *head)
{
	bool upgrades = text_is_nocase(head->fields[HEAD_UPGRADE], "websocket") && head->method == METHOD_GET;
	struct relay_request *request;
	struct out out;

	if (!relays_have_room() || !(request = calloc(1, sizeof *request)) || !head_rewrite(head, upgrades, &out)) {
		http_conn_refuse(conn, 503, "too many requests are under way", false, head->content_length);
		return;
	}
	*request = (struct relay_request){
		.head = out.bytes, .head_length = out.length, .body_length = head->content_length, .is_head = head->method == METHOD_HEAD,
		.upgrades = upgrades, .keep_alive = conn->keep_alive, .more = policy_lines(conn), .origins = origins,
	};
	if (!request->more)
		abort(); /* a few bytes */
	if (head->content_length && text_is_nocase(head->fields[HEAD_EXPECT], "100-continue"))
		send(conn->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_DONTWAIT | MSG_NOSIGNAL);
	client_of(conn)->request.passed_on = request;
	waiting_add(&waiting, conn);
	channel_send(&conn->gateway->channel, ASK_UPSTREAM, 0, 0, NULL, 0, -1);
}

void proxy_forget(struct client *client)
{
	if (!client->request.passed_on)
		return;
	relay_request_clear(client->request.passed_on);
	free(client->request.passed_on);
	client->request.passed_on = NULL;
}

/* ---- and then ---- */

/* Who the client was, for its next request. */
struct proxied {
	struct gateway *gateway;
	struct tls_conn *tls;  /* held */
	char address[64];
	bool is_ours;
};

static void on_done(void *context, int client_fd)
{
	struct proxied *proxied = context;

	if (client_fd >= 0)
		accept_again(proxied->gateway, client_fd, proxied->address, proxied->tls, proxied->is_ours, false);
	if (proxied->tls)
		tls_conn_drop(proxied->tls);
	free(proxied);
}

void proxy_connected(struct gateway *gateway, int fd, int error)
{
	struct http_conn *conn = waiting_first(&waiting);
	struct relay_request request;
	struct proxied *proxied;
	char sentence[256];

	if (conn && fd < 0) {
		snprintf(sentence, sizeof sentence, "the web server behind --root can't be reached: %s (is it running?)",
		         strerror(error));
		http_conn_refuse(conn, 502, sentence, false, false);
		return;
	}
	proxied = conn ? calloc(1, sizeof *proxied) : NULL;
	if (!proxied) { /* the client has gone, or there's no memory */
		if (fd >= 0)
			close(fd);
		if (conn)
			http_conn_refuse(conn, 503, "no memory", false, false);
		return;
	}
	*proxied = (struct proxied){ .gateway = gateway, .tls = conn->tls, .is_ours = client_of(conn)->is_ours };
	memcpy(proxied->address, conn->address, sizeof proxied->address);
	if (proxied->tls)
		tls_conn_hold(proxied->tls);
	request = *client_of(conn)->request.passed_on;
	*client_of(conn)->request.passed_on = (struct relay_request){ 0 };
	if (!relay_start(gateway, http_conn_give_socket(conn), fd, &request, on_done, proxied))
		on_done(proxied, -1);
}
