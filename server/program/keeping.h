/* Programs that outlive their page: the guest, what its page recorded of its calls, and the answers that it may not have had are
 * kept for the page that comes next. docs/KEEPING.md says how that page goes on. Leaves to others: what a recording says
 * (static/shim/recording/), connections (end.c, hello.c). */
#ifndef SERVER_PROGRAM_KEEPING_H
#define SERVER_PROGRAM_KEEPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame;
struct gateway;
struct hello;
struct message;
struct program;
struct session;

/* A new program whose page wants it kept, if that can be: then program->keeping. */
void keeping_begin(struct program *program, const struct hello *hello);
/* It has ended. */
void keeping_end(struct program *program);

/* A RECORD frame that is kept: all up to the call that the next batch is of. */
void keeping_take(struct program *program, const struct frame *frame);
/* A batch has come. True: it came before, and isn't to be run again; *answer (for the caller to send) is NULL while it isn't done, or the program has ended,
 * since it wasn't the same one. */
bool keeping_repeats(struct program *program, const struct frame *frame, struct message **answer);
/* Its answer is about to leave. */
void keeping_answered(struct program *program, uint32_t sequence, const struct message *answer, uint16_t results);

/* Is it kept, as far as that was possible so far? */
bool keeping_holds(const struct program *program);
/* A connection of its page has closed. True: it waits for the next page, so that its other connection is to be closed, too. */
bool keeping_waits(struct program *program);
/* Has it no page? */
bool keeping_is_away(const struct program *program);
/* The one that is resumed with that key, of this session and with that id; or NULL. */
struct program *keeping_find(const struct session *session, uint32_t id, const char *key);
/* NULL, or why the next page can't have it. goes_back: to where it stood before its last calls, none of which may be under
 * way. */
const char *keeping_refuses(const struct program *program, bool goes_back);
/* The next page has it: keeping_go_on() sends it what was recorded, as fast as it reads. If it goes back, what waits is given
 * up. */
void keeping_comes_back(struct program *program, const struct hello *hello);
/* The page has read what was sent. */
void keeping_go_on(struct program *program);
/* Every second. May end it. */
void keeping_sweep(struct program *program, uint64_t now_ns);
/* As many programs run as may: ends the one that has waited longest for its page in this session. False: none does. */
bool keeping_gives_way(const struct session *session);

#endif
