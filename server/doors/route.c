#include "route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/base/config.h"
#include "server/base/events.h"
#include "server/auth/origin_check.h"
#include "server/auth/secrets.h"
#include "server/auth/sessions.h"
#include "server/base/gateway.h"
#include "api.h"
#include "client.h"
#include "lan.h"
#include "pairing_request.h"
#include "proxy.h"
#include "policy.h"
#include "program_file.h"
#include "reload.h"
#include "upgrade.h"
#include "waiting.h"
#include "server/http/embedded.h"
#include "server/http/files.h"
#include "server/program/posts.h"

#define OURS "/_wvwasi/"

static bool is_ours(struct text path)
{
	return path.length >= sizeof OURS - 1 && !memcmp(path.at, OURS, sizeof OURS - 1);
}

static void redirect(struct http_conn *conn, const char *to)
{
	struct reply reply;

	reply_init(&reply, 302);
	reply_header(&reply, "Location: %s", to);
	reply_header(&reply, "Cache-Control: no-store");
	http_conn_reply(conn, &reply);
}

/* ---- clients whose user the kernel didn't confirm ---- */

/* The cookie proves that this browser has claimed a link: enough for files, never for calls, because browsers send it to every
 * port of this host. */
static bool has_cookie(const struct http_conn *conn, const struct head *head)
{
	const struct session *session;
	char name[16];

	snprintf(name, sizeof name, "wv_%d", conn->tls ? conn->gateway->lan->ports[LAN_APP] : conn->gateway->port);
	session = secrets_cookie_find(conn->gateway->secrets, text_cookie(head->fields[HEAD_COOKIE], name));
	return session && session->remote == (conn->tls != NULL);
}

/* Each byte that could mean something in the fragment, escaped. False: it is too long. */
static bool fragment_escape(struct text text, char *to, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || memchr("/-._~", c, 5);

		if (at + 4 > size)
			return false;
		at += (size_t)snprintf(to + at, size - at, plain ? "%c" : "%%%02X", (unsigned char)c);
	}
	to[at] = 0;
	return true;
}

static void lead_to_enter(struct http_conn *conn, const struct head *head)
{
	char to[200], where[256];

	if (!text_is(head->fields[HEAD_FETCH_DEST], "document") && !text_is(head->path, "/")) {
		http_conn_refuse(conn, 401, "this browser has no session: open the link that the gateway printed at its terminal", false,
		                 true);
		return;
	}
	if (!fragment_escape(head->path, to, sizeof to))
		strcpy(to, "/");
	snprintf(where, sizeof where, OURS "enter#to=%s", to);
	redirect(conn, where);
}

/* ---- the debugger's origin ---- */

/* What the debugger's origin serves: the inspector and the modules that it shares with the shim; nothing of the app. */
static bool is_inspectors(struct text name)
{
	return text_is(name, "inspector") || text_begins(name, "inspector/") || text_is(name, "theme.css") || text_is(name, "icon.svg") ||
	       text_is(name, "colours.js") || text_is(name, "elements.js") || text_is(name, "figures.js") || text_is(name, "letter.js") ||
	       text_begins(name, "shim/base/") || text_begins(name, "shim/recording/") || text_is(name, "shim/program/instance.js") ||
	       text_begins(name, "shim/component/interfaces");
}

/* The enter page: a user of another machine may type a code there, and waits for the yes. */
static bool is_for_entering(struct text name)
{
	return text_is(name, "enter") || text_begins(name, "enter/") || text_is(name, "shim/gateway/tickets.js") ||
		text_is(name, "shim/gateway/link.js") || text_is(name, "shim/base/urls.js");
}

static void route_debugger(struct http_conn *conn, const struct head *head)
{
	const struct client *client = client_of(conn);
	const struct origin_claims claims = head_origin(head);
	enum origin_verdict verdict = origin_check(&claims, client->host, client->origin);
	bool ours = is_ours(head->path);
	struct text name = ours ? (struct text){ head->path.at + sizeof OURS - 1,
		head->path.length - (sizeof OURS - 1) } : head->path;
	bool is_api = text_is(name, "claim") || text_is(name, "ticket");
	char sentence[640];

	if (verdict == ORIGIN_OK && ours && text_is(name, "watch")) {
		upgrade_begin(conn, head);
		return;
	}
	http_conn_take_head(conn, head);
	if (verdict != ORIGIN_OK) {
		origin_check_explain(verdict, &claims, client->origin, sentence, sizeof sentence);
		http_conn_refuse(conn, origin_check_status(verdict), sentence, is_api, true);
	} else if (head->method == METHOD_OTHER) {
		http_conn_refuse(conn, 405, "this server answers only GET, HEAD and POST", is_api, true);
	} else if (ours && is_api) {
		api_serve(conn, head, name);
	} else if (ours && (is_inspectors(name) || (conn->tls && is_for_entering(name)))) {
		embedded_serve(conn, head, name);
	} else if (head->method != METHOD_POST && text_is(head->path, "/")) {
		redirect(conn, conn->tls ? OURS "enter#to=" OURS "inspector" : OURS "inspector");
	} else {
		http_conn_refuse(conn, 404, "this origin serves only the debugger", false, head->method == METHOD_POST);
	}
}

