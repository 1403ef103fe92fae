#include "upgrade.h"

#include <string.h>

#include "admission.h"
#include "client.h"
#include "entry.h"
#include "server/auth/secrets.h"
#include "server/base/clock.h"
#include "server/base/gateway.h"
#include "server/program/ws.h"

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

void upgrade_begin(struct http_conn *conn, const struct head *head)
{
	const struct client *client = client_of(conn);
	struct gateway *gateway = conn->gateway;
	struct session *session;
	struct text ticket;
	char address[sizeof conn->address];
	int fd;

	if (!is_upgrade(head)) {
		refuse_upgrade(conn, head, 426, "this address accepts only WebSockets");
	} else if (!text_is(head->fields[HEAD_WEBSOCKET_VERSION], "13") || head->fields[HEAD_WEBSOCKET_KEY].length != 24) {
		refuse_upgrade(conn, head, 400, "not a WebSocket upgrade of version 13");
	} else if (!ticket_of(head->fields[HEAD_WEBSOCKET_PROTOCOL], client->for_debugger ? "wvwasi-watch.1" : "wvwasi.1", &ticket)) {
		refuse_upgrade(conn, head, 400, "the sub-protocols must be 'wvwasi.1, t.TICKET'");
	} else if (gateway->stopping) {
		refuse_upgrade(conn, head, 503, "the gateway is ending");
	} else if (!admission_has_room(gateway)) {
		refuse_upgrade(conn, head, 503, ADMISSION_FULL);
	} else if (!(session = entry_session(conn, secrets_ticket_take(gateway->secrets, ticket, now_ns())))) {
		refuse_upgrade(conn, head, 401, "the ticket is unknown, used or older than 15 seconds");
	} else {
		struct text kept = { conn->head_taken ? head->bytes : NULL, head->length };

		memcpy(address, conn->address, sizeof address);
		fd = http_conn_give_socket(conn);
		ws_adopt(gateway, fd, session, address, kept);
	}
}
