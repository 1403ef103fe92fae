/* The folders with an app's browser data, below the user's data and cache folders; one window at a time may hold them.
 * Leaves to others: their contents (the engine). */
#ifndef WEBVIEW_PLACES_H
#define WEBVIEW_PLACES_H

#include <limits.h>
#include <stdbool.h>

struct places {
	char data[PATH_MAX];  /* ${XDG_DATA_HOME:-~/.local/share}/wvwasi-gw/APP */
	char cache[PATH_MAX]; /* ${XDG_CACHE_HOME:-~/.cache}/wvwasi-gw/APP */
	int lock;             /* held until places_clear() */
};

enum places_made {
	PLACES_MADE,
	PLACES_HELD,      /* by another window of this app */
	PLACES_UNWRITABLE /* errno says why, data which */
};

/* app: the name of its folder, [0-9a-f]+ as the gateway gives it. */
enum places_made places_make(struct places *places, const char *app);
void places_clear(struct places *places);

#endif
