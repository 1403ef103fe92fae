#include "webkitgtk_view.h"

#include <string.h>

#include "navigation.h"
#include "webkitgtk_closing.h"
#include "webkitgtk_keys.h"
#include "webkitgtk_menu.h"
#include "webkitgtk_opening.h"
#include "webkitgtk_policy.h"

enum { WIDTH = 1000, HEIGHT = 720, ICON_MAX = 256 };

/* ---- what the window shows ---- */

void view_show(struct view *view)
{
	view->shown = true;
	gtk_window_present(view->window);
	gtk_widget_grab_focus(GTK_WIDGET(view->web));
}

void view_load(struct view *view, const char *uri)
{
	gtk_stack_set_visible_child_name(view->stack, "web");
	webkit_web_view_load_uri(view->web, uri);
	if (!view->shown)
		view_show(view);
}

void view_tell(struct view *view, const char *what, bool again)
{
	gtk_label_set_text(view->bar_text, what);
	gtk_widget_set_visible(view->bar_button, again);
	gtk_widget_show(GTK_WIDGET(view->bar));
	if (!view->shown)
		view_show(view);
}

void view_untell(struct view *view)
{
	gtk_widget_hide(GTK_WIDGET(view->bar));
}

/* Shows a sentence in place of a page that is gone. */
static void view_sorry(struct view *view, const char *title, const char *text)
{
	gtk_label_set_text(view->sorry_title, title);
	gtk_label_set_text(view->sorry_text, text);
	gtk_stack_set_visible_child_name(view->stack, "sorry");
	if (!view->shown)
		view_show(view);
	gtk_widget_grab_focus(GTK_WIDGET(view->sorry_button));
}

/* Path and query of the page that it shows. Yours (g_free); NULL: the enter page, whose address would claim its link again. */
static char *view_path(struct view *view)
{
	size_t length;
	const char *path = navigation_path(app.setup->origin, webkit_web_view_get_uri(view->web), &length);

	return g_str_has_prefix(path, "/_wvwasi/enter") ? NULL : g_strndup(path, length);
}

static void wants_link(struct view *view)
{
	char *path = view_path(view);

	app.host->wants_link(app.host->context, path ? path : "/");
	g_free(path);
}

/* A page that has crashed is loaded again as it was, so that it finds those of its programs that outlive it: with another link it
 * would be of another session. */
static void on_sorry_button(GtkButton *button, struct view *view)
{
	char *path = view_path(view);
	bool again = view->crashed && path;

	g_free(path);
	view->crashed = false;
	if (!again)
		return wants_link(view);
	gtk_stack_set_visible_child_name(view->stack, "web");
	webkit_web_view_reload(view->web);
}

static void on_bar_answer(GtkInfoBar *bar, gint answer, struct view *view)
{
	gtk_widget_hide(GTK_WIDGET(bar));
	if (answer == GTK_RESPONSE_ACCEPT)
		wants_link(view);
}

static void on_title(WebKitWebView *web, GParamSpec *spec, struct view *view)
{
	const char *title = webkit_web_view_get_title(web);

	gtk_window_set_title(view->window, title && *title ? title : app.setup->name);
}

static void on_icon(WebKitWebView *web, GParamSpec *spec, struct view *view)
{
	cairo_surface_t *icon = webkit_web_view_get_favicon(web);
	GdkPixbuf *pixels = NULL;

	if (icon) {
		int width = cairo_image_surface_get_width(icon), height = cairo_image_surface_get_height(icon);

		if (width > 0 && height > 0 && width <= ICON_MAX && height <= ICON_MAX)
			pixels = gdk_pixbuf_get_from_surface(icon, 0, 0, width, height);
	}
	gtk_window_set_icon(view->window, pixels);
	if (pixels)
		g_object_unref(pixels);
}

/* ---- a page that failed ---- */

static void on_terminated(WebKitWebView *web, WebKitWebProcessTerminationReason reason, struct view *view)
{
	view->crashed = true;
	view_sorry(view, "The page has crashed",
	           reason == WEBKIT_WEB_PROCESS_EXCEEDED_MEMORY_LIMIT
	               ? "It needed more memory than it may have. Programs that outlive it go on when it is loaded again, others were ended; "
	                 "what they had written is kept."
	               : "Programs that outlive it go on when it is loaded again, others were ended; what they had written is kept.");
}

