#include "entry.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "admission.h"
#include "api_answer.h"
#include "pairing_request.h"
#include "requests.h"
#include "server/auth/remembered.h"
#include "server/auth/secrets.h"
#include "server/auth/sessions.h"
#include "server/base/clock.h"
#include "server/base/config.h"
#include "server/base/events.h"
#include "server/base/gateway.h"

enum { SMALL_BODY_MAX = 4096, TICKETS_AT_ONCE_MAX = 16 };

struct session *entry_session(const struct http_conn *conn, struct session *session)
{
	const struct client *client = client_of(conn);

	return session && (session->scope != SCOPE_RUN) == client->for_debugger &&
	       session->remote == (conn->tls != NULL) ? session : NULL;
}

/* 0: admitted; else the status, and why in words. */
static int token_judge(struct http_conn *conn, const char *token, char *why, size_t size)
{
	struct text text = { token, strlen(token) };
	struct secrets *secrets = conn->gateway->secrets;

	switch (client_of(conn)->for_debugger ? secrets_debugger_token_claim(secrets, text, now_ns()) :
	        secrets_token_claim(secrets, text, now_ns())) {
	case CLAIM_USED:
		events_warn(conn->gateway, "a link was opened a second time, by %s: it works once (a new one: press Enter)",
		            conn->address);
		snprintf(why, size, "this link has been used: it works once");
		return 410;
	case CLAIM_EXPIRED:
		snprintf(why, size, "this link has expired");
		return 410;
	case CLAIM_UNKNOWN:
		snprintf(why, size, "this gateway didn't make this link: it may be of an earlier start");
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
			snprintf(why, size, "this isn't the code: %u more %s, then there's a new one", tries_left,
			         tries_left == 1 ? "try" : "tries");
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

/* Opens a session, and answers with its secret. requester: whose link it was; 0: nobody's. */
static void admit(struct http_conn *conn, uint32_t requester)
{
	struct client *client = client_of(conn);
	struct gateway *gateway = conn->gateway;
	struct text user_agent = { client->request.user_agent, strlen(client->request.user_agent) };
	struct session *session = session_open(gateway, client->for_debugger ? SCOPE_WATCH : SCOPE_RUN, conn->address, user_agent,
	                                       now_ns());
	char secret[SECRET_TEXT_MAX + 1];
	cJSON *answer;

	if (session && !secrets_session_new(gateway->secrets, session, secret)) {
		session_revoke(gateway, session->id);
		session = NULL;
	}
	if (!session) {
		api_refuse(conn, 503, "too many sessions exist already");
		return;
	}
	session->requester = requester;
	session->remote = conn->tls != NULL;
	if (!client->is_ours && !client->for_debugger)
		secrets_cookie_new(gateway->secrets, session, client->request.cookie);
	if (session->remote) {
		session->remembered = gateway->config->remember && !client->for_debugger; /* the user is asked about each debugger */
		session_remember(gateway, session);
	}
	admission_admit(conn); /* without room it counts as unauthenticated, but gets its session */
	answer = cJSON_CreateObject();
	cJSON_AddStringToObject(answer, "secret", secret);
	secret_forget(secret, sizeof secret);
	api_reply(conn, answer);
}

static void on_admitted(struct http_conn *conn)
{
	admit(conn, 0);
}

static void claim(struct http_conn *conn, const cJSON *body)
{
	const struct client *client = client_of(conn);
	const char *token = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(body, "token"));
	const char *code = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(body, "code"));
	const char *words = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(body, "words"));
	char why[160];
	int status;

	if (client->for_debugger && !conn->tls ? !token || code : !token == !code) {
		api_refuse(conn, 400, "a claim needs a token or a code");
		return;
	}
	if (conn->tls) {
		pairing_request_claim(conn, token, code, words, on_admitted);
		return;
	}
	status = token ? token_judge(conn, token, why, sizeof why) : code_judge(conn, code, why, sizeof why);
	if (status)
		api_refuse(conn, status, why);
	else
		admit(conn, token ? secrets_token_requester(conn->gateway->secrets, (struct text){ token, strlen(token) }) : 0);
}

static void ticket(struct http_conn *conn, const cJSON *body)
{
	const cJSON *count = cJSON_GetObjectItemCaseSensitive(body, "count");
	cJSON *answer, *tickets;

	if (count && (!cJSON_IsNumber(count) || count->valuedouble < 1 || count->valuedouble > TICKETS_AT_ONCE_MAX)) {
		api_refuse(conn, 400, "\"count\" must be a number from 1 to 16");
		return;
	}
	answer = cJSON_CreateObject();
	tickets = cJSON_AddArrayToObject(answer, "tickets");
	for (int i = 0; i < (count ? count->valueint : 1); i++) {
		char text[SECRET_TEXT_MAX + 1];

		if (!secrets_ticket_new(conn->gateway->secrets, client_of(conn)->request.session, now_ns(), text)) {
			cJSON_Delete(answer);
			api_refuse(conn, 503, "this session has too many unused tickets");
			return;
		}
		cJSON_AddItemToArray(tickets, cJSON_CreateString(text));
		secret_forget(text, sizeof text);
	}
	api_reply(conn, answer);
}

void entry_begin(struct http_conn *conn, const struct head *head, enum post_kind kind)
{
	struct client *client = client_of(conn);
	struct text agent = head->fields[HEAD_USER_AGENT];

	/* A form or a simple request of another page can't have this type. */
	if (!text_is_nocase(head->fields[HEAD_CONTENT_TYPE], "application/json")) {
		http_conn_refuse(conn, 415, "this address accepts only application/json", true, true);
		return;
	}
	snprintf(client->request.user_agent, sizeof client->request.user_agent, "%.*s",
	         agent.at ? (int)(agent.length < 255 ? agent.length : 255) : 0, agent.at ? agent.at : "");
	if (kind == POST_TICKET) {
		client->request.session = entry_session(conn, secrets_session_find(conn->gateway->secrets, head->fields[HEAD_SECRET]));
		if (client->request.session) {
			session_hold(client->request.session);
			admission_admit(conn); /* without room it counts as unauthenticated, but gets its tickets */
		}
	}
	http_conn_read_body(conn, head, SMALL_BODY_MAX);
}

void entry_body(struct http_conn *conn)
{
	const struct request *request = &client_of(conn)->request;
	cJSON *body;

	if (request->kind == POST_TICKET && (!request->session || request->session->revoked)) {
		api_refuse(conn, 401, "this session is unknown or revoked");
		return;
	}
	body = conn->body_length ? cJSON_ParseWithLength((const char *)conn->body, conn->body_length) : NULL;
	if (conn->body)
		secret_forget(conn->body, conn->body_length);
	if (!cJSON_IsObject(body))
		api_refuse(conn, 400, "the body isn't a JSON object");
	else if (request->kind == POST_CLAIM)
		claim(conn, body);
	else
		ticket(conn, body);
	cJSON_Delete(body);
}
