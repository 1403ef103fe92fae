#include "secrets.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t SECOND_NS = 1000000000u;

struct token {
	struct digest digest;
	uint64_t expires_ns; /* 0: the place is free */
	bool used;
	bool for_debugger;   /* it lets a debugger in */
	uint32_t requester; /* the client of the control socket that it was made for; 0: none */
};

struct secret {
	struct digest digest, cookie;
	bool has_cookie;
	struct session *session; /* NULL: free */
};

struct ticket {
	struct digest digest;
	struct session *session; /* NULL: free */
	uint64_t expires_ns;
};

struct secrets {
	struct token tokens[TOKENS_MAX], codes[CODES_MAX];
	unsigned tries_left; /* of wrong codes */
	struct secret secrets[SECRETS_MAX];
	struct ticket tickets[TICKETS_MAX];
};

struct secrets *secrets_new(void)
{
	return calloc(1, sizeof(struct secrets));
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

static struct token *oldest_of(struct token *tokens, size_t count)
{
	struct token *oldest = tokens;

	for (struct token *token = tokens; token < tokens + count; token++)
		if (token->expires_ns < oldest->expires_ns)
			oldest = token;
	return oldest;
}

static enum claim token_take(struct token *token, uint64_t now_ns)
{
	if (token->used)
		return CLAIM_USED;
	if (now_ns >= token->expires_ns)
		return CLAIM_EXPIRED;
	token->used = true;
	return CLAIM_GOOD;
}

void secrets_token_new_for(struct secrets *secrets, uint64_t now_ns, unsigned life_s, uint32_t requester,
                           char text[SECRET_TEXT_MAX + 1])
{
	struct token *token = oldest_of(secrets->tokens, TOKENS_MAX);

	new_secret(128, text, &token->digest);
	token->expires_ns = now_ns + life_s * SECOND_NS;
	token->used = false;
	token->for_debugger = false;
	token->requester = requester;
}

void secrets_debugger_token_new(struct secrets *secrets, uint64_t now_ns, unsigned life_s, char text[SECRET_TEXT_MAX + 1])
{
	struct token *token = oldest_of(secrets->tokens, TOKENS_MAX);

	new_secret(128, text, &token->digest);
	*token = (struct token){ .digest = token->digest, .expires_ns = now_ns + life_s * SECOND_NS, .for_debugger = true };
}

uint32_t secrets_token_requester(const struct secrets *secrets, struct text text)
{
	struct digest digest;

	digest_of(&digest, text.at, text.length);
	for (const struct token *token = secrets->tokens; token < secrets->tokens + TOKENS_MAX; token++)
		if (token->expires_ns && digest_equals(&token->digest, &digest))
			return token->requester;
	return 0;
}

static enum claim token_claim(struct secrets *secrets, struct text text, bool for_debugger, uint64_t now_ns)
{
	struct digest digest;

