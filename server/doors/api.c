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
#include "server/gateway.h"
#include "server/program/programs.h"
#include "server/program/posts.h"
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
static void reply_json(struct visit *visit, cJSON *answer)
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
	if (*visit->post.cookie) /* a session cookie, for files; shared by all ports of localhost, hence its name */
		reply_header(&reply, "Set-Cookie: wv_%d=%s; Path=/; HttpOnly; SameSite=Strict%s", visit->front ? visit->gateway->lan->ports[LAN_APP] : visit->gateway->port,
		             visit->post.cookie, visit->front ? "; Secure" : "");
	visit_reply(visit, &reply);
	secret_forget(reply.headers, sizeof reply.headers);
	if (text) {
		secret_forget(text, strlen(text));
		cJSON_free(text);
	}
}

static void refuse(struct visit *visit, int status, const char *sentence)
{
	visit_refuse(visit, status, sentence, true, false);
}

/* ---- claim and ticket ---- */

/* A session of programs is nobody at the debugger's door, and the other way round; one of this machine nobody at other machines' door. */
static struct session *of_this_door(const struct visit *visit, struct session *session)
{
	return session && (session->scope != SCOPE_RUN) == visit->watches && session->remote == (visit->front != NULL) ? session : NULL;
}


/* 0: let in; else the status, and why in words. */
static int token_judge(struct visit *visit, const char *token, char *why, size_t size)
{
	struct text text = { token, strlen(token) };
	struct secrets *secrets = visit->gateway->secrets;

	switch (visit->watches ? secrets_watch_token_claim(secrets, text, now_ns()) : secrets_token_claim(secrets, text, now_ns())) {
	case CLAIM_USED:
		events_warn(visit->gateway, "a link was opened a second time, by %s: it works once (a new one: press Enter)", visit->address);
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

static int code_judge(struct visit *visit, const char *code, char *why, size_t size)
{
	unsigned tries_left;

	switch (secrets_code_claim(visit->gateway->secrets, (struct text){ code, strlen(code) }, now_ns(), &tries_left)) {
	case CLAIM_GOOD:
		return 0;
	case CLAIM_UNKNOWN:
		if (tries_left) {
			snprintf(why, size, "this isn't the code: %u more %s, then there's a new one", tries_left, tries_left == 1 ? "try" : "tries");
			return 403;
		}
		code_is_due(visit->gateway);
		snprintf(why, size, "this isn't the code: there's a new one at the terminal now");
		return 403;
	default:
		snprintf(why, size, "there's no code at the moment: the last one was used, or is older than ten minutes");
		return 410;
	}
}

/* Opens a session, and answers with its secret. asker: whose link it was; 0: nobody's. */
static void let_in(struct visit *visit, uint32_t asker)
{
	struct gateway *gateway = visit->gateway;
	struct text user_agent = { visit->post.user_agent, strlen(visit->post.user_agent) };
	struct session *session = session_open(gateway, visit->watches ? SCOPE_WATCH : SCOPE_RUN, visit->address, user_agent, now_ns());
	char secret[SECRET_TEXT_MAX + 1];
	cJSON *answer;

	if (session && !secrets_session_new(gateway->secrets, session, secret)) {
		session_revoke(gateway, session->id);
		session = NULL;
	}
	if (!session) {
		refuse(visit, 503, "too many are in already");
		return;
	}
	session->asker = asker;
	session->remote = visit->front != NULL;
	if (!visit->is_ours && !visit->watches)
		secrets_cookie_new(gateway->secrets, session, visit->post.cookie);
	if (session->remote) {
		session->remembered = gateway->config->remember && !visit->watches; /* a debugger knocks anew */
		remember_session(gateway, session);
	}
	visit_admit(visit); /* if there's no room it stays a stranger, who is in none the less */
	answer = cJSON_CreateObject();
	cJSON_AddStringToObject(answer, "secret", secret);
	secret_forget(secret, sizeof secret);
	reply_json(visit, answer);
}

void api_admitted(struct visit *visit)
{
	let_in(visit, 0);
}

static void claim(struct visit *visit, const cJSON *body)
{
	const char *token = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(body, "token"));
	const char *code = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(body, "code"));
	const char *words = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(body, "words"));
	char why[160];
	int status;

	if (visit->watches && !visit->front ? !token || code : !token == !code) {
		refuse(visit, 400, "a claim needs a token, or a code");
		return;
	}
	if (visit->front) {
		knock_claim(visit, token, code, words);
		return;
	}
	status = token ? token_judge(visit, token, why, sizeof why) : code_judge(visit, code, why, sizeof why);
	if (status)
		refuse(visit, status, why);
	else
		let_in(visit, token ? secrets_token_asker(visit->gateway->secrets, (struct text){ token, strlen(token) }) : 0);
}

