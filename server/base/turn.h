/* Turns of the loop, and work that is put off to a later one, so that nobody keeps the others waiting: who has much to do asks
 * turn_is_over() between two pieces of it, and queues the rest in the line of whoever it is done for. Lines take turns, so one
 * with much in it delays the others by one piece at a time. On the loop's thread. */
#ifndef SERVER_BASE_TURN_H
#define SERVER_BASE_TURN_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum { TURN_MS = 8 };

/* Something that is to go on; zeroed at first, but for run() and its context. */
struct later {
	void (*run)(void *context); /* does a piece; may queue itself again */
	void *context;
	struct later_line *line;    /* NULL: it isn't queued */
	struct later *next;
};

/* The work that was put off for one session; zeroed at first. */
struct later_line {
	struct later *first, **tail;
	struct later_line *next;
	bool is_queued;
};

/* measures: the most CPU time that a turn took is kept for turns_longest_us(). */
void turns_start(uv_loop_t *loop, bool measures);
void turns_stop(void);

/* Has this turn taken TURN_MS since somebody first asked? Then the rest is for a later one. */
bool turn_is_over(void);

/* At the line's end, unless it is queued already. Lends both. */
void later_add(struct later_line *line, struct later *later);
/* Before it is freed, queued or not. A line needs no more than to be empty. */
void later_remove(struct later *later);

/* CPU time of the loop's thread; 0 where it isn't measured. */
uint64_t turns_longest_us(void);

#endif
