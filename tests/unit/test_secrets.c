/* server/auth/secrets.c: tokens, secrets and tickets, with times of our own. */
#include "../check.h"

#include "server/auth/secrets.h"
#include "server/auth/sessions.h"

static const uint64_t SECOND = 1000000000u;

static struct text text_of(const char *text)
{
	return (struct text){ text, strlen(text) };
}

TEST(a_secret_is_text_of_its_length_and_never_the_same)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned seen[64] = { 0 };
	char last[SECRET_TEXT_MAX + 1] = "", text[SECRET_TEXT_MAX + 1];

	for (int i = 0; i < 2000; i++) {
		secret_text(256, text);
		CHECK_EQ(strlen(text), SESSION_SECRET_TEXT);
		CHECK_EQ(strspn(text, letters), SESSION_SECRET_TEXT, text);
		CHECK(strcmp(text, last), "twice the same");
		strcpy(last, text);
		for (int j = 0; j < 42; j++) /* the last one has four bits */
			seen[strchr(letters, text[j]) - letters]++;
	}
	for (int i = 0; i < 64; i++) /* 84000 / 64 = 1312 each; six sigma either way */
		CHECK(seen[i] > 1090 && seen[i] < 1535, "a letter comes too often or too seldom");
	secret_text(128, text);
	CHECK_EQ(strlen(text), TICKET_TEXT);
}

TEST(a_digest_is_sha_256)
{
	struct digest digest, other;
	char hex[DIGEST_HEX + 1];

	digest_of(&digest, "abc", 3);
	digest_hex(&digest, hex);
	CHECK_STR(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	other = digest;
	CHECK(digest_equals(&digest, &other));
	other.bytes[31] ^= 1;
	CHECK(!digest_equals(&digest, &other));
}

TEST(a_link_may_be_claimed_once_and_until_it_expires)
{
	struct secrets *secrets = secrets_new();
	char token[SECRET_TEXT_MAX + 1], late[SECRET_TEXT_MAX + 1];

	secrets_token_new_for(secrets, SECOND, TOKEN_LIFE_S, 0, token);
	secrets_token_new_for(secrets, SECOND, TOKEN_LIFE_ARGV_S, 0, late);
	CHECK_EQ(secrets_token_claim(secrets, text_of(token), 601 * SECOND - 1), CLAIM_GOOD);
	CHECK_EQ(secrets_token_claim(secrets, text_of(token), 601 * SECOND - 1), CLAIM_USED, "again");
	CHECK_EQ(secrets_token_claim(secrets, text_of(late), 61 * SECOND), CLAIM_EXPIRED);
	secrets_free(secrets);
}

TEST(a_code_is_eight_letters_and_works_once_however_it_is_typed)
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	struct secrets *secrets = secrets_new();
	char code[CODE_TEXT + 1], typed[32];
	unsigned left;

	for (int i = 0; i < 500; i++) {
		secrets_code_new(secrets, 0, code);
		CHECK(strlen(code) == 9 && code[4] == '-' && strspn(code, letters) == 4 && strspn(code + 5, letters) == 4, code);
	}
	for (size_t i = 0, at = 0; i <= CODE_TEXT; i++) /* as a user would */
		if (code[i] != '-') {
			typed[at++] = code[i] == '1' ? 'l' : code[i] == '0' ? 'o' : (char)(code[i] >= 'A' ? code[i] + 32 : code[i]);
			if (code[i] && i == 1)
				typed[at++] = ' ';
		}
	CHECK_EQ(secrets_code_claim(secrets, text_of(typed), 600 * SECOND - 1, &left), CLAIM_GOOD, typed);
	CHECK_EQ(secrets_code_claim(secrets, text_of(code), 600 * SECOND - 1, &left), CLAIM_UNKNOWN, "again");
	CHECK_EQ(secrets_code_claim(secrets, text_of(code), 600 * SECOND, &left), CLAIM_EXPIRED, "late");
	secrets_free(secrets);
}

