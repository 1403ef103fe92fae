/* What a page may open: a window of ours, a page in the user's browser, a dialog to save or to print, and of all together one for
 * each thing that the user does (a press of a button, a key or a finger). Leaves to others: where a page may go
 * (webkitgtk_policy.h). */
#ifndef WEBVIEW_WEBKITGTK_OPENING_H
#define WEBVIEW_WEBKITGTK_OPENING_H

#include "webkitgtk_app.h"

enum { VIEWS_MAX = 16 };

/* Notes what the user does in a view. */
void opening_connect(struct view *view);

/* A page opens another: may it have a window of ours? If what it opens is for the user's browser, it went there. */
bool opening_may(struct view *view, WebKitNavigationAction *action);

/* A page leads elsewhere, for the user's browser: that is opened if the user did something that has opened nothing yet; else
 * nothing happens. A window that was opened for this alone is closed. */
void opening_leave(struct view *view, WebKitNavigationAction *action, const char *uri);

/* A page offers a file to save, or wants to print: may the user be asked now? A window may print once by itself, since pages
 * open one to print it. A window that was opened for the file alone is closed. */
bool opening_may_save(struct view *view);
bool opening_may_print(struct view *view);

#endif
