/* What the parts of the WebKitGTK window share. Nobody else includes this: window.h is the door. */
#ifndef WEBVIEW_WEBKITGTK_H
#define WEBVIEW_WEBKITGTK_H

#include <webkit2/webkit2.h>

#include "window.h"

enum { PAGE_ANSWER_MS = 2000 }; /* how long a page may think about being closed */

struct app { /* the one of this process */
	const struct window_setup *setup;
	const struct window_host *host;
	WebKitWebContext *context;
	GMainLoop *loop;
	GList *views;      /* struct view, the oldest last */
	bool closing;      /* host->closed was called */
};
extern struct app app;

/* One window with one page. */
struct view {
	GtkWindow *window;
	WebKitWebView *web;
	GtkStack *stack;                                  /* "web" or "sorry" */
	GtkLabel *sorry_title, *sorry_text;
	GtkButton *sorry_button;
	GtkInfoBar *bar;
	GtkLabel *bar_text;
	GtkWidget *bar_button;
	bool shown, asking, fullscreen;                   /* asking: the page was asked whether it may be closed */
	guint deadline;                                   /* of its answer */
};

/* ---- webkitgtk_view.c ---- */
/* related: the page that opened it, or NULL. It frees itself when its window is destroyed. */
struct view *view_new(WebKitWebView *related);
void view_show(struct view *view);
void view_load(struct view *view, const char *uri);
void view_tell(struct view *view, const char *what, bool again);
void view_untell(struct view *view);
/* Instead of the page, which is gone. */
void view_sorry(struct view *view, const char *title, const char *text);
/* Path and query of what it shows. Yours (g_free). */
char *view_path(struct view *view);

/* ---- window_webkitgtk.c ---- */
/* Its page agreed to be closed: the window goes, or, being the last, is hidden until the host says so. */
void app_view_closed(struct view *view);

/* ---- webkitgtk_policy.c, webkitgtk_download.c: signals of a page ---- */
void policy_connect(struct view *view);
void downloads_connect(void);

#endif
