/* How programs end: by themselves, by their page, or when their session is revoked; at once, or after the batches that were sent
 * before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/auth/sessions.h"
#include "server/base/clock.h"
#include "server/base/worker.h"
#include "server/network/network.h"
#include "server/wire/call_text.h"
#include "wasi/guest.h"
#include "foresight.h"
#include "granting.h"
#include "hooks.h"
#include "keeping.h"
#include "profiles.h"
#include "program.h"
#include "recording.h"

static const uint64_t SECOND_NS = 1000000000u;

static void program_detach(struct conn *conn)
{
	conn->program = NULL;
	conn->counters = NULL;
}

static void conn_end(struct conn **conn, enum close_code code, const char *why)
{
	if (!*conn)
		return;
	program_detach(*conn);
	conn_close(*conn, code, why);
	*conn = NULL;
}

static void guest_gone(void *argument)
{
	struct program *program = argument;

	worker_free(program->worker);
	program->worker = NULL;
	network_user_free(program->network);
	program->network = NULL;
	program_reap(program);
}

static void guest_go(void *argument)
{
	struct program *program = argument;

	guest_free(program->guest); /* removes the scratch folder, which may take long */
	program->guest = NULL;
}

/* What its sockets did stays with its session. */
static void sockets_add_up(struct program *program)
{
	struct guest_sockets_total total = guest_sockets_total(program->guest);

	program->session->network.opened += total.opened;
	program->session->network.received += total.received;
	program->session->network.sent += total.sent;
}

void program_end_now(struct program *program)
{
	if (program->guest)
		sockets_add_up(program);
	dispatch_cancel(program);
	message_free(program->post_answer);
	message_free(program->carry);
	program->post_answer = program->carry = NULL;
	while (program->stdin_held) {
		struct message *held = program->stdin_held;

		program->stdin_held = held->next;
		message_free(held);
	}
	program_leave(program);
	granting_forget(program, NULL);
	profiles_end(program);
	recording_end(program);
	keeping_end(program);
	debugger_hooks->program_ended(program);
	events_program_end(program->gateway, program->id, program->name, program->end_reason,
		program->end_has_code ? &program->end_code : NULL, &program->counters, program->end_message);
	/* A page's own calls (connect() of the shim: a connection alone, which closes) are no program that --once waits for. */
	if (program->end_has_code || program->posts || program->end_reason != PROGRAM_END_GONE)
		events_once_done(program->gateway, program->end_has_code ? &program->end_code : NULL);
	if (!program->worker)
		program->worker = worker_new();
	if (!program->worker || !worker_run(program->worker, guest_go, guest_gone, program)) {
		guest_go(program);
		guest_gone(program);
	}
}

void program_end(struct program *program, enum program_end_reason reason, const uint32_t *code, const char *message,
	enum close_code close, const char *why)
{
	if (program->ending)
		return;
	program->ending = true;
	program->end_reason = reason;
	program->end_has_code = code != NULL;
	program->end_code = code ? *code : 0;
	if (message != program->end_message) {
		free(program->end_message);
		program->end_message = message ? strdup(message) : NULL;
	}
	posts_end(program, why);
	conn_end(&program->data, close, why);
	conn_end(&program->control, close, why);
	if (!program->running)
		program_end_now(program);
}

void program_end_after(struct program *program, uint32_t after, enum program_end_reason reason, const char *message)
{
	if (program->ending || program->end_wanted)
		return;
	program->end_wanted = true;
	program->end_after = after;
	program->end_wanted_ns = now_ns();
	program->end_reason = reason;
	program->end_message = message ? strdup(message) : NULL;
	program_end_if_due(program, 0);
}

void program_end_if_due(struct program *program, uint64_t now_ns)
{
	bool can_come = program->xhr ? program->control != NULL : program->data != NULL;
	bool late = now_ns > program->end_wanted_ns + SECOND_NS;

	if (!program->end_wanted || program->ending)
		return;
	if (program->executed >= program->end_after || late || !(can_come || dispatch_goes_on(program)))
		program_end(program, program->end_reason, NULL, program->end_message, CLOSE_DONE, "the program has ended");
}

