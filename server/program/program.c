/* The life of programs: who is there, where their answers go, the end. Leaves to others: how one begins (hello.c), what its page says beside
 * its calls (frames.c), calls by POST (posts.c). */
#include "programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "server/base/config.h"
#include "server/auth/sessions.h"
#include "server/base/gateway.h"
#include "server/base/heap.h"
#include "leases.h"
#include "posts.h"
#include "profiles.h"
#include "program.h"
#include "server/debugger/debugger.h"
#include "server/base/worker.h"

enum { UNSENT_MAX = 1 << 20, QUEUE_BYTES_MAX = 1 << 20, GAP_BYTES_MAX = 8 << 20, QUEUE_BATCHES_ENOUGH = 64, ACK_MS = 5, SWEEP_MS = 1000, DATA_DEADLINE_S = 10 };
static const uint64_t SECOND_NS = 1000000000u;

static struct program *programs, *dead;
static unsigned inheriting; /* of them, those that inherit stdin */
static uint32_t last_id;
static uv_timer_t ack_timer, sweep_timer;
static uv_idle_t reaper;
static bool acks_due;

/* ---- who is there ---- */

static void key_new(char key[KEY_TEXT + 1])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t bits[KEY_TEXT];

	if (getrandom(bits, sizeof bits, 0) != sizeof bits)
		abort();
	for (int i = 0; i < KEY_TEXT; i++)
		key[i] = letters[bits[i] & 63];
	key[KEY_TEXT] = 0;
}

static bool key_is(const struct program *program, const char *key)
{
	uint8_t differs = 0;

	if (strlen(key) != KEY_TEXT)
		return false;
	for (int i = 0; i < KEY_TEXT; i++) /* all of it, so that time tells nothing */
		differs |= (uint8_t)(program->key[i] ^ key[i]);
	return !differs;
}

void program_join(struct program *program)
{
	program->id = ++last_id;
	key_new(program->key);
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
		if ((!session || (program->id == id && program->session == session)) && !program->ending && key_is(program, key))
			return program;
	return NULL;
}

bool programs_key_is_known(const char *key)
{
	return program_find(NULL, 0, key) != NULL;
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
	uint64_t now = codec_clock_ns(CLOCK_MONOTONIC);

	conn_sweep(now);
	for (struct program *program = programs, *next; program; program = next) {
		next = program->next;
		dispatch_sweep(program, now);
		program_end_if_due(program, now);
		if (!program->ending && !(program->xhr ? program->control : program->data) && now - program->born_ns > DATA_DEADLINE_S * SECOND_NS)
			program_end(program, PROGRAM_END_GONE, NULL, NULL, CLOSE_NO_PROGRAM, "its calls' connection never came");
	}
	posts_sweep(now);
	heap_sweep();
}

/* Programs that ended during this turn of the loop: nobody up the stack holds them any more. */
static void on_reap(uv_idle_t *idle)
{
	while (dead) {
		struct program *program = dead;

		dead = program->next_dead;
		session_drop(program->session);
		free(program->end_message);
		free(program);
	}
	uv_idle_stop(idle);
}

bool programs_start(struct gateway *gateway)
{
	uv_timer_init(gateway->loop, &ack_timer);
	uv_timer_init(gateway->loop, &sweep_timer);
	uv_idle_init(gateway->loop, &reaper);
	uv_timer_start(&sweep_timer, on_sweep, SWEEP_MS, SWEEP_MS);
	uv_unref((uv_handle_t *)&sweep_timer);
	sessions_on_close(programs_end_session);
	return workers_start(gateway->loop);
}

void programs_stop(void)
{
	on_reap(&reaper);
	uv_close((uv_handle_t *)&ack_timer, NULL);
	uv_close((uv_handle_t *)&sweep_timer, NULL);
	uv_close((uv_handle_t *)&reaper, NULL);
	workers_stop();
}

/* ---- answers' way ---- */

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

bool program_is_full(const struct program *program)
{
	const struct conn *to = answers_to(program);

	return to && to->unsent > UNSENT_MAX;
}

void program_throttle(struct program *program)
{
	/* What others wait for may be on its way there: then more may wait. */
	bool has_gap = program->queue && !dispatch_goes_on(program);
	bool full = program->queue_bytes > (has_gap ? GAP_BYTES_MAX : QUEUE_BYTES_MAX) || program->queue_length > QUEUE_BATCHES_ENOUGH || program_is_full(program);

	if (program->data)
		conn_pause(program->data, full);
}

void program_conn_drained(struct program *program, struct conn *conn)
{
	dispatch_pump(program); /* and the page may send again */
}

/* ---- the end ---- */

static void conn_end(struct program *program, struct conn **conn, enum close_code code, const char *why)
{
	if (!*conn)
		return;
	(*conn)->program = NULL;
	conn_close(*conn, code, why);
	*conn = NULL;
}

static void guest_gone(void *argument)
{
	struct program *program = argument;

	worker_free(program->worker);
	program->worker = NULL;
	program->next_dead = dead;
	dead = program;
	uv_idle_start(&reaper, on_reap);
}

static void guest_go(void *argument)
{
	struct program *program = argument;

	guest_free(program->guest); /* removes the scratch folder, which may take long */
	program->guest = NULL;
}

void program_end_now(struct program *program)
{
	dispatch_cancel(program);
	message_free(program->post_answer);
	message_free(program->carry);
	program->post_answer = program->carry = NULL;
	while (program->stdin_held) {
		struct message *held = program->stdin_held;

		program->stdin_held = held->next;
		message_free(held);
	}
	*program->link = program->next;
	if (program->next)
		program->next->link = program->link;
	inheriting -= program->inherits_stdin;
	program->session->programs--;
	profiles_end(program);
	debugger_program_ended(program);
	events_program_end(program->gateway, program->id, program->name, program->end_reason, program->end_has_code ? &program->end_code : NULL,
	                   &program->counters, program->end_message);
	if (!program->worker)
		program->worker = worker_new();
	if (!program->worker || !worker_run(program->worker, guest_go, guest_gone, program)) {
		guest_go(program);
		guest_gone(program);
	}
}

void program_end(struct program *program, enum program_end_reason reason, const uint32_t *code, const char *message, enum close_code close, const char *why)
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
	conn_end(program, &program->data, close, why);
	conn_end(program, &program->control, close, why);
	if (!program->running)
		program_end_now(program);
}

void program_end_after(struct program *program, uint32_t after, enum program_end_reason reason, const char *message)
{
	if (program->ending || program->end_wanted)
		return;
	program->end_wanted = true;
	program->end_after = after;
	program->end_wanted_ns = codec_clock_ns(CLOCK_MONOTONIC);
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

void program_protocol_error(struct program *program, const char *what)
{
	program_end(program, PROGRAM_END_LOST, NULL, what, CLOSE_PROTOCOL, what);
}

void program_conn_lost(struct program *program, struct conn *conn)
{
	bool was_data = program->data == conn;

	conn->program = NULL;
	if (was_data)
		program->data = NULL;
	else
		program->control = NULL;
	if (program->end_wanted)
		return program_end_if_due(program, 0); /* what it had sent before counts */
	/* A page that goes takes both connections along, in any order; a split program can't do without either. */
	if (program->split || was_data != program->xhr)
		program_end(program, PROGRAM_END_GONE, NULL, NULL, CLOSE_DONE, "its page has gone");
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
	end_all(session, END_REVOKED, CLOSE_SESSION, "the session was revoked");
}

/* A program whose control connection is there can be told; without one nobody listens while it computes. */
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

/* One whose calls run is told with their answer, or when they are done. */
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