	if (!digest_of_text(&digest, text, TOKEN_TEXT))
		return CLAIM_UNKNOWN;
	for (struct token *token = secrets->tokens; token < secrets->tokens + TOKENS_MAX; token++)
		if (token->expires_ns && token->for_debugger == for_debugger && digest_equals(&token->digest, &digest))
			return token_take(token, now_ns);
	return CLAIM_UNKNOWN;
}

enum claim secrets_token_claim(struct secrets *secrets, struct text token, uint64_t now_ns)
{
	return token_claim(secrets, token, false, now_ns);
}

enum claim secrets_debugger_token_claim(struct secrets *secrets, struct text token, uint64_t now_ns)
{
	return token_claim(secrets, token, true, now_ns);
}

/* ---- codes ---- */

void code_make(char text[CODE_TEXT + 1])
{
	/* Crockford's base32: no I, L, O and U, which people take for others. */
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint8_t random[8];

	secret_bytes(random, sizeof random);
	for (int i = 0, at = 0; i < 8; i++) {
		if (i == 4)
			text[at++] = '-';
		text[at++] = letters[random[i] & 31];
	}
	text[CODE_TEXT] = 0;
	secret_forget(random, sizeof random);
}

void secrets_code_new(struct secrets *secrets, uint64_t now_ns, char text[CODE_TEXT + 1])
{
	struct token *code = oldest_of(secrets->codes, CODES_MAX);

	code_make(text);
	digest_of(&code->digest, text, CODE_TEXT);
	code->expires_ns = now_ns + TOKEN_LIFE_S * SECOND_NS;
	code->used = false;
	secrets->tries_left = CODE_TRIES;
}

bool code_read(struct text typed, char text[CODE_TEXT + 1])
{
	int at = 0;

	for (size_t i = 0; typed.at && i < typed.length; i++) {
		char c = typed.at[i];

		if (c == '-' || c == ' ')
			continue;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (at == CODE_TEXT || c == 'U' || !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')))
			return false;
		if (at == 4)
			text[at++] = '-';
		text[at++] = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
	}
	text[at] = 0;
	return at == CODE_TEXT;
}

enum claim secrets_code_claim(struct secrets *secrets, struct text typed, uint64_t now_ns, unsigned *tries_left)
{
	char text[CODE_TEXT + 1];
	struct digest digest;
	bool any = false;

	*tries_left = secrets->tries_left;
	if (code_read(typed, text))
		digest_of(&digest, text, CODE_TEXT);
	else
		memset(&digest, 0, sizeof digest); /* wrong, and a try like any other */
	secret_forget(text, sizeof text);
	for (struct token *code = secrets->codes; code < secrets->codes + CODES_MAX; code++) {
		if (code->used || now_ns >= code->expires_ns)
			continue;
		any = true;
		if (digest_equals(&code->digest, &digest))
			return token_take(code, now_ns);
	}
	if (!any)
		return CLAIM_EXPIRED;
	*tries_left = --secrets->tries_left;
	if (!secrets->tries_left)
		memset(secrets->codes, 0, sizeof secrets->codes);
	return CLAIM_UNKNOWN;
}

/* ---- sessions ---- */

bool secrets_session_new(struct secrets *secrets, struct session *session, char text[SECRET_TEXT_MAX + 1])
{
	for (struct secret *secret = secrets->secrets; secret < secrets->secrets + SECRETS_MAX; secret++)
		if (!secret->session) {
			new_secret(256, text, &secret->digest);
			secret->has_cookie = false;
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

void secrets_cookie_new(struct secrets *secrets, const struct session *session, char text[SECRET_TEXT_MAX + 1])
{
	*text = 0;
	for (struct secret *secret = secrets->secrets; secret < secrets->secrets + SECRETS_MAX; secret++)
		if (secret->session == session) {
			new_secret(128, text, &secret->cookie);
			secret->has_cookie = true;
			return;
		}
}

struct session *secrets_cookie_find(const struct secrets *secrets, struct text text)
{
	struct digest digest;

	if (!digest_of_text(&digest, text, COOKIE_TEXT))
		return NULL;
	for (const struct secret *secret = secrets->secrets; secret < secrets->secrets + SECRETS_MAX; secret++)
		if (secret->session && secret->has_cookie && digest_equals(&secret->cookie, &digest))
			return secret->session;
	return NULL;
}

bool secrets_session_digests(const struct secrets *secrets, const struct session *session, struct digest *digest,
                             struct digest *cookie)
{
	for (const struct secret *secret = secrets->secrets; secret < secrets->secrets + SECRETS_MAX; secret++)
		if (secret->session == session && secret->has_cookie) {
			*digest = secret->digest;
			*cookie = secret->cookie;
			return true;
		}
	return false;
}

bool secrets_session_restore(struct secrets *secrets, struct session *session, const struct digest *digest,
                             const struct digest *cookie)
{
	for (struct secret *secret = secrets->secrets; secret < secrets->secrets + SECRETS_MAX; secret++)
		if (!secret->session) {
			*secret = (struct secret){ .digest = *digest, .cookie = *cookie, .has_cookie = true, .session = session };
			return true;
		}
	return false;
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
