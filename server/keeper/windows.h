/* The app's own windows, by their numbers on the control socket. */
#ifndef SERVER_KEEPER_WINDOWS_H
#define SERVER_KEEPER_WINDOWS_H

#include "internal.h"

/* Starts ours; without one it says so and quits. */
void windows_begin(struct keeper *keeper);

/* A window is there. It is told which app this is; its link comes from the gateway, short-lived and without a code for people. */
void windows_meet(struct keeper *keeper, uint32_t requester);

/* A client of the control socket has gone: perhaps a window, which died before it could say so. */
void windows_requester_gone(struct keeper *keeper, uint32_t requester);

/* What a window ran has ended; others: how many sessions are still connected. */
void windows_closed(struct keeper *keeper, uint32_t requester, uint32_t others);

#endif
