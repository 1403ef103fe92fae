#include "webkitgtk_app.h"

struct app app;

void app_view_closed(struct view *view)
{
	if (app.views && app.views->next) {
		gtk_widget_destroy(GTK_WIDGET(view->window));
		return;
	}
	if (app.closing)
		return;
	app.closing = true;
	gtk_widget_hide(GTK_WIDGET(view->window));
	app.host->closed(app.host->context);
}
