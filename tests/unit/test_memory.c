/* Memory runs out at every place where the library asks for it, one after the other: each call answers NOMEM or succeeds, nothing
 * crashes, nothing leaks. The allocator fails only inside the library's own functions. */
#include "world.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);

static bool armed, for_good;
static unsigned allocations, failing; /* the allocation that fails; with for_good all from there on */
static bool failed_once;

static bool fails(void)
{
	if (!armed)
		return false;
	allocations++;
	if (allocations == failing || (for_good && allocations > failing && failing)) {
		failed_once = true;
		return true;
	}
	return false;
}

void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) { return fails() ? NULL : __real_calloc(count, size); }
void *__wrap_realloc(void *memory, size_t size) { return fails() ? NULL : __real_realloc(memory, size); }
char *__wrap_strdup(const char *text) { return fails() ? NULL : __real_strdup(text); }

/* An errno that isn't OK must be the want of memory, and only if there was one. */
#define ALLOWED(expression)                                                                  \
	do {                                                                                 \
		wasi_errno_t got;                                                            \
		armed = true;                                                                \
		got = (expression);                                                          \
		armed = false;                                                               \
		if (got)                                                                     \
			CHECK_EQ(got, failed_once ? WASI_ENOMEM : WASI_OK, #expression);     \
	} while (0)

/* The helpers' own memory must not fail: the reply is made before. */
static wasi_errno_t run(struct world *world, enum syscall_number number, ...)
{
	struct call call;
	va_list args;
	enum call_state state;
	bool was_armed = armed;

	armed = false;
	va_start(args, number);
	call_init_v(world, &call, number, args);
	va_end(args);
	free(world->reply);
	world->reply = call.reply = malloc(call_reply_bound(world->guest, &call));
	call.may_block = true;
	armed = was_armed;
	state = guest_call(world->guest, &call);
	armed = false;
	if (state == CALL_PARKED) {
		guest_call_cancel(world->guest, &call);
		return WASI_OK;
	}
	world->length = call.reply_length;
	CHECK(!call.bad_handle, call.row->name);
	return call.error == WASI_EBADF && failed_once ? WASI_ENOMEM : call.error; /* of a handle whose open was NOMEM */
}

static void whole_life(struct world *world)
{
	struct wasi_grant grants[4];
	struct guest_config config;
	const char *const args[] = { "a", "b" };
	const char *failed;
	wasi_subscription_t subs[40];
	struct call first, second;

	world_config(world, &config, grants);
	config.args = config.env = args;
	config.args_count = config.env_count = 2;
	armed = true;
	wasi_errno_t err = guest_new(&config, &world->guest, &failed);
	armed = false;
	if (err) {
		CHECK_EQ(err, WASI_ENOMEM);
		CHECK(failed_once && failed && !world->guest);
		return;
	}
	ALLOWED(run(world, SYSCALL_path_open, ROOT, 0, "file", CREAT, (uint64_t)RW, (uint64_t)0, 0, 10));
	ALLOWED(run(world, SYSCALL_path_open, ROOT, 0, "file", CREAT, (uint64_t)RW, (uint64_t)0, 0, 2000)); /* the table grows */
	ALLOWED(run(world, SYSCALL_fd_write, 10, (uint64_t)0, "text", (size_t)4));
	ALLOWED(run(world, SYSCALL_fd_read, 2000, (uint64_t)0, 10));
	ALLOWED(run(world, SYSCALL_path_create_directory, TMP, "dir"));
	ALLOWED(run(world, SYSCALL_fd_readdir, ROOT, (uint64_t)0, 4096));
	ALLOWED(run(world, SYSCALL_fd_readdir, ROOT, (uint64_t)0, 4096));
	ALLOWED(run(world, SYSCALL_path_open, ROOT, 0, "fifo", 0, (uint64_t)R, (uint64_t)0, 0, 11));
	armed = true;
	CHECK(guest_stdin_push(world->guest, (const uint8_t *)"stdin", 5) || failed_once);
	CHECK(guest_stdin_mark(world->guest) || failed_once);
	armed = false;
	for (int i = 0; i < 40; i++)
		subs[i] = (wasi_subscription_t){ .tag = WASI_EVENTTYPE_CLOCK, .clock = { .id = 1, .timeout = UINT64_MAX } };
	subs[3] = (wasi_subscription_t){ .tag = WASI_EVENTTYPE_FD_READ, .fd = { 11 } };
	ALLOWED(run(world, SYSCALL_poll_oneoff, subs, sizeof subs));
	ALLOWED(run(world, SYSCALL_poll_oneoff, subs, 4 * sizeof *subs));
	ALLOWED(run(world, SYSCALL_fd_read, 11, (uint64_t)0, 10));
	/* parked while it is closed */
	call_init(world, &first, SYSCALL_fd_read, 11, (uint64_t)0, 10);
	call_init(world, &second, SYSCALL_fd_read, 11, (uint64_t)0, 10);
	armed = true;
	guest_call(world->guest, &first);
	guest_call(world->guest, &second);
	armed = false;
	ALLOWED(run(world, SYSCALL_fd_close, 11));
	guest_call_cancel(world->guest, &first);
	guest_call_cancel(world->guest, &second);
	free(first.reply);
	free(second.reply);
	ALLOWED(run(world, SYSCALL_path_rename, ROOT, "file", ROOT, "renamed"));
	ALLOWED(run(world, SYSCALL_fd_close, 10));
	armed = true;
	guest_free(world->guest);
	armed = false;
	world->guest = NULL;
	CHECK(!exists(world, "scratch/dir"));
}

static void run_out(bool good)
{
	unsigned places = 0;

	by_thread();
	for_good = good;
	for (failing = 1;; failing++) {
		struct world world;
		unsigned before = check_failures;

		allocations = 0;
		failed_once = false;
		world_folders(&world);
		REQUIRE(mkfifo(real(&world, "root/fifo"), 0644) == 0);
		whole_life(&world);
		world_free(&world);
		if (check_failures != before)
			printf("# with allocation %u failing\n", failing);
		if (!failed_once)
			break;
		places++;
	}
	failing = 0;
	printf("# %u places\n", places);
	CHECK(places > 15);
}

TEST(one_allocation_may_fail_anywhere) { run_out(false); }
TEST(all_allocations_may_fail_from_anywhere_on) { run_out(true); }
