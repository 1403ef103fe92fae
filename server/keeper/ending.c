#include "ending.h"

#include <signal.h>
#include <time.h>

enum { END_MS = 1800 };

uint64_t keeper_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
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
