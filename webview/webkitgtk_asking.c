/* window_ask(): GTK's dialog for the folder or file that a page asks for. Leaves to others: what may be granted (the keeper
 * refuses the rest, and the dialog stays). */
#include "webkitgtk_app.h"

#include <string.h>

/* Keys that were meant for something else grant nothing. */
enum { SETTLE_MS = 700 };

static struct {
	GtkWidget *dialog; /* NULL: nothing is asked */
	GtkWidget *bar;    /* why a choice isn't granted */
	GtkLabel *why;
	guint settling;
	bool answered;     /* the keeper hasn't said yet what came of it */
} asking;

static gboolean on_settled(gpointer unused)
{
	asking.settling = 0;
	gtk_dialog_set_response_sensitive(GTK_DIALOG(asking.dialog), GTK_RESPONSE_ACCEPT, TRUE);
	gtk_dialog_set_default_response(GTK_DIALOG(asking.dialog), GTK_RESPONSE_ACCEPT);
	return G_SOURCE_REMOVE;
}

static void on_response(GtkDialog *dialog, gint response, gpointer unused)
{
	GtkFileChooser *chooser = GTK_FILE_CHOOSER(dialog);
	char *path = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_filename(chooser) : NULL;
	const char *rights = gtk_file_chooser_get_choice(chooser, "rights");

	if (!asking.answered && (response != GTK_RESPONSE_ACCEPT || (path && !asking.settling))) {
		asking.answered = true;
		app.host->chosen(app.host->context, path, rights && !strcmp(rights, "read"));
	}
	g_free(path);
}

static GtkLabel *label_new(const char *text)
{
	GtkWidget *label = gtk_label_new(text);

	gtk_label_set_line_wrap(GTK_LABEL(label), TRUE);
	gtk_label_set_max_width_chars(GTK_LABEL(label), 80);
	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_widget_show(label);
	return GTK_LABEL(label);
}

/* Above the list: who asks, and room for why a choice isn't granted. */
static void words_add(GtkBox *box, const char *words)
{
	GtkWidget *label = GTK_WIDGET(label_new(words));

	asking.bar = gtk_info_bar_new();
	asking.why = label_new("");
	gtk_info_bar_set_message_type(GTK_INFO_BAR(asking.bar), GTK_MESSAGE_WARNING);
	gtk_container_add(GTK_CONTAINER(gtk_info_bar_get_content_area(GTK_INFO_BAR(asking.bar))), GTK_WIDGET(asking.why));
	g_object_set(label, "margin", 10, NULL);
	gtk_box_pack_start(box, label, FALSE, FALSE, 0);
	gtk_box_reorder_child(box, label, 0);
	gtk_box_pack_start(box, asking.bar, FALSE, FALSE, 0);
	gtk_box_reorder_child(box, asking.bar, 1);
}

void window_ask(const char *words, enum window_wanted wanted, const char *folder, bool writes)
{
	static const char *rights[] = { "write", "read", NULL }, *labels[] = { "read and write it", "only read it", NULL };
	static const struct {
		GtkFileChooserAction action;
		const char *title, *grant, *none;
	} kinds[] = {
		[WINDOW_FOLDER] = { GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, "Grant a folder", "_Grant this folder", "_No folder" },
		[WINDOW_FILE] = { GTK_FILE_CHOOSER_ACTION_OPEN, "Grant a file", "_Grant this file", "_No file" },
		[WINDOW_NEW_FILE] = { GTK_FILE_CHOOSER_ACTION_SAVE, "Save as", "_Save", "_No file" },
	};
	GtkWindow *parent = app.views ? ((struct view *)app.views->data)->window : NULL;
	GtkFileChooser *chooser;

	window_ask_end();
	if (app.closing)
		return;
	asking.dialog = gtk_file_chooser_dialog_new(kinds[wanted].title, parent, kinds[wanted].action, kinds[wanted].none,
	                                            GTK_RESPONSE_CANCEL, kinds[wanted].grant, GTK_RESPONSE_ACCEPT, NULL);
	chooser = GTK_FILE_CHOOSER(asking.dialog);
	gtk_file_chooser_set_current_folder(chooser, folder);
	gtk_file_chooser_set_do_overwrite_confirmation(chooser, TRUE);
	if (wanted != WINDOW_NEW_FILE) {
		gtk_file_chooser_add_choice(chooser, "rights", "The app may", rights, labels);
		gtk_file_chooser_set_choice(chooser, "rights", writes ? "write" : "read");
	}
	words_add(GTK_BOX(gtk_dialog_get_content_area(GTK_DIALOG(asking.dialog))), words);
	gtk_window_set_modal(GTK_WINDOW(asking.dialog), TRUE);
	gtk_dialog_set_response_sensitive(GTK_DIALOG(asking.dialog), GTK_RESPONSE_ACCEPT, FALSE);
	asking.settling = g_timeout_add(SETTLE_MS, on_settled, NULL);
	g_signal_connect(asking.dialog, "response", G_CALLBACK(on_response), NULL);
	g_signal_connect(asking.dialog, "delete-event", G_CALLBACK(gtk_true), NULL); /* it goes when the keeper has heard the answer */
	gtk_window_present(GTK_WINDOW(asking.dialog));
}

void window_ask_again(const char *why)
{
	if (!asking.dialog)
		return;
	gtk_label_set_text(asking.why, why);
	gtk_widget_show(asking.bar);
	asking.answered = false;
}

void window_ask_end(void)
{
	if (asking.settling)
		g_source_remove(asking.settling);
	if (asking.dialog)
		gtk_widget_destroy(asking.dialog);
	memset(&asking, 0, sizeof asking);
}
