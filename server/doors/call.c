#include "call.h"

#include <stdio.h>
#include <stdlib.h>

#include "admission.h"
#include "api_answer.h"
#include "client.h"
#include "entry.h"
#include "server/auth/secrets.h"
#include "server/auth/sessions.h"
#include "server/base/clock.h"
#include "server/base/gateway.h"
#include "server/program/posts.h"
#include "server/program/programs.h"
#include "server/wire/codec.h"

enum { UNKNOWN_BODY_MAX = 4096 };

static void call_done(void *context, int status, const uint8_t *bytes, size_t length, const char *error)
{
	struct http_conn *conn = context;
	struct reply reply;

	if (error) {
		api_refuse(conn, status, error);
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

void call_body(struct http_conn *conn)
{
	struct client *client = client_of(conn);
	uint8_t *body = conn->body; /* so that it outlives an answer that comes at once */
	struct call_post *post;

	if (client->request.session && client->request.session->revoked) {
		api_refuse(conn, 401, "you were removed at the gateway's terminal");
		return;
	}
	conn->body = NULL;
	http_conn_wait(conn);
	if (conn->state == HTTP_CONN_WAITS) {
		post = call_post_start(conn->gateway, client->request.session, client->request.key, conn->address, body,
		                       conn->body_length, call_done, conn);
		if (post)
			client->request.call = post;
	}
	free(body);
	if (conn->state == HTTP_CONN_WAITS)
		http_conn_give_memory(conn);
}

void call_begin(struct http_conn *conn, const struct head *head)
{
	struct client *client = client_of(conn);
	struct text ticket = head->fields[HEAD_TICKET], key = head->fields[HEAD_GUEST];
	struct session *session = NULL;

	if (ticket.at) {
		session = entry_session(conn, secrets_ticket_take(conn->gateway->secrets, ticket, now_ns()));
		if (!session) {
			http_conn_refuse(conn, 401, "the ticket is unknown, used or older than 15 seconds", true, true);
			return;
		}
		client->request.session = session_hold(session);
	} else if (key.at && key.length < sizeof client->request.key) {
		snprintf(client->request.key, sizeof client->request.key, "%.*s", (int)key.length, key.at);
		session = entry_session(conn, programs_session_of_posts(client->request.key));
		if (!session) /* of another origin, say: nothing of it is to be seen here */
			client->request.key[0] = 0;
	} else {
		http_conn_refuse(conn, 401, "a call needs Wvwasi-Ticket or Wvwasi-Guest", true, true);
		return;
	}
	if (session && !admission_admit(conn)) {
		http_conn_refuse(conn, 503, ADMISSION_FULL, true, true);
		return;
	}
	if (session)
		admission_pays(conn, session);
	/* A client without a valid session is refused after a body that fits into the head's buffer, not after 8 MiB. */
	http_conn_read_body(conn, head, conn->admitted ? PROGRAM_MESSAGE_MAX : UNKNOWN_BODY_MAX);
}
