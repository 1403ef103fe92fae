/* What the parts of the WebKitGTK window share: the app and its views. Only webkitgtk_*.c and window_webkitgtk.c include this;
 * others use window.h. */
#ifndef WEBVIEW_WEBKITGTK_APP_H
#define WEBVIEW_WEBKITGTK_APP_H

#include <webkit2/webkit2.h>

#include "window.h"

enum { PAGE_ANSWER_MS = 2000 }; /* how long a page may take to answer beforeunload */

struct app { /* the one of this process */
	const struct window_setup *setup;
	const struct window_host *host;
	WebKitWebContext *context;
	GMainLoop *loop;
	GList *views;      /* struct view, the oldest last */
	bool closing;      /* host->closed was called */
	bool gesture;      /* the user did something, and nothing was opened by it yet (webkitgtk_opening.h) */
	unsigned saving;   /* dialogs to save that are open */
};
extern struct app app;

/* One window with one page. */
struct view {
	GtkWindow *window;
	WebKitWebView *web;
	GtkStack *stack;                                  /* "web" or "sorry" */
	GtkLabel *sorry_title, *sorry_text;
	GtkButton *sorry_button;
	bool crashed;                                     /* its page, which that one loads again */
	GtkInfoBar *bar;
	GtkLabel *bar_text;
	GtkWidget *bar_button;
	bool shown, asking;                               /* asking: the page was asked whether it may be closed */
	bool empty;                                       /* a page opened it, and nothing of ours was shown in it yet */
	bool printed;                                     /* its page has asked to print */
	unsigned questions;                               /* that the page asks the user, and that aren't answered yet */
	guint key;                                        /* that is held down: its repeats are no gestures; 0: none */
	guint deadline;                                   /* of its answer */
	GCancellable *settling;                           /* what waits until it was asked and the user has answered */
	bool stays, asks_again;                           /* the user has said so; and wants to close it all the same */
	bool told;                                        /* the page objected, and the user was asked */
	void (*closed)(void *);                           /* who is told of its end; NULL: nobody */
	void *closed_context;
};

/* Its page agreed to be closed: destroys the window, or hides it if it is the last, until the host ends it. */
void app_view_closed(struct view *view);

#endif
