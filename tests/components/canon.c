/* The component model's functions for tasks and streams, called by hand as its canonical ABI says (WASI 0.3); without libc. Its
 * first argument names a rule that is broken, which traps; without one it prints `ok PROMISE` or `not ok PROMISE`. The last
 * promises are kept by its callback. */
#include <stddef.h>
#include <stdint.h>

#define IMPORT(from, name) __attribute__((import_module(from), import_name(name)))
#define ROOT(name) IMPORT("$root", name)
#define STDOUT(name) IMPORT("wasi:cli/stdout@0.3.0", name)
#define CLOCK(name) IMPORT("wasi:clocks/monotonic-clock@0.3.0", name)
#define EXPORT(name) __attribute__((export_name(name)))

ROOT("[waitable-set-new]") int32_t set_new(void);
ROOT("[waitable-set-wait]") int32_t set_wait(int32_t, uint32_t *);
ROOT("[waitable-set-poll]") int32_t set_poll(int32_t, uint32_t *);
ROOT("[waitable-set-drop]") void set_drop(int32_t);
ROOT("[waitable-join]") void join(int32_t, int32_t);
ROOT("[subtask-drop]") void subtask_drop(int32_t);
ROOT("[subtask-cancel]") int32_t subtask_cancel(int32_t);
ROOT("[context-get-0]") int32_t context_get(void);
ROOT("[context-set-0]") void context_set(int32_t);
ROOT("[thread-yield]") int32_t yield_now(void);
ROOT("[backpressure-inc]") void backpressure_inc(void);
ROOT("[backpressure-dec]") void backpressure_dec(void);
STDOUT("write-via-stream") int32_t write_via_stream(int32_t);
STDOUT("[stream-new-0]write-via-stream") uint64_t stream_new(void);
STDOUT("[async-lower][stream-read-0]write-via-stream") uint32_t stream_read(int32_t, void *, uint32_t);
STDOUT("[async-lower][stream-write-0]write-via-stream") uint32_t stream_write(int32_t, const void *, uint32_t);
STDOUT("[stream-cancel-read-0]write-via-stream") uint32_t stream_cancel_read(int32_t);
STDOUT("[stream-cancel-write-0]write-via-stream") uint32_t stream_cancel_write(int32_t);
STDOUT("[stream-drop-readable-0]write-via-stream") void drop_readable(int32_t);
STDOUT("[stream-drop-writable-0]write-via-stream") void drop_writable(int32_t);
STDOUT("[async-lower][future-read-1]write-via-stream") uint32_t future_read(int32_t, uint8_t *);
STDOUT("[future-drop-readable-1]write-via-stream") void drop_future(int32_t);
CLOCK("now") uint64_t now(void);
CLOCK("wait-for") void wait_for(uint64_t);
CLOCK("[async-lower]wait-for") uint32_t wait_for_async(uint64_t);
IMPORT("wasi:cli/environment@0.3.0", "get-arguments") void get_arguments(uint32_t *);
IMPORT("[export]wasi:cli/run@0.3.0", "[task-return]run") void task_return(int32_t);

enum { SUBTASK = 1, STREAM_READ, STREAM_WRITE };
enum { COMPLETED, DROPPED, CANCELLED };
enum { STARTED = 1, RETURNED = 2, CANCELLED_BEFORE_RETURNED = 4 };
enum { EXIT, YIELD, WAIT };
#define BLOCKED 0xffffffffu
#define MS 1000000ull
#define RESULT(code, count) ((uint32_t) (code) | (uint32_t) (count) << 4)

static uint8_t room[16384];
static size_t used;

EXPORT("cabi_realloc") void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size)
{
	(void) old, (void) old_size;
	used = (used + align - 1) & ~(align - 1);
	if (size > sizeof(room) - used)
		__builtin_trap();
	used += size;
	return room + used - size;
}

static int32_t output, failed, set, timer, turns;

static int32_t reader(uint64_t both) { return (int32_t) both; }
static int32_t writer(uint64_t both) { return (int32_t) (both >> 32); }

static void print(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	while (length > 0) {
		uint32_t written = stream_write(output, text, length) >> 4;

		text += written;
		length -= written;
	}
}

static void check(const char *promise, int is)
{
	failed |= !is;
	print(is ? "ok " : "not ok ");
	print(promise);
	print("\n");
}

static int is_event(int32_t code, const uint32_t *event, int32_t kind, int32_t handle, uint32_t payload)
{
	return code == kind && event[0] == (uint32_t) handle && event[1] == payload;
}

