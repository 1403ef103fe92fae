#include "pairing_request.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "server/base/config.h"
#include "server/base/events.h"
#include "server/gateway.h"
#include "api.h"
#include "server/http/conn.h"
#include "server/base/keeper_messages.h"
#include "server/base/events.h"
#include "lan.h"
#include "requests.h"
#include "server/auth/pairing.h"
#include "qr.h"
#include "server/auth/sessions.h"

static const uint64_t SECOND_NS = 1000000000u;

static struct pairing pairing;
static uint32_t pairing_asker; /* who opened it is asked */
static uint32_t last_number;

/* The one that waits: a pairing lets in one, so there's no second. */
static struct knock {
	uint32_t number;      /* 0: nobody waits */
	struct visit *visit;
	uint64_t since_ns;
	char who[160];        /* "Firefox on Android at 192.168.1.20" */
	char words[WORDS_TEXT + 1]; /* that it shows */
	bool watches;         /* a debugger */
} knock;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* ---- what is said to who opened the pairing ---- */

static void tell_sentence(struct gateway *gateway, uint32_t asker, const char *name, const char *sentence)
{
	cJSON *event;

	if (asker_reads_sentences(gateway, asker)) {
		events_line(gateway, sentence);
		return;
	}
	event = cJSON_CreateObject();
	cJSON_AddStringToObject(event, "event", name);
	cJSON_AddStringToObject(event, !strcmp(name, "error") ? "error" : "text", sentence);
	asker_tell(gateway, asker, event);
}

static void show(struct gateway *gateway, const char *origin, const char *link, const char *code)
{
	const struct lan *lan = gateway->lan;
	char line[400];

	qr_print(link, gateway, events_line);
	snprintf(line, sizeof line, "Scan it, or open %s there and type %s   (works once, within two minutes)", origin, code);
	events_line(gateway, line);
	secret_forget(line, sizeof line);
	snprintf(line, sizeof line, "%s, SHA-256: %s", lan->authority_length ? "Our CA's fingerprint" : "The certificate's fingerprint", lan->fingerprint);
	events_line(gateway, line);
	if (lan->authority_length) {
		snprintf(line, sizeof line, "The browser warns until it trusts our CA: %s/_wvwasi/ca.crt", lan->places[LAN_APP][0].origin);
		events_line(gateway, line);
	}
}

static const char *way_in(const struct gateway *gateway, bool watches)
{
	return watches ? "/_wvwasi/inspector" : gateway->config->program ? "/_wvwasi/terminal" : "/";
}

void answer_pair(struct gateway *gateway, uint32_t asker, bool watches, bool reopens)
{
	char token[SECRET_TEXT_MAX + 1], code[CODE_TEXT + 1], link[320];
	const char *origin;
	cJSON *event;

	if (!gateway->lan) {
		tell_sentence(gateway, asker, "error", "no other machine can come in: start the gateway with --lan");
		return;
	}
	if (!pairing_open(&pairing, now_ns(), watches, reopens, token, code)) {
		tell_sentence(gateway, asker, "error", "pairing was closed: twenty wrong codes came within an hour (to open it again: p again, or wvwasi-gw pair --again)");
		return;
	}
	pairing_asker = asker;
	gateway->lan->watch_open |= watches;
	origin = gateway->lan->places[watches ? LAN_WATCH : LAN_APP][0].origin;
	snprintf(link, sizeof link, "%s/_wvwasi/enter#k=%s&to=%s", origin, token, way_in(gateway, watches));
	if (asker_reads_sentences(gateway, asker)) {
		show(gateway, origin, link, code);
	} else {
		event = cJSON_CreateObject();
		cJSON_AddStringToObject(event, "event", "pair");
		cJSON_AddStringToObject(event, "url", origin);
		cJSON_AddStringToObject(event, "link", link);
		cJSON_AddStringToObject(event, "code", code);
		cJSON_AddStringToObject(event, "fingerprint", gateway->lan->fingerprint);
		cJSON_AddBoolToObject(event, "ca", gateway->lan->authority_length > 0);
		cJSON_AddNumberToObject(event, "seconds", PAIRING_LIFE_S);
		asker_tell(gateway, asker, event);
	}
	secret_forget(token, sizeof token);
	secret_forget(code, sizeof code);
	secret_forget(link, sizeof link);
}

/* ---- who knocks ---- */

static void ask(struct gateway *gateway, uint32_t number, const char *browser, const char *address)
{
	char line[256];
	cJSON *event;

	if (asker_reads_sentences(gateway, pairing_asker)) {
		snprintf(line, sizeof line, "%s wants to %s programs here. Let it in, if it shows the words %s?", knock.who,
		         knock.watches ? "watch" : "run", knock.words);
		channel_send(&gateway->channel, SAY_ASK, number, 0, line, strlen(line), -1);
		gateway_channel_watch(gateway);
		return;
	}
	event = cJSON_CreateObject();
	cJSON_AddStringToObject(event, "event", "knock");
	cJSON_AddNumberToObject(event, "knock", number);
	cJSON_AddStringToObject(event, "browser", browser);
	cJSON_AddStringToObject(event, "address", address);
	cJSON_AddStringToObject(event, "words", knock.words);
	cJSON_AddStringToObject(event, "scope", scope_name(knock.watches ? SCOPE_WATCH : SCOPE_RUN));
	asker_tell(gateway, pairing_asker, event);
}

