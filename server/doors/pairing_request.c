#include "pairing_request.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "server/base/clock.h"
#include "server/base/config.h"
#include "server/base/events.h"
#include "server/base/gateway.h"
#include "server/http/conn.h"
#include "server/base/keeper_messages.h"
#include "client.h"
#include "lan.h"
#include "requests.h"
#include "server/auth/pairing.h"
#include "qr.h"
#include "server/auth/sessions.h"

static const uint64_t SECOND_NS = 1000000000u;

static struct pairing pairing;
static uint32_t pairing_requester; /* opened the pairing, and is asked about its request */
static uint32_t last_number;

/* The request that waits; a second one is told to try again. */
static struct pairing_request {
	uint32_t number;      /* 0: nobody waits */
	uint32_t requester;   /* is asked about this request, even if somebody else opens another pairing meanwhile */
	struct http_conn *conn;
	uint64_t since_ns;
	char who[160];        /* "Firefox on Android at 192.168.1.20" */
	char words[WORDS_TEXT + 1]; /* the words that its page shows */
	bool for_debugger;
	void (*admitted)(struct http_conn *conn); /* the user said yes: it answers */
} request;

/* ---- events for the one who opened it ---- */

static void tell_error(struct gateway *gateway, uint32_t requester, const char *sentence)
{
	cJSON *event;

	if (requester_reads_sentences(gateway, requester)) {
		events_line(gateway, sentence);
		return;
	}
	event = cJSON_CreateObject();
	cJSON_AddStringToObject(event, "event", "error");
	cJSON_AddStringToObject(event, "error", sentence);
	requester_tell(gateway, requester, event);
}

static void show(struct gateway *gateway, const char *origin, const char *link, const char *code)
{
	const struct lan *lan = gateway->lan;
	char line[400];

	qr_print(link, gateway, events_line);
	snprintf(line, sizeof line, "Scan it, or open %s there and type %s   (works once, within two minutes)", origin, code);
	events_line(gateway, line);
	secret_forget(line, sizeof line);
	snprintf(line, sizeof line, "%s, SHA-256: %s", lan->authority_length ? "Our CA's fingerprint" :
		"The certificate's fingerprint", lan->fingerprint);
	events_line(gateway, line);
	if (lan->authority_length) {
		snprintf(line, sizeof line, "The browser warns until it trusts our CA: %s/_wvwasi/ca.crt",
		         lan->origins[LAN_APP][0].origin);
		events_line(gateway, line);
	}
}

static const char *way_in(const struct gateway *gateway, bool for_debugger)
{
	return for_debugger ? "/_wvwasi/inspector" : gateway->config->program && !gateway->config->root ? "/_wvwasi/terminal" : "/";
}

void answer_pair(struct gateway *gateway, uint32_t requester, uint32_t flags)
{
	bool for_debugger = flags & PAIR_DEBUGGER;
	bool is_replaced = pairing.expires_ns > now_ns() && !pairing.used && pairing_requester != requester;
	char token[SECRET_TEXT_MAX + 1], code[CODE_TEXT + 1], link[320];
	const char *origin;
	cJSON *event;

	if (!gateway->lan) {
		tell_error(gateway, requester, "other machines can't connect: start the gateway with --lan");
		return;
	}
	if (flags & PAIR_ADDRESS_GONE) {
		tell_error(gateway, requester,
			"no other machine can connect: this one doesn't have the address any more that --lan began with (join that "
		           "network again, or start wvwasi-gw again for the address that it has now)");
		return;
	}
	if (!pairing_open(&pairing, now_ns(), for_debugger, flags & PAIR_AGAIN, token, code)) {
		tell_error(gateway, requester,
			"pairing was closed: twenty wrong codes came within an hour (to open it again: P, or wvwasi-gw pair --again)");
		return;
	}
	if (is_replaced)
		tell_error(gateway, pairing_requester, "another pairing was opened: this link and this code don't work any more");
	pairing_requester = requester;
	gateway->lan->debugger_open |= for_debugger;
	origin = gateway->lan->origins[for_debugger ? LAN_DEBUGGER : LAN_APP][0].origin;
	snprintf(link, sizeof link, "%s/_wvwasi/enter#k=%s&to=%s", origin, token, way_in(gateway, for_debugger));
	if (requester_reads_sentences(gateway, requester)) {
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
		requester_tell(gateway, requester, event);
	}
	secret_forget(token, sizeof token);
	secret_forget(code, sizeof code);
	secret_forget(link, sizeof link);
}

/* ---- the request that waits ---- */

static void ask(struct gateway *gateway, uint32_t number, const char *browser, const char *address)
{
	char line[256];
	cJSON *event;

	if (requester_reads_sentences(gateway, request.requester)) {
		snprintf(line, sizeof line, "%s wants to %s programs here. Let it in, if it shows the words %s?", request.who,
		         request.for_debugger ? "watch" : "run", request.words);
		channel_send(&gateway->channel, SAY_ASK, number, 0, line, strlen(line), -1);
		return;
	}
	event = cJSON_CreateObject();
	cJSON_AddStringToObject(event, "event", "knock");
	cJSON_AddNumberToObject(event, "knock", number);
	cJSON_AddStringToObject(event, "browser", browser);
	cJSON_AddStringToObject(event, "address", address);
	cJSON_AddStringToObject(event, "words", request.words);
	cJSON_AddStringToObject(event, "scope", scope_name(request.for_debugger ? SCOPE_WATCH : SCOPE_RUN));
	requester_tell(gateway, request.requester, event);
}

