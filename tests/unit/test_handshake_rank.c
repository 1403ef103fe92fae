/* Whose TLS handshake comes first, with a clock of the test's own. Paired addresses: tests/gateway/lan-tls. */
#include "server/doors/handshake_rank.h"
#include "../check.h"

TEST(an_address_with_an_open_handshake_comes_after_one_without)
{
	CHECK_EQ(handshake_rank("10.0.0.1", 0, 1000), RANK_NEW);
	CHECK_EQ(handshake_rank("10.0.0.1", 1, 1000), RANK_OTHER);
}

TEST(an_unfinished_handshake_is_remembered_for_a_minute)
{
	handshake_unfinished("10.0.0.2", 1000);
	CHECK_EQ(handshake_rank("10.0.0.2", 0, 1000), RANK_OTHER);
	CHECK_EQ(handshake_rank("10.0.0.2", 0, 60999), RANK_OTHER);
	CHECK_EQ(handshake_rank("10.0.0.2", 0, 61000), RANK_NEW);
	CHECK_EQ(handshake_rank("10.0.0.20", 0, 1000), RANK_NEW);
}

TEST(of_many_the_oldest_is_forgotten)
{
	char address[32];

	for (int i = 0; i < 65; i++) {
		snprintf(address, sizeof address, "10.1.0.%d", i);
		handshake_unfinished(address, 100000 + (uint64_t)i);
	}
	CHECK_EQ(handshake_rank("10.1.0.0", 0, 100100), RANK_NEW);
	CHECK_EQ(handshake_rank("10.1.0.1", 0, 100100), RANK_OTHER);
	CHECK_EQ(handshake_rank("10.1.0.64", 0, 100100), RANK_OTHER);
}

TEST(one_that_takes_long_makes_room)
{
	CHECK_EQ(handshake_rank_of_open("10.0.0.3", HANDSHAKE_YOUNG_MS - 1, 1000), RANK_NEW);
	CHECK_EQ(handshake_rank_of_open("10.0.0.3", HANDSHAKE_YOUNG_MS, 1000), RANK_OTHER);
}
