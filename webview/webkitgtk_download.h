/* Downloads: the user chooses where to save, and the window says when one is done. */
#ifndef WEBVIEW_WEBKITGTK_DOWNLOAD_H
#define WEBVIEW_WEBKITGTK_DOWNLOAD_H

void downloads_connect(void);

#endif
