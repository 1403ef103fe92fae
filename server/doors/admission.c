#include "admission.h"

#include "client.h"
#include "server/auth/sessions.h"
#include "server/base/config.h"
#include "server/base/events.h"
#include "server/base/gateway.h"
#include "server/http/conn.h"
#include "server/program/conn.h"

enum { FULL_TOLD_MS = 10000 };

bool admission_has_room(struct gateway *gateway)
{
	static uint64_t last_told_ms;
	uint64_t now = uv_now(gateway->loop);

	if (http_conns_admitted() + conn_count() < (unsigned)gateway->config->max_connections || http_conns_close_idlest())
		return true;
	if (!last_told_ms || now - last_told_ms > FULL_TOLD_MS)
		events_warn(gateway, "%d connections are open: one more was refused (--max-connections)",
		            gateway->config->max_connections);
	last_told_ms = now;
	return false;
}

bool admission_admit(struct http_conn *conn)
{
	if (!conn->admitted && !admission_has_room(conn->gateway))
		return false;
	http_conn_admit(conn);
	return true;
}

void admission_pays(struct http_conn *conn, struct session *session)
{
	struct client *client = client_of(conn);

	if (client->payer)
		session_drop(client->payer);
	client->payer = session_hold(session);
	conn->memory = &session->memory;
}
