#include "clock.h"

#include "wasi/host.h"

uint64_t clock_ns(clockid_t clock) { return host_clock_ns(clock); }
uint64_t now_ns(void) { return host_clock_ns(CLOCK_MONOTONIC); }
