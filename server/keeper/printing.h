/* What the terminal is shown, queued so that a stuck terminal holds up the gateway and not the keeper. */
#ifndef SERVER_KEEPER_PRINTING_H
#define SERVER_KEEPER_PRINTING_H

#include "internal.h"

/* Queues what someone else made, escaped where stream `to` is a terminal; ends_line adds the newline. credit: told to the gateway when it is out. */
void print_add(struct keeper *keeper, int to, const uint8_t *text, size_t length, uint32_t credit, bool ends_line);

/* The stream that the next of it is for; -1: nothing waits. */
int print_to(const struct keeper *keeper);

/* Prints what its stream takes now. Streams aren't made non-blocking: others share them. */
void print_some(struct keeper *keeper);



/* A line on stderr. */
void keeper_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
