#include "api.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server/base/config.h"
#include "requests.h"
#include "pairing_request.h"
#include "server/auth/remembered.h"
#include "server/auth/secrets.h"
#include "server/auth/sessions.h"
#include "server/base/events.h"
#include "server/base/gateway.h"
#include "server/program/programs.h"
#include "server/program/posts.h"
#include "server/wire/codec.h"
#include "server/base/keeper_messages.h"
#include "lan.h"
#include "server/program/ws.h"
#include "server/http/files.h"
#include "server/http/conn.h"

#define FULL "too many connections are in: close a tab, or start the gateway with a larger --max-connections"
enum { SMALL_BODY_MAX = 4096, TICKETS_AT_ONCE_MAX = 16 };

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Takes answer. */
static void reply_json(struct http_conn *conn, cJSON *answer)
{
	char *text = cJSON_PrintUnformatted(answer);
	struct reply reply;

	cJSON_Delete(answer);
	reply_init(&reply, text ? 200 : 503);
	reply.type = "application/json";
	reply.bytes = text ? text : "";
	reply.length = strlen(reply.bytes);
	reply.lent = true;
	reply_header(&reply, "Cache-Control: no-store");
	if (*conn->post.cookie) /* a session cookie, for files; shared by all ports of localhost, hence its name */
		reply_header(&reply, "Set-Cookie: wv_%d=%s; Path=/; HttpOnly; SameSite=Strict%s", conn->tls ? conn->gateway->lan->ports[LAN_APP] : conn->gateway->port,
		             conn->post.cookie, conn->tls ? "; Secure" : "");
	http_conn_reply(conn, &reply);
	secret_forget(reply.headers, sizeof reply.headers);
	if (text) {
		secret_forget(text, strlen(text));
		cJSON_free(text);
	}
}

static void refuse(struct http_conn *conn, int status, const char *sentence)
{
	http_conn_refuse(conn, status, sentence, true, false);
}

/* ---- claim and ticket ---- */

/* A session of programs is nobody at the debugger's door, and the other way round; one of this machine nobody at other machines' door. */
static struct session *of_this_door(const struct http_conn *conn, struct session *session)
{
	return session && (session->scope != SCOPE_RUN) == conn->for_debugger && session->remote == (conn->tls != NULL) ? session : NULL;
}


/* 0: let in; else the status, and why in words. */
static int token_judge(struct http_conn *conn, const char *token, char *why, size_t size)
{
	struct text text = { token, strlen(token) };
	struct secrets *secrets = conn->gateway->secrets;

	switch (conn->for_debugger ? secrets_debugger_token_claim(secrets, text, now_ns()) : secrets_token_claim(secrets, text, now_ns())) {
	case CLAIM_USED:
		events_warn(conn->gateway, "a link was opened a second time, by %s: it works once (a new one: press Enter)", conn->address);
		snprintf(why, size, "this link has been used: it works once");
		return 410;
	case CLAIM_EXPIRED:
		snprintf(why, size, "this link has expired");
		return 410;
	case CLAIM_UNKNOWN:
		snprintf(why, size, "this link isn't one of this gateway's: it may be of an earlier start");
		return 410;
	case CLAIM_GOOD:
		break;
	}
	return 0;
}

static int code_judge(struct http_conn *conn, const char *code, char *why, size_t size)
{
	unsigned tries_left;

	switch (secrets_code_claim(conn->gateway->secrets, (struct text){ code, strlen(code) }, now_ns(), &tries_left)) {
	case CLAIM_GOOD:
		return 0;
	case CLAIM_UNKNOWN:
		if (tries_left) {
			snprintf(why, size, "this isn't the code: %u more %s, then there's a new one", tries_left, tries_left == 1 ? "try" : "tries");
			return 403;
		}
		code_is_due(conn->gateway);
		snprintf(why, size, "this isn't the code: there's a new one at the terminal now");
		return 403;
	default:
		snprintf(why, size, "there's no code at the moment: the last one was used, or is older than ten minutes");
		return 410;
	}
}

