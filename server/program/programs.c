#include "programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "server/auth/sessions.h"
#include "server/base/clock.h"
#include "server/base/gateway.h"
#include "server/base/heap.h"
#include "server/base/turn.h"
#include "server/base/worker.h"
#include "wasi/guest.h"
#include "keeping.h"
#include "program.h"
#include "trace.h"

enum { ACK_MS = 5, SWEEP_MS = 1000, DATA_DEADLINE_S = 10 };
static const uint64_t SECOND_NS = 1000000000u;

static struct program *programs, *dead;
static unsigned inheriting; /* of them, those that inherit stdin */
static uint32_t last_id;
static uv_timer_t ack_timer, sweep_timer;
static uv_idle_t reaper;
static bool acks_due;

/* ---- the list of programs ---- */

void program_new_key(struct program *program)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t bits[KEY_TEXT];

	if (getrandom(bits, sizeof bits, 0) != sizeof bits)
		abort();
	for (int i = 0; i < KEY_TEXT; i++)
		program->key[i] = letters[bits[i] & 63];
	program->key[KEY_TEXT] = 0;
}

bool keys_are_equal(const char *own, const char *key)
{
	uint8_t differs = 0;

	if (strlen(key) != KEY_TEXT)
		return false;
	for (int i = 0; i < KEY_TEXT; i++) /* all of it, so that time tells nothing */
		differs |= (uint8_t)(own[i] ^ key[i]);
	return !differs;
}

void program_join(struct program *program)
{
	program->id = ++last_id;
	program_new_key(program);
	program->parked_tail = &program->parked;
	program->next = programs;
	program->link = &programs;
	if (programs)
		programs->link = &program->next;
	programs = program;
	inheriting += program->inherits_stdin;
	program->session->programs++;
}

struct program *program_find(const struct session *session, uint32_t id, const char *key)
{
	for (struct program *program = programs; program; program = program->next)
		if ((!session || (program->id == id && program->session == session)) && !program->ending &&
		    keys_are_equal(program->key, key))
			return program;
	return NULL;
}

void program_leave(struct program *program)
{
	*program->link = program->next;
	if (program->next)
		program->next->link = program->link;
	inheriting -= program->inherits_stdin;
	program->session->programs--;
}

struct session *programs_session_of_posts(const char *key)
{
	const struct program *program = program_find(NULL, 0, key);

	return program && program->posts ? program->session : NULL;
}

struct session *programs_session_of(const char *key)
{
	const struct program *program = program_find(NULL, 0, key);

	return program ? program->session : NULL;
}

/* Does nobody look at its calls, or make them fail? */
static bool may_be_passed(const struct program *program)
{
	return program && program->guest && !program->debuggee && !program->injections_count && !trace_is_on();
}

int programs_file_open(const char *key, uint32_t handle)
{
	struct program *program = program_find(NULL, 0, key);

	return may_be_passed(program) && !program->busy ? guest_file_dup(program->guest, handle) : -1;
}

int programs_stream_open(const char *key, uint32_t handle, uint64_t at)
{
	struct program *program = program_find(NULL, 0, key);

	return may_be_passed(program) && !program->busy ? guest_stream_dup(program->guest, handle, at) : -1;
}

bool programs_stream_goes_on(const char *key, uint32_t handle, size_t *took)
{
	struct program *program = program_find(NULL, 0, key);
	bool is_its;

	if (!program || program->busy)
		return may_be_passed(program);
	program->session->bytes += *took;
	program->counters.bytes_sent += *took;
	is_its = guest_stream_took(program->guest, handle, *took);
	*took = 0;
	return is_its && may_be_passed(program);
}

struct program *programs_first(void)
{
	return programs;
}

/* ---- timers of all programs together ---- */

static void on_ack(uv_timer_t *timer)
{
	acks_due = false;
	for (struct program *program = programs; program; program = program->next)
		if (program->ack_due)
			dispatch_acknowledge(program);
}

void program_acknowledge_soon(struct program *program)
{
	program->ack_due = true;
	if (!acks_due) {
		acks_due = true;
		uv_timer_start(&ack_timer, on_ack, ACK_MS, 0);
	}
}

static void on_sweep(uv_timer_t *timer)
{
	uint64_t now = now_ns();

	conn_sweep(now);
	for (struct program *program = programs, *next; program; program = next) {
		next = program->next;
		dispatch_sweep(program, now);
		program_end_if_due(program, now);
		keeping_sweep(program, now);
		if (!program->ending && !(program->xhr ? program->control : program->data) && !keeping_is_away(program) &&
		    now - program->came_ns > DATA_DEADLINE_S * SECOND_NS)
			program_end(program, PROGRAM_END_GONE, NULL, NULL, CLOSE_NO_PROGRAM, "its calls' connection never came");
	}
	posts_sweep(now);
	heap_sweep();
}

/* ---- memory of sessions ---- */

static bool rooms_wanted;
static uv_prepare_t room_look;

void program_waits_for_room(const struct program *program)
{
	program->session->waits_for_room = rooms_wanted = true;
}

/* An eighth must be free again, so that all can go on. */
static bool has_room(struct session *session)
{
	return atomic_load(&session->memory.held) < session->memory.budget - session->memory.budget / 8;
}

/* Once a turn, whatever freed the memory. */
static void on_room_look(uv_prepare_t *prepare)
{
	if (!rooms_wanted)
		return;
	rooms_wanted = false;
	for (struct program *program = programs; program; program = program->next) {
		if (!program->session->waits_for_room || program->ending)
			continue;
		if (has_room(program->session))
			later_add(&program->session->put_off, &program->go_on);
		else
			rooms_wanted = true;
		if (!has_room(program->session))
			posts_forget(program);
	}
	for (struct program *program = programs; program; program = program->next)
		program->session->waits_for_room &= !has_room(program->session);
}

