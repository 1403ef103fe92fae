/* Long work makes room for others: a turn ends, and put-off work is done line by line. */
#include <time.h>

#include "server/base/turn.h"
#include "../check.h"

static uv_loop_t loop;
static char order[64];

static uv_timer_t never; /* a loop with nothing to wait for doesn't turn */

static void on_never(uv_timer_t *timer)
{
}

static void loop_begin(void)
{
	CHECK_EQ(uv_loop_init(&loop), 0);
	turns_start(&loop, true);
	uv_timer_init(&loop, &never);
	uv_timer_start(&never, on_never, 3600000, 0);
	order[0] = '\0';
}

static void loop_end(void)
{
	turns_stop();
	uv_close((uv_handle_t *)&never, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK_EQ(uv_loop_close(&loop), 0);
}

static void runs_all(void)
{
	for (int i = 0; i < 20; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
}

static void busy_ms(unsigned ms)
{
	struct timespec now;
	uint64_t began = 0, ns;

	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
		ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
		began = began ? began : ns;
	} while (ns - began < ms * 1000000ull);
}

struct work {
	struct later later;
	struct later_line *line;
	const char *name;
	unsigned again, busy_ms; /* how often it queues itself again, and how long a piece takes */
};

static void work_run(void *context)
{
	struct work *work = context;

	strcat(order, work->name);
	busy_ms(work->busy_ms);
	if (work->again) {
		work->again--;
		later_add(work->line, &work->later);
	}
}

static void work_add(struct work *work, struct later_line *line)
{
	work->later = (struct later){ .run = work_run, .context = work };
	work->line = line;
	later_add(line, &work->later);
}

TEST(a_turn_is_over_after_its_time_and_the_next_one_begins_anew)
{
	loop_begin();
	CHECK(!turn_is_over());
	busy_ms(TURN_MS + 1);
	CHECK(turn_is_over());
	uv_run(&loop, UV_RUN_NOWAIT);
	CHECK(!turn_is_over());
	loop_end();
}

TEST(lines_take_turns)
{
	struct later_line first = { 0 }, second = { 0 };
	struct work a = { .name = "a", .again = 3 }, b = { .name = "b" }, c = { .name = "c" };

	loop_begin();
	work_add(&a, &first);
	work_add(&b, &second);
	work_add(&c, &second);
	later_add(&second, &c.later); /* it is queued already */
	runs_all();
	CHECK(!strcmp(order, "abacaa"), order);
	loop_end();
}

TEST(long_work_ends_the_turn_and_goes_on_in_a_later_one)
{
	struct later_line line = { 0 };
	struct work slow = { .name = "s", .again = 2, .busy_ms = TURN_MS + 1 };

	loop_begin();
	work_add(&slow, &line);
	uv_run(&loop, UV_RUN_NOWAIT);
	CHECK(!strcmp(order, "s"), order);
	runs_all();
	CHECK(!strcmp(order, "sss"), order);
	CHECK(turns_longest_us() > 0);
	loop_end();
}

TEST(what_is_taken_out_does_not_run)
{
	struct later_line line = { 0 };
	struct work a = { .name = "a" }, b = { .name = "b" }, c = { .name = "c" };

	loop_begin();
	work_add(&a, &line);
	work_add(&b, &line);
	work_add(&c, &line);
	later_remove(&b.later);
	later_remove(&c.later);
	later_remove(&c.later);
	runs_all();
	CHECK(!strcmp(order, "a"), order);
	CHECK(!line.first && !line.is_queued);
	loop_end();
}
