/* server/base/refusals.c: whom the user isn't asked about any more. */
#include "../check.h"

#include "server/base/refusals.h"

static void say_no(struct refusals *refusals, uint32_t session, unsigned times)
{
	while (times--)
		refusals_note(refusals, session, false);
}

TEST(ten_noes_in_a_row_are_enough)
{
	struct refusals refusals = { 0 };

	CHECK(!refusals_enough(&refusals, 1), "never asked");
	say_no(&refusals, 1, NOES_MAX - 1);
	CHECK(!refusals_enough(&refusals, 1), "nine");
	say_no(&refusals, 1, 1);
	CHECK(refusals_enough(&refusals, 1), "ten");
	say_no(&refusals, 1, 1);
	CHECK(refusals_enough(&refusals, 1), "and more");
}

TEST(a_yes_begins_anew)
{
	struct refusals refusals = { 0 };

	say_no(&refusals, 1, NOES_MAX - 1);
	refusals_note(&refusals, 1, true);
	say_no(&refusals, 1, NOES_MAX - 1);
	CHECK(!refusals_enough(&refusals, 1));
	say_no(&refusals, 1, 1);
	CHECK(refusals_enough(&refusals, 1));
}

TEST(each_session_has_its_own)
{
	struct refusals refusals = { 0 };

	say_no(&refusals, 1, NOES_MAX);
	say_no(&refusals, 2, 1);
	CHECK(refusals_enough(&refusals, 1) && !refusals_enough(&refusals, 2) && !refusals_enough(&refusals, 3));
}

/* Only a user who admits that many browsers, and says no to each, makes it forget. */
TEST(of_too_many_sessions_the_oldest_is_forgotten)
{
	struct refusals refusals = { 0 };

	for (uint32_t session = 1; session <= REFUSALS_SESSIONS; session++)
		say_no(&refusals, session, NOES_MAX);
	for (uint32_t session = 1000; session < 2000; session++) {
		CHECK(!refusals_enough(&refusals, session), "looking takes no place");
		refusals_note(&refusals, session, true);
	}
	for (uint32_t session = 1; session <= REFUSALS_SESSIONS; session++)
		CHECK(refusals_enough(&refusals, session), "nor does a yes to who had no no");
	say_no(&refusals, 3000, 1);
	CHECK(!refusals_enough(&refusals, 1) && refusals_enough(&refusals, 2) && refusals_enough(&refusals, REFUSALS_SESSIONS));
	for (unsigned no = 1; no < NOES_MAX; no++)
		say_no(&refusals, 3000, 1);
	CHECK(refusals_enough(&refusals, 3000) && refusals_enough(&refusals, 2), "one place each");
}
