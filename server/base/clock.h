/* The clocks, for deadlines, ages and the time of day. */
#ifndef WVWASI_CLOCK_H
#define WVWASI_CLOCK_H

#include <stdint.h>
#include <time.h>

/* In ns; of CLOCK_REALTIME, CLOCK_MONOTONIC and clock_gettime(2)'s others. */
uint64_t clock_ns(clockid_t clock);
/* CLOCK_MONOTONIC, in ns. */
uint64_t now_ns(void);

#endif
