/* Time and threads, in the hands of a fuzzer: a worker's job runs when it is told to and comes back when it is told to, timers
 * ring out of their turn, clocks stand still until they jump. So one input is one order of events, the same each time. Stands
 * where server/base/worker.c is, and in front of the clocks (the linker's --wrap). Leaves to others: what happens meanwhile. */
#ifndef FUZZ_TURNS_H
#define FUZZ_TURNS_H

#include <stdbool.h>
#include <uv.h>

/* One step of the worker that has waited longest: its job runs, and, the next time, the loop is told. False: none has any. */
bool turns_worker(unsigned which);
/* The next thread that is wanted can't be had. */
void turns_no_thread(void);
/* Both clocks go on by so much, at once. */
void turns_jump(uint64_t ns);
/* Every timer of the loop rings in its next turn. */
void turns_ring(uv_loop_t *loop);
/* A turn of the loop, without waiting. */
void turns_loop(uv_loop_t *loop);
/* How many handles the loop has. */
unsigned turns_handles(uv_loop_t *loop);

#endif
