/* Pairing's rules, with a clock of the test's own. */
#include "server/auth/pairing.h"
#include "../check.h"

static const uint64_t SECOND = 1000000000u, START = 7000000000u;

static struct text text_of(const char *text)
{
	return (struct text){ text, strlen(text) };
}

static char token[SECRET_TEXT_MAX + 1], code[CODE_TEXT + 1];

TEST(link_and_code_are_good_for_two_minutes_and_for_one_browser)
{
	struct pairing pairing = { 0 };
	unsigned left;

	CHECK_EQ(pairing_claim_code(&pairing, false, text_of("AAAA-AAAA"), START, &left), CLAIM_EXPIRED);
	CHECK_EQ(pairing_claim_token(&pairing, false, text_of("AAAAAAAAAAAAAAAAAAAAAA"), START), CLAIM_UNKNOWN);
	CHECK(pairing_open(&pairing, START, false, false, token, code));
	CHECK_EQ(pairing_claim_token(&pairing, false, text_of(token), START + 120 * SECOND), CLAIM_EXPIRED);
	CHECK_EQ(pairing_claim_code(&pairing, false, text_of(code), START + 120 * SECOND, &left), CLAIM_EXPIRED);
	CHECK_EQ(pairing_claim_token(&pairing, false, text_of(token), START + 120 * SECOND - 1), CLAIM_GOOD);
	CHECK_EQ(pairing_claim_token(&pairing, false, text_of(token), START + 1), CLAIM_USED);
	CHECK_EQ(pairing_claim_code(&pairing, false, text_of(code), START + 1, &left), CLAIM_EXPIRED);
}

TEST(a_new_pairing_ends_the_last)
{
	struct pairing pairing = { 0 };
	char older[SECRET_TEXT_MAX + 1], older_code[CODE_TEXT + 1];
	unsigned left;

	CHECK(pairing_open(&pairing, START, false, false, older, older_code) &&
		pairing_open(&pairing, START, false, false, token, code));
	CHECK_EQ(pairing_claim_token(&pairing, false, text_of(older), START), CLAIM_UNKNOWN);
	CHECK_EQ(pairing_claim_code(&pairing, false, text_of(older_code), START, &left), CLAIM_UNKNOWN);
	CHECK_EQ(left, CODE_TRIES - 1);
	CHECK_EQ(pairing_claim_code(&pairing, false, text_of(code), START, &left), CLAIM_GOOD);
}

static void guess(struct pairing *pairing, unsigned count, uint64_t now)
{
	unsigned left;

	for (unsigned i = 0; i < count; i++)
		CHECK_EQ(pairing_claim_code(pairing, false, text_of(i % 2 ? "not a code" : "0000-0000"), now, &left), CLAIM_UNKNOWN);
}

TEST(five_wrong_codes_end_link_and_code)
{
	struct pairing pairing = { 0 };
	unsigned left;

	CHECK(pairing_open(&pairing, START, false, false, token, code));
	guess(&pairing, CODE_TRIES, START);
	CHECK_EQ(pairing_claim_code(&pairing, false, text_of(code), START, &left), CLAIM_EXPIRED);
	CHECK(pairing_claim_token(&pairing, false, text_of(token), START) != CLAIM_GOOD);
}

TEST(twenty_wrong_codes_within_an_hour_close_pairing_and_older_ones_are_forgiven)
{
	struct pairing pairing = { 0 };
	uint64_t now = START;

	for (unsigned codes = 0; codes < 12; codes++, now += 1200 * SECOND) { /* fifteen an hour, for hours */
		CHECK(pairing_open(&pairing, now, false, false, token, code));
		guess(&pairing, CODE_TRIES, now);
	}
	CHECK(pairing_open(&pairing, now, false, false, token, code));
	guess(&pairing, CODE_TRIES, now);
	CHECK(!pairing.closed);
	CHECK(pairing_open(&pairing, now + SECOND, false, false, token, code));
	guess(&pairing, CODE_TRIES, now + SECOND);
	CHECK(pairing.closed);
	CHECK(!pairing_open(&pairing, now + 90000 * SECOND, false, false, token, code)); /* not by waiting: by the user alone */
	CHECK(pairing_open(&pairing, now + 2 * SECOND, false, true, token, code));
	guess(&pairing, CODE_TRIES - 1, now + 2 * SECOND);
	CHECK(!pairing.closed);
	CHECK_EQ(pairing_claim_token(&pairing, false, text_of(token), now + 3 * SECOND), CLAIM_GOOD);
}

TEST(a_debuggers_pairing_is_none_at_the_apps_door_and_a_code_at_the_wrong_one_is_no_try)
{
	struct pairing pairing = { 0 };
	unsigned left;

	for (int for_debugger = 0; for_debugger < 2; for_debugger++) {
		CHECK(pairing_open(&pairing, START, for_debugger, false, token, code));
		for (unsigned i = 0; i < CODE_TRIES; i++) {
			CHECK_EQ(pairing_claim_token(&pairing, !for_debugger, text_of(token), START), CLAIM_UNKNOWN);
			CHECK_EQ(pairing_claim_code(&pairing, !for_debugger, text_of(code), START, &left), CLAIM_EXPIRED);
		}
		CHECK_EQ(pairing_claim_code(&pairing, for_debugger, text_of(code), START, &left), CLAIM_GOOD);
	}
}

TEST(words_are_two_that_can_be_said_and_nothing_else)
{
	static const char *const wrong[] = { "", "lusab", "lusab-tori", "lusab-torikk", "lusab torik", "Lusab-torik", "lusab-trust",
		"admin-admin", "lusab-tori\n" };

	CHECK(words_are_ours("lusab-torik"));
	CHECK(words_are_ours("babab-zuzuz"));
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		CHECK(!words_are_ours(wrong[i]));
}