/* Opens a session, and answers with its secret. asker: whose link it was; 0: nobody's. */
static void let_in(struct http_conn *conn, uint32_t requester)
{
	struct gateway *gateway = conn->gateway;
	struct text user_agent = { conn->post.user_agent, strlen(conn->post.user_agent) };
	struct session *session = session_open(gateway, conn->for_debugger ? SCOPE_WATCH : SCOPE_RUN, conn->address, user_agent, now_ns());
	char secret[SECRET_TEXT_MAX + 1];
	cJSON *answer;

	if (session && !secrets_session_new(gateway->secrets, session, secret)) {
		session_revoke(gateway, session->id);
		session = NULL;
	}
	if (!session) {
		refuse(conn, 503, "too many are in already");
		return;
	}
	session->requester = requester;
	session->remote = conn->tls != NULL;
	if (!conn->is_ours && !conn->for_debugger)
		secrets_cookie_new(gateway->secrets, session, conn->post.cookie);
	if (session->remote) {
		session->remembered = gateway->config->remember && !conn->for_debugger; /* a debugger knocks anew */
		session_remember(gateway, session);
	}
	http_conn_admit(conn); /* if there's no room it stays a stranger, who is in none the less */
	answer = cJSON_CreateObject();
	cJSON_AddStringToObject(answer, "secret", secret);
	secret_forget(secret, sizeof secret);
	reply_json(conn, answer);
}

void api_admitted(struct http_conn *conn)
{
	let_in(conn, 0);
}

static void claim(struct http_conn *conn, const cJSON *body)
{
	const char *token = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(body, "token"));
	const char *code = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(body, "code"));
	const char *words = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(body, "words"));
	char why[160];
	int status;

	if (conn->for_debugger && !conn->tls ? !token || code : !token == !code) {
		refuse(conn, 400, "a claim needs a token, or a code");
		return;
	}
	if (conn->tls) {
		pairing_request_claim(conn, token, code, words);
		return;
	}
	status = token ? token_judge(conn, token, why, sizeof why) : code_judge(conn, code, why, sizeof why);
	if (status)
		refuse(conn, status, why);
	else
		let_in(conn, token ? secrets_token_requester(conn->gateway->secrets, (struct text){ token, strlen(token) }) : 0);
}

static void ticket(struct http_conn *conn, const cJSON *body)
{
	const cJSON *count = cJSON_GetObjectItemCaseSensitive(body, "count");
	cJSON *answer, *tickets;

	if (count && (!cJSON_IsNumber(count) || count->valuedouble < 1 || count->valuedouble > TICKETS_AT_ONCE_MAX)) {
		refuse(conn, 400, "a count from 1 to 16 is wanted");
		return;
	}
	answer = cJSON_CreateObject();
	tickets = cJSON_AddArrayToObject(answer, "tickets");
	for (int i = 0; i < (count ? count->valueint : 1); i++) {
		char text[SECRET_TEXT_MAX + 1];

		if (!secrets_ticket_new(conn->gateway->secrets, conn->post.session, now_ns(), text)) {
			cJSON_Delete(answer);
			refuse(conn, 503, "too many tickets that nobody has used");
			return;
		}
		cJSON_AddItemToArray(tickets, cJSON_CreateString(text));
		secret_forget(text, sizeof text);
	}
	reply_json(conn, answer);
}

/* ---- call ---- */

static void call_done(void *context, int status, const uint8_t *bytes, size_t length, const char *error)
{
	struct http_conn *conn = context;
	struct reply reply;

	if (error) {
		refuse(conn, status, error);
		return;
	}
	reply_init(&reply, status);
	reply.type = "application/octet-stream";
	reply.bytes = bytes;
	reply.length = length;
	reply.lent = true;
	reply_header(&reply, "Cache-Control: no-store");
	http_conn_reply(conn, &reply);
}

static void call(struct http_conn *conn)
{
	uint8_t *body = conn->body; /* it outlives an answer that comes at once */
	struct call_post *post;

	conn->body = NULL;
	http_conn_wait(conn);
	if (conn->state == HTTP_CONN_WAITS) {
		post = call_post_start(conn->gateway, conn->post.session, conn->post.key, conn->address, body, conn->body_length, call_done, conn);
		if (post)
			conn->call = post;
	}
	free(body);
}

static void call_begin(struct http_conn *conn, const struct head *head)
{
	struct text ticket = head->fields[HEAD_TICKET], key = head->fields[HEAD_GUEST];
	bool known = false;

	if (ticket.at) {
		conn->post.session = of_this_door(conn, secrets_ticket_take(conn->gateway->secrets, ticket, now_ns()));
		if (!conn->post.session) {
			http_conn_refuse(conn, 401, "the ticket is unknown, used or older than 15 seconds", true, true);
			return;
		}
		session_hold(conn->post.session);
		known = true;
	} else if (key.at && key.length < sizeof conn->post.key) {
		snprintf(conn->post.key, sizeof conn->post.key, "%.*s", (int)key.length, key.at);
		known = programs_key_is_known(conn->post.key);
	} else {
		http_conn_refuse(conn, 401, "a call needs Wvwasi-Ticket or Wvwasi-Guest", true, true);
		return;
	}
	conn->post.kind = POST_CALL;
	if (known && !http_conn_admit(conn)) {
		http_conn_refuse(conn, 503, FULL, true, true);
		return;
	}
	/* Who isn't known is told so after a body that fits into the head's buffer, not after 8 MiB. */
	http_conn_read_body(conn, head, conn->admitted ? PROGRAM_MESSAGE_MAX : SMALL_BODY_MAX);
}

