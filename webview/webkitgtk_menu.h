/* The context menu: of the engine's what concerns text, links and images, nothing of a browser's; on the page itself the window's
 * own. */
#ifndef WEBVIEW_WEBKITGTK_MENU_H
#define WEBVIEW_WEBKITGTK_MENU_H

struct view;

void menu_connect(struct view *view);

#endif
