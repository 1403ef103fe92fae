/* Whether a program may be told that changes succeeded before they are done. It may, until one failed: from then on the same program with the same
 * grants waits for each, as long as this gateway runs. */
#ifndef SERVER_PROGRAM_FORESIGHT_H
#define SERVER_PROGRAM_FORESIGHT_H

#include <stdbool.h>

struct hello;
struct program;

/* Before its WELCOME: finds out, into program->foreseen. */
void foresight_begin(struct program *program, const struct hello *hello);
/* A change of which it had been told failed. */
void foresight_lose(struct program *program);

#endif