bool program_charge(struct program *program, size_t bytes)
{
	if (account_take(&program->session->memory, bytes))
		return true;
	program->no_room = true;
	return false;
}

void program_protocol_error(struct program *program, const char *what)
{
	if (program->no_room)
		program_end(program, PROGRAM_END_LOST, NULL, CONN_NO_ROOM, CLOSE_BOUND, CONN_NO_ROOM);
	program_end(program, PROGRAM_END_LOST, NULL, what, CLOSE_PROTOCOL, what);
}

/* What the handle is open on, as the kernel names it. */
static const char *name_of(struct program *program, wasi_handle_t handle, struct guest_handle *found)
{
	for (uint32_t at = 0; guest_handle_next(program->guest, &at, found);)
		if (found->handle == handle)
			return found->path;
	return "";
}

/* A page may end any number of programs like this, so the terminal gets few lines. */
static void warn_now_and_then(const struct program *program, const char *what, const char *file)
{
	static uint64_t last_ns;
	uint64_t now = now_ns();

	if (last_ns && now - last_ns < SECOND_NS)
		return;
	last_ns = now;
	events_warn(program->gateway, "program %u '%s' was ended: %s ('%s')", program->id, program->name, what, file);
}

void program_change_lost(struct program *program, const struct change_lost *lost)
{
	const char *call = syscall_find(lost->number)->name, *error = errno_name(lost->error);
	uint8_t frame[FRAME_HEAD + 256], *at = codec_put_u32(frame + FRAME_HEAD, END_CHANGE_LOST);
	struct guest_handle handle;
	char text[160];

	snprintf(text, sizeof text, "%s failed with %s after the program had been told that it succeeded", call, error);
	warn_now_and_then(program, text, name_of(program, lost->handle, &handle));
	at = codec_put_string(at, text, strlen(text));
	for (const uint32_t *field = (uint32_t[]){ lost->number, lost->error, lost->sequence, lost->index },
	    *end = field + 4; field < end; field++)
		at = codec_put_u32(at, *field);
	codec_put_frame(frame, FRAME_ENDED, 0, 0, (size_t)(at - frame));
	posts_tell(program, frame, (size_t)(at - frame));
	for (struct conn **conn = (struct conn *[]){ program->control, program->data }, **end = conn + 2; conn < end; conn++)
		if (*conn)
			conn_send_frame(*conn, FRAME_ENDED, frame + FRAME_HEAD, (size_t)(at - frame) - FRAME_HEAD);
	foresight_lose(program);
	program_end(program, PROGRAM_END_CHANGE_LOST, NULL, text, CLOSE_DONE, "the program has ended");
}

void program_conn_gone(struct conn *conn)
{
	struct program *program = conn->program;
	bool was_data = program && program->data == conn;

	if (!program)
		return;
	granting_forget(program, NULL);
	program_detach(conn);
	if (was_data)
		program->data = NULL;
	else
		program->control = NULL;
	if (program->end_wanted)
		return program_end_if_due(program, 0); /* what it had sent before counts */
	if (keeping_waits(program)) {
		conn_end(&program->data, CLOSE_DONE, "its page has gone");
		conn_end(&program->control, CLOSE_DONE, "its page has gone");
		return;
	}
	/* When a page closes, both connections do, in any order; a split program needs both. */
	if (!program->split && was_data == program->xhr)
		return;
	if (program->go_on.line && program->queue_last) /* its batches wait for their turn alone */
		program_end_after(program, program->queue_last->sequence, PROGRAM_END_GONE, NULL);
	else
		program_end(program, PROGRAM_END_GONE, NULL, NULL, CLOSE_DONE, "its page has gone");
}
