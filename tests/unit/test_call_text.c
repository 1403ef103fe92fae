#include "../check.h"

#include "server/wire/call_text.h"

static char text[CALL_TEXT_MAX];

static const char *line_of(uint16_t number, const union call_arg *args, size_t count)
{
	struct call call = { .row = syscall_find(number) };

	for (size_t i = 0; i < count; i++)
		call.args[i] = args[i];
	call_text(&call, text, sizeof text);
	return text;
}
#define N(value) { .n = (value) }
#define P(string) { .bytes = { (const uint8_t *)(string), sizeof(string) - 1 } }

/* No call, of preview1 or ours, has to be known here: its row says what its arguments are. */
TEST(every_row_of_the_table_is_shown_with_all_its_arguments)
{
	for (size_t i = 0; i < syscalls_count; i++) {
		struct call call = { .row = &syscalls[i] };
		size_t commas = 0;

		call_text(&call, text, sizeof text);
		for (const char *at = text; *at; at++)
			commas += *at == ',';
		CHECK(strncmp(text, syscalls[i].name, strlen(syscalls[i].name)) == 0, syscalls[i].name);
		CHECK_EQ(text[strlen(text) - 1], ')', syscalls[i].name);
		CHECK_EQ(commas + 1, *syscalls[i].takes ? strlen(syscalls[i].takes) : 1, syscalls[i].name);
	}
	CHECK_STR(line_of(0x8001, (const union call_arg[]){ N(3), P("a"), N(64) }, 3), "lease_folder(3, \"a\", 64)");
}

TEST(flags_and_names_are_decoded)
{
	CHECK_STR(line_of(32, (const union call_arg[]){ N(3), N(1), P("a\"\n\\"), N(9), N(WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE),
		N(0), N(4), N(0x20005) }, 8),
	          "path_open(3, SYMLINK_FOLLOW, \"a\\\"\\12\\\\\", CREAT|TRUNC, FD_READ|FD_WRITE, 0, NONBLOCK, new 5.2)");
	CHECK_STR(line_of(24, (const union call_arg[]){ N(4), N(100), N((uint64_t)-5), N(1) }, 4), "fd_seek(4, 100, -5, CUR)");
	CHECK_STR(line_of(12, (const union call_arg[]){ N(4), N(0x81) }, 2), "fd_fdstat_set_flags(4, APPEND|0x80)");
}

#define B(...) { .bytes = { (const uint8_t[]){ __VA_ARGS__ }, sizeof (const uint8_t[]){ __VA_ARGS__ } } }

TEST(addresses_are_shown_as_strace_does)
{
	CHECK_STR(line_of(SYSCALL_sock_open, (const union call_arg[]){ N(4), N(1), N(8) }, 3),
		"sock_open(AF_INET, SOCK_STREAM, new 8)");
	CHECK_STR(line_of(SYSCALL_sock_connect, (const union call_arg[]){ N(8), B(4, 80, 0, 127, 0, 0, 1), N(0) }, 3),
	          "sock_connect(8, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}, 0)");
	CHECK_STR(line_of(SYSCALL_sock_bind, (const union call_arg[]){ N(8), B(6, 0xbb, 1, [18] = 1, 2, 0, 0, 0) }, 2),
	          "sock_bind(8, {sa_family=AF_INET6, sin6_port=htons(443), inet_pton(AF_INET6, \"::1\", &sin6_addr), sin6_scope_id=2})");
	CHECK_STR(line_of(SYSCALL_sock_connect, (const union call_arg[]){ N(8), B('n', 0x38, 0x15, 'd', 'b', '"'), N(1) }, 3),
	          "sock_connect(8, {name=\"db\\\"\", port=htons(5432)}, 1)");
	CHECK_STR(line_of(SYSCALL_sock_connect, (const union call_arg[]){ N(8), B(4, 80), N(1) }, 3),
		"sock_connect(8, [2 bytes], 1)");
	CHECK_STR(line_of(SYSCALL_sock_connect, (const union call_arg[]){ N(8), { .bytes = { NULL, 7 } }, N(1) }, 3),
	          "sock_connect(8, [7 bytes], 1)");
	CHECK_STR(line_of(SYSCALL_sock_send_to, (const union call_arg[]){ N(8), N(0), B(4, 53, 0, 8, 8, 8, 8), B(1, 2) }, 4),
	          "sock_send_to(8, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr(\"8.8.8.8\")}, [2 bytes])");
	CHECK_STR(line_of(SYSCALL_sock_resolve, (const union call_arg[]){ P("db.test"), N(80), N(0), N(1), N(100) }, 5),
	          "sock_resolve(\"db.test\", 80, AF_UNSPEC, SOCK_STREAM, 100)");
	CHECK_STR(line_of(SYSCALL_sock_address, (const union call_arg[]){ N(8), N(1) }, 2), "sock_address(8, PEER)");
	CHECK_STR(line_of(SYSCALL_sock_set_option, (const union call_arg[]){ N(8), N(6), N(1), N(1) }, 4),
		"sock_set_option(8, SOL_TCP, 1, 1)");
	CHECK_STR(line_of(SYSCALL_http_request, (const union call_arg[]){ B(3, 0, 'G', 'E', 'T', 10, 0, 'h', 't', 't', 'p', ':', '/', '/', 'a', '.', 'b', 9, 9),
		N(9) }, 2), "http_request({\"GET\", \"http://a.b\"}, new 9)");
	CHECK_STR(line_of(SYSCALL_http_request, (const union call_arg[]){ B(3), N(9) }, 2), "http_request([1 bytes], new 9)");
}