TEST(five_wrong_codes_end_all_codes)
{
	static const char *const wrong[] = { "", "0000-0000", "not a code at all", "UUUU-UUUU", "\xff" };
	struct secrets *secrets = secrets_new();
	char first[CODE_TEXT + 1], second[CODE_TEXT + 1];
	unsigned left;

	CHECK_EQ(secrets_code_claim(secrets, text_of("0000-0000"), 0, &left), CLAIM_EXPIRED, "there's none yet");
	secrets_code_new(secrets, 0, first);
	secrets_code_new(secrets, 0, second);
	for (unsigned i = 0; i < CODE_TRIES; i++) {
		CHECK_EQ(secrets_code_claim(secrets, text_of(wrong[i]), 1, &left), CLAIM_UNKNOWN, wrong[i]);
		CHECK_EQ(left, CODE_TRIES - 1 - i, wrong[i]);
	}
	CHECK_EQ(secrets_code_claim(secrets, text_of(first), 1, &left), CLAIM_EXPIRED);
	CHECK_EQ(secrets_code_claim(secrets, text_of(second), 1, &left), CLAIM_EXPIRED);
	secrets_code_new(secrets, 2, first);
	CHECK_EQ(secrets_code_claim(secrets, text_of(first), 3, &left), CLAIM_GOOD, "the new one");
	secrets_free(secrets);
}

TEST(a_cookie_finds_its_session_and_is_no_secret)
{
	struct secrets *secrets = secrets_new();
	struct session session = { .id = 1 };
	char secret[SECRET_TEXT_MAX + 1], cookie[SECRET_TEXT_MAX + 1];

	REQUIRE(secrets_session_new(secrets, &session, secret));
	CHECK(!secrets_cookie_find(secrets, text_of("AAAAAAAAAAAAAAAAAAAAAA")), "before there is one");
	secrets_cookie_new(secrets, &session, cookie);
	CHECK(secrets_cookie_find(secrets, text_of(cookie)) == &session);
	CHECK(!secrets_session_find(secrets, text_of(cookie)) && !secrets_ticket_take(secrets, text_of(cookie), 1),
		"for nothing else");
	CHECK(!secrets_cookie_find(secrets, text_of(secret)));
	secrets_session_forget(secrets, &session);
	CHECK(!secrets_cookie_find(secrets, text_of(cookie)), "forgotten with it");
	secrets_free(secrets);
}

TEST(what_is_not_a_token_is_unknown)
{
	struct secrets *secrets = secrets_new();
	char token[SECRET_TEXT_MAX + 1], other[SECRET_TEXT_MAX + 1];

	CHECK_EQ(secrets_token_claim(secrets, text_of("AAAAAAAAAAAAAAAAAAAAAA"), 0), CLAIM_UNKNOWN, "before there is any");
	secrets_token_new_for(secrets, 0, TOKEN_LIFE_S, 0, token);
	strcpy(other, token);
	other[0] = other[0] == 'A' ? 'B' : 'A';
	CHECK_EQ(secrets_token_claim(secrets, text_of(other), 1), CLAIM_UNKNOWN, "one letter off");
	CHECK_EQ(secrets_token_claim(secrets, (struct text){ token, 21 }, 1), CLAIM_UNKNOWN, "its beginning");
	CHECK_EQ(secrets_token_claim(secrets, text_of(""), 1), CLAIM_UNKNOWN, "empty");
	CHECK_EQ(secrets_token_claim(secrets, (struct text){ 0 }, 1), CLAIM_UNKNOWN, "none");
	secrets_free(secrets);
}