/* ---- bodies ---- */

static void post_begin(struct http_conn *conn, const struct head *head, enum post_kind kind)
{
	struct text agent = head->fields[HEAD_USER_AGENT];

	if (kind == POST_CALL) {
		call_begin(conn, head);
		return;
	}
	/* No form and no page's simple request can say so. */
	if (!text_is_nocase(head->fields[HEAD_CONTENT_TYPE], "application/json")) {
		http_conn_refuse(conn, 415, "this address takes application/json alone", true, true);
		return;
	}
	conn->post.kind = kind;
	snprintf(conn->post.user_agent, sizeof conn->post.user_agent, "%.*s", agent.at ? (int)(agent.length < 255 ? agent.length : 255) : 0,
	         agent.at ? agent.at : "");
	if (kind == POST_TICKET) {
		conn->post.session = of_this_door(conn, secrets_session_find(conn->gateway->secrets, head->fields[HEAD_SECRET]));
		if (conn->post.session) {
			session_hold(conn->post.session);
			http_conn_admit(conn); /* without room it stays a stranger, and may ask all the same */
		}
	}
	http_conn_read_body(conn, head, SMALL_BODY_MAX);
}

void api_body(struct http_conn *conn)
{
	cJSON *body;

	if (conn->post.kind == POST_CALL) {
		if (conn->post.session && conn->post.session->revoked)
			refuse(conn, 401, "the session was revoked");
		else
			call(conn);
		return;
	}
	if (conn->post.kind == POST_TICKET && (!conn->post.session || conn->post.session->revoked)) {
		refuse(conn, 401, "this session isn't known (any more)");
		return;
	}
	body = conn->body_length ? cJSON_ParseWithLength((const char *)conn->body, conn->body_length) : NULL;
	if (conn->body)
		secret_forget(conn->body, conn->body_length);
	if (!cJSON_IsObject(body))
		refuse(conn, 400, "the body isn't a JSON object");
	else if (conn->post.kind == POST_CLAIM)
		claim(conn, body);
	else
		ticket(conn, body);
	cJSON_Delete(body);
}

/* ---- ws ---- */

/* "wvwasi.1, t.TICKET", as browsers write it. */
static bool ticket_of(struct text protocols, const char *ours, struct text *ticket)
{
	static const char sign[] = "t.";
	const char *at = protocols.at, *end = at + protocols.length;

	if (!at || protocols.length <= strlen(ours) + 1 || memcmp(at, ours, strlen(ours)))
		return false;
	for (at += strlen(ours); at < end && (*at == ' ' || *at == ','); at++)
		;
	if (end - at != (ssize_t)(sizeof sign - 1 + TICKET_TEXT) || memcmp(at, sign, sizeof sign - 1))
		return false;
	*ticket = (struct text){ at + sizeof sign - 1, TICKET_TEXT };
	return true;
}

static bool is_upgrade(const struct head *head)
{
	return head->method == METHOD_GET && text_is_nocase(head->fields[HEAD_UPGRADE], "websocket") &&
	       head->fields[HEAD_CONNECTION].at && text_has_word(head->fields[HEAD_CONNECTION], "upgrade");
}

static void refuse_upgrade(struct http_conn *conn, const struct head *head, int status, const char *sentence)
{
	http_conn_take_head(conn, head);
	http_conn_refuse(conn, status, sentence, false, true);
}

void api_upgrade(struct http_conn *conn, const struct head *head)
{
	struct gateway *gateway = conn->gateway;
	struct session *session;
	struct text ticket;
	char address[sizeof conn->address];
	int fd;

	if (!is_upgrade(head)) {
		refuse_upgrade(conn, head, 426, "this address is for WebSockets");
	} else if (!text_is(head->fields[HEAD_WEBSOCKET_VERSION], "13") || head->fields[HEAD_WEBSOCKET_KEY].length != 24) {
		refuse_upgrade(conn, head, 400, "not a WebSocket upgrade of version 13");
	} else if (!ticket_of(head->fields[HEAD_WEBSOCKET_PROTOCOL], conn->for_debugger ? "wvwasi-watch.1" : "wvwasi.1", &ticket)) {
		refuse_upgrade(conn, head, 400, "the sub-protocols must be 'wvwasi.1, t.TICKET'");
	} else if (gateway->stopping) {
		refuse_upgrade(conn, head, 503, "the gateway is ending");
	} else if (!admitted_have_room(gateway)) {
		refuse_upgrade(conn, head, 503, FULL);
	} else if (!(session = of_this_door(conn, secrets_ticket_take(gateway->secrets, ticket, now_ns())))) {
		refuse_upgrade(conn, head, 401, "the ticket is unknown, used or older than 15 seconds");
	} else {
		memcpy(address, conn->address, sizeof address);
		fd = http_conn_give_socket(conn);
		ws_adopt(gateway, fd, session, address);
	}
}

