/* The event "sessions" in words, a line at a time: for the terminal and for `wvwasi-gw sessions`. Leaves to others: what it says
 * (doors/session_list.h). */
#ifndef SERVER_BASE_SESSION_TEXT_H
#define SERVER_BASE_SESSION_TEXT_H

#include <cjson/cJSON.h>

/* line() gets each, without a newline. What programs and pages have named is escaped. */
void session_text(const cJSON *event, void line(void *context, const char *text), void *context);

#endif
