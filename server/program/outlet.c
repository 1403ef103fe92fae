/* Where a program's answers go, and how much may wait there. */
#include <stdlib.h>
#include <string.h>

#include "server/auth/sessions.h"
#include "keeping.h"
#include "program.h"

enum { UNSENT_MAX = 1 << 20, QUEUE_BYTES_MAX = 1 << 20, GAP_BYTES_MAX = 8 << 20, QUEUE_BATCHES_ENOUGH = 64 };

static struct conn *answers_to(const struct program *program)
{
	if (program->split)
		return program->control;
	return program->data && !program->data->sends_only ? program->data : NULL;
}

void program_send(struct program *program, struct message *message)
{
	struct conn *to = answers_to(program);

	if (to) {
		conn_send(to, message);
	} else if (program->xhr) {
		if (!message_charge(message, &program->session->memory)) {
			message_free(message);
			program->no_room = true;
			program_protocol_error(program, CONN_NO_ROOM);
			return;
		}
		if (!program->carry) {
			program->carry = message;
		} else {
			if (program->carry->length < UNSENT_MAX && message_reserve(&program->carry, message->length)) {
				memcpy(program->carry->bytes + program->carry->length, message->bytes, message->length);
				program->carry->length += message->length;
			}
			message_free(message);
		}
	} else {
		message_free(message);
	}
	program_throttle(program);
}

void program_network_answered(void *context)
{
	struct program *program = context;
	struct conn *to = answers_to(program);
	bool gathers = to && !to->out && !to->in_turn;

	if (gathers)
		to->in_turn = true;
	dispatch_retry(program, RETRY_NETWORK); /* may free the program */
	if (!gathers)
		return;
	to->in_turn = false;
	if (to->out && to->wsi)
		conn_send_next(to); /* a failure shows in WRITEABLE */
}

bool program_is_full(const struct program *program)
{
	const struct conn *to = answers_to(program);

	if (account_is_full(&program->session->memory)) {
		program_waits_for_room(program);
		return true;
	}
	return to && to->unsent > UNSENT_MAX;
}

void program_throttle(struct program *program)
{
	/* A missing batch may be on its way, and others wait for it: then more may wait. */
	bool has_gap = program->queue && !dispatch_goes_on(program);
	bool full = program->queue_bytes > (has_gap ? GAP_BYTES_MAX : QUEUE_BYTES_MAX) ||
		program->queue_length > QUEUE_BATCHES_ENOUGH || program_is_full(program);

	if (program->data)
		conn_pause(program->data, full);
}

void program_conn_drained(struct conn *conn)
{
	if (conn->program)
		keeping_go_on(conn->program);
	if (conn->program)
		dispatch_pump(conn->program); /* and the page may send again */
}
