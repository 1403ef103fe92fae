/* Starts the person's browser with a link. The keeper's: the gateway may start nothing. */
#ifndef SERVER_BASE_BROWSER_H
#define SERVER_BASE_BROWSER_H

#include <stdbool.h>

/* $BROWSER, else xdg-open; it isn't waited for. False with errno: it couldn't be started. */
bool browser_open(const char *link);

#endif
