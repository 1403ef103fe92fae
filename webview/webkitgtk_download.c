#include "webkitgtk_download.h"

#include <string.h>

#include "webkitgtk_opening.h"
#include "webkitgtk_view.h"

enum { SAVING_MAX = 3 }; /* dialogs at once */

/* The window that started the download, or any. */
static struct view *download_view(WebKitDownload *download)
{
	WebKitWebView *web = webkit_download_get_web_view(download);

	for (GList *at = app.views; at; at = at->next)
		if (((struct view *)at->data)->web == web)
			return at->data;
	return app.views ? app.views->data : NULL;
}

static void tell(WebKitDownload *download, const char *format, const char *name)
{
	struct view *view = download_view(download);
	char *what = g_strdup_printf(format, name);

	if (view && !app.closing)
		view_tell(view, what, false);
	g_free(what);
}

static void on_chosen(GtkNativeDialog *dialog, gint answer, WebKitDownload *download)
{
	char *file = answer == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_filename(GTK_FILE_CHOOSER(dialog)) : NULL;

	if (file) {
		webkit_download_set_allow_overwrite(download, TRUE); /* the file chooser has asked about overwriting */
		webkit_download_set_destination(download, file);
	} else {
		webkit_download_cancel(download);
	}
	g_free(file);
	app.saving--;
	g_object_unref(download);
	g_object_unref(dialog);
}

/* The page proposes the name: only the last part of a path is used, and no leading dot. */
static char *name_clean(const char *suggested)
{
	char *name = g_path_get_basename(suggested && *suggested ? suggested : "download");

	for (char *at = name; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f || strchr("/\\", *at) || (at == name && *at == '.'))
			*at = '_';
	return name;
}

static void ask_where(WebKitDownload *download, GtkWindow *parent, const char *suggested)
{
	GtkFileChooserNative *dialog = gtk_file_chooser_native_new("Save", parent, GTK_FILE_CHOOSER_ACTION_SAVE,
	                                                           "_Save", NULL);
	const char *folder = g_get_user_special_dir(G_USER_DIRECTORY_DOWNLOAD);
	char *name = name_clean(suggested);

	gtk_file_chooser_set_do_overwrite_confirmation(GTK_FILE_CHOOSER(dialog), TRUE);
	gtk_file_chooser_set_current_folder(GTK_FILE_CHOOSER(dialog), folder ? folder : g_get_home_dir());
	gtk_file_chooser_set_current_name(GTK_FILE_CHOOSER(dialog), name);
	g_signal_connect(dialog, "response", G_CALLBACK(on_chosen), g_object_ref(download));
	gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(dialog), TRUE);
	app.saving++;
	gtk_native_dialog_show(GTK_NATIVE_DIALOG(dialog));
	g_free(name);
}

static gboolean on_decide_destination(WebKitDownload *download, const char *suggested, gpointer unused)
{
	struct view *view = download_view(download);
	/* A window that a page opened for the file alone is about to close. */
	struct view *stays = view && view->empty ? g_list_last(app.views)->data : view;

	if (!app.closing && app.saving < SAVING_MAX && opening_may_save(view)) {
		ask_where(download, stays ? stays->window : NULL, suggested);
		return TRUE;
	}
	webkit_download_cancel(download);
	if (view && !app.closing)
		view_tell(view, "The page wanted to save more than you asked for: press again for another file.", false);
	return TRUE;
}

static void on_failed(WebKitDownload *download, GError *error, gpointer unused)
{
	if (!g_error_matches(error, WEBKIT_DOWNLOAD_ERROR, WEBKIT_DOWNLOAD_ERROR_CANCELLED_BY_USER))
		tell(download, "The download failed: %s", error->message);
	g_object_set_data(G_OBJECT(download), "failed", download);
}

static void on_finished(WebKitDownload *download, gpointer unused)
{
	const char *file = webkit_download_get_destination(download);
	char *name;

	if (g_object_get_data(G_OBJECT(download), "failed") || !file)
		return;
	name = g_filename_display_basename(file);
	tell(download, "Saved “%s”.", name);
	g_free(name);
}

static void on_started(WebKitWebContext *context, WebKitDownload *download, gpointer unused)
{
	g_signal_connect(download, "decide-destination", G_CALLBACK(on_decide_destination), NULL);
	g_signal_connect(download, "failed", G_CALLBACK(on_failed), NULL);
	g_signal_connect(download, "finished", G_CALLBACK(on_finished), NULL);
}

void downloads_connect(void)
{
	g_signal_connect(app.context, "download-started", G_CALLBACK(on_started), NULL);
}
