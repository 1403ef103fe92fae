/* Arguments, environment, preopens, clocks, random bytes, the end (traps 56, 66, 67, 69). */
#include "world.h"

static const char *const args[] = { "tool", "", "with 'quotes' \"and\"", "new\nline", "ünïcødé", "\xff" };
static const char *const env[] = { "A=1", "EMPTY=", "LINES=a\nb" };

static void with_strings(struct guest_config *config)
{
	config->args = args;
	config->args_count = sizeof args / sizeof *args;
	config->env = env;
	config->env_count = sizeof env / sizeof *env;
}

static void check_strings(struct world *world, enum syscall_number sizes, enum syscall_number get, const char *const *want,
	size_t count)
{
	size_t at = 0, total;

	CHECK_EQ(sys(world, sizes), WASI_OK);
	CHECK_EQ(u32_at(world, 0), count);
	total = u32_at(world, 4);
	CHECK_EQ(sys(world, get), WASI_OK);
	CHECK_EQ(world->length, total);
	for (size_t i = 0; i < count; i++) {
		REQUIRE(at + strlen(want[i]) + 1 <= world->length);
		CHECK_STR((const char *)world->reply + at, want[i]);
		at += strlen(want[i]) + 1;
	}
	CHECK_EQ(at, total);
}

TEST(trap_69_arguments_and_environment_survive_byte_for_byte)
{
	struct world world;

	world_folders(&world);
	world_guest(&world, with_strings);
	check_strings(&world, SYSCALL_args_sizes_get, SYSCALL_args_get, args, sizeof args / sizeof *args);
	check_strings(&world, SYSCALL_environ_sizes_get, SYSCALL_environ_get, env, sizeof env / sizeof *env);
	world_free(&world);
}

TEST(no_arguments_are_none)
{
	struct world world;

	world_new(&world);
	CHECK_EQ(sys(&world, SYSCALL_args_sizes_get), WASI_OK);
	CHECK_EQ(u32_at(&world, 0), 0);
	CHECK_EQ(u32_at(&world, 4), 0);
	CHECK_EQ(sys(&world, SYSCALL_args_get), WASI_OK);
	CHECK_EQ(world.length, 0);
	world_free(&world);
}

TEST(trap_69_the_exit_code_is_the_programs)
{
	struct world world;
	uint32_t code;

	world_new(&world);
	CHECK(!guest_exited(world.guest, &code));
	CHECK_EQ(sys(&world, SYSCALL_proc_exit, 33), WASI_OK);
	CHECK(guest_exited(world.guest, &code));
	CHECK_EQ(code, 33);
	world_free(&world);
}

TEST(case_19_raising_ends_the_program_as_its_default_says)
{
	static const struct { uint32_t signal; wasi_errno_t err; uint32_t code; } rows[] = {
		{ 6, WASI_OK, 134 }, { 9, WASI_OK, 137 }, { 15, WASI_OK, 143 }, { 30, WASI_OK, 158 },
		{ 0, WASI_OK, 0 }, { WASI_SIGNAL_CHLD, WASI_OK, 0 }, { WASI_SIGNAL_URG, WASI_OK, 0 },
		{ WASI_SIGNAL_STOP, WASI_ENOTSUP, 0 }, { 31, WASI_EINVAL, 0 }, { UINT32_MAX, WASI_EINVAL, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct world world;
		uint32_t code;

		world_new(&world);
		CHECK_EQ(sys(&world, SYSCALL_proc_raise, rows[i].signal), rows[i].err);
		CHECK_EQ(guest_exited(world.guest, &code), rows[i].code != 0);
		CHECK_EQ(code, rows[i].code);
		world_free(&world);
	}
}

TEST(trap_56_preopens_are_told_from_three_on)
{
	static const char *const names[] = { "/", "/ro", "/other", "/tmp" };
	struct world world;
	const struct guest_preopen *preopens;

	world_new(&world);
	REQUIRE(guest_preopens(world.guest, &preopens) == 4);
	for (uint32_t i = 0; i < 4; i++) {
		CHECK_EQ(preopens[i].handle, ROOT + i);
		CHECK_STR(preopens[i].name, names[i]);
		CHECK_EQ(preopens[i].read_only, i == 1);
		CHECK(!preopens[i].is_socket);
		CHECK_EQ(preopens[i].filestat.filetype, WASI_FILETYPE_DIRECTORY);
		CHECK_EQ(sys(&world, SYSCALL_fd_prestat_get, ROOT + i), WASI_OK);
		CHECK_EQ(u32_at(&world, 0), 0);
		CHECK_EQ(u32_at(&world, 4), strlen(names[i]));
		CHECK_EQ(sys(&world, SYSCALL_fd_prestat_dir_name, ROOT + i, (uint32_t)strlen(names[i])), WASI_OK);
		CHECK_STR(text_at(&world, 0), names[i]);
		CHECK_EQ(sys(&world, SYSCALL_fd_prestat_dir_name, ROOT + i, 100), WASI_OK);
		CHECK_EQ(world.length, strlen(names[i]));
		CHECK_EQ(sys(&world, SYSCALL_fd_prestat_dir_name, ROOT + i, (uint32_t)strlen(names[i]) - 1), WASI_ENAMETOOLONG);
	}
	CHECK_EQ(sys(&world, SYSCALL_fd_prestat_get, WASI_STDIN), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_prestat_get, must_open(&world, ROOT, ".", DIRECTORY, 0)), WASI_EBADF);
	CHECK_EQ(sys(&world, SYSCALL_fd_prestat_dir_name, WASI_STDIN, 100), WASI_EBADF);
	world_free(&world);
}

