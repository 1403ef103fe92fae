/* The window's own keys and zoom: a key is the page's first, and ours if the page didn't use it. */
#ifndef WEBVIEW_WEBKITGTK_KEYS_H
#define WEBVIEW_WEBKITGTK_KEYS_H

struct view;

/* Listens to a view's keys and wheel. */
void keys_connect(struct view *view);

#endif
