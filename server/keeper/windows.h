/* The app's own windows, by their numbers on the control socket. */
#ifndef SERVER_KEEPER_WINDOWS_H
#define SERVER_KEEPER_WINDOWS_H

#include "internal.h"

/* Starts our window; if that fails, says so and quits. */
void windows_begin(struct keeper *keeper);

/* A client says that it is a window: tells it which app this is. Its link comes from the gateway, short-lived and without a
 * code. */
void windows_meet(struct keeper *keeper, uint32_t requester);

/* Called when a client of the control socket has gone: it may be a window that died before it could say so. */
void windows_requester_gone(struct keeper *keeper, uint32_t requester);

/* The programs of a window have ended; others: how many other sessions are still connected. */
void windows_closed(struct keeper *keeper, uint32_t requester, uint32_t others);

#endif
