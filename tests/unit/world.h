/* A guest on real folders, for the tests of wasi/: one call is one line. Runs a call as the dispatcher does: first where it
 * mustn't block, elsewhere when it says so, and waiting with poll(2) when it parks.
 *
 *   /  (handle 3)  root/    read-write          /tmp   (6)  a scratch folder
 *   /ro       (4)  frozen/  read-only           beside them outside/secret, which no guest may ever see
 *   /other    (5)  other/   read-write */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../check.h"
#include "wasi/wasi.h"

#define MAYBE __attribute__((unused)) static

enum { ROOT = 3, FROZEN = 4, OTHER = 5, TMP = 6, LISTENER = 7 };
enum { R = WASI_RIGHT_FD_READ, W = WASI_RIGHT_FD_WRITE, RW = R | W };
#define FOLLOW WASI_LOOKUP_SYMLINK_FOLLOW
#define CREAT WASI_OFLAG_CREAT
#define EXCL WASI_OFLAG_EXCL
#define TRUNC WASI_OFLAG_TRUNC
#define DIRECTORY WASI_OFLAG_DIRECTORY

struct world {
	char path[64];            /* the real folder that holds root, frozen, other, outside, scratch */
	int fds[4];
	struct guest *guest;
	uint32_t next_slot;
	uint8_t *reply;           /* of the last call that was done, exactly as long as its bound */
	uint32_t length;
	bool bad_handle, skipped;
	bool inline_only;         /* an answer ELSEWHERE is a failure, one on the thread is fine */
	bool was_elsewhere;       /* the last call couldn't be done inline */
	int listener;
};

/* ---- variants: every test of paths runs in each ---- */
enum how { HOW_THREAD, HOW_LOOP, HOW_WALK };
static enum how world_how = HOW_LOOP;

MAYBE void by_thread(void) { world_how = HOW_THREAD; wasi_resolver_set(WASI_RESOLVER_OPENAT2); }
MAYBE void by_loop(void) { world_how = HOW_LOOP; wasi_resolver_set(WASI_RESOLVER_OPENAT2); }
MAYBE void by_walk(void) { world_how = HOW_WALK; wasi_resolver_set(WASI_RESOLVER_WALK); }

/* Where it makes no difference: on the loop first. */
#undef TEST
#define TEST(name) static void name(void); CHECK_REGISTER(name, #name, NULL, by_loop, name) static void name(void)

