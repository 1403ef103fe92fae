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
	const struct config_list *programs = &gateway->config->programs;
	cJSON *answer, *args, *further;

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
	if (*gateway->debugger_origin && !conn->tls) { /* from another machine only the user opens the debugger's door */
		char inspector[sizeof gateway->debugger_origin + sizeof "/_wvwasi/inspector"];

		snprintf(inspector, sizeof inspector, "%s/_wvwasi/inspector", gateway->debugger_origin);
		cJSON_AddStringToObject(answer, "inspector", inspector);
	}
	if (programs->count) {
		further = cJSON_AddArrayToObject(answer, "programs");
		for (size_t i = 0; i < programs->count; i++) {
			char name[PROGRAM_NAME_MAX + 1];

			snprintf(name, sizeof name, "%.*s", (int)strcspn(programs->items[i], "="), programs->items[i]);
			cJSON_AddItemToArray(further, cJSON_CreateString(name));
		}
	}
	api_reply(conn, answer);
}

static void file_ask(struct http_conn *conn, const struct head *head, uint32_t file)
{
	send_conditions(conn, head);
	waiting_add(&waiting, conn);
	channel_send(&conn->gateway->channel, ASK_PROGRAM, file, 0, NULL, 0, -1);
}

void program_file_wasm(struct http_conn *conn, const struct head *head)
{
	if (conn->gateway->grants.args_count)
		file_ask(conn, head, PROGRAM_ITSELF);
	else
		http_conn_refuse(conn, 404, "the gateway was started without a program", false, false);
}

void program_file_recording(struct http_conn *conn, const struct head *head)
{
	if (conn->gateway->config->replay)
		file_ask(conn, head, PROGRAM_RECORDING);
	else
		http_conn_refuse(conn, 404, "the gateway replays no recording", false, false);
}

void program_file_further(struct http_conn *conn, const struct head *head, struct text name)
{
	const struct config_list *programs = &conn->gateway->config->programs;

	for (size_t i = 0; i < programs->count; i++)
		if (name.length == strcspn(programs->items[i], "=") && !memcmp(programs->items[i], name.at, name.length)) {
			file_ask(conn, head, PROGRAM_FURTHER + (uint32_t)i);
			return;
		}
	http_conn_refuse(conn, 404, "the gateway was started without a --program of this name", false, false);
}

void program_file_opened(struct gateway *gateway, int fd, int error, uint32_t file)
{
	bool is_recording = file == PROGRAM_RECORDING;
	const char *name = is_recording ? gateway->config->replay :
	                   file < PROGRAM_FURTHER ? gateway->grants.args[0] : gateway->config->programs.items[file - PROGRAM_FURTHER];
	struct http_conn *conn = waiting_first(&waiting);
	char sentence[256];

	if (!conn) { /* the client has gone */
		if (fd >= 0)
			close(fd);
	} else if (fd < 0) {
		snprintf(sentence, sizeof sentence, "%s: %s '%s'", strerror(error), is_recording ? "recording" : "program", name);
		http_conn_refuse(conn, 404, sentence, false, false);
	} else {
		send_file(conn, fd, is_recording ? "application/octet-stream" : "application/wasm", false);
	}
}
