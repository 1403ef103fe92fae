#include "secrets.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t SECOND_NS = 1000000000u;

struct token {
	struct digest digest;
	uint64_t expires_ns; /* 0: the place is free */
	bool used;
};

struct secret {
	struct digest digest;
	struct session *session; /* NULL: free */
};

struct ticket {
	struct digest digest;
	struct session *session; /* NULL: free */
	uint64_t expires_ns;
};

struct secrets {
	bool one_use_links;
	struct token tokens[TOKENS_MAX];
	struct secret secrets[SECRETS_MAX];
	struct ticket tickets[TICKETS_MAX];
};

struct secrets *secrets_new(bool one_use_links)
{
	struct secrets *secrets = calloc(1, sizeof *secrets);

	if (secrets)
		secrets->one_use_links = one_use_links;
	return secrets;
}

void secrets_free(struct secrets *secrets)
{
	free(secrets);
}

/* Text that can't be one of ours isn't worth a digest. */
static bool digest_of_text(struct digest *digest, struct text text, size_t length)
{
	if (!text.at || text.length != length)
		return false;
	digest_of(digest, text.at, text.length);
	return true;
}

static void new_secret(unsigned bits, char text[SECRET_TEXT_MAX + 1], struct digest *digest)
{
	secret_text(bits, text);
	digest_of(digest, text, strlen(text));
}

/* ---- tokens ---- */

void secrets_token_new(struct secrets *secrets, uint64_t now_ns, unsigned life_s, char text[SECRET_TEXT_MAX + 1])
{
	struct token *oldest = secrets->tokens;

	for (struct token *token = secrets->tokens; token < secrets->tokens + TOKENS_MAX; token++)
		if (token->expires_ns < oldest->expires_ns)
			oldest = token;
	new_secret(128, text, &oldest->digest);
	oldest->expires_ns = now_ns + life_s * SECOND_NS;
	oldest->used = false;
}

enum claim secrets_token_claim(struct secrets *secrets, struct text text, uint64_t now_ns)
{
	struct digest digest;

	if (!digest_of_text(&digest, text, TOKEN_TEXT))
		return CLAIM_UNKNOWN;
	for (struct token *token = secrets->tokens; token < secrets->tokens + TOKENS_MAX; token++) {
		if (!token->expires_ns || !digest_equals(&token->digest, &digest))
			continue;
		if (token->used && secrets->one_use_links)
			return CLAIM_USED;
		if (now_ns >= token->expires_ns)
			return CLAIM_EXPIRED;
		token->used = true;
		return CLAIM_GOOD;
	}
	return CLAIM_UNKNOWN;
}

/* ---- sessions ---- */

bool secrets_session_new(struct secrets *secrets, struct session *session, char text[SECRET_TEXT_MAX + 1])
{
	for (struct secret *secret = secrets->secrets; secret < secrets->secrets + SECRETS_MAX; secret++)
		if (!secret->session) {
			new_secret(256, text, &secret->digest);
			secret->session = session;
			return true;
		}
	return false;
}

struct session *secrets_session_find(const struct secrets *secrets, struct text text)
{
	struct digest digest;

	if (!digest_of_text(&digest, text, SESSION_SECRET_TEXT))
		return NULL;
	for (const struct secret *secret = secrets->secrets; secret < secrets->secrets + SECRETS_MAX; secret++)
		if (secret->session && digest_equals(&secret->digest, &digest))
			return secret->session;
	return NULL;
}

void secrets_session_forget(struct secrets *secrets, const struct session *session)
{
	for (struct secret *secret = secrets->secrets; secret < secrets->secrets + SECRETS_MAX; secret++)
		if (secret->session == session)
			*secret = (struct secret){ 0 };
	for (struct ticket *ticket = secrets->tickets; ticket < secrets->tickets + TICKETS_MAX; ticket++)
		if (ticket->session == session)
			*ticket = (struct ticket){ 0 };
}

/* ---- tickets ---- */

bool secrets_ticket_new(struct secrets *secrets, struct session *session, uint64_t now_ns, char text[SECRET_TEXT_MAX + 1])
{
	for (struct ticket *ticket = secrets->tickets; ticket < secrets->tickets + TICKETS_MAX; ticket++)
		if (!ticket->session || now_ns >= ticket->expires_ns) {
			new_secret(128, text, &ticket->digest);
			ticket->session = session;
			ticket->expires_ns = now_ns + TICKET_LIFE_S * SECOND_NS;
			return true;
		}
	return false;
}

struct session *secrets_ticket_take(struct secrets *secrets, struct text text, uint64_t now_ns)
{
	struct digest digest;

	if (!digest_of_text(&digest, text, TICKET_TEXT))
		return NULL;
	for (struct ticket *ticket = secrets->tickets; ticket < secrets->tickets + TICKETS_MAX; ticket++) {
		struct session *session = ticket->session;

		if (!session || !digest_equals(&ticket->digest, &digest))
			continue;
		*ticket = (struct ticket){ .expires_ns = ticket->expires_ns };
		return now_ns < ticket->expires_ns ? session : NULL;
	}
	return NULL;
}
