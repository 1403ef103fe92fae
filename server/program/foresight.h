/* Whether a program may be told that changes succeeded before they are done. It may, until one failed: from then on the same
 * program with the same grants waits for each, as long as this gateway runs. */
#ifndef SERVER_PROGRAM_FORESIGHT_H
#define SERVER_PROGRAM_FORESIGHT_H

#include <stdbool.h>

struct program;

/* Before its WELCOME, once its identity is known: finds out, into program->foreseen. */
void foresight_begin(struct program *program);
/* A change of which it had been told failed. */
void foresight_lose(struct program *program);

#endif
