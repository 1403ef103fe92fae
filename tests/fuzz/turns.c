#include "turns.h"

#include <stdlib.h>
#include <time.h>

#include "server/base/worker.h"
#include "tree.h"

struct worker {
	void (*run)(void *), (*done)(void *);
	void *argument;
	bool busy;
	struct worker *next, **link;
};

static struct worker *workers;
static bool no_thread;
/* they stand still, far ahead of the loop, until they jump */
static uint64_t times_ns[2] = { 100000000000000000, 100000000000000000 };

/* ---- worker.h ---- */

/* What keeps the loop going is the gateway's listener; here it is this. */
static uv_async_t alive;

static void nothing(uv_async_t *async) {}

bool workers_start(uv_loop_t *loop) { return uv_async_init(loop, &alive, nothing) == 0; }
void workers_stop(void) { uv_close((uv_handle_t *)&alive, NULL); }

struct worker *worker_new(void)
{
	struct worker *worker = calloc(1, sizeof *worker);

	worker->next = workers;
	worker->link = &workers;
	if (workers)
		workers->link = &worker->next;
	workers = worker;
	return worker;
}

bool worker_run(struct worker *worker, void (*run)(void *), void (*done)(void *), void *argument)
{
	if (worker->busy)
		broken("a worker is given a second job");
	if (no_thread) {
		no_thread = false;
		return false;
	}
	worker->busy = true;
	worker->run = run;
	worker->done = done;
	worker->argument = argument;
	return true;
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	if (worker->busy)
		broken("a worker is freed at its job");
	*worker->link = worker->next;
	if (worker->next)
		worker->next->link = worker->link;
	free(worker);
}

/* ---- the fuzzer's ---- */

bool turns_worker(unsigned which)
{
	struct worker *worker = workers;
	unsigned busy = 0;

	for (struct worker *one = workers; one; one = one->next)
		busy += one->busy;
	if (!busy)
		return false;
	for (which %= busy; !worker->busy || which > 0; worker = worker->next)
		which -= worker->busy;
	if (worker->run) {
		void (*run)(void *) = worker->run;

		worker->run = NULL;
		run(worker->argument);
	} else {
		worker->busy = false;
		worker->done(worker->argument); /* may free it, or give it more */
	}
	return true;
}

void turns_no_thread(void) { no_thread = true; }
void turns_jump(uint64_t ns)
{
	times_ns[CLOCK_REALTIME] += ns;
	times_ns[CLOCK_MONOTONIC] += ns;
}

uint64_t __real_host_clock_ns(int clock);
uint64_t __wrap_host_clock_ns(int clock);

uint64_t __wrap_host_clock_ns(int clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ? times_ns[clock] : __real_host_clock_ns(clock);
}

static void ring(uv_handle_t *handle, void *context)
{
	uv_timer_t *timer = (uv_timer_t *)handle;

	if (handle->type == UV_TIMER && uv_is_active(handle))
		uv_timer_start(timer, timer->timer_cb, 0, uv_timer_get_repeat(timer));
}

void turns_ring(uv_loop_t *loop) { uv_walk(loop, ring, NULL); }
void turns_loop(uv_loop_t *loop) { uv_run(loop, UV_RUN_NOWAIT); }

static void count(uv_handle_t *handle, void *context) { ++*(unsigned *)context; }

unsigned turns_handles(uv_loop_t *loop)
{
	unsigned handles = 0;

	uv_walk(loop, count, &handles);
	return handles;
}
