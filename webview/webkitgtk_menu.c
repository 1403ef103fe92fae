#include "webkitgtk_menu.h"

#include "webkitgtk_keys.h"
#include "webkitgtk_opening.h"

/* What only a browser has: it goes back and forward, stops, and opens things in windows and players of its own. */
static bool is_browsers(WebKitContextMenuAction action)
{
	switch (action) {
	case WEBKIT_CONTEXT_MENU_ACTION_OPEN_LINK:
	case WEBKIT_CONTEXT_MENU_ACTION_OPEN_LINK_IN_NEW_WINDOW:
	case WEBKIT_CONTEXT_MENU_ACTION_OPEN_IMAGE_IN_NEW_WINDOW:
	case WEBKIT_CONTEXT_MENU_ACTION_OPEN_FRAME_IN_NEW_WINDOW:
	case WEBKIT_CONTEXT_MENU_ACTION_OPEN_VIDEO_IN_NEW_WINDOW:
	case WEBKIT_CONTEXT_MENU_ACTION_OPEN_AUDIO_IN_NEW_WINDOW:
	case WEBKIT_CONTEXT_MENU_ACTION_COPY_IMAGE_URL_TO_CLIPBOARD:
	case WEBKIT_CONTEXT_MENU_ACTION_GO_BACK:
	case WEBKIT_CONTEXT_MENU_ACTION_GO_FORWARD:
	case WEBKIT_CONTEXT_MENU_ACTION_STOP:
	case WEBKIT_CONTEXT_MENU_ACTION_RELOAD:
		return true;
	default:
		return false;
	}
}

/* Separators part what is on both their sides. */
static void drop_separators(WebKitContextMenu *menu)
{
	bool follows = false;

	for (guint at = webkit_context_menu_get_n_items(menu); at-- > 0;) {
		WebKitContextMenuItem *item = webkit_context_menu_get_item_at_position(menu, at);
		bool parts = webkit_context_menu_item_is_separator(item);

		if (parts && (!follows || at == 0))
			webkit_context_menu_remove(menu, item);
		follows = !parts;
	}
}

/* ---- the window's own ---- */

static void on_print(GSimpleAction *action, GVariant *nothing, GtkWindow *window)
{
	WebKitPrintOperation *print = webkit_print_operation_new(g_object_get_data(G_OBJECT(action), "web"));

	webkit_print_operation_run_dialog(print, window);
	g_object_unref(print);
}

static void on_fullscreen(GSimpleAction *action, GVariant *nothing, GtkWindow *window)
{
	keys_fullscreen(window);
}

static void on_close(GSimpleAction *action, GVariant *nothing, GtkWindow *window)
{
	gtk_window_close(window);
}

/* name: unlike others, for by it the engine finds the action */
static void add(struct view *view, WebKitContextMenu *menu, const char *name, const char *label, GCallback chosen)
{
	GSimpleAction *action = g_simple_action_new(name, NULL);

	g_object_set_data(G_OBJECT(action), "web", view->web);
	g_signal_connect_object(action, "activate", chosen, view->window, 0);
	webkit_context_menu_append(menu, webkit_context_menu_item_new_from_gaction(G_ACTION(action), label, NULL));
	g_object_unref(action);
}

static gboolean on_menu(WebKitWebView *web, WebKitContextMenu *menu, GdkEvent *event, WebKitHitTestResult *hit, struct view *view)
{
	bool of_page = !webkit_hit_test_result_context_is_link(hit) && !webkit_hit_test_result_context_is_selection(hit) &&
	               !webkit_hit_test_result_context_is_image(hit) && !webkit_hit_test_result_context_is_media(hit) &&
	               !webkit_hit_test_result_context_is_editable(hit);

	for (guint at = webkit_context_menu_get_n_items(menu); at-- > 0;) {
		WebKitContextMenuItem *item = webkit_context_menu_get_item_at_position(menu, at);

		if (is_browsers(webkit_context_menu_item_get_stock_action(item)))
			webkit_context_menu_remove(menu, item);
	}
	if (of_page) {
		webkit_context_menu_append(menu, webkit_context_menu_item_new_separator());
		add(view, menu, "print", "_Print…", G_CALLBACK(on_print));
		add(view, menu, "fullscreen", "_Full Screen", G_CALLBACK(on_fullscreen));
		add(view, menu, "close", "_Close", G_CALLBACK(on_close));
	}
	drop_separators(menu);
	return webkit_context_menu_get_n_items(menu) == 0; /* TRUE: there is none */
}

void menu_connect(struct view *view)
{
	g_signal_connect(view->web, "context-menu", G_CALLBACK(on_menu), view);
}
