#include "events.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "digest.h"
#include "gateway.h"
#include "keeper_messages.h"

enum { OUTPUT_PIECE = 32 << 10, LINES_KEPT_MAX = 4 << 20 };

struct events {
	size_t output_on_its_way; /* bytes without credit yet */
	bool output_was_full;
	bool once_is_done;
	uint64_t lost_lines;
};

static struct events *events_of(struct gateway *gateway)
{
	static struct events events;

	if (!gateway->events)
		gateway->events = &events;
	return gateway->events;
}

/* Lines are bounded too: if nobody reads the terminal, lines are dropped, and later it says how many. */
static void say(struct gateway *gateway, enum to_keeper what, uint32_t a, const char *line)
{
	struct events *events = events_of(gateway);

	if (gateway->channel.queued > LINES_KEPT_MAX) {
		events->lost_lines++;
		return;
	}
	if (events->lost_lines) {
		char text[80];

		snprintf(text, sizeof text, "wvwasi-gw: %" PRIu64 " lines were lost: nobody read them", events->lost_lines);
		events->lost_lines = 0;
		channel_send(&gateway->channel, SAY_WARN, 0, 0, text, strlen(text), -1);
	}
	channel_send(&gateway->channel, what, a, 0, line, strlen(line), -1);
}

static void say_format(struct gateway *gateway, enum to_keeper what, const char *format, va_list args)
{
	char line[2048] = "wvwasi-gw: ";
	size_t head = strlen(line);

	vsnprintf(line + head, sizeof line - head, format, args);
	/* Text from a page must not look like a line of ours. */
	for (char *at = line; *at; at++)
		if (*at == '\n')
			*at = ' ';
	say(gateway, what, 0, line);
}

void events_text(struct gateway *gateway, const char *lines)
{
	say(gateway, SAY_WARN, 0, lines);
}

void events_verbose(struct gateway *gateway, const char *format, ...)
{
	va_list args;

	if (!gateway->config->verbose)
		return;
	va_start(args, format);
	say_format(gateway, SAY_WARN, format, args);
	va_end(args);
}

void events_warn(struct gateway *gateway, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_format(gateway, SAY_WARN, format, args);
	va_end(args);
}

/* ---- --json ---- */

static cJSON *event_new(const char *name)
{
	cJSON *event = cJSON_CreateObject();

	cJSON_AddStringToObject(event, "event", name);
	return event;
}

/* Takes event. */
static void event_say(struct gateway *gateway, enum to_keeper what, uint32_t a, cJSON *event)
{
	char *line = cJSON_PrintUnformatted(event);

	if (line)
		say(gateway, what, a, line);
	cJSON_free(line);
	cJSON_Delete(event);
}

/* A link, and what to type instead: two lines. */
static void link_write(const struct gateway *gateway, const char *link, const char *code, char *text, size_t size)
{
	snprintf(text, size, "Open %s\n  or go to %s and type %s   (each works once, within ten minutes)", link, gateway->origin,
	         code);
}

void events_ready(struct gateway *gateway, const char *link, const char *code, const char *other_machines)
{
	char text[768];
	cJSON *event, *listen;

	if (!gateway->config->json) {
		link_write(gateway, link, code, text, sizeof text);
		if (other_machines)
			snprintf(text + strlen(text), sizeof text - strlen(text), "\n  other machines: %s, after p here", other_machines);
		say(gateway, SAY_READY, (uint32_t)gateway->port, text);
		secret_forget(text, sizeof text);
		return;
	}
	event = event_new("ready");
	cJSON_AddStringToObject(event, "url", gateway->origin);
	cJSON_AddStringToObject(event, "link", link);
	cJSON_AddStringToObject(event, "code", code);
	if (other_machines)
		cJSON_AddStringToObject(event, "lan", other_machines);
	cJSON_AddNumberToObject(event, "port", gateway->port);
	cJSON_AddNumberToObject(event, "pid", getppid());
	listen = cJSON_AddArrayToObject(event, "listen");
	for (size_t i = 0; i < gateway->grants.listeners_count; i++)
		cJSON_AddItemToArray(listen, cJSON_CreateString(gateway->grants.listeners[i].address));
	event_say(gateway, SAY_READY, (uint32_t)gateway->port, event);
}

void events_link(struct gateway *gateway, const char *link, const char *code)
{
	char text[768];

	link_write(gateway, link, code, text, sizeof text);
	say(gateway, SAY_LINE, 0, text);
	secret_forget(text, sizeof text);
}

void events_code(struct gateway *gateway, unsigned tries, const char *code)
{
	cJSON *event;

	events_warn(gateway, "%u wrong codes: those so far don't work any more%s%s", tries,
	            gateway->config->json ? "" : ", the new one is ", gateway->config->json ? "" : code);
	if (!gateway->config->json)
		return;
	event = event_new("code");
	cJSON_AddStringToObject(event, "code", code);
	event_say(gateway, SAY_LINE, 0, event);
}

void events_line(struct gateway *gateway, const char *line)
{
	say(gateway, SAY_LINE, 0, line);
}

void events_session_open(struct gateway *gateway, uint32_t session, const char *address, const char *browser)
{
	cJSON *event;

	events_verbose(gateway, "session %u: %s at %s is in", session, *browser ? browser : "somebody", address);
	if (!gateway->config->json)
		return;
	event = event_new("session-open");
	cJSON_AddNumberToObject(event, "session", session);
	cJSON_AddStringToObject(event, "address", address);
	cJSON_AddStringToObject(event, "browser", browser);
	event_say(gateway, SAY_LINE, 0, event);
}

