#include "session_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"

enum { LINE_MAX_BYTES = 2000, SHOWN_MAX = 300, DOES_MAX = 40 };

/* number, what it does, address */
#define COLUMNS "%3s  %-16s  %s"

struct words {
	char text[LINE_MAX_BYTES];
	size_t length;
};

static void put(struct words *words, const char *text)
{
	size_t length = strlen(text), room = sizeof words->text - 1 - words->length;

	length = length < room ? length : room;
	memcpy(words->text + words->length, text, length);
	words->length += length;
	words->text[words->length] = 0;
}

/* What somebody else has named. */
static void put_escaped(struct words *words, const char *text)
{
	char escaped[(SHOWN_MAX + 4) * ESCAPE_GROWTH + 1];
	struct escape escape = { 0 };
	size_t length = escape_text(&escape, (const uint8_t *)text, strnlen(text, SHOWN_MAX), escaped);

	length += escape_end(&escape, escaped + length);
	escaped[length] = 0;
	for (char *at = escaped; *at; at++)
		if (*at == '\n' || *at == '\t')
			*at = ' ';
	put(words, escaped);
}

static const char *text_of(const cJSON *of, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(of, key));

	return text ? text : "";
}

static double number_of(const cJSON *of, const char *key)
{
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(of, key);

	return cJSON_IsNumber(number) ? number->valuedouble : 0;
}

static void put_bytes(struct words *words, double bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	char text[32];
	size_t unit = 0;

	for (; bytes >= 1000 && unit + 1 < sizeof units / sizeof *units; unit++)
		bytes /= 1000;
	snprintf(text, sizeof text, unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
	put(words, text);
}

/* "before tcp:a:1, tcp:b:2" */
static void put_rules(struct words *words, const char *before, const cJSON *rules)
{
	const cJSON *rule;

	cJSON_ArrayForEach(rule, rules) {
		put(words, before);
		put_escaped(words, cJSON_GetStringValue(rule) ? cJSON_GetStringValue(rule) : "");
		before = ", ";
	}
}

static void socket_put(struct words *words, const cJSON *socket)
{
	const char *name = text_of(socket, "name"), *peer = text_of(socket, "peer"), *own = text_of(socket, "own");
	bool listens = !strcmp(text_of(socket, "state"), "listening") || (!*name && !*peer);

	put(words, "    ");
	put(words, text_of(socket, "kind"));
	put(words, " ");
	put_escaped(words, listens ? own : *name ? name : peer);
	if (!listens && *name && *peer) {
		put(words, " (");
		put_escaped(words, peer);
		put(words, ")");
	}
	put(words, cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(socket, "tls")) ? "  TLS, " : "  ");
	put(words, text_of(socket, "state"));
	put(words, "  received ");
	put_bytes(words, number_of(socket, "received"));
	put(words, "  sent ");
	put_bytes(words, number_of(socket, "sent"));
}

static void programs_text(const cJSON *programs, void line(void *context, const char *text), void *context)
{
	const cJSON *program, *socket, *keeps;

	cJSON_ArrayForEach(program, programs) {
		struct words words = { .length = 0 };
		char number[32];

		snprintf(number, sizeof number, "  [%.0f] ", number_of(program, "program"));
		put(&words, number);
		put_escaped(&words, text_of(program, "name"));
		keeps = cJSON_GetObjectItemCaseSensitive(program, "keeps");
		put_rules(&words, "  its page keeps it to ", keeps);
		put_rules(&words, "  you allowed ", cJSON_GetObjectItemCaseSensitive(program, "granted"));
		line(context, words.text);
		cJSON_ArrayForEach(socket, cJSON_GetObjectItemCaseSensitive(program, "sockets")) {
			words.length = 0;
			socket_put(&words, socket);
			line(context, words.text);
		}
	}
}

/* "runs 2 programs" */
static void does_text(const cJSON *session, char text[DOES_MAX])
{
	double running = number_of(session, "running");
	const char *scope = text_of(session, "scope");

	if (strcmp(scope, "run"))
		snprintf(text, DOES_MAX, "%s", !strcmp(scope, "control") ? "debugs, stops" : "debugs, watches");
	else if (running)
		snprintf(text, DOES_MAX, "runs %.0f program%s", running, running == 1 ? "" : "s");
	else
		snprintf(text, DOES_MAX, "runs nothing");
}

static void session_put(struct words *words, const cJSON *session)
{
	char does[DOES_MAX], address[64], number[32], text[160];
	double seconds = number_of(session, "seconds");
	struct words moved = { .length = 0 };

	does_text(session, does);
	snprintf(address, sizeof address, "%.60s", text_of(session, "address"));
	snprintf(number, sizeof number, "%.0f", number_of(session, "session"));
	put_bytes(&moved, number_of(session, "bytes"));
	snprintf(text, sizeof text, COLUMNS, number, does, "");
	put(words, text);
	put_escaped(words, address);
	snprintf(text, sizeof text, "%*s  %4.0f min  %8.20s  ", (int)(strlen(address) < 15 ? 15 - strlen(address) : 0), "", seconds / 60, moved.text);
	put(words, text);
	put_escaped(words, text_of(session, "browser"));
}

/* What its sockets have moved, if it has any. */
static void network_put(struct words *words, const cJSON *network)
{
	char text[64];

	snprintf(text, sizeof text, "     %.0f sockets so far, received ", number_of(network, "sockets"));
	put(words, text);
	put_bytes(words, number_of(network, "received"));
	put(words, ", sent ");
	put_bytes(words, number_of(network, "sent"));
}

void session_text(const cJSON *event, void line(void *context, const char *text), void *context)
{
	const cJSON *session, *network, *sessions = cJSON_GetObjectItemCaseSensitive(event, "sessions"),
	    *rules = cJSON_GetObjectItemCaseSensitive(event, "net");
	struct words words = { .length = 0 };

	put_rules(&words, "--net allows: ", rules);
	if (words.length)
		line(context, words.text);
	if (cJSON_GetArraySize(sessions))
		snprintf(words.text, sizeof words.text, COLUMNS "%s", "no.", "does", "from", "              in for     moved  browser");
	line(context, cJSON_GetArraySize(sessions) ? words.text : "nobody is in");
	cJSON_ArrayForEach(session, sessions) {
		network = cJSON_GetObjectItemCaseSensitive(session, "network");
		words.length = 0;
		session_put(&words, session);
		line(context, words.text);
		words.length = 0;
		if (number_of(network, "sockets")) {
			network_put(&words, network);
			line(context, words.text);
		}
		programs_text(cJSON_GetObjectItemCaseSensitive(network, "programs"), line, context);
	}
	if (number_of(event, "left_out")) {
		snprintf(words.text, sizeof words.text, "and %.0f more that have no room here", number_of(event, "left_out"));
		line(context, words.text);
	}
}
