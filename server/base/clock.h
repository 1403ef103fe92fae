/* The monotonic clock, for deadlines and ages. */
#ifndef WVWASI_CLOCK_H
#define WVWASI_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC, in ns. */
uint64_t now_ns(void);

#endif
