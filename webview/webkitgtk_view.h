/* One window: the page, the line above it, what is shown when the page is gone, and its end. */
#ifndef WEBVIEW_WEBKITGTK_VIEW_H
#define WEBVIEW_WEBKITGTK_VIEW_H

#include "webkitgtk_app.h"

/* related: the page that opened it, or NULL. It frees itself when its window is destroyed. */
struct view *view_new(WebKitWebView *related);
void view_show(struct view *view);
void view_load(struct view *view, const char *uri);
void view_tell(struct view *view, const char *what, bool again);
void view_untell(struct view *view);

#endif
