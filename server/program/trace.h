/* --trace and --counts: the calls of programs as lines on the terminal's stderr, and a table at the end. A hook; a slow terminal
 * never slows a program: lines that it can't take are dropped, and counted. */
#ifndef SERVER_PROGRAM_TRACE_H
#define SERVER_PROGRAM_TRACE_H

#include <stdbool.h>

struct gateway;

/* By the config; without either flag there is no hook. Before the first program. False: no memory. */
bool trace_start(struct gateway *gateway);
bool trace_is_on(void);
/* All programs have ended: the table, and the last lines. */
void trace_stop(struct gateway *gateway);

/* Does the filter ("path_*,fd_close": names with '*' and '?', by commas; "" or NULL: all) let a call through? */
bool trace_filter_takes(const char *filter, const char *name);

#endif
