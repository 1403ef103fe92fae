#include "program_file.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api_answer.h"
#include "server/base/config.h"
#include "server/base/gateway.h"
#include "server/base/keeper_messages.h"
#include "server/http/send.h"
#include "waiting.h"

static struct waiting waiting;

void program_file_json(struct http_conn *conn)
{
	static const char *const modes[] = { [TTY_LINE] = "line", [TTY_RAW] = "raw" };
	const struct gateway *gateway = conn->gateway;
	cJSON *answer, *args;

	if (!gateway->grants.args_count) {
		api_refuse(conn, 404, "the gateway was started without a program");
		return;
	}
	answer = cJSON_CreateObject();
	cJSON_AddStringToObject(answer, "name", gateway->grants.args[0]);
	args = cJSON_AddArrayToObject(answer, "args");
	for (size_t i = 0; i < gateway->grants.args_count; i++)
		cJSON_AddItemToArray(args, cJSON_CreateString(gateway->grants.args[i]));
	cJSON_AddStringToObject(answer, "tty", modes[gateway->config->tty]);
	if (gateway->config->replay)
		cJSON_AddTrueToObject(answer, "replay");
	api_reply(conn, answer);
}

static void file_ask(struct http_conn *conn, const struct head *head, bool is_recording)
{
	send_conditions(conn, head);
	waiting_add(&waiting, conn);
	channel_send(&conn->gateway->channel, ASK_PROGRAM, is_recording, 0, NULL, 0, -1);
}

void program_file_wasm(struct http_conn *conn, const struct head *head)
{
	if (conn->gateway->grants.args_count)
		file_ask(conn, head, false);
	else
		http_conn_refuse(conn, 404, "the gateway was started without a program", false, false);
}

void program_file_recording(struct http_conn *conn, const struct head *head)
{
	if (conn->gateway->config->replay)
		file_ask(conn, head, true);
	else
		http_conn_refuse(conn, 404, "the gateway replays no recording", false, false);
}

void program_file_opened(struct gateway *gateway, int fd, int error, bool is_recording)
{
	struct http_conn *conn = waiting_first(&waiting);
	char sentence[256];

	if (!conn) { /* the client has gone */
		if (fd >= 0)
			close(fd);
	} else if (fd < 0) {
		snprintf(sentence, sizeof sentence, "%s: %s '%s'", strerror(error), is_recording ? "recording" : "program",
		         is_recording ? gateway->config->replay : gateway->grants.args[0]);
		http_conn_refuse(conn, 404, sentence, false, false);
	} else {
		send_file(conn, fd, is_recording ? "application/octet-stream" : "application/wasm", false);
	}
}