/* ---- PROGRAM ---- */

static void program_json(struct http_conn *conn)
{
	static const char *const modes[] = { [TTY_LINE] = "line", [TTY_RAW] = "raw" };
	const struct gateway *gateway = conn->gateway;
	cJSON *answer, *args;

	if (!gateway->grants.args_count) {
		refuse(conn, 404, "the gateway was started without a program");
		return;
	}
	answer = cJSON_CreateObject();
	cJSON_AddStringToObject(answer, "name", gateway->grants.args[0]);
	args = cJSON_AddArrayToObject(answer, "args");
	for (size_t i = 0; i < gateway->grants.args_count; i++)
		cJSON_AddItemToArray(args, cJSON_CreateString(gateway->grants.args[i]));
	cJSON_AddStringToObject(answer, "tty", modes[gateway->config->tty]);
	reply_json(conn, answer);
}

static void program_wasm(struct http_conn *conn, const struct head *head)
{
	struct gateway *gateway = conn->gateway;

	if (!gateway->grants.args_count) {
		http_conn_refuse(conn, 404, "the gateway was started without a program", false, false);
		return;
	}
	files_asked(conn, head);
	conn->wants_program = true;
	http_conn_wait(conn);
	channel_send(&gateway->channel, ASK_PROGRAM, 0, 0, NULL, 0, -1);
}

void api_program_opened(struct gateway *gateway, int fd, int error)
{
	struct http_conn *conn = http_conn_waiting_for_program();
	char sentence[256];

	if (!conn) { /* it has gone */
		if (fd >= 0)
			close(fd);
	} else if (fd < 0) {
		snprintf(sentence, sizeof sentence, "%s: program '%s'", strerror(error), gateway->grants.args[0]);
		http_conn_refuse(conn, 404, sentence, false, false);
	} else {
		files_send(conn, fd, "application/wasm", false);
	}
}

/* ---- the CA ---- */

/* For a browser that is to trust it: no secret. What it downloads is to be compared with the fingerprint at the terminal. */
static void authority(struct http_conn *conn)
{
	const struct lan *lan = conn->gateway->lan;
	struct reply reply;

	if (!lan || !lan->authority_length) {
		http_conn_refuse(conn, 404, "there's no CA of ours here", false, false);
		return;
	}
	reply_init(&reply, 200);
	reply.type = "application/x-x509-ca-cert";
	reply.bytes = lan->authority;
	reply.length = lan->authority_length;
	reply_header(&reply, "Cache-Control: no-store");
	reply_header(&reply, "Content-Disposition: attachment; filename=\"wvwasi-ca.crt\"");
	http_conn_reply(conn, &reply);
}

/* ---- which ---- */

bool api_speaks_json(struct text name)
{
	return text_is(name, "claim") || text_is(name, "ticket") || text_is(name, "call") || text_is(name, "program.json");
}

bool api_serve(struct http_conn *conn, const struct head *head, struct text name)
{
	enum post_kind kind = text_is(name, "claim") ? POST_CLAIM : text_is(name, "ticket") ? POST_TICKET : text_is(name, "call") ? POST_CALL : POST_NONE;
	bool is_program = text_is(name, "program.json") || text_is(name, "program.wasm");

	if (kind != POST_NONE && head->method != METHOD_POST) {
		http_conn_refuse(conn, 405, "this address takes POST alone", true, false);
		return true;
	}
	if (kind != POST_NONE) {
		post_begin(conn, head, kind);
		return true;
	}
	if (is_program && head->method == METHOD_POST) {
		http_conn_refuse(conn, 405, "this address can't be posted to", true, true);
		return true;
	}
	if (text_is(name, "ca.crt") && head->method != METHOD_POST)
		authority(conn);
	else if (text_is(name, "program.json"))
		program_json(conn);
	else if (text_is(name, "program.wasm"))
		program_wasm(conn, head);
	else
		return false;
	return true;
}
