#include "webkitgtk_opening.h"

#include "navigation.h"

/* ---- what the user does ---- */

static gboolean on_press(GtkWidget *widget, GdkEvent *event, struct view *view)
{
	app.gesture |= event->type == GDK_BUTTON_PRESS || event->type == GDK_TOUCH_BEGIN;
	return FALSE;
}

static gboolean on_key_press(GtkWidget *widget, GdkEventKey *event, struct view *view)
{
	app.gesture |= event->hardware_keycode != view->key;
	view->key = event->hardware_keycode;
	return FALSE;
}

static gboolean on_key_release(GtkWidget *widget, GdkEventKey *event, struct view *view)
{
	if (event->hardware_keycode == view->key)
		view->key = 0;
	return FALSE;
}

/* "Open in a new window" is chosen by another press, in the menu. */
static gboolean on_menu(WebKitWebView *web, WebKitContextMenu *menu, GdkEvent *event, WebKitHitTestResult *hit, struct view *view)
{
	app.gesture = true;
	return FALSE;
}

/* The engine knows whether the page acts for the user, but not how often it did so already. */
static bool take_gesture(WebKitNavigationAction *action)
{
	bool may = app.gesture && webkit_navigation_action_is_user_gesture(action);

	if (may)
		app.gesture = false;
	return may;
}

/* ---- what is opened ---- */

static gboolean on_close_empty(gpointer window)
{
	for (GList *at = app.views; at; at = at->next) {
		struct view *view = at->data;

		if (view->window == window) {
			app_view_closed(view);
			break;
		}
	}
	g_object_unref(window);
	return G_SOURCE_REMOVE;
}

void opening_leave(struct view *view, WebKitNavigationAction *action, const char *uri)
{
	if (view->empty) { /* opened by a gesture, which nothing has come of yet */
		view->empty = false;
		g_idle_add(on_close_empty, g_object_ref(view->window)); /* not from within its own signal */
		app.host->elsewhere(app.host->context, uri);
	} else if (take_gesture(action)) {
		app.host->elsewhere(app.host->context, uri);
	}
}

static bool take_any_gesture(void)
{
	bool may = app.gesture;

	app.gesture = false;
	return may;
}

bool opening_may_save(struct view *view)
{
	if (!view || !view->empty)
		return take_any_gesture();
	view->empty = false;
	g_idle_add(on_close_empty, g_object_ref(view->window));
	return true;
}

bool opening_may_print(struct view *view)
{
	bool first = !view->printed;

	view->printed = true;
	return take_any_gesture() || first;
}

bool opening_may(struct view *view, WebKitNavigationAction *action)
{
	const char *uri = webkit_uri_request_get_uri(webkit_navigation_action_get_request(action));
	/* window.open() names nothing */
	enum navigation judged = *uri ? navigation_classify(app.setup->origin, uri) : NAVIGATION_OWN;

	if (judged == NAVIGATION_EXTERNAL)
		opening_leave(view, action, uri);
	return judged == NAVIGATION_OWN && !app.closing && g_list_length(app.views) < VIEWS_MAX && take_gesture(action);
}

void opening_connect(struct view *view)
{
	g_signal_connect(view->web, "button-press-event", G_CALLBACK(on_press), view);
	g_signal_connect(view->web, "touch-event", G_CALLBACK(on_press), view);
	g_signal_connect(view->web, "key-press-event", G_CALLBACK(on_key_press), view);
	g_signal_connect(view->web, "key-release-event", G_CALLBACK(on_key_release), view);
	g_signal_connect(view->web, "context-menu", G_CALLBACK(on_menu), view);
}
