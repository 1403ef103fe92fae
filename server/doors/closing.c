#include "closing.h"

#include <stdlib.h>
#include <uv.h>

#include "server/base/gateway.h"
#include "server/program/conn.h"
#include "server/program/programs.h"
#include "server/base/keeper_messages.h"
#include "server/auth/sessions.h"

/* A program without a control connection can't be asked; what its page sent before it was closed gets this long to be done. */
enum { LOOK_MS = 10, UNASKED_MS = 300, MOST_MS = 2500 };

struct closing {
	struct gateway *gateway;
	uint32_t requester;
	uint64_t began_ms;
	uv_timer_t timer;
};

static void on_timer_closed(uv_handle_t *timer)
{
	free(timer->data);
}

static bool goes_on(const struct closing *closing)
{
	uint64_t age = uv_now(closing->gateway->loop) - closing->began_ms;
	size_t asked = 0, all = 0;

	for (const struct session *session = sessions_first(); session; session = session->next)
		if (session->requester == closing->requester) {
			asked += programs_finishing(session);
			all += session->programs;
		}
	return (asked && age < MOST_MS) || (all && age < UNASKED_MS);
}

/* The window is gone, and with it the page that knew the secret. */
static void sessions_end(const struct closing *closing)
{
	const struct session *session = sessions_first();

	while (session) {
		uint32_t id = session->id;
		bool its = session->requester == closing->requester;

		session = session->next;
		if (its)
			session_revoke(closing->gateway, id);
	}
}

static uint32_t others_connected(const struct closing *closing)
{
	uint32_t count = 0;

	for (const struct session *session = sessions_first(); session; session = session->next)
		count += session->connections > conns_standing(session) || session->programs;
	return count;
}

static void on_look(uv_timer_t *timer)
{
	struct closing *closing = timer->data;

	if (goes_on(closing))
		return;
	sessions_end(closing);
	channel_send(&closing->gateway->channel, SAY_CLOSED, closing->requester, others_connected(closing), NULL, 0, -1);
	uv_close((uv_handle_t *)timer, on_timer_closed);
}

void closing_begin(struct gateway *gateway, uint32_t requester)
{
	struct closing *closing = calloc(1, sizeof *closing);

	if (!closing)
		abort(); /* a few bytes */
	*closing = (struct closing){ .gateway = gateway, .requester = requester, .began_ms = uv_now(gateway->loop) };
	for (const struct session *session = sessions_first(); session; session = session->next)
		if (session->requester == requester)
			programs_finish(session);
	uv_timer_init(gateway->loop, &closing->timer);
	closing->timer.data = closing;
	uv_timer_start(&closing->timer, on_look, LOOK_MS, LOOK_MS);
}