/* Of our origins for other machines, the one that Host names; the first if it names none. */
static void origin_find(struct http_conn *conn, struct text host)
{
	struct client *client = client_of(conn);
	const struct lan *lan = conn->gateway->lan;
	const struct origin *origins = lan->origins[client->for_debugger ? LAN_DEBUGGER : LAN_APP];

	for (size_t i = lan->origins_count; i-- > 0; ) {
		client->host = origins[i].host;
		client->origin = origins[i].origin;
		if (text_is(host, client->host))
			return;
	}
}

/* The user at the terminal hears of it, once a minute: a page that was opened from another server can't work, and a hostile one
 * is to be known. */
static void foreign_say(struct gateway *gateway, enum origin_verdict verdict, const char *sentence)
{
	enum { TOLD_MS = 60000 };
	static uint64_t told_ms;
	uint64_t now = uv_now(gateway->loop);

	if ((verdict != ORIGIN_FOREIGN && verdict != ORIGIN_FOREIGN_SITE) || (told_ms && now - told_ms < TOLD_MS))
		return;
	told_ms = now;
	events_warn(gateway, "a page of another server asked this gateway, and was refused: %s", sentence);
}

static void route(struct http_conn *conn, const struct head *head)
{
	const struct client *client = client_of(conn);
	struct gateway *gateway = conn->gateway;
	const struct origin_claims claims = head_origin(head);
	enum origin_verdict verdict;
	bool ours = is_ours(head->path), passes_on = !ours && proxy_is_on(gateway),
	    sees_files = client->is_ours || has_cookie(conn, head);
	struct text name = ours ? (struct text){ head->path.at + sizeof OURS - 1,
		head->path.length - (sizeof OURS - 1) } : head->path;
	char sentence[640];

	if (conn->tls)
		origin_find(conn, head->fields[HEAD_HOST]);
	if (client->for_debugger) {
		route_debugger(conn, head);
		return;
	}
	verdict = origin_check(&claims, client->host, client->origin);
	if (verdict == ORIGIN_OK && ours && text_is(name, "ws")) {
		upgrade_begin(conn, head); /* reads the head, or leaves it to libwebsockets */
		return;
	}
	http_conn_take_head(conn, head);
	if (verdict != ORIGIN_OK) {
		origin_check_explain(verdict, &claims, client->origin, sentence, sizeof sentence);
		foreign_say(gateway, verdict, sentence);
		http_conn_refuse(conn, origin_check_status(verdict), sentence, ours && api_speaks_json(name), true);
	} else if (head->method == METHOD_OTHER && !passes_on) {
		http_conn_refuse(conn, 405, "this server answers only GET, HEAD and POST", ours && api_speaks_json(name), true);
	} else if (text_is(head->fields[HEAD_SERVICE_WORKER], "script") &&
	           (ours || !sees_files || (gateway->root_fd < 0 && !passes_on))) {
		embedded_serve_unregister_worker(conn, head); /* none of ours is one */
	} else if (!sees_files && (!ours || text_is(name, "program.json") || text_is(name, "program.wasm") || text_is(name, "recording") ||
	                           text_is(name, "changes") || text_begins(name, "programs/"))) {
		lead_to_enter(conn, head); /* our own pages are no secret */
	} else if (ours) {
		if (text_begins(name, "inspector"))
			http_conn_refuse(conn, 404, "the debugger has an origin of its own (its link: d at the terminal)", false,
			                 head->method == METHOD_POST);
		else if (text_is(name, "changes"))
			reload_serve(conn, head);
		else if (!api_serve(conn, head, name))
			embedded_serve(conn, head, name);
	} else if (passes_on) {
		proxy_begin(conn, head);
	} else if (head->method == METHOD_POST) {
		http_conn_refuse(conn, 405, "files don't accept POST", false, true);
	} else if (gateway->root_fd < 0 && text_is(head->path, "/")) {
		redirect(conn, OURS "terminal");
	} else {
		files_serve(conn, head);
	}
}

/* ---- the handler that http/ calls ---- */

static void request_end(struct client *client)
{
	if (client->request.session)
		session_drop(client->request.session);
	waiting_leave(client);
	proxy_forget(client);
	client->request = (struct request){ 0 };
}

static void on_answered(struct http_conn *conn)
{
	request_end(client_of(conn));
}

static void on_gone(struct http_conn *conn)
{
	struct client *client = client_of(conn);

	if (client->request.call)
		call_post_cancel(client->request.call);
	if (client->request.asks_to_pair)
		pairing_request_gone(conn);
	request_end(client);
	if (client->payer)
		session_drop(client->payer);
	free(client);
}

static const struct http_handler handler = { route, api_body, on_answered, on_gone, policy_write };

void route_accept(struct gateway *gateway, int fd, const char *address, struct tls_conn *tls, bool is_ours, bool for_debugger)
{
	const struct origin *origin = tls ? &gateway->lan->origins[for_debugger ? LAN_DEBUGGER : LAN_APP][0] : NULL;
	struct client *client = calloc(1, sizeof *client);

	if (!client) {
		close(fd);
		return;
	}
	client->host = origin ? origin->host : for_debugger ? gateway->debugger_host : gateway->host;
	client->origin = origin ? origin->origin : for_debugger ? gateway->debugger_origin : gateway->origin;
	client->is_ours = is_ours;
	client->for_debugger = for_debugger;
	if (!http_conn_new(gateway, &handler, fd, address, tls, client))
		free(client);
}