static void check_subtasks(void)
{
	uint32_t event[2] = {1, 1}, packed;
	uint64_t begun = now();
	int32_t all = set_new(), code;

	check("a poll of nothing", set_poll(all, event) == 0);
	packed = wait_for_async(5 * MS);
	check("a wait has started", (packed & 15) == STARTED && packed >> 4 != 0);
	join((int32_t) (packed >> 4), all);
	code = set_wait(all, event);
	check("and ends in time", is_event(code, event, SUBTASK, (int32_t) (packed >> 4), RETURNED) && now() - begun >= 5 * MS);
	subtask_drop((int32_t) (packed >> 4));
	begun = now();
	wait_for(5 * MS);
	check("a wait that is lowered without async ends in time", now() - begun >= 5 * MS);
	packed = wait_for_async(3600000 * MS);
	check("a wait is cancelled", subtask_cancel((int32_t) (packed >> 4)) == CANCELLED_BEFORE_RETURNED);
	subtask_drop((int32_t) (packed >> 4));
	set_drop(all);
}

static void check_streams(void)
{
	uint64_t both = stream_new();
	uint32_t event[2];
	uint8_t got[8] = {0};
	int32_t all = set_new(), code;

	join(writer(both), all);
	check("nobody reads yet", stream_write(writer(both), "to be or", 8) == BLOCKED);
	check("a reader takes a part", stream_read(reader(both), got, 5) == RESULT(COMPLETED, 5) && got[4] == 'e');
	code = set_poll(all, event);
	check("and the writer hears of it", is_event(code, event, STREAM_WRITE, writer(both), RESULT(COMPLETED, 5)));
	check("nobody writes yet", stream_read(reader(both), got, 8) == BLOCKED);
	check("a read is cancelled", stream_cancel_read(reader(both)) == RESULT(CANCELLED, 0));
	check("a write of nothing waits for a reader", stream_write(writer(both), got, 0) == BLOCKED);
	check("who goes on waiting", stream_read(reader(both), got, 8) == BLOCKED);
	code = set_poll(all, event);
	check("and it has its result", is_event(code, event, STREAM_WRITE, writer(both), RESULT(COMPLETED, 0)));
	check("a write gives more than is asked for", stream_write(writer(both), "not to be!", 10) == RESULT(COMPLETED, 8) && got[7] == 'b');
	join(reader(both), all);
	code = set_poll(all, event);
	check("and the reader hears of it", is_event(code, event, STREAM_READ, reader(both), RESULT(COMPLETED, 8)));
	check("a write waits", stream_write(writer(both), got, 1) == BLOCKED);
	drop_readable(reader(both));
	code = set_poll(all, event);
	check("until its reader has left", is_event(code, event, STREAM_WRITE, writer(both), RESULT(DROPPED, 0)));
	drop_writable(writer(both));
	set_drop(all);
}

/* Its result, if it is broken. */
static int break_rule(char rule)
{
	uint64_t both = stream_new();
	uint32_t event[2];

	switch (rule) {
	case 'w': // waits for nothing
		return set_wait(set_new(), event);
	case 't': // reads twice
		stream_read(reader(both), event, 1);
		return (int) stream_read(reader(both), event, 1);
	case 'd': // drops while it reads
		stream_read(reader(both), event, 1);
		drop_readable(reader(both));
		return 0;
	case 'o': // a buffer outside of its memory
		return (int) stream_read(reader(both), (void *) 0xfffffff0, 1);
	case 'k': // an end of the wrong kind
		return (int) stream_read(writer(both), event, 1);
	case 's': // a subtask that goes on
		subtask_drop((int32_t) (wait_for_async(3600000 * MS) >> 4));
		return 0;
	case 'e': // a set that isn't empty
		set = set_new();
		join(reader(both), set);
		set_drop(set);
		return 0;
	}
	return 1;
}

EXPORT("[async-lift]wasi:cli/run@0.3.0#run") int32_t run(void)
{
	uint64_t both = stream_new();
	uint32_t arguments[2];

	get_arguments(arguments);
	if (arguments[1] > 1)
		return break_rule(**(char **) (arguments[0] + 8)) * 0 + EXIT;
	output = writer(both);
	drop_future(write_via_stream(reader(both)));
	check_subtasks();
	check_streams();
	context_set(-7);
	backpressure_inc();
	backpressure_dec();
	check("a yield", yield_now() == 0);
	set = set_new();
	timer = (int32_t) (wait_for_async(5 * MS) >> 4);
	join(timer, set);
	return WAIT | set << 4;
}

EXPORT("[callback][async-lift]wasi:cli/run@0.3.0#run") int32_t called_back(int32_t code, uint32_t handle, uint32_t payload)
{
	uint32_t event[2] = {handle, payload};

	if (turns++ == 0) {
		check("the callback hears of the wait's end", is_event(code, event, SUBTASK, timer, RETURNED));
		subtask_drop(timer);
		set_drop(set);
		return YIELD;
	}
	check("and of nothing after a yield", code == 0);
	check("the task's own word is kept", context_get() == -7);
	drop_writable(output);
	task_return(failed);
	return EXIT;
}
