/* A thread for a program's calls that may block, made at first need and ended when idle, and the way back to the loop. */
#ifndef SERVER_BASE_WORKER_H
#define SERVER_BASE_WORKER_H

#include <stdbool.h>
#include <uv.h>

struct worker;

/* Once per process, on the loop's thread. workers_stop: none may be busy. */
bool workers_start(uv_loop_t *loop);
void workers_stop(void);

struct worker *worker_new(void); /* NULL: no memory */
/* run(argument) on the worker's thread, then done(argument) on the loop. One at a time. False: no thread to be had. */
bool worker_run(struct worker *worker, void (*run)(void *argument), void (*done)(void *argument), void *argument);
void worker_free(struct worker *worker); /* not while it runs; takes NULL */

#endif
