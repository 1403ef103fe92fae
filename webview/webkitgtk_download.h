/* Downloads: saved where the user says, and told when they are done. */
#ifndef WEBVIEW_WEBKITGTK_DOWNLOAD_H
#define WEBVIEW_WEBKITGTK_DOWNLOAD_H

void downloads_connect(void);

#endif
