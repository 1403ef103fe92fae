#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "webkitgtk_download.h"
#include "webkitgtk_opening.h"
#include "webkitgtk_view.h"

/* ---- before the engine ---- */

/* Appends to a list in the environment. */
static void list_add(const char *name, const char *more)
{
	const char *old = getenv(name);
	char *all = old && *old ? g_strdup_printf("%s,%s", old, more) : g_strdup(more);

	setenv(name, all, 1);
	g_free(all);
}

void window_environment(bool inspect, bool automation)
{
	/* WebKitGTK has SharedArrayBuffer only with this, and its processes read it when they start. */
	setenv("JSC_useSharedArrayBuffer", "1", 1);
	/* Both open a port without authentication; the second one is WebDriver's too. */
	if (!inspect)
		unsetenv("WEBKIT_INSPECTOR_HTTP_SERVER");
	if (!inspect && !automation)
		unsetenv("WEBKIT_INSPECTOR_SERVER");
	/* A proxy would see the traffic between the page and its gateway. */
	list_add("no_proxy", "localhost,127.0.0.0/8,::1");
	list_add("NO_PROXY", "localhost,127.0.0.0/8,::1");
}

/* ---- windows ---- */

static struct view *first_view(void)
{
	return app.views ? g_list_last(app.views)->data : NULL;
}

void window_close_all(void)
{
	for (GList *at = app.views; at; at = at->next)
		gtk_widget_hide(GTK_WIDGET(((struct view *)at->data)->window));
	if (!app.closing) {
		app.closing = true;
		app.host->closed(app.host->context);
	}
}

void window_load(const char *link)
{
	struct view *view = first_view();

	if (app.closing || !view)
		return;
	for (GList *at = app.views; at; at = at->next)
		view_untell(at->data);
	view_load(view, link);
}

void *window_another(void (*closed)(void *), void *context)
{
	char *start = g_strconcat(app.setup->origin, "/", NULL);
	struct view *view = app.closing || g_list_length(app.views) >= VIEWS_MAX ? NULL : view_new(NULL);

	if (view) {
		view->closed = closed;
		view->closed_context = context;
		view_load(view, start);
	}
	g_free(start);
	return view;
}

void window_another_end(void *another)
{
	struct view *view = another;

	view->closed = NULL;
	app_view_closed(view);
}

void window_tell(const char *what, bool again)
{
	if (app.closing)
		return;
	for (GList *at = app.views; at; at = at->next)
		view_tell(at->data, what, again);
}

/* ---- automation ---- */

/* WebDriver's first page is the app's; further ones get windows of their own. */
static WebKitWebView *on_automation_wants_view(WebKitAutomationSession *session, gpointer unused)
{
	static bool first_given;
	struct view *view = first_given ? NULL : first_view();

	first_given = true;
	if (!view) {
		view = view_new(NULL);
		view_show(view);
	}
	return view->web;
}

static void on_automation_started(WebKitWebContext *context, WebKitAutomationSession *session, gpointer unused)
{
	WebKitApplicationInfo *info = webkit_application_info_new();

	webkit_application_info_set_name(info, "wvwasi-webview");
	webkit_application_info_set_version(info, WEBKIT_MAJOR_VERSION, WEBKIT_MINOR_VERSION, WEBKIT_MICRO_VERSION);
	webkit_automation_session_set_application_info(session, info);
	webkit_application_info_unref(info);
	g_signal_connect(session, "create-web-view", G_CALLBACK(on_automation_wants_view), NULL);
}

/* ---- start and end ---- */