static gboolean on_load_failed(WebKitWebView *web, WebKitLoadEvent when, const char *uri, GError *error, struct view *view)
{
	if (g_error_matches(error, WEBKIT_NETWORK_ERROR, WEBKIT_NETWORK_ERROR_CANCELLED)
	    || g_error_matches(error, WEBKIT_POLICY_ERROR, WEBKIT_POLICY_ERROR_FRAME_LOAD_INTERRUPTED_BY_POLICY_CHANGE)
	    || g_error_matches(error, WEBKIT_PLUGIN_ERROR, WEBKIT_PLUGIN_ERROR_WILL_HANDLE_LOAD))
		return TRUE; /* a download, or a navigation that we refused: the page stays */
	view_sorry(view, "The page could not be loaded", error->message);
	return TRUE;
}

/* ---- the end ---- */

static void on_destroy(GtkWidget *widget, struct view *view)
{
	closing_stop(view);
	g_signal_handlers_disconnect_by_data(view->web, view);
	app.views = g_list_remove(app.views, view);
	if (view->closed)
		view->closed(view->closed_context);
	g_object_unref(view->web);
	g_free(view);
}

/* ---- a page opens another ---- */

static void on_ready_to_show(WebKitWebView *web, struct view *view)
{
	view_show(view);
}

static gboolean on_print(WebKitWebView *web, WebKitPrintOperation *print, struct view *view)
{
	return !opening_may_print(view); /* TRUE: nothing is printed */
}

static GtkWidget *on_create(WebKitWebView *web, WebKitNavigationAction *action, struct view *view)
{
	struct view *made;

	if (!opening_may(view, action))
		return NULL;
	made = view_new(web);
	made->empty = true;
	g_signal_connect(made->web, "ready-to-show", G_CALLBACK(on_ready_to_show), made);
	return GTK_WIDGET(made->web);
}

/* ---- making one ---- */

static GtkLabel *label_new(const char *class)
{
	GtkLabel *label = GTK_LABEL(gtk_label_new(""));

	gtk_label_set_line_wrap(label, TRUE);
	gtk_label_set_max_width_chars(label, 60);
	gtk_label_set_selectable(label, TRUE);
	gtk_widget_set_can_focus(GTK_WIDGET(label), FALSE);
	if (class)
		gtk_style_context_add_class(gtk_widget_get_style_context(GTK_WIDGET(label)), class);
	return label;
}

static void style_load(void)
{
	GtkCssProvider *css = gtk_css_provider_new();

	gtk_css_provider_load_from_data(css,
		".sorry-title { font-size: 150%; font-weight: bold; } .sorry-button { padding: 6px 24px; }", -1, NULL);
	gtk_style_context_add_provider_for_screen(gdk_screen_get_default(), GTK_STYLE_PROVIDER(css),
	                                          GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
	g_object_unref(css);
}

static GtkWidget *sorry_new(struct view *view)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 16);

	view->sorry_title = label_new("sorry-title");
	view->sorry_text = label_new(NULL);
	gtk_label_set_justify(view->sorry_text, GTK_JUSTIFY_CENTER);
	view->sorry_button = GTK_BUTTON(gtk_button_new_with_mnemonic("_Reload"));
	gtk_style_context_add_class(gtk_widget_get_style_context(GTK_WIDGET(view->sorry_button)), "suggested-action");
	gtk_style_context_add_class(gtk_widget_get_style_context(GTK_WIDGET(view->sorry_button)), "sorry-button");
	gtk_widget_set_halign(GTK_WIDGET(view->sorry_button), GTK_ALIGN_CENTER);
	g_signal_connect(view->sorry_button, "clicked", G_CALLBACK(on_sorry_button), view);
	gtk_container_add(GTK_CONTAINER(box), GTK_WIDGET(view->sorry_title));
	gtk_container_add(GTK_CONTAINER(box), GTK_WIDGET(view->sorry_text));
	gtk_container_add(GTK_CONTAINER(box), GTK_WIDGET(view->sorry_button));
	gtk_widget_set_valign(box, GTK_ALIGN_CENTER);
	gtk_container_set_border_width(GTK_CONTAINER(box), 32);
	return box;
}