void events_session_close(struct gateway *gateway, uint32_t session)
{
	cJSON *event;

	events_verbose(gateway, "session %u has ended", session);
	if (!gateway->config->json)
		return;
	event = event_new("session-close");
	cJSON_AddNumberToObject(event, "session", session);
	cJSON_AddStringToObject(event, "reason", gateway->stopping ? "end" : "revoked");
	event_say(gateway, SAY_LINE, 0, event);
}

void events_program_start(struct gateway *gateway, uint32_t guest, uint32_t session, const char *name)
{
	cJSON *event;

	events_verbose(gateway, "program %u '%s' starts in session %u", guest, name, session);
	if (!gateway->config->json)
		return;
	event = event_new("program-start");
	cJSON_AddNumberToObject(event, "guest", guest);
	cJSON_AddNumberToObject(event, "session", session);
	cJSON_AddStringToObject(event, "name", name);
	event_say(gateway, SAY_LINE, 0, event);
}

static cJSON *counters_json(const struct program_counters *counters)
{
	cJSON *made = cJSON_CreateObject();

	cJSON_AddNumberToObject(made, "calls", (double)counters->calls);
	cJSON_AddNumberToObject(made, "batches", (double)counters->batches);
	cJSON_AddNumberToObject(made, "waits", (double)counters->waits);
	cJSON_AddNumberToObject(made, "bytesReceived", (double)counters->bytes_received);
	cJSON_AddNumberToObject(made, "bytesSent", (double)counters->bytes_sent);
	return made;
}

void events_program_end(struct gateway *gateway, uint32_t guest, const char *name, enum program_end_reason reason,
                        const uint32_t *exit_code, const struct program_counters *counters, const char *message)
{
	static const char *const reasons[] = {
		[PROGRAM_END_EXIT] = "exit", [PROGRAM_END_TRAP] = "trap", [PROGRAM_END_KILLED] = "killed", [PROGRAM_END_GONE] = "gone",
		[PROGRAM_END_LOST] = "lost", [PROGRAM_END_CHANGE_LOST] = "change-lost",
	};
	cJSON *event;

	if (exit_code)
		events_verbose(gateway, "program %u '%s' has ended with %u, after %" PRIu64 " calls", guest, name, *exit_code,
		               counters->calls);
	else
		events_verbose(gateway, "program %u '%s' has ended (%s%s%s), after %" PRIu64 " calls", guest, name, reasons[reason],
		               message ? ": " : "", message ? message : "", counters->calls);
	if (gateway->config->json) {
		event = event_new("program-end");
		cJSON_AddNumberToObject(event, "guest", guest);
		cJSON_AddStringToObject(event, "name", name);
		if (exit_code)
			cJSON_AddNumberToObject(event, "exitCode", *exit_code);
		else
			cJSON_AddNullToObject(event, "exitCode");
		cJSON_AddStringToObject(event, "reason", reasons[reason]);
		if (message)
			cJSON_AddStringToObject(event, "message", message);
		cJSON_AddItemToObject(event, "counters", counters_json(counters));
		event_say(gateway, SAY_LINE, 0, event);
	}
}

void events_once_done(struct gateway *gateway, const uint32_t *exit_code)
{
	struct events *events = events_of(gateway);

	if (!gateway->config->once || events->once_is_done || gateway->stopping)
		return;
	events->once_is_done = true;
	say(gateway, SAY_DONE, exit_code ? *exit_code & 255 : 1, "");
}

/* ---- inherited output ---- */

static void base64(const uint8_t *bytes, size_t length, char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < length; i += 3) {
		uint32_t three = (uint32_t)bytes[i] << 16 | (i + 1 < length ? (uint32_t)bytes[i + 1] << 8 : 0) |
			(i + 2 < length ? bytes[i + 2] : 0);

		*text++ = letters[three >> 18];
		*text++ = letters[three >> 12 & 63];
		*text++ = i + 1 < length ? letters[three >> 6 & 63] : '=';
		*text++ = i + 2 < length ? letters[three & 63] : '=';
	}
	*text = 0;
}

size_t events_output(struct gateway *gateway, uint32_t guest, int stream, const uint8_t *bytes, size_t length)
{
	struct events *events = events_of(gateway);
	size_t room = OUTPUT_KEPT_MAX - events->output_on_its_way, taken = length < room ? length : room;

	for (size_t at = 0; at < taken; ) {
		size_t piece = taken - at < OUTPUT_PIECE ? taken - at : OUTPUT_PIECE;

		if (gateway->config->json) {
			static char line[OUTPUT_PIECE / 3 * 4 + 128];
			int head = snprintf(line, sizeof line, "{\"event\":\"output\",\"guest\":%u,\"stream\":\"%s\",\"data\":\"", guest,
			                    stream == 2 ? "stderr" : "stdout");

			base64(bytes + at, piece, line + head);
			strcat(line + head, "\"}");
			channel_send(&gateway->channel, SAY_OUTPUT, 1, (uint32_t)piece, line, strlen(line), -1);
		} else {
			channel_send(&gateway->channel, SAY_OUTPUT, (uint32_t)stream, (uint32_t)piece, bytes + at, piece, -1);
		}
		at += piece;
	}
	events->output_on_its_way += taken;
	events->output_was_full |= taken < length;
	return taken;
}

bool events_credit(struct gateway *gateway, size_t bytes)
{
	struct events *events = events_of(gateway);

	events->output_on_its_way -= bytes < events->output_on_its_way ? bytes : events->output_on_its_way;
	if (!events->output_was_full)
		return false;
	events->output_was_full = false;
	return true;
}
