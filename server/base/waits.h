/* Waits of parked calls, on the loop, for descriptors and deadlines. libuv allows one uv_poll_t for each descriptor, so all
 * programs' waits on one descriptor (they share listening sockets) are merged here. Knows nothing of calls. */
#ifndef SERVER_BASE_WAITS_H
#define SERVER_BASE_WAITS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct waiter;
typedef void waiter_ready(void *context);

/* Calls ready(context) once, on the loop, when one of the descriptors has one of its events or the deadline (CLOCK_MONOTONIC ns;
 * UINT64_MAX: none) has passed; the waiter is spent then, and freed by the caller. fds are copied. NULL: no memory, or a
 * descriptor that can't be watched. */
struct waiter *waiter_new(uv_loop_t *loop, const struct pollfd *fds, size_t count, uint64_t deadline_ns, waiter_ready *ready,
                          void *context);
/* Before any of its descriptors is closed. Takes NULL. */
void waiter_free(struct waiter *waiter);

#endif
