#include "api.h"

#include <string.h>

#include "bytes.h"
#include "call.h"
#include "client.h"
#include "entry.h"
#include "lan.h"
#include "program_file.h"
#include "server/base/gateway.h"

#define FURTHER "programs/" /* NAME of --program */

/* The CA's certificate, for a browser that shall trust it. It is no secret: the user compares it with the terminal's
 * fingerprint. */
static void authority(struct http_conn *conn)
{
	const struct lan *lan = conn->gateway->lan;
	struct reply reply;

	if (!lan || !lan->authority_length) {
		http_conn_refuse(conn, 404, "this gateway's certificate wasn't made by wvwasi-gw, so there is no CA to download", false,
		                 false);
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

bool api_speaks_json(struct text name)
{
	return text_is(name, "claim") || text_is(name, "ticket") || text_is(name, "call") || text_is(name, "bytes") || text_is(name, "program.json");
}

bool api_serve(struct http_conn *conn, const struct head *head, struct text name)
{
	enum post_kind kind = text_is(name, "claim") ? POST_CLAIM : text_is(name, "ticket") ? POST_TICKET :
	                      text_is(name, "call") ? POST_CALL : POST_NONE;
	bool is_program = text_is(name, "program.json") || text_is(name, "program.wasm") || text_is(name, "recording") ||
	                  text_begins(name, FURTHER);

	if (kind != POST_NONE && head->method != METHOD_POST) {
		http_conn_refuse(conn, 405, "this address accepts only POST", true, false);
		return true;
	}
	client_of(conn)->request.kind = kind;
	if (kind == POST_CALL)
		call_begin(conn, head);
	else if (kind != POST_NONE)
		entry_begin(conn, head, kind);
	if (kind != POST_NONE)
		return true;
	if (is_program && head->method == METHOD_POST) {
		http_conn_refuse(conn, 405, "this address doesn't accept POST", true, true);
		return true;
	}
	if (text_is(name, "bytes") && head->method == METHOD_GET)
		bytes_serve(conn, head);
	else if (text_is(name, "ca.crt") && head->method != METHOD_POST)
		authority(conn);
	else if (text_is(name, "program.json"))
		program_file_json(conn);
	else if (text_is(name, "program.wasm"))
		program_file_wasm(conn, head);
	else if (text_is(name, "recording"))
		program_file_recording(conn, head);
	else if (text_begins(name, FURTHER))
		program_file_further(conn, head, (struct text){ name.at + strlen(FURTHER), name.length - strlen(FURTHER) });
	else
		return false;
	return true;
}

void api_body(struct http_conn *conn)
{
	if (client_of(conn)->request.kind == POST_CALL)
		call_body(conn);
	else
		entry_body(conn);
}
