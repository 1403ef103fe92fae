#include "reload.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "server/base/config.h"
#include "server/base/events.h"
#include "server/base/gateway.h"
#include "server/http/changes.h"
#include "server/http/conn.h"
#include "waiting.h"

enum { WAITING_MAX = 32 }; /* one for each page that is visible */

static struct waiting waiting;

static void answer(struct http_conn *conn)
{
	struct reply reply;
	char text[24];

	reply_init(&reply, 200);
	reply.type = "text/plain; charset=utf-8";
	reply.lent = true;
	reply.bytes = text;
	reply.length = (uint64_t)snprintf(text, sizeof text, "%" PRIx64, changes_stamp());
	reply_header(&reply, "Cache-Control: no-store");
	http_conn_reply(conn, &reply);
}

static void on_change(void)
{
	struct http_conn *conn;

	while ((conn = waiting_first(&waiting)))
		answer(conn); /* the answer ends its request, which removes it from the list */
}

void reload_start(struct gateway *gateway)
{
	if (gateway->config->reload && !changes_start(gateway, on_change))
		events_warn(gateway, "%s: cannot watch for changed files, so --reload reloads nothing", strerror(errno));
}

void reload_stop(void)
{
	changes_stop();
}

void reload_serve(struct http_conn *conn, const struct head *head)
{
	char stamp[24];

	snprintf(stamp, sizeof stamp, "%" PRIx64, changes_stamp());
	if (!changes_stamp()) {
		http_conn_refuse(conn, 404, "the gateway was started without --reload", false, head->method == METHOD_POST);
	} else if (head->method == METHOD_POST) {
		http_conn_refuse(conn, 405, "this address doesn't accept POST", false, true);
	} else if (conn->is_head || !text_is(head->query, stamp)) {
		answer(conn);
	} else if (waiting.count >= WAITING_MAX) {
		http_conn_refuse(conn, 503, "too many pages wait for a change", false, false);
	} else {
		waiting_add(&waiting, conn);
	}
}
