/* Gathers what debuggers are told into frames. Calls run on the loop and on workers, so a lock guards it; the loop takes the
 * frames some times a second. Bounded: calls that find no room are left out and counted. Leaves to others: sending (outlet.c). */
#ifndef SERVER_DEBUGGER_FEED_H
#define SERVER_DEBUGGER_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

enum { FEED_ROOM = 1 << 20 };

/* The same frames twice: for debuggers that may see contents, and for the others. */
enum feed_view { FEED_BARE, FEED_FULL, FEED_VIEWS };

struct feed_taken { /* yours: free(bytes) */
	uint8_t *bytes;
	size_t length;
};

/* Is there a debugger that may see contents? */
void feed_shows_data(bool shows);
void feed_clear(void);

void feed_call(const struct debug_call *call);
void feed_times(uint32_t program, uint32_t batch, uint16_t number, uint32_t within, uint64_t page_ns, uint64_t trip_ns);
void feed_handle(uint32_t program, const struct debug_handle *handle);
/* A frame of its own: OUTPUT, CONSOLE. */
void feed_output(uint32_t program, uint32_t stream, const uint8_t *bytes, size_t length);
void feed_console(uint32_t program, uint32_t level, const uint8_t *text, size_t length);
/* Counts calls that another room left out. */
void feed_left_out(uint64_t calls);

/* All frames so far, whole; *dropped: calls that found no room since the last time. False: there's nothing. */
bool feed_take(struct feed_taken views[FEED_VIEWS], uint64_t *dropped);

/* How many calls are in frames that were taken. */
uint64_t feed_calls_of(const struct feed_taken *taken);

#endif
