#include "ending.h"

#include <signal.h>

#include "server/base/clock.h"

enum { END_MS = 1800 };

uint64_t keeper_now_ms(void)
{
	return now_ns() / 1000000;
}

void keeper_quit(struct keeper *keeper)
{
	if (keeper->quitting) { /* asked twice */
		kill(keeper->gateway, SIGKILL);
		return;
	}
	keeper->quitting = true;
	keeper->quit_ms = keeper_now_ms();
	control_say(&keeper->control, 0, "{\"event\":\"end\",\"why\":\"it was stopped\"}");
	channel_send(&keeper->channel, DO_QUIT, 0, 0, NULL, 0, -1);
}

void keeper_end_look(struct keeper *keeper)
{
	if (keeper->quitting && keeper_now_ms() - keeper->quit_ms > END_MS)
		kill(keeper->gateway, SIGKILL);
}
