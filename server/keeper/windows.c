#include "windows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ending.h"
#include "printing.h"
#include "questions.h"
#include "served.h"
#include "server/base/digest.h"

void windows_begin(struct keeper *keeper)
{
	char line[64];
	int fd;

	if (!window_start(&keeper->windows, keeper->config, &fd)) {
		keeper_complain("%s: cannot start the window, 'wvwasi-webview' (it is built where libwebkit2gtk-4.1-dev is)",
		                strerror(errno));
		keeper->done = true;
		keeper->exit_code = 1;
		keeper_quit(keeper);
		return;
	}
	keeper->windows.own = control_adopt(&keeper->control, fd);
	if (keeper->config->json) {
		snprintf(line, sizeof line, "{\"event\":\"window\",\"pid\":%d}", (int)keeper->windows.own_pid);
		print_add(keeper, STDOUT_FILENO, (const uint8_t *)line, strlen(line), 0, true);
	}
}

/* Tells the window which app this is. Its link comes from the gateway, short-lived and without a code. */
void windows_meet(struct keeper *keeper, uint32_t requester)
{
	const char *served = served_path(keeper->config), *slash;
	char real[PATH_MAX], app[DIGEST_HEX + 1], *line;
	cJSON *event = cJSON_CreateObject();
	struct digest digest;

	served = served_resolve(served, real);
	slash = strrchr(served, '/');
	digest_of(&digest, served, strlen(served));
	digest_hex(&digest, app);
	cJSON_AddStringToObject(event, "event", "window");
	cJSON_AddStringToObject(event, "app", app);
	cJSON_AddStringToObject(event, "name", slash && slash[1] ? slash + 1 : served);
	line = cJSON_PrintUnformatted(event);
	if (line && windows_add(&keeper->windows, requester)) {
		control_say(&keeper->control, requester, line);
		channel_send(&keeper->channel, DO_LINK, true, requester, NULL, 0, -1);
		question_tell_window(keeper, requester);
	} else {
		control_say(&keeper->control, requester, "{\"event\":\"end\",\"why\":\"too many windows are open\"}");
	}
	cJSON_free(line);
	cJSON_Delete(event);
}

void windows_requester_gone(struct keeper *keeper, uint32_t requester)
{
	bool is_own = requester == keeper->windows.own;

	if (windows_remove(&keeper->windows, requester)) {
		channel_send(&keeper->channel, DO_CLOSE, requester, 0, NULL, 0, -1);
	} else if (is_own && !keeper->windows.own_has_met) { /* it has said why */
		keeper->done = true;
		keeper->exit_code = 1;
		keeper_quit(keeper);
	}
	if (is_own)
		window_reap(&keeper->windows.own_pid);
}

void windows_closed(struct keeper *keeper, uint32_t requester, uint32_t others)
{
	static const char stays[] = "The window is closed; others are connected, so the gateway stays (q: quit)";
	bool is_own = requester == keeper->windows.own;

	control_say(&keeper->control, requester, "{\"event\":\"closed\"}");
	keeper->windows.own_has_closed |= is_own;
	if (!keeper->windows.own_has_closed) /* our window is still open, or we started none */
		return;
	if (!others)
		keeper_quit(keeper);
	else if (is_own && !keeper->config->json)
		print_add(keeper, STDOUT_FILENO, (const uint8_t *)stays, strlen(stays), 0, true);
}