TEST(the_oldest_link_makes_room_for_a_new_one)
{
	struct secrets *secrets = secrets_new();
	char first[SECRET_TEXT_MAX + 1], last[SECRET_TEXT_MAX + 1];

	secrets_token_new_for(secrets, 1, TOKEN_LIFE_S, 0, first);
	for (int i = 0; i < TOKENS_MAX; i++)
		secrets_token_new_for(secrets, 2 + (uint64_t)i, TOKEN_LIFE_S, 0, last);
	CHECK_EQ(secrets_token_claim(secrets, text_of(first), SECOND), CLAIM_UNKNOWN);
	CHECK_EQ(secrets_token_claim(secrets, text_of(last), SECOND), CLAIM_GOOD);
	secrets_free(secrets);
}

TEST(a_secret_finds_its_session_until_it_is_forgotten)
{
	struct secrets *secrets = secrets_new();
	struct session one = { .id = 1 }, two = { .id = 2 };
	char first[SECRET_TEXT_MAX + 1], second[SECRET_TEXT_MAX + 1], ticket[SECRET_TEXT_MAX + 1];

	REQUIRE(secrets_session_new(secrets, &one, first) && secrets_session_new(secrets, &two, second));
	CHECK(secrets_session_find(secrets, text_of(first)) == &one);
	CHECK(secrets_session_find(secrets, text_of(second)) == &two);
	REQUIRE(secrets_ticket_new(secrets, &one, 0, ticket));
	secrets_session_forget(secrets, &one);
	CHECK(!secrets_session_find(secrets, text_of(first)));
	CHECK(!secrets_ticket_take(secrets, text_of(ticket), 1), "its tickets too");
	CHECK(secrets_session_find(secrets, text_of(second)) == &two);
	for (int i = 1; i < SECRETS_MAX; i++)
		CHECK(secrets_session_new(secrets, &one, first));
	CHECK(!secrets_session_new(secrets, &one, first), "too many");
	secrets_free(secrets);
}

TEST(a_ticket_is_good_once_and_for_fifteen_seconds)
{
	struct secrets *secrets = secrets_new();
	struct session session = { .id = 1 };
	char ticket[SECRET_TEXT_MAX + 1];

	REQUIRE(secrets_ticket_new(secrets, &session, 0, ticket));
	CHECK(secrets_ticket_take(secrets, text_of(ticket), 15 * SECOND - 1) == &session);
	CHECK(!secrets_ticket_take(secrets, text_of(ticket), 15 * SECOND - 1), "again");
	REQUIRE(secrets_ticket_new(secrets, &session, 0, ticket));
	CHECK(!secrets_ticket_take(secrets, text_of(ticket), 15 * SECOND), "late");
	CHECK(!secrets_ticket_take(secrets, text_of("AAAAAAAAAAAAAAAAAAAAAA"), 0), "nobody's");
	secrets_free(secrets);
}

TEST(unused_tickets_are_bounded_and_expire)
{
	struct secrets *secrets = secrets_new();
	struct session session = { .id = 1 };
	char ticket[SECRET_TEXT_MAX + 1];

	for (int i = 0; i < TICKETS_MAX; i++)
		CHECK(secrets_ticket_new(secrets, &session, 0, ticket));
	CHECK(!secrets_ticket_new(secrets, &session, SECOND, ticket));
	CHECK(secrets_ticket_new(secrets, &session, 15 * SECOND, ticket));
	secrets_free(secrets);
}

TEST(a_browsers_name_is_told_from_what_it_says)
{
	static const struct { const char *agent, *name; } agents[] = {
		{ "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux" },
		{ "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
			"Chrome on Linux" },
		{ "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15",
			"Safari on macOS" },
		{ "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/1 Safari/1 Edg/1", "Edge on Windows" },
		{ "curl/7.88.1", "curl" }, { "\x1b[31mevil", "a client" }, { "", "a client" },
	};
	char name[64];

	for (size_t i = 0; i < sizeof agents / sizeof *agents; i++) {
		browser_name(text_of(agents[i].agent), name, sizeof name);
		CHECK_STR(name, agents[i].name, agents[i].agent);
	}
	browser_name((struct text){ 0 }, name, sizeof name);
	CHECK_STR(name, "a client");
}
