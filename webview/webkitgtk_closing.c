#include "webkitgtk_closing.h"

#include <string.h>

#include "webkitgtk_app.h"

#define RUNNING "wvwasi.running" /* how the shim says that a program runs (static/shim/page/leaving.js) */
/* "yes" where one runs that would outlive its page, for which the page doesn't object (static/shim/page/kept.js). */
#define KEEPS "(sessionStorage.getItem('wvwasi.kept') ?? '[]') === '[]' ? 0 : 'yes'"
#define CLOSE "Close the window?"
#define ENDS "A program is running in it. It may write out what it holds, and then it ends."

static void stop_asking(struct view *view)
{
	view->asking = false;
	g_clear_handle_id(&view->deadline, g_source_remove);
}

static gboolean on_no_answer(gpointer data)
{
	struct view *view = data;

	view->deadline = 0;
	stop_asking(view);
	app_view_closed(view);
	return G_SOURCE_REMOVE;
}

/* Asks the page (beforeunload); a page that hangs has two seconds. */
static void ask(struct view *view)
{
	view->asking = true;
	view->deadline = g_timeout_add(PAGE_ANSWER_MS, on_no_answer, view);
	webkit_web_view_try_close(view->web);
}

static gboolean on_delete(GtkWidget *widget, GdkEvent *event, struct view *view)
{
	if (!strcmp(gtk_stack_get_visible_child_name(view->stack), "sorry"))
		app_view_closed(view);
	else if (!view->asking)
		ask(view);
	else
		view->asks_again = view->stays;
	return TRUE;
}

static GtkWidget *question_new(struct view *view, const char *title, const char *text, const char *yes)
{
	GtkWidget *dialog = gtk_message_dialog_new(view->window, GTK_DIALOG_MODAL | GTK_DIALOG_DESTROY_WITH_PARENT,
	                                           GTK_MESSAGE_QUESTION, GTK_BUTTONS_NONE, "%s", title);

	gtk_message_dialog_format_secondary_text(GTK_MESSAGE_DIALOG(dialog), "%s", text);
	gtk_window_set_title(GTK_WINDOW(dialog), "Question");
	gtk_dialog_add_buttons(GTK_DIALOG(dialog), "_Stay", GTK_RESPONSE_REJECT, yes, GTK_RESPONSE_ACCEPT, NULL);
	gtk_dialog_set_default_response(GTK_DIALOG(dialog), GTK_RESPONSE_REJECT);
	return dialog;
}

static void on_own_answer(GtkDialog *dialog, gint answer, struct view *view)
{
	gtk_widget_destroy(GTK_WIDGET(dialog));
	view->asking = false;
	if (answer == GTK_RESPONSE_ACCEPT)
		app_view_closed(view);
}

/* The page didn't object, for its program would go on in the next page; but there will be none. */
static void ask_ourselves(struct view *view)
{
	GtkWidget *dialog = question_new(view, CLOSE, ENDS, "_Close");

	view->asking = true;
	g_signal_connect(dialog, "response", G_CALLBACK(on_own_answer), view);
	gtk_window_present(GTK_WINDOW(dialog));
}

static void on_settled(GObject *web, GAsyncResult *result, gpointer data)
{
	struct view *view = data;
	GError *error = NULL;
	JSCValue *answer = webkit_web_view_evaluate_javascript_finish(WEBKIT_WEB_VIEW(web), result, &error);
	bool gone = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED), closes, again, keeps;

	keeps = answer && jsc_value_is_string(answer);
	g_clear_object(&answer);
	g_clear_error(&error);
	if (gone)
		return; /* closing_stop() */
	closes = view->asking && !view->stays;
	again = view->asks_again;
	keeps &= !view->told;
	view->stays = view->asks_again = view->told = false;
	g_clear_object(&view->settling);
	stop_asking(view);
	if (closes && keeps)
		ask_ourselves(view);
	else if (closes)
		app_view_closed(view);
	else if (again)
		ask(view);
}

/* Waits until the page has been asked and the user has answered: it runs this script after that. */
static void settle(struct view *view)
{
	if (view->settling)
		return;
	view->settling = g_cancellable_new();
	webkit_web_view_evaluate_javascript(view->web, KEEPS, -1, NULL, NULL, view->settling, on_settled, view);
}

/* The page agrees, or closes itself, or has said nothing for 50 ms: then WebKit doesn't wait any longer, and we do. */
static void on_close(WebKitWebView *web, struct view *view)
{
	(view->asking ? settle : app_view_closed)(view);
}

static void on_leave_answer(GtkDialog *dialog, gint answer, struct view *view)
{
	WebKitScriptDialog *question = g_object_get_data(G_OBJECT(dialog), "question");

	webkit_script_dialog_confirm_set_confirmed(question, answer == GTK_RESPONSE_ACCEPT);
	webkit_script_dialog_close(question);
	gtk_widget_destroy(GTK_WIDGET(dialog));
	if (view->asking) { /* else it was to lead to another page */
		view->stays = answer != GTK_RESPONSE_ACCEPT;
		settle(view);
	}
}

/* Shows the page's beforeunload dialog; the engine has its own for alert, confirm and prompt. */
static gboolean on_script_dialog(WebKitWebView *web, WebKitScriptDialog *question, struct view *view)
{
	bool runs = !g_strcmp0(webkit_script_dialog_get_message(question), RUNNING);
	GtkWidget *dialog;

	if (webkit_script_dialog_get_dialog_type(question) != WEBKIT_SCRIPT_DIALOG_BEFORE_UNLOAD_CONFIRM)
		return FALSE;
	g_clear_handle_id(&view->deadline, g_source_remove); /* while the user decides */
	view->told = true;
	dialog = question_new(view, view->asking ? CLOSE : "Leave this page?",
	                      !runs ? "The page says that changes may not have been saved." :
	                      view->asking ? ENDS : "A program is running in it, and ends.", view->asking ? "_Close" : "_Leave");
	g_object_set_data_full(G_OBJECT(dialog), "question", webkit_script_dialog_ref(question),
	                       (GDestroyNotify)webkit_script_dialog_unref);
	g_signal_connect(dialog, "response", G_CALLBACK(on_leave_answer), view);
	gtk_window_present(GTK_WINDOW(dialog));
	return TRUE;
}

void closing_connect(struct view *view)
{
	g_signal_connect(view->window, "delete-event", G_CALLBACK(on_delete), view);
	g_signal_connect(view->web, "close", G_CALLBACK(on_close), view);
	g_signal_connect(view->web, "script-dialog", G_CALLBACK(on_script_dialog), view);
}

void closing_stop(struct view *view)
{
	stop_asking(view);
	if (view->settling)
		g_cancellable_cancel(view->settling);
	g_clear_object(&view->settling);
}
