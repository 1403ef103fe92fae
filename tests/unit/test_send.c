/* server/http/send.c: which bytes of a file are asked for, and whether they are known already. */
#include "../check.h"

#include "server/http/send.h"

static const struct { const char *range; uint64_t size; enum range_verdict verdict; uint64_t first, length; } ranges[] = {
	{ "bytes=0-0", 10, RANGE_PART, 0, 1 }, { "bytes=0-9", 10, RANGE_PART, 0, 10 }, { "bytes=3-", 10, RANGE_PART, 3, 7 },
	{ "bytes=3-99", 10, RANGE_PART, 3, 7 }, { "bytes=-3", 10, RANGE_PART, 7, 3 }, { "bytes=-99", 10, RANGE_PART, 0, 10 },
	{ "bytes=9-9", 10, RANGE_PART, 9, 1 }, { "bytes=10-", 10, RANGE_IMPOSSIBLE, 0, 0 }, { "bytes=0-", 0, RANGE_IMPOSSIBLE, 0, 0 },
	{ "bytes=-0", 10, RANGE_IMPOSSIBLE, 0, 0 }, { "bytes=-1", 0, RANGE_IMPOSSIBLE, 0, 0 },
	{ "bytes=8589934591-", 8589934592, RANGE_PART, 8589934591, 1 },
	{ "bytes=5-3", 10, RANGE_WHOLE, 0, 0 }, { "bytes=0-1,3-4", 10, RANGE_WHOLE, 0, 0 }, { "bytes=", 10, RANGE_WHOLE, 0, 0 },
	{ "bytes=-", 10, RANGE_WHOLE, 0, 0 }, { "bytes=a-b", 10, RANGE_WHOLE, 0, 0 }, { "lines=0-1", 10, RANGE_WHOLE, 0, 0 },
	{ "", 10, RANGE_WHOLE, 0, 0 },
	{ "bytes=0-18446744073709551616", 10, RANGE_WHOLE, 0, 0 }, { "bytes=99999999999999999999-", 10, RANGE_WHOLE, 0, 0 },
	{ "bytes= 0-1", 10, RANGE_WHOLE, 0, 0 }, { "bytes=-3x", 10, RANGE_WHOLE, 0, 0 }, { "bytes=+1-2", 10, RANGE_WHOLE, 0, 0 },
	{ "bytes=0-18446744073709551615", 10, RANGE_PART, 0, 10 },
};

TEST(one_range_is_served_and_anything_else_is_the_whole)
{
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		uint64_t first = 0, length = 0;

		CHECK_EQ(range_read(ranges[i].range, ranges[i].size, &first, &length), ranges[i].verdict, ranges[i].range);
		if (ranges[i].verdict != RANGE_PART)
			continue;
		CHECK_EQ(first, ranges[i].first, ranges[i].range);
		CHECK_EQ(length, ranges[i].length, ranges[i].range);
	}
}

TEST(an_etag_is_found_in_a_list)
{
	CHECK(etag_matches("\"a\"", "\"a\""));
	CHECK(etag_matches("\"b\", \"a\"", "\"a\""));
	CHECK(etag_matches("W/\"a\"", "\"a\""));
	CHECK(etag_matches("\"b\",\"a\",\"c\"", "\"a\""));
	CHECK(etag_matches("*", "\"a\""));
	CHECK(!etag_matches("", "\"a\""));
	CHECK(!etag_matches("\"ab\"", "\"a\""));
	CHECK(!etag_matches("\"b\"", "\"a\""));
	CHECK(!etag_matches("a", "\"a\""));
	CHECK(!etag_matches(", ,", "\"a\""));
}