/* Frees programs that ended during this turn of the loop: no caller uses them any more. */
static void on_reap(uv_idle_t *idle)
{
	while (dead) {
		struct program *program = dead;

		dead = program->next_dead;
		account_give(&program->session->memory, program->charged + program->stdin_charged);
		session_drop(program->session);
		free(program->end_message);
		free(program->injections);
		free(program);
	}
	uv_idle_stop(idle);
}

void program_reap(struct program *program)
{
	program->next_dead = dead;
	dead = program;
	uv_idle_start(&reaper, on_reap);
}

bool programs_start(struct gateway *gateway)
{
	static const struct conn_handler pages = { PROGRAM_MESSAGE_MAX, program_frame, program_conn_drained, program_conn_gone };

	turns_start(gateway->loop, getenv("WVWASI_MEASURE_TURNS"));
	uv_prepare_init(gateway->loop, &room_look);
	uv_prepare_start(&room_look, on_room_look);
	uv_unref((uv_handle_t *)&room_look);
	uv_timer_init(gateway->loop, &ack_timer);
	uv_timer_init(gateway->loop, &sweep_timer);
	uv_idle_init(gateway->loop, &reaper);
	uv_timer_start(&sweep_timer, on_sweep, SWEEP_MS, SWEEP_MS);
	uv_unref((uv_handle_t *)&sweep_timer);
	sessions_on_close(programs_end_session);
	conn_handle(CONN_PROGRAM, &pages);
	return workers_start(gateway->loop);
}

void programs_stop(void)
{
	on_reap(&reaper);
	uv_close((uv_handle_t *)&ack_timer, NULL);
	uv_close((uv_handle_t *)&sweep_timer, NULL);
	uv_close((uv_handle_t *)&reaper, NULL);
	uv_close((uv_handle_t *)&room_look, NULL);
	workers_stop();
	turns_stop();
}

/* ---- sessions, shutdown, the terminal ---- */

static void end_all(const struct session *session, uint32_t ended, enum close_code code, const char *why)
{
	uint8_t body[128];
	size_t length = (size_t)(codec_put_string(codec_put_u32(body, ended), why, strlen(why)) - body);

	for (struct program *program = programs, *next; program; program = next) {
		next = program->next;
		if (program->ending || (session && program->session != session))
			continue;
		if (program->control || program->data)
			conn_send_frame(program->control ? program->control : program->data, FRAME_ENDED, body, length);
		program_end(program, PROGRAM_END_KILLED, NULL, why, code, why);
	}
	conn_close_all(session, code, why);
}

void programs_end_session(const struct session *session)
{
	end_all(session, END_REVOKED, CLOSE_SESSION, "you were removed at the gateway's terminal");
}

/* Only a program with a control connection can be told: its own thread reads nothing while it computes. */
static bool can_finish(const struct program *program, const struct session *session)
{
	return program->session == session && program->control && !program->ending;
}

void programs_finish(const struct session *session)
{
	for (struct program *program = programs, *next; program; program = next) {
		next = program->next;
		if (can_finish(program, session))
			conn_send_frame(program->control, FRAME_FINISH, NULL, 0);
	}
}

size_t programs_finishing(const struct session *session)
{
	size_t count = 0;

	for (const struct program *program = programs; program; program = program->next)
		count += can_finish(program, session);
	return count;
}

void programs_end_all(void)
{
	end_all(NULL, END_GATEWAY, CLOSE_GATEWAY_ENDS, "the gateway has ended");
}

size_t programs_count(void)
{
	size_t count = 0;

	for (struct program *program = programs; program; program = program->next)
		count++;
	return count;
}

static struct program *stdin_heir(void)
{
	struct program *oldest = NULL;

	for (struct program *program = inheriting ? programs : NULL; program; program = program->next)
		if (program->inherits_stdin && !program->ending)
			oldest = program; /* the newest is first in the list */
	return oldest;
}

size_t programs_stdin_room(void)
{
	const struct program *heir = stdin_heir();
	uint64_t waiting;

	if (!heir || heir->busy || heir->stdin_ended) /* while a worker has the guest its queue isn't looked at */
		return 0;
	waiting = heir->stdin_pushed - guest_stdin_consumed(heir->guest);
	return waiting < STDIN_UNTAKEN_MAX ? STDIN_UNTAKEN_MAX - (size_t)waiting : 0;
}

void programs_stdin(const uint8_t *bytes, size_t length)
{
	struct program *oldest = stdin_heir();

	if (oldest)
		oldest->stdin_ended |= length == 0;
	if (oldest)
		program_stdin_take(oldest, length ? 0 : STDIN_EOF, bytes, length);
}

void programs_sinks_ready(void)
{
	for (struct program *program = programs, *next; program; program = next) {
		next = program->next;
		if (!program->ending)
			dispatch_retry(program, RETRY_SINK);
	}
}

/* A program whose calls run now is told with their answer, or when they are done. */
bool programs_wakeup(void)
{
	bool all = true;

	for (struct program *program = programs; program; program = program->next) {
		struct conn *to = program->control ? program->control : program->data;

		if (program->busy)
			all = false;
		else if (!program->ending && to && guest_has_news(program->guest))
			conn_send_frame(to, FRAME_BROKEN, NULL, 0);
	}
	return all;
}
