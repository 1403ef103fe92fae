/* What the gateway's own parts tell the terminal, beside what events.h offers to everybody. */
#ifndef SERVER_SAYS_H
#define SERVER_SAYS_H

#include <stddef.h>

struct gateway;

/* The first line: it serves. */
void events_ready(struct gateway *gateway, const char *link, const char *code);
void events_link(struct gateway *gateway, const char *link, const char *code);
/* Too many wrong codes were typed: this one is the new. */
void events_code(struct gateway *gateway, const char *code);
/* An answer to a command at the terminal. */
void events_line(struct gateway *gateway, const char *line);
/* Lines for stderr as they are, without a newline at the end. */
void events_text(struct gateway *gateway, const char *lines);
/* The keeper has printed so many bytes of inherited output. */
void events_credit(struct gateway *gateway, size_t bytes);

#endif