static void ticket(struct visit *visit, const cJSON *body)
{
	const cJSON *count = cJSON_GetObjectItemCaseSensitive(body, "count");
	cJSON *answer, *tickets;

	if (count && (!cJSON_IsNumber(count) || count->valuedouble < 1 || count->valuedouble > TICKETS_AT_ONCE_MAX)) {
		refuse(visit, 400, "a count from 1 to 16 is wanted");
		return;
	}
	answer = cJSON_CreateObject();
	tickets = cJSON_AddArrayToObject(answer, "tickets");
	for (int i = 0; i < (count ? count->valueint : 1); i++) {
		char text[SECRET_TEXT_MAX + 1];

		if (!secrets_ticket_new(visit->gateway->secrets, visit->post.session, now_ns(), text)) {
			cJSON_Delete(answer);
			refuse(visit, 503, "too many tickets that nobody has used");
			return;
		}
		cJSON_AddItemToArray(tickets, cJSON_CreateString(text));
		secret_forget(text, sizeof text);
	}
	reply_json(visit, answer);
}

/* ---- call ---- */

static void call_done(void *context, int status, const uint8_t *bytes, size_t length, const char *error)
{
	struct visit *visit = context;
	struct reply reply;

	if (error) {
		refuse(visit, status, error);
		return;
	}
	reply_init(&reply, status);
	reply.type = "application/octet-stream";
	reply.bytes = bytes;
	reply.length = length;
	reply.lent = true;
	reply_header(&reply, "Cache-Control: no-store");
	visit_reply(visit, &reply);
}

static void call(struct visit *visit)
{
	uint8_t *body = visit->body; /* it outlives an answer that comes at once */
	struct call_post *post;

	visit->body = NULL;
	visit_wait(visit);
	if (visit->state == VISIT_WAITS) {
		post = call_post_start(visit->gateway, visit->post.session, visit->post.key, visit->address, body, visit->body_length, call_done, visit);
		if (post)
			visit->call = post;
	}
	free(body);
}

static void call_begin(struct visit *visit, const struct head *head)
{
	struct text ticket = head->fields[HEAD_TICKET], key = head->fields[HEAD_GUEST];
	bool known = false;

	if (ticket.at) {
		visit->post.session = of_this_door(visit, secrets_ticket_take(visit->gateway->secrets, ticket, now_ns()));
		if (!visit->post.session) {
			visit_refuse(visit, 401, "the ticket is unknown, used or older than 15 seconds", true, true);
			return;
		}
		session_hold(visit->post.session);
		known = true;
	} else if (key.at && key.length < sizeof visit->post.key) {
		snprintf(visit->post.key, sizeof visit->post.key, "%.*s", (int)key.length, key.at);
		known = guests_key_is_known(visit->post.key);
	} else {
		visit_refuse(visit, 401, "a call needs Wvwasi-Ticket or Wvwasi-Guest", true, true);
		return;
	}
	visit->post.kind = POST_CALL;
	if (known && !visit_admit(visit)) {
		visit_refuse(visit, 503, FULL, true, true);
		return;
	}
	/* Who isn't known is told so after a body that fits into the head's buffer, not after 8 MiB. */
	visit_read_body(visit, head, visit->admitted ? GUESTS_MESSAGE_MAX : SMALL_BODY_MAX);
}