TEST(addresses_that_a_call_gives_are_shown)
{
	static uint8_t address[] = { 4, 80, 0, 127, 0, 0, 1 }, listed[] = { 7, 4, 1, 0, 8, 8, 8, 8, 7, 4, 2, 0, 9, 9, 9, 9, 200 },
		received[] = { 7, 0, 0, 0, 4, 53, 0, 8, 8, 8, 8, 'h', 'i' };
	const struct { uint16_t number; uint8_t *reply; uint32_t length; const char *want; } rows[] = {
		{ SYSCALL_sock_address, address, sizeof address, "= {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}" },
		{ SYSCALL_sock_resolve, listed, sizeof listed, "= [{sa_family=AF_INET, sin_port=htons(1), sin_addr=inet_addr(\"8.8.8.8\")}, "
			"{sa_family=AF_INET, sin_port=htons(2), sin_addr=inet_addr(\"9.9.9.9\")}]" },
		{ SYSCALL_sock_receive_from, received, sizeof received,
			"= [2 bytes], {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr(\"8.8.8.8\")}" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct call call = { .row = syscall_find(rows[i].number), .reply = rows[i].reply, .reply_length = rows[i].length };

		call_text_result(&call, text, sizeof text);
		CHECK_STR(text, rows[i].want);
	}
}

TEST(subscriptions_are_decoded)
{
	wasi_subscription_t subscriptions[2] = { { .tag = WASI_EVENTTYPE_CLOCK }, { .tag = WASI_EVENTTYPE_FD_READ } };

	subscriptions[0].clock.id = WASI_CLOCK_MONOTONIC;
	subscriptions[0].clock.timeout = 5000000;
	CHECK_STR(line_of(38, &(union call_arg){ .bytes = { (const uint8_t *)subscriptions, sizeof subscriptions } }, 1),
	          "poll_oneoff([MONOTONIC +5000000 ns, read 0])");
}

TEST(a_long_name_is_cut_and_says_so)
{
	static uint8_t name[4000];
	union call_arg args[] = { N(3), { .bytes = { name, sizeof name } } };

	memset(name, 1, sizeof name);
	CHECK(strlen(line_of(37, args, 2)) < CALL_TEXT_MAX);
	for (size_t size = 8; size < 64; size++) {
		struct call call = { .row = syscall_find(37), .args = { args[0], args[1] } };
		char *small = malloc(size);

		call_text(&call, small, size);
		CHECK(strlen(small) < size);
		free(small);
	}
}

TEST(results_say_what_came_of_it)
{
	uint8_t reply[12] = { 7 };
	struct call call = { .row = syscall_find(27), .reply = reply, .reply_length = 12 };

	call_text_result(&call, text, sizeof text);
	CHECK_STR(text, "= 7");
	call.error = WASI_ENOENT;
	call_text_result(&call, text, sizeof text);
	CHECK_STR(text, "= ENOENT");
	CHECK_STR(errno_name(WASI_ENOTCAPABLE), "ENOTCAPABLE");
	CHECK_STR(errno_name(77), "E77");
}
