#include "webkitgtk_policy.h"

#include <string.h>

#include "navigation.h"
#include "webkitgtk_opening.h"

/* ---- navigation ---- */

static gboolean decide_navigation(struct view *view, WebKitPolicyDecision *decision)
{
	WebKitNavigationAction *action =
		webkit_navigation_policy_decision_get_navigation_action(WEBKIT_NAVIGATION_POLICY_DECISION(decision));
	const char *uri = webkit_uri_request_get_uri(webkit_navigation_action_get_request(action));

	switch (navigation_classify(app.setup->origin, uri)) {
	case NAVIGATION_OWN:
		webkit_policy_decision_use(decision);
		return TRUE;
	case NAVIGATION_EXTERNAL:
		opening_leave(view, action, uri);
		break;
	case NAVIGATION_REFUSED:
		break;
	}
	webkit_policy_decision_ignore(decision);
	return TRUE;
}

static bool is_attachment(WebKitURIResponse *response)
{
	SoupMessageHeaders *headers = webkit_uri_response_get_http_headers(response);
	char *disposition = NULL;
	bool is = false;

	if (headers && soup_message_headers_get_content_disposition(headers, &disposition, NULL)) {
		is = !g_ascii_strcasecmp(disposition, "attachment");
		g_free(disposition);
	}
	return is;
}

/* Content that the engine can't show is downloaded; a download may come from any origin, because it isn't run as a page. */
static gboolean decide_response(struct view *view, WebKitPolicyDecision *decision)
{
	WebKitResponsePolicyDecision *answer = WEBKIT_RESPONSE_POLICY_DECISION(decision);
	WebKitURIResponse *response = webkit_response_policy_decision_get_response(answer);

	if (is_attachment(response) || !webkit_response_policy_decision_is_mime_type_supported(answer)) {
		webkit_policy_decision_download(decision);
	} else {
		view->empty = false;
		webkit_policy_decision_use(decision);
	}
	return TRUE;
}

static gboolean on_decide_policy(WebKitWebView *web, WebKitPolicyDecision *decision, WebKitPolicyDecisionType type,
                                 struct view *view)
{
	return type == WEBKIT_POLICY_DECISION_TYPE_RESPONSE ? decide_response(view, decision) : decide_navigation(view, decision);
}

/* ---- permissions ---- */

static const char *wish(WebKitPermissionRequest *request)
{
	if (WEBKIT_IS_GEOLOCATION_PERMISSION_REQUEST(request))
		return "know where you are";
	if (WEBKIT_IS_NOTIFICATION_PERMISSION_REQUEST(request))
		return "show notifications";
	if (WEBKIT_IS_CLIPBOARD_PERMISSION_REQUEST(request))
		return "read the clipboard";
	if (WEBKIT_IS_POINTER_LOCK_PERMISSION_REQUEST(request))
		return "hide and hold the mouse pointer";
	if (WEBKIT_IS_DEVICE_INFO_PERMISSION_REQUEST(request))
		return "know which cameras and microphones there are";
	if (WEBKIT_IS_USER_MEDIA_PERMISSION_REQUEST(request)) {
		WebKitUserMediaPermissionRequest *media = WEBKIT_USER_MEDIA_PERMISSION_REQUEST(request);
		bool video = webkit_user_media_permission_is_for_video_device(media),
		    audio = webkit_user_media_permission_is_for_audio_device(media);

		if (webkit_user_media_permission_is_for_display_device(media))
			return "see your screen";
		return video && audio ? "use camera and microphone" : video ? "use the camera" : "use the microphone";
	}
	return NULL;
}

enum { QUESTIONS_MAX = 3 }; /* of one window, at once */

static void on_permission_answer(GtkDialog *dialog, gint answer, WebKitPermissionRequest *request)
{
	if (answer == GTK_RESPONSE_ACCEPT)
		webkit_permission_request_allow(request);
	else
		webkit_permission_request_deny(request);
	g_object_unref(request);
	gtk_widget_destroy(GTK_WIDGET(dialog));
}

static void on_question_gone(GtkWidget *dialog, gpointer window)
{
	for (GList *at = app.views; at; at = at->next)
		if (((struct view *)at->data)->window == window)
			((struct view *)at->data)->questions--;
}

/* What has no words here isn't allowed, nor is a page that asks more than a user can answer. */
static gboolean on_permission(WebKitWebView *web, WebKitPermissionRequest *request, struct view *view)
{
	const char *wants = wish(request);
	GtkWidget *dialog;

	if (!wants || view->questions >= QUESTIONS_MAX) {
		webkit_permission_request_deny(request);
		return TRUE;
	}
	dialog = gtk_message_dialog_new(view->window, GTK_DIALOG_MODAL | GTK_DIALOG_DESTROY_WITH_PARENT, GTK_MESSAGE_QUESTION,
	                                GTK_BUTTONS_NONE,
	                                "“%s” wants to %s.", app.setup->name, wants);
	gtk_window_set_title(GTK_WINDOW(dialog), "Question");
	gtk_dialog_add_buttons(GTK_DIALOG(dialog), "_Don’t allow", GTK_RESPONSE_REJECT, "_Allow", GTK_RESPONSE_ACCEPT, NULL);
	gtk_dialog_set_default_response(GTK_DIALOG(dialog), GTK_RESPONSE_REJECT);
	g_signal_connect(dialog, "response", G_CALLBACK(on_permission_answer), g_object_ref(request));
	g_signal_connect(dialog, "destroy", G_CALLBACK(on_question_gone), view->window);
	view->questions++;
	gtk_window_present(GTK_WINDOW(dialog));
	return TRUE;
}

void policy_connect(struct view *view)
{
	g_signal_connect(view->web, "decide-policy", G_CALLBACK(on_decide_policy), view);
	g_signal_connect(view->web, "permission-request", G_CALLBACK(on_permission), view);
}
