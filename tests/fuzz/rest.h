/* What must be true of a program when nothing more can happen, for fuzz_dispatch.c: each call that waits has something to wait
 * for, and what was done was answered. A broken promise ends the process. */
#ifndef FUZZ_REST_H
#define FUZZ_REST_H

#include <stdbool.h>

#include "page.h"
#include "server/program/program.h"

/* output_has_room: whoever shows programs' output takes more of it. */
void program_must_rest(const struct program *program, bool output_has_room);
void page_must_be_answered(const struct page *page, const struct program *program);

#endif
