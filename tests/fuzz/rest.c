#include "rest.h"

#include <poll.h>
#include <string.h>
#include <time.h>

#include "server/wire/codec.h"
#include "tree.h"
#include "wasi/guest.h"

static const struct parked *comes_before(const struct program *program, const struct parked *behind)
{
	wasi_handle_t handle;

	if (!codec_call_handle(&behind->call, false, &handle))
		return NULL;
	for (const struct parked *parked = program->parked; parked != behind; parked = parked->next)
		if (parked->call.row->flags & SYSCALL_CONSUMES && codec_call_names(&parked->call, handle))
			return parked;
	return NULL;
}

static void parked_must_wait(const struct program *program, const struct parked *parked, bool output_has_room)
{
	const struct call_wait *wait = &parked->call.wait;
	const char *name = parked->call.row->name;
	struct pollfd fds[4];
	uint64_t bytes;
	bool over;

	if (parked->behind) {
		if (!comes_before(program, parked))
			broken("%s waits behind nothing", name);
		return;
	}
	if (wait->deadline_ns <= host_clock_ns(CLOCK_MONOTONIC))
		broken("%s waits past its time", name);
	if (wait->on_stdin && parked->call.row->number == SYSCALL_poll_oneoff &&
	    stdin_is_ready(&program->guest->input, &bytes, &over))
		broken("%s waits for what stdin has", name);
	if (wait->on_sink && output_has_room)
		broken("%s waits for a sink with room", name);
	if (wait->fds_count)
		memcpy(fds, wait->fds, wait->fds_count * sizeof *fds);
	if (wait->fds_count && poll(fds, wait->fds_count, 0) > 0 && comes_before(program, parked) == NULL && wait->fds_count == 1)
		broken("%s waits for what is there (%x)", name, fds[0].revents);
	if (!parked->waiter && (wait->fds_count || wait->deadline_ns != UINT64_MAX))
		broken("%s waits, and nobody watches", name);
}

void program_must_rest(const struct program *program, bool output_has_room)
{
	size_t parked_count = 0, queued = 0;

	if (program->busy || program->ending || program->stopped || program->held)
		return;
	for (const struct parked *parked = program->parked; parked; parked = parked->next, parked_count++)
		parked_must_wait(program, parked, output_has_room);
	if (parked_count != program->parked_count)
		broken("%zu parked, %zu counted", parked_count, program->parked_count);
	for (const struct batch *batch = program->queue; batch; batch = batch->next)
		queued++;
	if (queued != program->queue_length)
		broken("%zu queued, %zu counted", queued, program->queue_length);
	if (program->queue && program->queue->sequence == program->executed + 1 && !program_is_full(program))
		broken("batch %u could run", program->queue->sequence);
}

void page_must_be_answered(const struct page *page, const struct program *program)
{
	const struct conn *data = program->data, *control = program->control;

	/* Some of it may be on its way, or had nowhere to go. */
	if (program->ending || program->busy || program->stopped || program->held || (data && data->out) ||
	    (control && control->out) || program->split)
		return;
	for (uint32_t i = 1; i <= program->executed && i < BATCHES; i++) {
		const struct sent *sent = &page->sent[i];
		bool is_parked = false;

		for (const struct parked *parked = program->parked; parked; parked = parked->next)
			is_parked |= parked->batch->sequence == i;
		/* One that came by POST may have lost it, and be asked for again. */
		if (sent->state == SENT && sent->waits && !sent->by_post && !sent->twice && !is_parked && !program->xhr)
			broken("batch %u was never answered", i);
		if (sent->state == ANSWERED && is_parked)
			broken("batch %u was answered before its calls were done", i);
	}
}

