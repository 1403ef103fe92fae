#include "leases.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "server/base/gateway.h"
#include "server/base/message.h"
#include "program.h"
#include "programs.h"

static int events_fd = -1, mounts_fd = -1;
static uv_poll_t events_poll, mounts_poll;
static uv_prepare_t look;
static unsigned seen;

void leases_open(void)
{
	events_fd = wasi_leases_start(&mounts_fd);
}

static void on_events(uv_poll_t *poll, int status, int events)
{
	wasi_leases_hear();
}

/* Once a turn of the loop: any call may have found changes that concern another program. */
static void on_look(uv_prepare_t *prepare)
{
	unsigned news = wasi_leases_news();

	if (news != seen && programs_wakeup())
		seen = news;
}

static void watch(struct gateway *gateway, uv_poll_t *poll, int fd, int events)
{
	uv_poll_init(gateway->loop, poll, fd);
	poll->data = gateway;
	uv_poll_start(poll, events, on_events);
	uv_unref((uv_handle_t *)poll);
}

void leases_start(struct gateway *gateway)
{
	if (events_fd < 0)
		return;
	watch(gateway, &events_poll, events_fd, UV_READABLE);
	watch(gateway, &mounts_poll, mounts_fd, UV_PRIORITIZED);
	uv_prepare_init(gateway->loop, &look);
	uv_prepare_start(&look, on_look);
	uv_unref((uv_handle_t *)&look);
}

void leases_stop(void)
{
	if (events_fd < 0)
		return;
	uv_close((uv_handle_t *)&events_poll, NULL);
	uv_close((uv_handle_t *)&mounts_poll, NULL);
	uv_close((uv_handle_t *)&look, NULL);
}

struct message *leases_broken(struct program *program, bool *failed)
{
	struct message *message = NULL;
	uint8_t *breaks;
	size_t length;

	if (wasi_leases_held())
		wasi_leases_hear();
	breaks = guest_breaks_take(program->guest, &length);
	*failed = false;
	if (!breaks)
		return NULL;
	message = message_new(FRAME_HEAD + length);
	*failed = !message;
	if (message) {
		codec_put_frame(message->bytes, FRAME_BREAK, 0, 0, FRAME_HEAD + length);
		memcpy(message->bytes + FRAME_HEAD, breaks, length);
		message->length = FRAME_HEAD + length;
	}
	free(breaks);
	return message;
}
