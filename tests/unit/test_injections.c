/* --inject RULE: what is a rule, and what it says. */
#include "server/base/injections.h"

#include <string.h>

#include "../check.h"
#include "wasi/abi.h"
#include "wasi/syscalls.h"

static struct injection injection;

static bool reads(const char *text)
{
	return !injection_read(&injection, text);
}

static bool refuses(const char *text, const char *why)
{
	const char *wrong = injection_read(&injection, text);

	return wrong && strstr(wrong, why);
}

TEST(calls_are_names_and_globs)
{
	REQUIRE(reads("fd_write:error=ENOSPC"));
	CHECK(injection.calls_count == 1 && injection.calls[0] == SYSCALL_fd_write && injection.error == WASI_ENOSPC);
	REQUIRE(reads("path_open,fd_s*:error=IO"));
	CHECK(injection.calls[0] == SYSCALL_path_open && injection.calls_count > 2 && injection.error == WASI_EIO);
	REQUIRE(reads("*:lost"));
	CHECK(injection.calls_count == syscalls_count && injection.lost);
	REQUIRE(reads("fd_write,fd_*,fd_write:error=EIO"));
	for (size_t i = 0; i < injection.calls_count; i++)
		for (size_t j = 0; j < i; j++)
			CHECK(injection.calls[i] != injection.calls[j]);
	CHECK(refuses("fd_write,open:error=EIO", "no such call"));
	CHECK(refuses(":error=EIO", "no such call"));
}

TEST(when_is_a_range_with_steps)
{
	static const struct { const char *text; uint32_t first, last, step; } good[] = {
		{ "3", 3, 3, 1 }, { "3+", 3, UINT32_MAX, 1 }, { "3+2", 3, UINT32_MAX, 2 }, { "3..", 3, UINT32_MAX, 1 }, { "3..9", 3, 9, 1 }, { "3..9+4", 3, 9, 4 },
		{ "3..+4", 3, UINT32_MAX, 4 },
	};
	static const char *const bad[] = { "0", "", "x", "3-5", "5..3", "3+0", "99999999999", "3 " };

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		char rule[64] = "fd_read:error=EIO:when=";

		REQUIRE(reads(strcat(rule, good[i].text)));
		CHECK(injection.first == good[i].first && injection.last == good[i].last && injection.step == good[i].step);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char rule[64] = "fd_read:error=EIO:when=";

		CHECK(!reads(strcat(rule, bad[i])), bad[i]);
	}
	REQUIRE(reads("fd_read:error=EIO"));
	CHECK(injection.first == 1 && injection.last == UINT32_MAX && injection.step == 1);
}

TEST(delays_have_units)
{
	REQUIRE(reads("fd_read:delay_enter=5"));
	CHECK(injection.enter_ns == 5000 && !injection.exit_ns);
	REQUIRE(reads("fd_read:delay_exit=50ms:delay_enter=7us"));
	CHECK(injection.exit_ns == 50000000 && injection.enter_ns == 7000);
	REQUIRE(reads("fd_read:delay_exit=3600s"));
	CHECK(refuses("fd_read:delay_exit=3601s", "up to an hour"));
	CHECK(refuses("fd_read:delay_exit=18446744073709551617", "up to an hour"));
	CHECK(refuses("fd_read:delay_exit=5 ms", "up to an hour"));
	CHECK(refuses("fd_read:delay_exit=0", "up to an hour"));
}

TEST(short_is_for_what_moves_bytes)
{
	REQUIRE(reads("fd_*:short=1"));
	for (size_t i = 0; i < injection.calls_count; i++)
		CHECK(strstr(syscall_find(injection.calls[i])->name, "read") || strstr(syscall_find(injection.calls[i])->name, "write"));
	CHECK(injection.calls_count == 4 && injection.bytes == 1);
	CHECK(refuses("path_open:short=1", "short= works"));
	CHECK(refuses("fd_read:short=0", "from 1"));
}

TEST(a_path_takes_the_rest)
{
	REQUIRE(reads("path_open:error=EACCES:fd=3:path=/a:b=*.db"));
	CHECK(injection.fd == 3 && !strcmp(injection.path, "/a:b=*.db"));
	CHECK(refuses("path_open:error=EACCES:path=", "1 to 255"));
}

TEST(a_probability_is_part_of_one)
{
	REQUIRE(reads("fd_read:error=EIO:probability=0.5:seed=7"));
	CHECK(injection.chance == UINT32_MAX / 2 && injection.seed == 7);
	REQUIRE(reads("fd_read:error=EIO:probability=1"));
	CHECK(injection.chance == INJECTION_ALWAYS);
	CHECK(refuses("fd_read:error=EIO:probability=0", "between 0 and 1"));
	CHECK(refuses("fd_read:error=EIO:probability=1.1", "between 0 and 1"));
	CHECK(refuses("fd_read:error=EIO:probability=nan", "between 0 and 1"));
	CHECK(refuses("fd_read:error=EIO:probability=.", "between 0 and 1"));
	CHECK(refuses("fd_read:error=EIO:probability=1e-3", "between 0 and 1"));
}

TEST(what_says_nothing_is_refused)
{
	char long_one[700];

	CHECK(refuses("fd_read", "no action"));
	CHECK(refuses("fd_read:when=3", "no action"));
	CHECK(refuses("fd_read:error=EWHAT", "no such error"));
	CHECK(refuses("fd_read:error=", "NAME=VALUE"));
	CHECK(refuses("fd_read:lost=1", "no such part"));
	CHECK(refuses("fd_read::error=EIO", "NAME=VALUE"));
	CHECK(refuses("fd_read:error=ESUCCESS", "no such error"));
	memset(long_one, 'a', sizeof long_one - 1);
	long_one[sizeof long_one - 1] = 0;
	CHECK(refuses(long_one, "at most"));
}