TEST(trap_66_clocks)
{
	struct world world;
	uint64_t before = 0, now;

	world_new(&world);
	for (int i = 0; i < 1000; i++) {
		CHECK_EQ(sys(&world, SYSCALL_clock_time_get, WASI_CLOCK_MONOTONIC, (uint64_t)0), WASI_OK);
		now = u64_at(&world, 0);
		CHECK(now >= before);
		before = now;
	}
	CHECK_EQ(sys(&world, SYSCALL_clock_time_get, WASI_CLOCK_REALTIME, (uint64_t)1), WASI_OK);
	CHECK(u64_at(&world, 0) > UINT64_C(1700000000000000000));
	for (uint32_t clock = WASI_CLOCK_PROCESS_CPUTIME; clock <= WASI_CLOCK_THREAD_CPUTIME; clock++) {
		CHECK_EQ(sys(&world, SYSCALL_clock_time_get, clock, (uint64_t)1), WASI_EBADF);
		CHECK_EQ(sys(&world, SYSCALL_clock_res_get, clock), WASI_EBADF);
	}
	CHECK_EQ(sys(&world, SYSCALL_clock_time_get, 4, (uint64_t)1), WASI_EINVAL);
	CHECK_EQ(sys(&world, SYSCALL_clock_res_get, 4), WASI_EINVAL);
	for (uint32_t clock = WASI_CLOCK_REALTIME; clock <= WASI_CLOCK_MONOTONIC; clock++) {
		CHECK_EQ(sys(&world, SYSCALL_clock_res_get, clock), WASI_OK);
		CHECK(u64_at(&world, 0) > 0);
	}
	world_free(&world);
}

TEST(trap_67_random_bytes_fill_everything)
{
	enum { LENGTH = 200000 };
	struct world world;
	unsigned zeros = 0;

	world_new(&world);
	CHECK_EQ(sys(&world, SYSCALL_random_get, 0), WASI_OK);
	CHECK_EQ(world.length, 0);
	CHECK_EQ(sys(&world, SYSCALL_random_get, LENGTH), WASI_OK);
	CHECK_EQ(world.length, LENGTH);
	for (uint32_t i = 0; i < LENGTH; i++)
		zeros += world.reply[i] == 0;
	CHECK(zeros > 500 && zeros < 1100); /* 781 of 200,000, more or less */
	CHECK_EQ(sys(&world, SYSCALL_random_get, UINT32_MAX), WASI_OK);
	CHECK_EQ(world.length, 4 << 20); /* no more than a call gives */
	world_free(&world);
}

TEST(yielding_is_nothing)
{
	struct world world;

	world_new(&world);
	CHECK_EQ(sys(&world, SYSCALL_sched_yield), WASI_OK);
	world_free(&world);
}
