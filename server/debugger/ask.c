#include "ask.h"

#include <stdio.h>
#include <string.h>

#include "server/auth/sessions.h"
#include "server/base/gateway.h"
#include "server/base/keeper_messages.h"

enum { PATIENCE_MS = 60000 };

static struct {
	uint32_t number; /* of the last one */
	struct debugger *debugger; /* NULL: nothing is asked */
	enum debug_ask what;
	uint64_t since_ms;
} question;

bool ask_begin(struct gateway *gateway, struct debugger *debugger, const struct session *session, enum debug_ask what)
{
	char text[400];

	if (question.debugger)
		return false;
	question.number++;
	question.debugger = debugger;
	question.what = what;
	question.since_ms = uv_now(gateway->loop);
	snprintf(text, sizeof text, what == ASK_CONTROL ?
		"May the debugger in %s at %s (session %u) stop programs and type into them?"
	         : "May the debugger in %s at %s (session %u) see what programs read and write?",
	         *session->browser ? session->browser : "a browser", session->address, session->id);
	channel_send(&gateway->channel, ASK_USER, question.number, 0, text, strlen(text), -1);
	return true;
}

struct debugger *ask_end(uint32_t number, enum debug_ask *what)
{
	struct debugger *debugger = question.debugger;

	if (number != question.number)
		return NULL;
	question.debugger = NULL;
	*what = question.what;
	return debugger;
}

void ask_withdraw(struct gateway *gateway, const struct debugger *debugger)
{
	if (question.debugger != debugger)
		return;
	question.debugger = NULL;
	channel_send(&gateway->channel, ASK_USER, question.number, 0, NULL, 0, -1);
}

uint32_t ask_overdue(struct gateway *gateway, uint64_t now_ms)
{
	if (!question.debugger || now_ms - question.since_ms < PATIENCE_MS)
		return 0;
	channel_send(&gateway->channel, ASK_USER, question.number, 0, NULL, 0, -1);
	return question.number;
}
