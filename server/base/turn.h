/* Turns of the loop, and work that is put off to a later one, so that one session doesn't keep the others waiting: long work asks
 * turn_is_over() between two pieces and queues its rest in its session's line. Lines take turns, so a long one delays the others
 * by one piece at a time. On the loop's thread. */
#ifndef SERVER_BASE_TURN_H
#define SERVER_BASE_TURN_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum { TURN_MS = 8 };

/* Work to be continued; zeroed at first, except run() and its context. */
struct later {
	void (*run)(void *context); /* does one piece; may queue itself again */
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

/* Queues it at the line's end, unless it is queued already. Lends both. */
void later_add(struct later_line *line, struct later *later);
/* Takes it out of the line; call it before you free it, queued or not. A line must be empty when it is freed. */
void later_remove(struct later *later);

/* CPU time of the loop's thread; 0 where it isn't measured. */
uint64_t turns_longest_us(void);

#endif
