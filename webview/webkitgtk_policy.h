/* What a page may do: where it may go, what the user is asked. */
#ifndef WEBVIEW_WEBKITGTK_POLICY_H
#define WEBVIEW_WEBKITGTK_POLICY_H

#include "webkitgtk_app.h"

/* Answers the signals by which a view's page asks. */
void policy_connect(struct view *view);

#endif
