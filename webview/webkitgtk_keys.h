/* The window's own keys and zoom: a key is the page's first, and ours if the page didn't use it. */
#ifndef WEBVIEW_WEBKITGTK_KEYS_H
#define WEBVIEW_WEBKITGTK_KEYS_H

#include <gtk/gtk.h>

struct view;

/* Listens to a view's keys and wheel. */
void keys_connect(struct view *view);
/* The window fills the screen, or no longer does. */
void keys_fullscreen(GtkWindow *window);

#endif