static GtkWidget *bar_new(struct view *view)
{
	view->bar = GTK_INFO_BAR(gtk_info_bar_new());
	view->bar_text = label_new(NULL);
	gtk_label_set_max_width_chars(view->bar_text, 100);
	gtk_label_set_xalign(view->bar_text, 0);
	gtk_info_bar_set_message_type(view->bar, GTK_MESSAGE_WARNING);
	gtk_info_bar_set_show_close_button(view->bar, TRUE);
	gtk_container_add(GTK_CONTAINER(gtk_info_bar_get_content_area(view->bar)), GTK_WIDGET(view->bar_text));
	gtk_widget_show(GTK_WIDGET(view->bar_text));
	view->bar_button = gtk_info_bar_add_button(view->bar, "Try _again", GTK_RESPONSE_ACCEPT);
	gtk_widget_set_no_show_all(GTK_WIDGET(view->bar), TRUE);
	g_signal_connect(view->bar, "response", G_CALLBACK(on_bar_answer), view);
	return GTK_WIDGET(view->bar);
}

static WebKitWebView *web_new(WebKitWebView *related)
{
	WebKitSettings *settings = related ? g_object_ref(webkit_web_view_get_settings(related))
	                                   : webkit_settings_new_with_settings("enable-developer-extras",
	                                                                       (gboolean)app.setup->inspect, NULL);
	WebKitWebView *web = WEBKIT_WEB_VIEW(g_object_new(WEBKIT_TYPE_WEB_VIEW, "settings", settings,
	                                                  related ? "related-view" : "web-context",
	                                                  related ? (gpointer)related : app.context,
	                                                  "is-controlled-by-automation", (gboolean)app.setup->automation, NULL));

	g_object_unref(settings);
	return g_object_ref_sink(web);
}

static void view_connect(struct view *view)
{
	static const struct { const char *signal; GCallback callback; } of_page[] = {
		{ "notify::title", G_CALLBACK(on_title) }, { "notify::favicon", G_CALLBACK(on_icon) },
		{ "web-process-terminated", G_CALLBACK(on_terminated) }, { "load-failed", G_CALLBACK(on_load_failed) },
		{ "create", G_CALLBACK(on_create) }, { "print", G_CALLBACK(on_print) },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(of_page); i++)
		g_signal_connect(view->web, of_page[i].signal, of_page[i].callback, view);
	g_signal_connect(view->window, "destroy", G_CALLBACK(on_destroy), view);
}

struct view *view_new(WebKitWebView *related)
{
	struct view *view = g_new0(struct view, 1);
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *sorry = sorry_new(view);

	if (!app.views)
		style_load();
	view->window = GTK_WINDOW(gtk_window_new(GTK_WINDOW_TOPLEVEL));
	view->web = web_new(related);
	view->stack = GTK_STACK(gtk_stack_new());
	gtk_window_set_default_size(view->window, WIDTH, HEIGHT);
	gtk_window_set_title(view->window, app.setup->name);
	gtk_window_set_icon_name(view->window, "web-browser");
	gtk_stack_add_named(view->stack, GTK_WIDGET(view->web), "web");
	gtk_stack_add_named(view->stack, sorry, "sorry");
	gtk_box_pack_start(GTK_BOX(box), bar_new(view), FALSE, FALSE, 0);
	gtk_box_pack_start(GTK_BOX(box), GTK_WIDGET(view->stack), TRUE, TRUE, 0);
	gtk_container_add(GTK_CONTAINER(view->window), box);
	gtk_widget_show_all(box);
	app.views = g_list_prepend(app.views, view);
	view_connect(view);
	keys_connect(view);
	menu_connect(view);
	closing_connect(view);
	policy_connect(view);
	opening_connect(view);
	return view;
}
