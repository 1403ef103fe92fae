#include "api_answer.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "client.h"
#include "lan.h"
#include "server/base/digest.h"
#include "server/base/gateway.h"

void api_reply(struct http_conn *conn, cJSON *answer)
{
	const char *cookie = client_of(conn)->request.cookie;
	char *text = cJSON_PrintUnformatted(answer);
	struct reply reply;

	cJSON_Delete(answer);
	reply_init(&reply, text ? 200 : 503);
	reply.type = "application/json";
	reply.bytes = text ? text : "";
	reply.length = strlen(reply.bytes);
	reply.lent = true;
	reply_header(&reply, "Cache-Control: no-store");
	if (*cookie) /* a session cookie, for files. All ports of localhost share cookies, so its name has the port */
		reply_header(&reply, "Set-Cookie: wv_%d=%s; Path=/; HttpOnly; SameSite=Strict%s",
		             conn->tls ? conn->gateway->lan->ports[LAN_APP] : conn->gateway->port, cookie, conn->tls ? "; Secure" : "");
	http_conn_reply(conn, &reply);
	secret_forget(reply.headers, sizeof reply.headers);
	if (text) {
		secret_forget(text, strlen(text));
		cJSON_free(text);
	}
}

void api_refuse(struct http_conn *conn, int status, const char *sentence)
{
	http_conn_refuse(conn, status, sentence, true, false);
}
