#include "pairing.h"

#include <string.h>

static const uint64_t SECOND_NS = 1000000000u;

bool pairing_open(struct pairing *pairing, uint64_t now_ns, bool for_debugger, bool reopens, char token[SECRET_TEXT_MAX + 1],
                  char code[CODE_TEXT + 1])
{
	if (pairing->closed && !reopens)
		return false;
	if (pairing->closed)
		*pairing = (struct pairing){ 0 };
	secret_text(128, token);
	digest_of(&pairing->token, token, strlen(token));
	code_make(code);
	digest_of(&pairing->code, code, CODE_TEXT);
	pairing->expires_ns = now_ns + PAIRING_LIFE_S * SECOND_NS;
	pairing->for_debugger = for_debugger;
	pairing->used = false;
	pairing->tries_left = CODE_TRIES;
	return true;
}

static bool is_open(const struct pairing *pairing, uint64_t now_ns)
{
	return pairing->expires_ns && now_ns < pairing->expires_ns;
}

static enum claim use(struct pairing *pairing, uint64_t now_ns)
{
	if (pairing->used)
		return CLAIM_USED;
	if (!is_open(pairing, now_ns))
		return CLAIM_EXPIRED;
	pairing->used = true;
	return CLAIM_GOOD;
}

enum claim pairing_claim_token(struct pairing *pairing, bool for_debugger, struct text token, uint64_t now_ns)
{
	struct digest digest;

	if (!token.at || token.length != TOKEN_TEXT || !pairing->expires_ns || for_debugger != pairing->for_debugger)
		return CLAIM_UNKNOWN;
	digest_of(&digest, token.at, token.length);
	return digest_equals(&digest, &pairing->token) ? use(pairing, now_ns) : CLAIM_UNKNOWN;
}

/* Counts a wrong code. Pairing closes if the twentieth last is less than an hour old. */
static void wrong_note(struct pairing *pairing, uint64_t now_ns)
{
	uint64_t *origin = &pairing->wrong_ns[pairing->wrong_next];
	uint64_t oldest;

	*origin = now_ns;
	pairing->wrong_next = (pairing->wrong_next + 1) % PAIRING_WRONG_MAX;
	if (pairing->wrong_count < PAIRING_WRONG_MAX)
		pairing->wrong_count++;
	oldest = pairing->wrong_ns[pairing->wrong_next];
	if (pairing->wrong_count == PAIRING_WRONG_MAX && now_ns - oldest < PAIRING_WRONG_S * SECOND_NS) {
		pairing->closed = true;
		pairing->expires_ns = 0;
		pairing->tries_left = 0;
	}
}

enum claim pairing_claim_code(struct pairing *pairing, bool for_debugger, struct text typed, uint64_t now_ns,
                              unsigned *tries_left)
{
	char text[CODE_TEXT + 1];
	struct digest digest = { 0 };

	*tries_left = pairing->tries_left;
	if (!is_open(pairing, now_ns) || pairing->used || for_debugger != pairing->for_debugger)
		return CLAIM_EXPIRED;
	if (code_read(typed, text))
		digest_of(&digest, text, CODE_TEXT);
	secret_forget(text, sizeof text);
	if (digest_equals(&digest, &pairing->code))
		return use(pairing, now_ns);
	if (!--pairing->tries_left)
		pairing->expires_ns = 0;
	wrong_note(pairing, now_ns);
	*tries_left = pairing->tries_left;
	return CLAIM_UNKNOWN;
}

bool words_are_ours(const char *text)
{
	static const char pattern[] = "cvcvc-cvcvc";

	if (strlen(text) != WORDS_TEXT)
		return false;
	for (int i = 0; i < WORDS_TEXT; i++)
		if (!strchr(pattern[i] == 'c' ? "bdfghjklmnprstvz" : pattern[i] == 'v' ? "aiou" : "-", text[i]))
			return false;
	return true;
}
