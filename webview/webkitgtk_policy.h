/* What a page may do: where it may navigate to, and which permissions the user is asked about. */
#ifndef WEBVIEW_WEBKITGTK_POLICY_H
#define WEBVIEW_WEBKITGTK_POLICY_H

#include "webkitgtk_app.h"

/* Connects the signals by which the engine asks. */
void policy_connect(struct view *view);

#endif
