/* What the keeper prints, queued, so that a stuck terminal blocks the gateway's output and not the keeper. */
#ifndef SERVER_KEEPER_PRINTING_H
#define SERVER_KEEPER_PRINTING_H

#include "internal.h"

/* Queues text for stream `to`, escaped if that is a terminal; ends_line adds the newline. credit is returned to the gateway once
 * it is printed. */
void print_add(struct keeper *keeper, int to, const uint8_t *text, size_t length, uint32_t credit, bool ends_line);

/* The stream of the next text; -1: the queue is empty. */
int print_to(const struct keeper *keeper);

/* Prints what the stream takes now. Streams stay blocking, because other processes share them. */
void print_some(struct keeper *keeper);



/* Queues a line for stderr. */
void keeper_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
