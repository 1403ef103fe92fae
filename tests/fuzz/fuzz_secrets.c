/* Tokens, secrets and tickets against a model that keeps the texts themselves: what was never told must not be known, what was
 * used, expired or forgotten neither. The input is a run of steps. */
#include <stdlib.h>
#include <string.h>

#include "server/auth/secrets.h"
#include "tree.h"

enum { SESSIONS = 4, KNOWN = 64, SECOND = 1000000000 };

struct session {
	int number;
};

struct known {
	char text[SECRET_TEXT_MAX + 1];
	struct session *session;
	uint64_t expires_ns;
	bool used;
};

struct model {
	struct session sessions[SESSIONS];
	struct known tokens[KNOWN], tickets[KNOWN], secrets[SESSIONS];
	size_t tokens_count, tickets_count;
	uint64_t now;
};

static struct text text_of(const char *text) { return (struct text){ text, strlen(text) }; }

/* A text of ours with one bit changed, or as it is with change 0. */
static const char *changed(const char *text, uint8_t change)
{
	static char copy[SECRET_TEXT_MAX + 1];
	size_t length = strlen(text);

	memcpy(copy, text, length + 1);
	if (change && length)
		copy[change % length] ^= (char)(1 << change % 7);
	return copy;
}

static void claim(struct secrets *secrets, struct model *model, struct known *token, uint8_t change)
{
	enum claim got = secrets_token_claim(secrets, text_of(changed(token->text, change)), model->now);
	enum claim want = change ? CLAIM_UNKNOWN : token->used ? CLAIM_USED : model->now >= token->expires_ns ? CLAIM_EXPIRED :
		CLAIM_GOOD;

	/* Old tokens make room for new ones. */
	if (got != want && !(got == CLAIM_UNKNOWN && model->tokens_count > TOKENS_MAX))
		broken("claim: %d, not %d", got, want);
	if (got == CLAIM_GOOD)
		token->used = true;
}

static void take(struct secrets *secrets, struct model *model, struct known *ticket, uint8_t change)
{
	struct session *got = secrets_ticket_take(secrets, text_of(changed(ticket->text, change)), model->now);
	struct session *want = change || ticket->used || model->now >= ticket->expires_ns ? NULL : ticket->session;

	if (got != want)
		broken("a ticket for %p, not %p", (void *)got, (void *)want);
	if (!change)
		ticket->used = true;
}

static void forget(struct secrets *secrets, struct model *model, struct session *session)
{
	secrets_session_forget(secrets, session);
	model->secrets[session->number].session = NULL;
	for (size_t i = 0; i < model->tickets_count; i++)
		if (model->tickets[i].session == session)
			model->tickets[i].used = true;
}

static void step(struct secrets *secrets, struct model *model, uint8_t what, uint8_t with)
{
	struct session *session = &model->sessions[with % SESSIONS];
	struct known *secret = &model->secrets[with % SESSIONS];

	switch (what % 8) {
	case 0:
		if (model->tokens_count < KNOWN) {
			struct known *token = &model->tokens[model->tokens_count++];

			secrets_token_new_for(secrets, model->now, with + 1u, 0, token->text);
			token->expires_ns = model->now + (with + 1u) * (uint64_t)SECOND;
		}
		break;
	case 1:
		if (model->tokens_count)
			claim(secrets, model, &model->tokens[with % model->tokens_count], what >> 3);
		break;
	case 2:
		model->now += (uint64_t)with * SECOND / 8 + 1;
		break;
	case 3:
		if (!secret->session && secrets_session_new(secrets, session, secret->text))
			secret->session = session;
		break;
	case 4:
		if (model->tickets_count < KNOWN && secret->session) {
			struct known *ticket = &model->tickets[model->tickets_count++];

			if (!secrets_ticket_new(secrets, session, model->now, ticket->text))
				broken("no ticket, with %zu", model->tickets_count);
			ticket->session = session;
			ticket->expires_ns = model->now + TICKET_LIFE_S * (uint64_t)SECOND;
		}
		break;
	case 5:
		if (model->tickets_count)
			take(secrets, model, &model->tickets[with % model->tickets_count], what >> 3);
		break;
	case 6:
		if (*secret->text && secrets_session_find(secrets,
		    text_of(changed(secret->text, what >> 3))) != (what >> 3 ? NULL : secret->session))
			broken("a secret that isn't known, or one that should be");
		break;
	case 7:
		forget(secrets, model, session);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct model model;
	struct secrets *secrets;
	struct text raw = { (const char *)bytes, length };

	memset(&model, 0, sizeof model);
	model.now = SECOND;
	for (int i = 0; i < SESSIONS; i++)
		model.sessions[i].number = i;
	secrets = secrets_new();
	for (size_t i = 0; i + 1 < length; i += 2)
		step(secrets, &model, bytes[i], bytes[i + 1]);
	/* And what anybody could send. */
	if (secrets_token_claim(secrets, raw, model.now) != CLAIM_UNKNOWN || secrets_session_find(secrets, raw) ||
	    secrets_ticket_take(secrets, raw, model.now))
		broken("a guess was right");
	secrets_free(secrets);
	return 0;
}
