#include "requests.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "server/base/clock.h"
#include "server/base/config.h"
#include "server/base/events.h"
#include "server/base/gateway.h"
#include "server/program/programs.h"
#include "server/base/keeper_messages.h"
#include "server/base/events.h"
#include "server/auth/sessions.h"
#include "server/base/session_text.h"
#include "session_list.h"

static const uint64_t SECOND_NS = 1000000000u;
enum { CODE_EVERY_S = 10 };

/* ---- links ---- */

static void url_make(struct gateway *gateway, unsigned life_s, uint32_t requester, struct link *link)
{
	char token[SECRET_TEXT_MAX + 1];

	secrets_token_new_for(gateway->secrets, now_ns(), life_s, requester, token);
	snprintf(link->url, sizeof link->url, "%s/_wvwasi/enter#k=%s&to=%s", gateway->origin, token,
	         gateway->config->program && !gateway->config->root ? "/_wvwasi/terminal" : "/");
	secret_forget(token, sizeof token);
	link->code[0] = 0;
}

void link_new(struct gateway *gateway, struct link *link)
{
	url_make(gateway, TOKEN_LIFE_S, REQUESTER_TERMINAL, link);
	secrets_code_new(gateway->secrets, now_ns(), link->code);
}

void link_new_for_browser(struct gateway *gateway, uint32_t requester, struct link *link)
{
	url_make(gateway, TOKEN_LIFE_ARGV_S, requester, link);
}

void code_is_due(struct gateway *gateway)
{
	static uint64_t last_ns;
	uint64_t now = now_ns();
	char code[CODE_TEXT + 1];

	if (last_ns && now - last_ns < CODE_EVERY_S * SECOND_NS) { /* somebody who guesses codes must not flood the terminal */
		events_warn(gateway, "five wrong codes again: no code is valid now (a new one: press Enter)");
		return;
	}
	last_ns = now;
	secrets_code_new(gateway->secrets, now, code);
	events_code(gateway, CODE_TRIES, code);
	secret_forget(code, sizeof code);
}

/* ---- answers ---- */

static cJSON *event_new(const char *name)
{
	cJSON *event = cJSON_CreateObject();

	cJSON_AddStringToObject(event, "event", name);
	return event;
}

void requester_tell(struct gateway *gateway, uint32_t requester, cJSON *event)
{
	char *line = cJSON_PrintUnformatted(event);

	if (line && requester == REQUESTER_TERMINAL)
		events_line(gateway, line);
	else if (line)
		channel_send(&gateway->channel, SAY_ANSWER, requester, 0, line, strlen(line), -1);
	if (line)
		secret_forget(line, strlen(line));
	cJSON_free(line);
	cJSON_Delete(event);
}

bool requester_reads_sentences(const struct gateway *gateway, uint32_t requester)
{
	return requester == REQUESTER_TERMINAL && !gateway->config->json;
}

void answer_link(struct gateway *gateway, uint32_t requester, bool for_browser)
{
	struct link link;
	cJSON *event;

	if (for_browser)
		link_new_for_browser(gateway, requester, &link);
	else
		link_new(gateway, &link);
	if (requester_reads_sentences(gateway, requester)) {
		events_link(gateway, link.url, link.code);
	} else {
		event = event_new(for_browser ? "browse" : "link");
		cJSON_AddStringToObject(event, "link", link.url);
		if (!for_browser)
			cJSON_AddStringToObject(event, "code", link.code);
		requester_tell(gateway, requester, event);
	}
	secret_forget(&link, sizeof link);
}

void answer_debug(struct gateway *gateway, uint32_t requester)
{
	char url[256], token[SECRET_TEXT_MAX + 1], line[320];
	bool can = *gateway->debugger_origin;
	cJSON *event;

	if (can) {
		secrets_debugger_token_new(gateway->secrets, now_ns(), TOKEN_LIFE_S, token);
		snprintf(url, sizeof url, "%s/_wvwasi/inspector#k=%s", gateway->debugger_origin, token);
		secret_forget(token, sizeof token);
	}
	if (can)
		snprintf(line, sizeof line, "Debug at %s   (works once, within ten minutes)", url);
	else
		snprintf(line, sizeof line, "debugging isn't possible: this machine has no 127.0.0.2");
	if (requester_reads_sentences(gateway, requester)) {
		events_line(gateway, line);
		if (gateway->lan)
			events_line(gateway, "On another machine: D shows a QR code and a code for it");
	} else {
		event = event_new(can ? "debug" : "error");
		cJSON_AddStringToObject(event, can ? "link" : "error", can ? url : line);
		cJSON_AddBoolToObject(event, "lan", gateway->lan != NULL);
		requester_tell(gateway, requester, event);
	}
	secret_forget(url, sizeof url);
	secret_forget(line, sizeof line);
}

static void line_say(void *gateway, const char *line) { events_line(gateway, line); }

void answer_sessions(struct gateway *gateway, uint32_t requester)
{
	cJSON *event = session_list(gateway, now_ns());

	if (!requester_reads_sentences(gateway, requester)) {
		requester_tell(gateway, requester, event);
		return;
	}
	session_text(event, line_say, gateway);
	cJSON_Delete(event);
}

void answer_revoke(struct gateway *gateway, uint32_t requester, uint32_t session)
{
	bool was_in = session_revoke(gateway, session);
	char sentence[64];
	cJSON *event;

	snprintf(sentence, sizeof sentence, was_in ? "session %u is out" : "there's no session %u", session);
	if (requester_reads_sentences(gateway, requester)) {
		events_line(gateway, sentence);
		return;
	}
	event = event_new(was_in ? "revoked" : "error");
	cJSON_AddNumberToObject(event, "session", session);
	if (!was_in)
		cJSON_AddStringToObject(event, "error", sentence);
	requester_tell(gateway, requester, event);
}
