#include "webkitgtk_keys.h"

#include "webkitgtk_app.h"

static void zoom(struct view *view, double by)
{
	double level = by > 0 ? webkit_web_view_get_zoom_level(view->web) * by : 1.0;

	webkit_web_view_set_zoom_level(view->web, CLAMP(level, 0.3, 5.0));
}

void keys_fullscreen(GtkWindow *window)
{
	GdkWindow *its = gtk_widget_get_window(GTK_WIDGET(window));

	if (its && gdk_window_get_state(its) & GDK_WINDOW_STATE_FULLSCREEN)
		gtk_window_unfullscreen(window);
	else
		gtk_window_fullscreen(window);
}

static gboolean on_key(GtkWidget *widget, GdkEventKey *event, struct view *view)
{
	guint modifiers = event->state & gtk_accelerator_get_default_mod_mask();
	bool control = modifiers == GDK_CONTROL_MASK || modifiers == (GDK_CONTROL_MASK | GDK_SHIFT_MASK);
	guint key = gdk_keyval_to_lower(event->keyval);

	if (key == GDK_KEY_F11 && !modifiers) {
		keys_fullscreen(view->window);
	} else if ((key == GDK_KEY_F5 && !modifiers) || (control && key == GDK_KEY_r)) {
		webkit_web_view_reload(view->web);
	} else if (control && (key == GDK_KEY_plus || key == GDK_KEY_equal || key == GDK_KEY_KP_Add)) {
		zoom(view, 1.1);
	} else if (control && (key == GDK_KEY_minus || key == GDK_KEY_KP_Subtract)) {
		zoom(view, 1 / 1.1);
	} else if (control && (key == GDK_KEY_0 || key == GDK_KEY_KP_0)) {
		zoom(view, 0);
	} else if (modifiers == GDK_CONTROL_MASK && (key == GDK_KEY_w || key == GDK_KEY_q)) {
		gtk_window_close(view->window);
	} else if (modifiers == GDK_CONTROL_MASK && key == GDK_KEY_p) {
		webkit_print_operation_run_dialog(webkit_print_operation_new(view->web), view->window);
	} else if (modifiers == GDK_MOD1_MASK && key == GDK_KEY_Left) {
		webkit_web_view_go_back(view->web);
	} else if (modifiers == GDK_MOD1_MASK && key == GDK_KEY_Right) {
		webkit_web_view_go_forward(view->web);
	} else if (app.setup->inspect && key == GDK_KEY_F12 && !modifiers) {
		webkit_web_inspector_show(webkit_web_view_get_inspector(view->web));
	} else {
		return FALSE;
	}
	return TRUE;
}

static gboolean on_scroll(GtkWidget *widget, GdkEventScroll *event, struct view *view)
{
	double x, y = 0;

	if ((event->state & gtk_accelerator_get_default_mod_mask()) != GDK_CONTROL_MASK)
		return FALSE;
	if (event->direction == GDK_SCROLL_SMOOTH)
		gdk_event_get_scroll_deltas((GdkEvent *)event, &x, &y);
	else
		y = event->direction == GDK_SCROLL_UP ? -1 : event->direction == GDK_SCROLL_DOWN ? 1 : 0;
	if (y)
		zoom(view, y < 0 ? 1.1 : 1 / 1.1);
	return TRUE;
}

/* After the engine, which passes on the events that the page didn't use. */
void keys_connect(struct view *view)
{
	g_signal_connect_after(view->web, "key-press-event", G_CALLBACK(on_key), view);
	g_signal_connect_after(view->web, "scroll-event", G_CALLBACK(on_scroll), view);
}
