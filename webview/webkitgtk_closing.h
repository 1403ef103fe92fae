/* How a window ends: its page is asked (beforeunload), then the user, in the window's own words where a program runs. Leaves to
 * others: what its end means (webkitgtk_app.h). */
#ifndef WEBVIEW_WEBKITGTK_CLOSING_H
#define WEBVIEW_WEBKITGTK_CLOSING_H

struct view;

void closing_connect(struct view *view);
/* The view is destroyed. */
void closing_stop(struct view *view);

#endif