/* Ends the request; the one who was asked is told why. */
static struct http_conn *finish(struct gateway *gateway, bool admitted, const char *why)
{
	struct http_conn *conn = request.conn;
	char sentence[256];
	cJSON *event;

	if (requester_reads_sentences(gateway, request.requester)) {
		channel_send(&gateway->channel, SAY_ASK, 0, 0, NULL, 0, -1);
	}
	snprintf(sentence, sizeof sentence, "%s %s", request.who, why);
	if (requester_reads_sentences(gateway, request.requester)) {
		events_line(gateway, sentence);
	} else {
		event = cJSON_CreateObject();
		cJSON_AddStringToObject(event, "event", "knocked");
		cJSON_AddStringToObject(event, "text", sentence);
		cJSON_AddBoolToObject(event, "admitted", admitted);
		requester_tell(gateway, request.requester, event);
	}
	request = (struct pairing_request){ 0 };
	return conn;
}

static void refuse(struct http_conn *conn, int status, const char *sentence)
{
	http_conn_refuse(conn, status, sentence, true, false);
}

static void wait_for_yes(struct http_conn *conn, const char *words, void admitted(struct http_conn *conn))
{
	struct client *client = client_of(conn);
	struct text agent = { client->request.user_agent, strlen(client->request.user_agent) };
	char browser[64];

	browser_name(agent, browser, sizeof browser);
	request.number = ++last_number;
	request.requester = pairing_requester;
	request.conn = conn;
	request.since_ns = now_ns();
	snprintf(request.who, sizeof request.who, "%s at %s", browser, conn->address);
	snprintf(request.words, sizeof request.words, "%s", words);
	request.for_debugger = client->for_debugger;
	request.admitted = admitted;
	client_of(conn)->request.asks_to_pair = true;
	http_conn_wait(conn);
	if (request.number)
		ask(conn->gateway, request.number, browser, conn->address);
}

void pairing_request_claim(struct http_conn *conn, const char *token, const char *code, const char *words,
                           void admitted(struct http_conn *conn))
{
	const struct client *client = client_of(conn);
	struct gateway *gateway = conn->gateway;
	unsigned tries_left = 0;
	bool was_closed = pairing.closed;
	char why[160];
	enum claim claim;

	if (!words || !words_are_ours(words)) { /* before the link or a try is used up */
		refuse(conn, 400, "a claim from another machine needs the words that its page shows, such as lusab-torik");
		return;
	}
	if (request.number) {
		refuse(conn, 409, "another browser waits for the answer at the gateway's terminal: try again in a moment");
		return;
	}
	claim = token ? pairing_claim_token(&pairing, client->for_debugger, (struct text){ token, strlen(token) }, now_ns())
	              : pairing_claim_code(&pairing, client->for_debugger, (struct text){ code, strlen(code) }, now_ns(),
	                                   &tries_left);
	switch (claim) {
	case CLAIM_GOOD:
		wait_for_yes(conn, words, admitted);
		return;
	case CLAIM_USED:
		events_warn(gateway, "a pairing link was opened a second time, by %s: it works once (a new one: p)", conn->address);
		refuse(conn, 410, "this link has been used: it works once");
		return;
	case CLAIM_EXPIRED:
		refuse(conn, 410, "there's no pairing at the moment: the last one was used, guessed at, or is older than two minutes");
		return;
	case CLAIM_UNKNOWN:
		break;
	}
	if (token) {
		refuse(conn, 410, "this link isn't one of this gateway's at the moment");
	} else if (tries_left) {
		snprintf(why, sizeof why, "this isn't the code: %u more %s", tries_left, tries_left == 1 ? "try" : "tries");
		refuse(conn, 403, why);
	} else {
		if (pairing.closed && !was_closed)
			events_warn(gateway,
				"twenty wrong pairing codes within an hour, the last from %s: pairing is closed until you open it again",
				conn->address);
		else
			events_warn(gateway, "five wrong pairing codes, the last from %s: the code doesn't work any more (a new one: p)",
			            conn->address);
		refuse(conn, 403, "this isn't the code, and that was the last try: ask for a new one at the gateway");
	}
}

void answer_admit(struct gateway *gateway, uint32_t requester, uint32_t number, bool yes)
{
	void (*admitted)(struct http_conn *conn) = request.admitted;
	struct http_conn *conn;

	if (!number || number != request.number) {
		tell_error(gateway, requester, "no pairing request waits for that answer");
		return;
	}
	conn = finish(gateway, yes, yes ? "was let in" : "wasn't let in");
	client_of(conn)->request.asks_to_pair = false;
	if (yes)
		admitted(conn);
	else
		refuse(conn, 403, "the user at the gateway said no");
}

void pairing_request_gone(struct http_conn *conn)
{
	if (request.conn == conn)
		finish(conn->gateway, false, "didn't wait for the answer");
}

void pairing_request_sweep(struct gateway *gateway)
{
	struct http_conn *conn;

	if (!request.number || now_ns() - request.since_ns < PAIRING_REQUEST_TIMEOUT_S * SECOND_NS)
		return;
	conn = finish(gateway, false, "wasn't let in: nobody answered within 30 seconds");
	client_of(conn)->request.asks_to_pair = false;
	refuse(conn, 403, "nobody at the gateway answered within 30 seconds");
}