/* TEST_PATHS(promise) { … }: once with openat2 on a thread, once trying the loop first, once with the component walk */
#define TEST_PATHS(name)                                                                          \
	static void name(void);                                                                   \
	CHECK_REGISTER(name##_thread, #name, "openat2", by_thread, name)                          \
	CHECK_REGISTER(name##_loop, #name, "openat2 on the loop first", by_loop, name)            \
	CHECK_REGISTER(name##_walk, #name, "walk", by_walk, name)                                 \
	static void name(void)

/* ---- the real side ---- */

MAYBE const char *real(const struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
MAYBE const char *real(const struct world *world, const char *format, ...)
{
	static char paths[4][8192]; /* lent for the next three uses */
	static int at;
	char *path = paths[at++ % 4];
	int length = snprintf(path, sizeof paths[0], "%s/", world->path);
	va_list args;

	va_start(args, format);
	vsnprintf(path + length, sizeof paths[0] - (size_t)length, format, args);
	va_end(args);
	return path;
}

MAYBE void put_file(const struct world *world, const char *path, const char *text)
{
	int fd = open(real(world, "%s", path), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);

	REQUIRE(fd >= 0, path);
	REQUIRE(write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
	close(fd);
}

/* A file's text; "(none)" without one. */
MAYBE const char *get_file(const struct world *world, const char *path)
{
	static char text[4096];
	int fd = open(real(world, "%s", path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (fd >= 0)
		close(fd);
	if (length < 0)
		return "(none)";
	text[length] = '\0';
	return text;
}

MAYBE void put_dir(const struct world *world, const char *path) { REQUIRE(mkdir(real(world, "%s", path), 0755) == 0, path); }
MAYBE void put_link(const struct world *world, const char *path, const char *target)
{
	REQUIRE(symlink(target, real(world, "%s", path)) == 0, path);
}

MAYBE bool exists(const struct world *world, const char *path)
{
	struct stat st;

	return lstat(real(world, "%s", path), &st) == 0;
}

MAYBE void remove_real(const char *path)
{
	char command[256];

	snprintf(command, sizeof command, "chmod -R u+rwx '%s' 2>/dev/null; rm -rf '%s'", path, path);
	CHECK(system(command) == 0);
}

/* ---- the guest ---- */

MAYBE void world_config(struct world *world, struct guest_config *config, struct wasi_grant grants[4])
{
	static const char *const names[] = { "/", "/ro", "/other", "/tmp" };
	static const char *const folders[] = { "root", "frozen", "other", "scratch" };

	for (int i = 0; i < 4; i++) {
		if (world->fds[i] < 0)
			world->fds[i] = open(real(world, "%s", folders[i]), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		REQUIRE(world->fds[i] >= 0);
		grants[i] = (struct wasi_grant){ .name = names[i], .host_path = folders[i], .dir_fd = i < 3 ? world->fds[i] : -1,
		                                 .read_only = i == 1, .scratch = i == 3 };
	}
	*config = (struct guest_config){ .grants = grants, .grants_count = 4, .scratch_parent_fd = world->fds[3] };
	wasi_limits_default(&config->limits);
}

MAYBE void world_folders(struct world *world)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	*world = (struct world){ .fds = { -1, -1, -1, -1 }, .next_slot = 16, .listener = -1 };
	snprintf(world->path, sizeof world->path, "%s/wvwasi-test-XXXXXX",
		getenv("TMPDIR") && strlen(getenv("TMPDIR")) < 32 ? getenv("TMPDIR") : "/tmp");
	REQUIRE(mkdtemp(world->path));
	put_dir(world, "root");
	put_dir(world, "frozen");
	put_dir(world, "other");
	put_dir(world, "outside");
	put_dir(world, "scratch");
	put_file(world, "outside/secret", "secret");
	put_file(world, "frozen/file", "frozen");
}

MAYBE void world_guest(struct world *world, void (*change)(struct guest_config *config))
{
	struct wasi_grant grants[4];
	struct guest_config config;
	const char *failed;

	world_config(world, &config, grants);
	if (change)
		change(&config);
	REQUIRE(guest_new(&config, &world->guest, &failed) == WASI_OK, failed);
}

MAYBE void world_new(struct world *world)
{
	world_folders(world);
	world_guest(world, NULL);
}

MAYBE void world_free(struct world *world)
{
	guest_free(world->guest);
	for (int i = 0; i < 4; i++)
		if (world->fds[i] >= 0)
			close(world->fds[i]);
	if (world->listener >= 0)
		close(world->listener);
	free(world->reply);
	CHECK_STR(get_file(world, "outside/secret"), "secret");
	CHECK_STR(get_file(world, "frozen/file"), "frozen");
	remove_real(world->path);
}

/* ---- calls ---- */

/* Fills in a call; the arguments come as the row's letters say: f h w n unsigned, q uint64_t, p const char *, b const void *,
 * size_t. */
MAYBE void call_init_v(struct world *world, struct call *call, enum syscall_number number, va_list args)
{
	*call = (struct call){ .row = syscall_find(number) };
	REQUIRE(call->row);
	for (int i = 0; call->row->takes[i]; i++) {
		switch (call->row->takes[i]) {
		case 'q':
			call->args[i].n = va_arg(args, uint64_t);
			break;
		case 'p':
			call->args[i].bytes.at = va_arg(args, const uint8_t *);
			call->args[i].bytes.length = (uint32_t)strlen((const char *)call->args[i].bytes.at);
			break;
		case 'b':
			call->args[i].bytes.at = va_arg(args, const uint8_t *);
			call->args[i].bytes.length = (uint32_t)va_arg(args, size_t);
			break;
		default:
			call->args[i].n = va_arg(args, uint32_t);
		}
	}
}

MAYBE void call_init(struct world *world, struct call *call, enum syscall_number number, ...)
{
	va_list args;

	va_start(args, number);
	call_init_v(world, call, number, args);
	va_end(args);
	call->reply = malloc(call_reply_bound(world->guest, call) + 1);
	REQUIRE(call->reply);
}

/* Once, as the loop and then the thread would. */
MAYBE enum call_state call_step(struct world *world, struct call *call)
{
	enum call_state state;

	world->was_elsewhere = false;
	if (world_how == HOW_LOOP) {
		call->may_block = false;
		state = guest_call(world->guest, call);
		world->was_elsewhere = state == CALL_ELSEWHERE;
		if (state != CALL_ELSEWHERE)
			return state;
	}
	call->may_block = true;
	state = guest_call(world->guest, call);
	CHECK(state != CALL_ELSEWHERE);
	return state;
}

MAYBE uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Waits for what a parked call waits for; false after the time. */
MAYBE bool call_wait_ready(const struct call *call, int most_ms)
{
	uint64_t now = now_ns();
	int wait_ms = most_ms;
	struct pollfd fds[64];

	if (call->wait.deadline_ns != UINT64_MAX) {
		uint64_t left = call->wait.deadline_ns > now ? call->wait.deadline_ns - now : 0;

		if (left / 1000000 < (uint64_t)most_ms)
			wait_ms = (int)((left + 999999) / 1000000);
	}
	REQUIRE(call->wait.fds_count <= 64);
	if (call->wait.fds_count)
		memcpy(fds, call->wait.fds, call->wait.fds_count * sizeof *fds);
	return poll(fds, call->wait.fds_count, wait_ms) > 0 || wait_ms < most_ms;
}

/* Steps until it is done. Gives the errno; 0xFFFF when nothing happened for two seconds (the call is cancelled). */
MAYBE wasi_errno_t call_finish(struct world *world, struct call *call, enum call_state state)
{
	while (state == CALL_PARKED) {
		if (!call_wait_ready(call, 2000)) {
			guest_call_cancel(world->guest, call);
			return 0xFFFF;
		}
		state = call_step(world, call);
	}
	world->bad_handle = call->bad_handle;
	world->skipped = call->skipped;
	return call->error;
}

MAYBE wasi_errno_t do_call(struct world *world, uint16_t flags, enum syscall_number number, va_list args)
{
	struct call call;
	wasi_errno_t err;

	call_init_v(world, &call, number, args);
	call.flags = flags;
	free(world->reply);
	/* Not a byte more than the bound: the sanitizer sees what goes past it. */
	world->reply = malloc(call_reply_bound(world->guest, &call));
	call.reply = world->reply;
	err = call_finish(world, &call, call_step(world, &call));
	world->length = call.reply_length;
	return err;
}

MAYBE wasi_errno_t sys_with(struct world *world, uint16_t flags, enum syscall_number number, ...)
{
	va_list args;
	wasi_errno_t err;

	va_start(args, number);
	err = do_call(world, flags, number, args);
	va_end(args);
	return err;
}

/* sys(world, SYSCALL_fd_read, handle, offset, n): the errno; what it gave is world->reply. */
#define sys(world, ...) sys_with(world, 0, __VA_ARGS__)
#define quiet(world, ...) sys_with(world, CALL_QUIET, __VA_ARGS__)

/* ---- the usual ones ---- */

MAYBE uint32_t u32_at(const struct world *world, size_t at)
{
	uint32_t value;

	REQUIRE(at + 4 <= world->length);
	memcpy(&value, world->reply + at, 4);
	return value;
}

MAYBE uint64_t u64_at(const struct world *world, size_t at)
{
	uint64_t value;

	REQUIRE(at + 8 <= world->length);
	memcpy(&value, world->reply + at, 8);
	return value;
}

/* Opens under a new handle, which the world remembers as the last one. */
MAYBE wasi_errno_t open_at(struct world *world, uint32_t dir, uint32_t lookup, const char *path, uint32_t oflags, uint64_t rights,
                           uint32_t fdflags, uint32_t *handle)
{
	*handle = world->next_slot++;
	return sys(world, SYSCALL_path_open, dir, lookup, path, oflags, rights, (uint64_t)0, fdflags, *handle);
}

/* The same with links followed; must succeed. */
MAYBE uint32_t must_open(struct world *world, uint32_t dir, const char *path, uint32_t oflags, uint64_t rights)
{
	uint32_t handle;
	wasi_errno_t err = open_at(world, dir, FOLLOW, path, oflags, rights, 0, &handle);

	CHECK_EQ(err, WASI_OK, path);
	REQUIRE(err == WASI_OK);
	return handle;
}

/* Only the errno: what was opened is closed again. */
MAYBE wasi_errno_t try_open(struct world *world, uint32_t dir, uint32_t lookup, const char *path, uint32_t oflags,
	uint64_t rights)
{
	uint32_t handle;
	wasi_errno_t err = open_at(world, dir, lookup, path, oflags, rights, 0, &handle);

	if (!err)
		CHECK_EQ(sys(world, SYSCALL_fd_close, handle), WASI_OK, path);
	return err;
}

MAYBE wasi_errno_t close_handle(struct world *world, uint32_t handle) { return sys(world, SYSCALL_fd_close, handle); }

MAYBE wasi_errno_t stat_path(struct world *world, uint32_t dir, uint32_t lookup, const char *path, wasi_filestat_t *stat)
{
	wasi_errno_t err = sys(world, SYSCALL_path_filestat_get, dir, lookup, path);

	memset(stat, 0, sizeof *stat);
	if (!err) {
		REQUIRE(world->length == sizeof *stat);
		memcpy(stat, world->reply, sizeof *stat);
	}
	return err;
}

MAYBE wasi_errno_t stat_handle(struct world *world, uint32_t handle, wasi_filestat_t *stat)
{
	wasi_errno_t err = sys(world, SYSCALL_fd_filestat_get, handle);

	memset(stat, 0, sizeof *stat);
	if (!err)
		memcpy(stat, world->reply, sizeof *stat);
	return err;
}

MAYBE wasi_fdstat_t fdstat_of(struct world *world, uint32_t handle)
{
	wasi_fdstat_t fdstat = { 0 };
	wasi_errno_t err = sys(world, SYSCALL_fd_fdstat_get, handle);

	CHECK_EQ(err, WASI_OK);
	if (!err)
		memcpy(&fdstat, world->reply, sizeof fdstat);
	return fdstat;
}

/* The bytes that the last call gave, from an offset on, as text. */
MAYBE const char *text_at(const struct world *world, size_t at)
{
	static char text[4096];
	size_t length = world->length > at ? world->length - at : 0;

	if (length > sizeof text - 1)
		length = sizeof text - 1;
	memcpy(text, world->reply + at, length);
	text[length] = '\0';
	return text;
}

MAYBE const char *read_text(struct world *world, uint32_t handle, uint64_t offset, uint32_t n)
{
	wasi_errno_t err = sys(world, SYSCALL_fd_read, handle, offset, n);

	CHECK_EQ(err, WASI_OK);
	return err ? "(error)" : text_at(world, 0);
}

MAYBE wasi_errno_t write_text(struct world *world, uint32_t handle, uint64_t offset, const char *text)
{
	return sys(world, SYSCALL_fd_write, handle, offset, text, strlen(text));
}

#endif
