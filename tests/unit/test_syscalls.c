/* The table: 46 calls of preview1 and ours, each with letters that both sides know, and a hash over all of it. */
#include "world.h"

TEST(all_46_calls_of_preview1_have_a_row)
{
	size_t preview1 = 0;

	for (size_t i = 0; i < syscalls_count; i++) {
		CHECK(syscall_find(syscalls[i].number) == &syscalls[i], syscalls[i].name);
		CHECK(i == 0 || syscalls[i].number > syscalls[i - 1].number, syscalls[i].name);
		preview1 += syscalls[i].number < 0x8000;
	}
	CHECK_EQ(preview1, 46);
}

TEST(a_number_without_a_row_is_none)
{
	CHECK(!syscall_find(0));
	CHECK(!syscall_find(47));
	CHECK(!syscall_find(0x7FFF));
	CHECK(!syscall_find(0x800a));
	CHECK(!syscall_find(0xFFFF));
}

TEST(rows_use_known_letters_and_flags_that_fit_them)
{
	for (size_t i = 0; i < syscalls_count; i++) {
		const struct syscall *row = &syscalls[i];

		CHECK(strspn(row->takes, "fhwqpbn") == strlen(row->takes), row->name);
		CHECK(strspn(row->gives, "wqbFS") == strlen(row->gives), row->name);
		CHECK(strlen(row->takes) <= SYSCALL_ARGS_MAX, row->name);
		CHECK(!strchr(row->gives, 'b') || strchr(row->gives, 'b')[1] == '\0', row->name); /* bytes come last */
		if (row->flags & (SYSCALL_WRITES | SYSCALL_REPORTS | SYSCALL_ENDS))
			CHECK(row->takes[0] == 'f', row->name);
		if (row->flags & SYSCALL_WRITES)
			CHECK(row->flags & SYSCALL_QUIET, row->name);
	}
}

/* Their replies would be written past their room. */
TEST(who_gives_bytes_without_being_told_how_many_is_known_to_call_reply_bound)
{
	for (size_t i = 0; i < syscalls_count; i++) {
		const struct syscall *row = &syscalls[i];
		bool is_known = row->number == SYSCALL_args_get || row->number == SYSCALL_environ_get ||
		                row->number == SYSCALL_poll_oneoff || row->number == SYSCALL_lease_name ||
		                row->number == SYSCALL_sock_address || row->number == SYSCALL_sock_start_tls;

		CHECK(is_known || !strchr(row->gives, 'b') || strchr(row->takes, 'n'), row->name);
	}
}

TEST(the_hash_is_fnv_1a_of_every_row)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	char text[8192] = "";

	for (size_t i = 0; i < syscalls_count; i++)
		sprintf(text + strlen(text), "%d %s %s %s %d\n", syscalls[i].number, syscalls[i].name, syscalls[i].takes,
			syscalls[i].gives, syscalls[i].flags);
	CHECK(strstr(text, "17 fd_pread fqn b 0\n") != NULL);
	for (const char *at = text; *at; at++) {
		hash ^= (uint8_t)*at;
		hash *= UINT64_C(1099511628211);
	}
	CHECK(syscalls_hash() == hash);
}
