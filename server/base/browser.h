/* Starts the user's browser with a link. For the keeper alone: the gateway may start no process. */
#ifndef SERVER_BASE_BROWSER_H
#define SERVER_BASE_BROWSER_H

#include <stdbool.h>

/* $BROWSER (a command, perhaps with arguments), else xdg-open; it isn't waited for. False with errno: it couldn't be started. */
bool browser_open(const char *link);

#endif