/* ---- bodies ---- */

static void post_begin(struct visit *visit, const struct head *head, enum post_kind kind)
{
	struct text agent = head->fields[HEAD_USER_AGENT];

	if (kind == POST_CALL) {
		call_begin(visit, head);
		return;
	}
	/* No form and no page's simple request can say so. */
	if (!text_is_nocase(head->fields[HEAD_CONTENT_TYPE], "application/json")) {
		visit_refuse(visit, 415, "this address takes application/json alone", true, true);
		return;
	}
	visit->post.kind = kind;
	snprintf(visit->post.user_agent, sizeof visit->post.user_agent, "%.*s", agent.at ? (int)(agent.length < 255 ? agent.length : 255) : 0,
	         agent.at ? agent.at : "");
	if (kind == POST_TICKET) {
		visit->post.session = of_this_door(visit, secrets_session_find(visit->gateway->secrets, head->fields[HEAD_SECRET]));
		if (visit->post.session) {
			session_hold(visit->post.session);
			visit_admit(visit); /* without room it stays a stranger, and may ask all the same */
		}
	}
	visit_read_body(visit, head, SMALL_BODY_MAX);
}

void api_body(struct visit *visit)
{
	cJSON *body;

	if (visit->post.kind == POST_CALL) {
		if (visit->post.session && visit->post.session->revoked)
			refuse(visit, 401, "the session was revoked");
		else
			call(visit);
		return;
	}
	if (visit->post.kind == POST_TICKET && (!visit->post.session || visit->post.session->revoked)) {
		refuse(visit, 401, "this session isn't known (any more)");
		return;
	}
	body = visit->body_length ? cJSON_ParseWithLength((const char *)visit->body, visit->body_length) : NULL;
	if (visit->body)
		secret_forget(visit->body, visit->body_length);
	if (!cJSON_IsObject(body))
		refuse(visit, 400, "the body isn't a JSON object");
	else if (visit->post.kind == POST_CLAIM)
		claim(visit, body);
	else
		ticket(visit, body);
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

static void refuse_upgrade(struct visit *visit, const struct head *head, int status, const char *sentence)
{
	visit_take_head(visit, head);
	visit_refuse(visit, status, sentence, false, true);
}

void api_upgrade(struct visit *visit, const struct head *head)
{
	struct gateway *gateway = visit->gateway;
	struct session *session;
	struct text ticket;
	char address[sizeof visit->address];
	int fd;

	if (!is_upgrade(head)) {
		refuse_upgrade(visit, head, 426, "this address is for WebSockets");
	} else if (!text_is(head->fields[HEAD_WEBSOCKET_VERSION], "13") || head->fields[HEAD_WEBSOCKET_KEY].length != 24) {
		refuse_upgrade(visit, head, 400, "not a WebSocket upgrade of version 13");
	} else if (!ticket_of(head->fields[HEAD_WEBSOCKET_PROTOCOL], visit->watches ? "wvwasi-watch.1" : "wvwasi.1", &ticket)) {
		refuse_upgrade(visit, head, 400, "the sub-protocols must be 'wvwasi.1, t.TICKET'");
	} else if (gateway->stopping) {
		refuse_upgrade(visit, head, 503, "the gateway is ending");
	} else if (!admitted_have_room(gateway)) {
		refuse_upgrade(visit, head, 503, FULL);
	} else if (!(session = of_this_door(visit, secrets_ticket_take(gateway->secrets, ticket, now_ns())))) {
		refuse_upgrade(visit, head, 401, "the ticket is unknown, used or older than 15 seconds");
	} else {
		memcpy(address, visit->address, sizeof address);
		fd = visit_give_socket(visit);
		ws_adopt(gateway, fd, session, address);
	}
}

/* ---- PROGRAM ---- */

static void program_json(struct visit *visit)
{
	static const char *const modes[] = { [TTY_LINE] = "line", [TTY_RAW] = "raw" };
	const struct gateway *gateway = visit->gateway;
	cJSON *answer, *args;

	if (!gateway->grants.args_count) {
		refuse(visit, 404, "the gateway was started without a program");
		return;
	}
	answer = cJSON_CreateObject();
	cJSON_AddStringToObject(answer, "name", gateway->grants.args[0]);
	args = cJSON_AddArrayToObject(answer, "args");
	for (size_t i = 0; i < gateway->grants.args_count; i++)
		cJSON_AddItemToArray(args, cJSON_CreateString(gateway->grants.args[i]));
	cJSON_AddStringToObject(answer, "tty", modes[gateway->config->tty]);
	reply_json(visit, answer);
}

static void program_wasm(struct visit *visit, const struct head *head)
{
	struct gateway *gateway = visit->gateway;

	if (!gateway->grants.args_count) {
		visit_refuse(visit, 404, "the gateway was started without a program", false, false);
		return;
	}
	files_asked(visit, head);
	visit->wants_program = true;
	visit_wait(visit);
	channel_send(&gateway->channel, ASK_PROGRAM, 0, 0, NULL, 0, -1);
	gateway_channel_watch(gateway);
}

void api_program_opened(struct gateway *gateway, int fd, int error)
{
	struct visit *visit = visit_waiting_for_program();
	char sentence[256];

	if (!visit) { /* it has gone */
		if (fd >= 0)
			close(fd);
	} else if (fd < 0) {
		snprintf(sentence, sizeof sentence, "%s: program '%s'", strerror(error), gateway->grants.args[0]);
		visit_refuse(visit, 404, sentence, false, false);
	} else {
		files_send(visit, fd, "application/wasm", false);
	}
}

/* ---- the CA ---- */

/* For a browser that is to trust it: no secret. What it downloads is to be compared with the fingerprint at the terminal. */
static void authority(struct visit *visit)
{
	const struct lan *lan = visit->gateway->lan;
	struct reply reply;

	if (!lan || !lan->authority_length) {
		visit_refuse(visit, 404, "there's no CA of ours here", false, false);
		return;
	}
	reply_init(&reply, 200);
	reply.type = "application/x-x509-ca-cert";
	reply.bytes = lan->authority;
	reply.length = lan->authority_length;
	reply_header(&reply, "Cache-Control: no-store");
	reply_header(&reply, "Content-Disposition: attachment; filename=\"wvwasi-ca.crt\"");
	visit_reply(visit, &reply);
}

/* ---- which ---- */

bool api_speaks_json(struct text name)
{
	return text_is(name, "claim") || text_is(name, "ticket") || text_is(name, "call") || text_is(name, "program.json");
}

bool api_serve(struct visit *visit, const struct head *head, struct text name)
{
	enum post_kind kind = text_is(name, "claim") ? POST_CLAIM : text_is(name, "ticket") ? POST_TICKET : text_is(name, "call") ? POST_CALL : POST_NONE;
	bool is_program = text_is(name, "program.json") || text_is(name, "program.wasm");

	if (kind != POST_NONE && head->method != METHOD_POST) {
		visit_refuse(visit, 405, "this address takes POST alone", true, false);
		return true;
	}
	if (kind != POST_NONE) {
		post_begin(visit, head, kind);
		return true;
	}
	if (is_program && head->method == METHOD_POST) {
		visit_refuse(visit, 405, "this address can't be posted to", true, true);
		return true;
	}
	if (text_is(name, "ca.crt") && head->method != METHOD_POST)
		authority(visit);
	else if (text_is(name, "program.json"))
		program_json(visit);
	else if (text_is(name, "program.wasm"))
		program_wasm(visit, head);
	else
		return false;
	return true;
}