/* It is over, one way or another; why: said to who was asked. */
static struct visit *finish(struct gateway *gateway, const char *why)
{
	struct visit *visit = knock.visit;
	char sentence[256];

	if (asker_reads_sentences(gateway, pairing_asker)) {
		channel_send(&gateway->channel, SAY_ASK, 0, 0, NULL, 0, -1);
		gateway_channel_watch(gateway);
	}
	snprintf(sentence, sizeof sentence, "%s %s", knock.who, why);
	tell_sentence(gateway, pairing_asker, "knocked", sentence);
	knock = (struct knock){ 0 };
	return visit;
}

static void refuse(struct visit *visit, int status, const char *sentence)
{
	visit_refuse(visit, status, sentence, true, false);
}

static void wait_for_yes(struct visit *visit, const char *words)
{
	struct text agent = { visit->post.user_agent, strlen(visit->post.user_agent) };
	char browser[64];

	if (knock.number) {
		refuse(visit, 409, "another browser waits for the answer at the gateway's terminal");
		return;
	}
	browser_name(agent, browser, sizeof browser);
	knock.number = ++last_number;
	knock.visit = visit;
	knock.since_ns = now_ns();
	snprintf(knock.who, sizeof knock.who, "%s at %s", browser, visit->address);
	snprintf(knock.words, sizeof knock.words, "%s", words);
	knock.watches = visit->watches;
	visit->knocks = true;
	visit_wait(visit);
	if (knock.number)
		ask(visit->gateway, knock.number, browser, visit->address);
}

void knock_claim(struct visit *visit, const char *token, const char *code, const char *words)
{
	struct gateway *gateway = visit->gateway;
	unsigned tries_left = 0;
	bool was_closed = pairing.closed;
	char why[160];
	enum claim claim;

	if (!words || !words_are_ours(words)) { /* before anything is used up */
		refuse(visit, 400, "a claim from another machine needs the words that its page shows, such as lusab-torik");
		return;
	}
	claim = token ? pairing_claim_token(&pairing, visit->watches, (struct text){ token, strlen(token) }, now_ns())
	              : pairing_claim_code(&pairing, visit->watches, (struct text){ code, strlen(code) }, now_ns(), &tries_left);
	switch (claim) {
	case CLAIM_GOOD:
		wait_for_yes(visit, words);
		return;
	case CLAIM_USED:
		events_warn(gateway, "a pairing link was opened a second time, by %s: it works once (a new one: p)", visit->address);
		refuse(visit, 410, "this link has been used: it works once");
		return;
	case CLAIM_EXPIRED:
		refuse(visit, 410, "there's no pairing at the moment: the last one was used, guessed at, or is older than two minutes");
		return;
	case CLAIM_UNKNOWN:
		break;
	}
	if (token) {
		refuse(visit, 410, "this link isn't one of this gateway's at the moment");
	} else if (tries_left) {
		snprintf(why, sizeof why, "this isn't the code: %u more %s", tries_left, tries_left == 1 ? "try" : "tries");
		refuse(visit, 403, why);
	} else {
		if (pairing.closed && !was_closed)
			events_warn(gateway, "twenty wrong pairing codes within an hour, the last from %s: pairing is closed until you open it again", visit->address);
		else
			events_warn(gateway, "five wrong pairing codes, the last from %s: the code doesn't work any more (a new one: p)", visit->address);
		refuse(visit, 403, "this isn't the code, and that was the last try: ask for a new one at the gateway");
	}
}

void answer_admit(struct gateway *gateway, uint32_t asker, uint32_t number, bool yes)
{
	struct visit *visit;

	if (!number || number != knock.number) {
		tell_sentence(gateway, asker, "error", "nobody waits for that answer (any more)");
		return;
	}
	visit = finish(gateway, yes ? "was let in" : "wasn't let in");
	visit->knocks = false;
	if (yes)
		api_admitted(visit);
	else
		refuse(visit, 403, "the person at the gateway said no");
}

void knock_gone(struct visit *visit)
{
	if (knock.visit == visit)
		finish(visit->gateway, "didn't wait for the answer");
}

void knock_sweep(struct gateway *gateway)
{
	struct visit *visit;

	if (!knock.number || now_ns() - knock.since_ns < KNOCK_PATIENCE_S * SECOND_NS)
		return;
	visit = finish(gateway, "wasn't let in: nobody answered within 30 seconds");
	visit->knocks = false;
	refuse(visit, 403, "nobody at the gateway answered within 30 seconds");
}
