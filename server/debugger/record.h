/* Makes one row of the debugger's from one call: texts, names, handles, counts, and of its data a hash or, if the user allows it,
 * the bytes. Pure functions over lent bytes. */
#ifndef SERVER_DEBUGGER_RECORD_H
#define SERVER_DEBUGGER_RECORD_H

#include "server/program/hooks.h"
#include "server/wire/call_text.h"
#include "wire.h"

struct record {
	struct debug_call call; /* its strings point into the two below, and into the call */
	char text[CALL_TEXT_MAX], result[RESULT_TEXT_MAX];
};

/* Everything but program and ordinal. `data` is filled in too; feed.h leaves it out for debuggers that may not see it. */
void record_of_finished(struct record *record, const struct finished *finished, uint64_t hash_key);
/* The same of one whose bytes aren't there any more: they are counted, and no more. */
void record_of_bare(struct record *record, const struct finished *finished);
/* report's call (report_call()) as the page tells of it; realtime_offset_ns: CLOCK_REALTIME - CLOCK_MONOTONIC. */
void record_of_report(struct record *record, const struct report *report, const struct call *call, uint64_t realtime_offset_ns,
                      uint64_t hash_key);

#endif
