#include "worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "turn.h"

enum { IDLE_S = 5, STACK_BYTES = 256 << 10 };

struct worker {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool has_thread, leaving;
	void (*run)(void *), (*done)(void *);
	void *argument;
	struct worker *next_done;
};

static uv_async_t back;
static pthread_mutex_t done_lock = PTHREAD_MUTEX_INITIALIZER;
static struct worker *done_first, **done_tail = &done_first;

static void worker_destroy(struct worker *worker)
{
	pthread_cond_destroy(&worker->wake);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
}

static void tell_loop(struct worker *worker)
{
	pthread_mutex_lock(&done_lock);
	worker->next_done = NULL;
	*done_tail = worker;
	done_tail = &worker->next_done;
	pthread_mutex_unlock(&done_lock);
	uv_async_send(&back);
}

/* Pairs with on_back(): this runs the work on the thread; that is called on the loop afterwards. */
static void *thread_main(void *context)
{
	struct worker *worker = context;
	struct timespec until;
	bool leaving;

	pthread_mutex_lock(&worker->lock);
	for (;;) {
		if (worker->run) {
			void (*run)(void *) = worker->run;

			worker->run = NULL;
			pthread_mutex_unlock(&worker->lock);
			run(worker->argument);
			tell_loop(worker);
			pthread_mutex_lock(&worker->lock);
			continue;
		}
		if (worker->leaving)
			break;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += IDLE_S;
		if (pthread_cond_timedwait(&worker->wake, &worker->lock, &until) != 0 && !worker->run)
			break;
	}
	worker->has_thread = false;
	leaving = worker->leaving;
	pthread_mutex_unlock(&worker->lock);
	if (leaving)
		worker_destroy(worker);
	return NULL;
}

static void on_back(uv_async_t *async)
{
	struct worker *worker;

	do {
		pthread_mutex_lock(&done_lock);
		worker = done_first;
		done_first = worker ? worker->next_done : NULL;
		if (!done_first)
			done_tail = &done_first;
		pthread_mutex_unlock(&done_lock);
		if (worker)
			worker->done(worker->argument); /* may free the worker, or start it again */
	} while (worker && !turn_is_over());
	if (worker)
		uv_async_send(&back);
}

bool workers_start(uv_loop_t *loop)
{
	if (uv_async_init(loop, &back, on_back) != 0)
		return false;
	uv_unref((uv_handle_t *)&back);
	return true;
}

void workers_stop(void)
{
	uv_close((uv_handle_t *)&back, NULL);
}

struct worker *worker_new(void)
{
	struct worker *worker = calloc(1, sizeof *worker);
	pthread_condattr_t attributes;

	if (!worker)
		return NULL;
	pthread_mutex_init(&worker->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&worker->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	return worker;
}

static bool thread_start(struct worker *worker)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, before;
	int error;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	sigfillset(&all); /* signals are the loop's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, &attributes, thread_main, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return error == 0;
}

bool worker_run(struct worker *worker, void (*run)(void *), void (*done)(void *), void *argument)
{
	bool ok = true;

	pthread_mutex_lock(&worker->lock);
	worker->run = run;
	worker->done = done;
	worker->argument = argument;
	if (worker->has_thread)
		pthread_cond_signal(&worker->wake);
	else
		worker->has_thread = ok = thread_start(worker);
	if (!ok)
		worker->run = NULL;
	pthread_mutex_unlock(&worker->lock);
	return ok;
}

void worker_free(struct worker *worker)
{
	bool has_thread;

	if (!worker)
		return;
	pthread_mutex_lock(&worker->lock);
	worker->leaving = true;
	has_thread = worker->has_thread;
	pthread_cond_signal(&worker->wake);
	pthread_mutex_unlock(&worker->lock);
	if (!has_thread)
		worker_destroy(worker);
}