static WebKitWebContext *context_new(const struct window_setup *setup)
{
	WebKitWebsiteDataManager *data = setup->data_dir
		? webkit_website_data_manager_new("base-data-directory", setup->data_dir, "base-cache-directory", setup->cache_dir, NULL)
		: webkit_website_data_manager_new_ephemeral();
	WebKitWebContext *context = webkit_web_context_new_with_website_data_manager(data);
	char *icons = setup->data_dir ? g_build_filename(setup->cache_dir, "icons", NULL) : NULL;

	webkit_web_context_set_favicon_database_directory(context, icons);
	/* No HTTP cache: the gateway is on this machine, so a copy gains nothing; and WebKit would store the page's whole address
	 * with each entry, including a link's token. */
	webkit_web_context_set_cache_model(context, WEBKIT_CACHE_MODEL_DOCUMENT_VIEWER);
	if (setup->automation) {
		webkit_web_context_set_automation_allowed(context, TRUE);
		g_signal_connect(context, "automation-started", G_CALLBACK(on_automation_started), NULL);
	}
	g_free(icons);
	g_object_unref(data);
	return context;
}

const char *window_display(void)
{
	const char *x = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");

	if (gtk_init_check(NULL, NULL))
		return NULL;
	return (x && *x) || (wayland && *wayland) ? "the display can't be opened" :
		"there is no display (DISPLAY and WAYLAND_DISPLAY are empty)";
}

void window_open(const struct window_setup *setup, const struct window_host *host)
{
	app = (struct app){ .setup = setup, .host = host };
	/* Desktops identify the app by these names: X by the class, Wayland by the program's. */
	g_set_prgname(setup->class);
	g_set_application_name(setup->name);
	gdk_set_program_class(setup->class);
	app.loop = g_main_loop_new(NULL, FALSE);
	app.context = context_new(setup);
	downloads_connect();
	view_new(NULL);
}

void window_open_none(const struct window_setup *setup, const struct window_host *host)
{
	app = (struct app){ .setup = setup, .host = host };
	g_set_application_name(setup->name);
	app.loop = g_main_loop_new(NULL, FALSE);
}

void window_run(void)
{
	g_main_loop_run(app.loop);
	window_ask_end();
	while (app.views)
		gtk_widget_destroy(GTK_WIDGET(first_view()->window));
	g_clear_object(&app.context);
	g_main_loop_unref(app.loop);
}

/* A dialog that the engine runs in a loop of its own (printing) would keep ours from its end. */
static void dialogs_end(void)
{
	GList *windows = gtk_window_list_toplevels();

	g_list_foreach(windows, (GFunc)(void (*)(void))g_object_ref, NULL); /* an answer may destroy the next one */
	for (GList *at = windows; at; at = at->next)
		if (GTK_IS_DIALOG(at->data))
			gtk_dialog_response(GTK_DIALOG(at->data), GTK_RESPONSE_DELETE_EVENT);
	g_list_free_full(windows, g_object_unref);
}

void window_quit(void)
{
	dialogs_end();
	g_main_loop_quit(app.loop);
}

/* ---- the loop, for others ---- */

struct watch {
	bool (*ready)(void *);
	void (*due)(void *);
	void *context;
};

static struct watch *watch_new(bool (*ready)(void *), void (*due)(void *), void *context)
{
	struct watch *watch = g_new(struct watch, 1);

	*watch = (struct watch){ ready, due, context };
	return watch;
}

static gboolean on_ready(gint fd, GIOCondition condition, gpointer data)
{
	struct watch *watch = data;

	return watch->ready(watch->context) ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean on_due(gpointer data)
{
	struct watch *watch = data;

	watch->due(watch->context);
	return G_SOURCE_REMOVE;
}

static gboolean on_signal(gpointer data)
{
	struct watch *watch = data;

	watch->due(watch->context);
	return G_SOURCE_CONTINUE;
}

void window_watch(int fd, bool (*ready)(void *), void *context)
{
	g_unix_fd_add_full(G_PRIORITY_DEFAULT, fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_ready, watch_new(ready, NULL, context), g_free);
}

void window_after(unsigned ms, void (*due)(void *), void *context)
{
	g_timeout_add_full(G_PRIORITY_DEFAULT, ms, on_due, watch_new(NULL, due, context), g_free);
}

void window_on_end_signal(void (*got)(void *), void *context)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };

	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		g_unix_signal_add_full(G_PRIORITY_DEFAULT, ends[i], on_signal, watch_new(NULL, got, context), g_free);
}
