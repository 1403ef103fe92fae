/* The life of programs: hellos, connections, stdin, POSTs, the end. */
#include "guests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "config.h"
#include "enter/sessions.h"
#include "gateway.h"
#include "leases.h"
#include "profiles.h"
#include "program.h"
#include "watch/watch.h"
#include "worker.h"

enum { UNSENT_MAX = 1 << 20, QUEUE_BYTES_MAX = 1 << 20, CONTROL_BYTES_MAX = 8 << 20, QUEUE_BATCHES_ENOUGH = 64, ACK_MS = 5, SWEEP_MS = 1000, AGAIN_S = 20, DATA_DEADLINE_S = 10 };
static const uint64_t SECOND_NS = 1000000000u;

struct call_post {
	struct gateway *gateway;
	struct program *program; /* NULL while it isn't waiting for a batch */
	uint32_t sequence;
	uint64_t arrived_ns;
	call_post_done *done;
	void *context;
	struct call_post *next, **link; /* those that wait */
};

static struct program *programs, *dead;
static unsigned inheriting; /* of them, those that inherit stdin */
static struct call_post *posts;
static uint32_t last_id;
static uv_timer_t ack_timer, sweep_timer;
static uv_idle_t reaper;
static bool acks_due;

/* ---- keys ---- */

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

static void post_again(struct call_post *post);

static void on_sweep(uv_timer_t *timer)
{
	struct gateway *gateway = timer->data;
	uint64_t now = codec_clock_ns(CLOCK_MONOTONIC);

	conn_sweep(gateway, now);
	for (struct program *program = programs, *next; program; program = next) {
		next = program->next;
		dispatch_sweep(program, now);
		program_end_if_due(program, now);
		if (!program->ending && !(program->xhr ? program->control : program->data) && now - program->born_ns > DATA_DEADLINE_S * SECOND_NS)
			program_end(program, GUEST_END_GONE, NULL, NULL, CLOSE_NO_GUEST, "its calls' connection never came");
	}
	for (struct call_post *post = posts, *next; post; post = next) {
		next = post->next;
		if (now - post->arrived_ns > AGAIN_S * SECOND_NS)
			post_again(post);
	}
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

bool guests_start(struct gateway *gateway)
{
	uv_timer_init(gateway->loop, &ack_timer);
	uv_timer_init(gateway->loop, &sweep_timer);
	uv_idle_init(gateway->loop, &reaper);
	sweep_timer.data = gateway;
	uv_timer_start(&sweep_timer, on_sweep, SWEEP_MS, SWEEP_MS);
	uv_unref((uv_handle_t *)&sweep_timer);
	return workers_start(gateway->loop);
}

void guests_stop(struct gateway *gateway)
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
	bool full = program->queue_bytes > QUEUE_BYTES_MAX || program->queue_length > QUEUE_BATCHES_ENOUGH || program_is_full(program);

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

static void post_fail(struct call_post *post, int status, const char *why);

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
	profiles_end(program);
	watch_program_ended(program);
	events_program_end(program->gateway, program->id, program->name, program->end_reason, program->end_has_code ? &program->end_code : NULL,
	                   &program->counters, program->end_message);
	if (!program->worker)
		program->worker = worker_new();
	if (!program->worker || !worker_run(program->worker, guest_go, guest_gone, program)) {
		guest_go(program);
		guest_gone(program);
	}
}

void program_end(struct program *program, enum guest_end reason, const uint32_t *code, const char *message, enum close_code close, const char *why)
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
	for (struct call_post *post = posts, *next; post; post = next) {
		next = post->next;
		if (post->program == program)
			post_fail(post, 410, why);
	}
	conn_end(program, &program->data, close, why);
	conn_end(program, &program->control, close, why);
	if (!program->busy)
		program_end_now(program);
}

void program_end_after(struct program *program, uint32_t after, enum guest_end reason, const char *message)
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
	program_end(program, GUEST_END_LOST, NULL, what, CLOSE_PROTOCOL, what);
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
		program_end(program, GUEST_END_GONE, NULL, NULL, CLOSE_DONE, "its page has gone");
}

/* ---- hello ---- */

static struct program *program_find(const struct session *session, uint32_t id, const char *key)
{
	for (struct program *program = programs; program; program = program->next)
		if ((!session || (program->id == id && program->session == session)) && !program->ending && key_is(program, key))
			return program;
	return NULL;
}

bool guests_key_is_known(const char *key)
{
	return program_find(NULL, 0, key) != NULL;
}

static size_t program_sink(void *context, int stream, const uint8_t *bytes, size_t length)
{
	struct program *program = context;

	/* On the worker it says "not now": the call is run again on the loop, whose channel to the keeper this is. */
	if (program->busy)
		return 0;
	return events_output(program->gateway, program->id, stream, bytes, length);
}

/* env over --env's defaults: the page's come last, and replace. Gives pointers that are lent by both. */
static size_t env_merge(const struct grants *grants, const struct hello *hello, const char **merged)
{
	size_t count = 0;

	for (size_t i = 0; i < grants->env_count; i++)
		merged[count++] = grants->env[i];
	for (uint32_t i = 0; i < hello->env_count; i++) {
		size_t name = strcspn(hello->env[i], "=") + 1, at = 0;

		while (at < count && strncmp(merged[at], hello->env[i], name))
			at++;
		merged[at] = hello->env[i];
		count += at == count;
	}
	return count;
}

static wasi_errno_t guest_of_hello(struct program *program, const struct hello *hello, const char **failed)
{
	const struct grants *grants = &program->gateway->grants;
	struct guest_config config = {
		.args = hello->args_count ? hello->args : grants->args,
		.args_count = hello->args_count ? hello->args_count : grants->args_count,
		.grants = grants->dirs, .grants_count = grants->dirs_count,
		.listeners = grants->listeners, .listeners_count = grants->listeners_count,
		.preopens = hello->preopens, .preopens_count = hello->preopens_count,
		.preopens_given = hello->flags & HELLO_PREOPENS,
		.tty = hello->flags & HELLO_TTY,
		.scratch_parent_fd = grants->scratch_parent_fd,
		.limits = grants->limits,
	};
	const char **env = calloc(grants->env_count + hello->env_count + 1, sizeof *env);
	wasi_errno_t error;

	*failed = "memory";
	if (!env)
		return WASI_ENOMEM;
	config.env = env;
	config.env_count = env_merge(grants, hello, env);
	snprintf(program->name, sizeof program->name, "%s", config.args_count ? config.args[0] : "");
	error = guest_new(&config, &program->guest, failed);
	free(env);
	if (error)
		return error;
	if (hello->first_stdin_length)
		guest_stdin_push(program->guest, hello->first_stdin, hello->first_stdin_length);
	program->stdin_pushed = hello->first_stdin_length;
	if (hello->flags & HELLO_STDIN_EOF)
		guest_stdin_close(program->guest);
	if (hello->flags & (HELLO_INHERIT_STDOUT | HELLO_INHERIT_STDERR))
		guest_sink_set(program->guest, program_sink, program);
	return 0;
}

static const char *const scopes[] = { [SCOPE_RUN] = "run", [SCOPE_WATCH] = "watch", [SCOPE_CONTROL] = "control" };

static uint8_t *put_text(uint8_t *at, const char *text)
{
	return codec_put_string(at, text, strlen(text));
}

/* args and environ are asked of the guest as its program would: one truth. Each is NULs between; as a list of strings here. */
static bool put_list(struct message **message, struct guest *guest, uint16_t sizes_number, uint16_t number)
{
	struct call sizes = { .row = syscall_find(sizes_number) }, all = { .row = syscall_find(number) };
	uint8_t two[8], *bytes, *at;
	uint32_t count, length;
	bool ok;

	sizes.reply = two;
	guest_call(guest, &sizes);
	count = codec_u32(two);
	length = codec_u32(two + 4);
	bytes = malloc(call_reply_bound(guest, &all) + length + 1);
	ok = bytes && message_reserve(message, 4 + count * 4 + length);
	if (ok) {
		const uint8_t *from = bytes;

		all.reply = bytes;
		guest_call(guest, &all);
		at = codec_put_u32((*message)->bytes + (*message)->length, count);
		for (uint32_t i = 0; i < count; i++) {
			size_t text = strlen((const char *)from);

			at = codec_put_string(at, from, text);
			from += text + 1;
		}
		(*message)->length = (size_t)(at - (*message)->bytes);
	}
	free(bytes);
	return ok;
}

static uint64_t resolution_ns(int clock)
{
	struct timespec resolution;

	clock_getres(clock, &resolution);
	return (uint64_t)resolution.tv_sec * SECOND_NS + (uint64_t)resolution.tv_nsec;
}

bool program_put_words(struct message **message, const struct program *program)
{
	return put_list(message, program->guest, 2, 1) && put_list(message, program->guest, 4, 3);
}

struct program *programs_first(void)
{
	return programs;
}

/* hints: the page wants to hear of them (u32 1: they are kept, then the text). */
static struct message *welcome_new(struct program *program, bool hints)
{
	const struct wasi_limits *limits = &program->gateway->grants.limits;
	const struct guest_preopen *preopens;
	size_t count = guest_preopens(program->guest, &preopens), need = 64, told_length = 0;
	const char *told = hints ? profiles_hints(program, &told_length) : NULL;
	struct message *message = message_new(FRAME_HEAD + 128);
	uint8_t *at;

	if (!message)
		return NULL;
	at = codec_put_u32(message->bytes + FRAME_HEAD, program->id);
	at = put_text(at, program->key);
	at = put_text(at, scopes[program->session->scope]);
	message->length = (size_t)(at - message->bytes);
	for (size_t i = 0; i < count; i++)
		need += 12 + strlen(preopens[i].name) + 24 + 64;
	if (!program_put_words(&message, program) || !message_reserve(&message, need + 64 + told_length)) {
		message_free(message);
		return NULL;
	}
	at = codec_put_u32(message->bytes + message->length, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		at = codec_put_u32(at, preopens[i].handle);
		at = codec_put_u32(at, (preopens[i].is_socket ? 1 : 0) | (preopens[i].read_only ? 2 : 0));
		at = put_text(at, preopens[i].name);
		memcpy(at, &preopens[i].fdstat, 24);
		memcpy(at + 24, &preopens[i].filestat, 64);
		at += 24 + 64;
	}
	at = codec_put_u64(at, codec_clock_ns(CLOCK_REALTIME));
	at = codec_put_u64(at, codec_clock_ns(CLOCK_MONOTONIC));
	at = codec_put_u64(at, resolution_ns(CLOCK_REALTIME));
	at = codec_put_u64(at, resolution_ns(CLOCK_MONOTONIC));
	for (const uint32_t *bound = (uint32_t[]){ GUESTS_MESSAGE_MAX, BATCH_CALLS_MAX, limits->handles, limits->data, limits->subscriptions, limits->path,
	     STDIN_UNTAKEN_MAX, 0 }; *bound; bound++)
		at = codec_put_u32(at, *bound);
	at = codec_put_u32(at, watch_mode(program));
	if (hints) {
		at = codec_put_u32(at, told != NULL);
		at = codec_put_string(at, told ? told : "", told_length);
	}
	message->length = (size_t)(at - message->bytes);
	codec_put_frame(message->bytes, FRAME_WELCOME, 0, 0, message->length);
	return message;
}

static bool wants_hints(const struct hello *hello)
{
	return hello->flags & HELLO_NEW && hello->flags & HELLO_HINTS;
}

static struct message *refused_new(enum close_code code, uint32_t error, const char *text)
{
	size_t length = strnlen(text, 1000);
	struct message *message = message_new(FRAME_HEAD + 12 + length);
	uint8_t *at;

	if (!message)
		return NULL;
	at = codec_put_u32(message->bytes + FRAME_HEAD, code);
	at = codec_put_u32(at, error);
	at = codec_put_string(at, text, length);
	message->length = (size_t)(at - message->bytes);
	codec_put_frame(message->bytes, FRAME_REFUSED, 0, 0, message->length);
	return message;
}

struct refusal {
	enum close_code code;
	uint32_t error;
	char text[200];
};

static struct program *refuse(struct refusal *refusal, enum close_code code, uint32_t error, const char *text, const char *subject)
{
	refusal->code = code;
	refusal->error = error;
	snprintf(refusal->text, sizeof refusal->text, subject ? "%s '%s'" : "%s", text, subject);
	return NULL;
}

static struct program *program_new(struct gateway *gateway, struct session *session, const struct hello *hello, struct refusal *refusal)
{
	struct program *program = calloc(1, sizeof *program);
	const char *failed = NULL;
	wasi_errno_t error;

	if (!program)
		return refuse(refusal, CLOSE_BOUND, WASI_ENOMEM, "no memory for a program", NULL);
	if (guests_count(gateway, NULL) >= gateway->config->limits.programs) {
		free(program);
		return refuse(refusal, CLOSE_BOUND, WASI_EAGAIN, "as many programs run as this gateway allows (--limit programs=N)", NULL);
	}
	program->gateway = gateway;
	program->xhr = hello->flags & HELLO_XHR;
	program->split = hello->flags & HELLO_SPLIT;
	program->inherits_stdin = hello->flags & HELLO_INHERIT_STDIN;
	error = guest_of_hello(program, hello, &failed);
	if (error) {
		refuse(refusal, CLOSE_WISHES, error, error == WASI_ENOTCAPABLE ? "not granted:" : "cannot give the program", failed ? failed : "what it asks for");
		free(program);
		return NULL;
	}
	program->session = session_hold(session);
	program->id = ++last_id;
	program->born_ns = codec_clock_ns(CLOCK_MONOTONIC);
	program->stdin_held_tail = &program->stdin_held;
	key_new(program->key);
	program->next = programs;
	program->link = &programs;
	if (programs)
		programs->link = &program->next;
	programs = program;
	inheriting += program->inherits_stdin;
	profiles_begin(program, hello);
	events_program_start(gateway, program->id, session->id, program->name);
	watch_program_began(program);
	return program;
}

/* Finds or makes the program that a hello speaks of. NULL: refused. */
static struct program *hello_take(struct gateway *gateway, struct session *session, const struct frame *frame, bool by_post, struct hello *hello,
                                  struct refusal *refusal)
{
	static const char sends_only[] = "a connection that only sends attaches, for data, to a program whose calls come by POST";
	const char *wrong = codec_hello(frame, hello);
	struct program *program;

	if (gateway->stopping)
		return refuse(refusal, CLOSE_GATEWAY_ENDS, 0, "the gateway is ending", NULL);
	if (!wrong && (hello->version != WIRE_VERSION || hello->hash != syscalls_hash()))
		return refuse(refusal, CLOSE_VERSION, 0, "this page was made for another version of the gateway: reload it", NULL);
	if (wrong)
		return refuse(refusal, CLOSE_PROTOCOL, 0, wrong, NULL);
	if (session->scope != SCOPE_RUN)
		return refuse(refusal, CLOSE_SESSION, 0, "this session may not run programs", NULL);
	if (hello->flags & HELLO_SENDS_ONLY && hello->flags & (HELLO_NEW | HELLO_CONTROL))
		return refuse(refusal, CLOSE_PROTOCOL, 0, sends_only, NULL);
	if (hello->flags & HELLO_NEW)
		return program_new(gateway, session, hello, refusal);
	program = program_find(session, hello->guest_id, hello->key);
	if (!program)
		return refuse(refusal, CLOSE_NO_GUEST, 0, "no such program in this session: it may have ended", NULL);
	if (hello->flags & HELLO_SENDS_ONLY && !program->xhr) /* answers would have nowhere to go */
		return refuse(refusal, CLOSE_PROTOCOL, 0, sends_only, NULL);
	if (!by_post && (hello->flags & HELLO_CONTROL ? program->control : program->data))
		return refuse(refusal, CLOSE_WISHES, 0, "the program has that connection already", NULL);
	return program;
}

void program_hello(struct conn *conn, const struct frame *frame)
{
	struct refusal refusal;
	struct hello hello;
	struct program *program = hello_take(conn->gateway, conn->session, frame, false, &hello, &refusal);
	struct message *answer = program ? welcome_new(program, wants_hints(&hello)) : refused_new(refusal.code, refusal.error, refusal.text);

	if (program && !answer) {
		program_end(program, GUEST_END_LOST, NULL, "no memory", CLOSE_BOUND, "no memory");
		refuse(&refusal, CLOSE_BOUND, WASI_ENOMEM, "no memory", NULL);
		program = NULL;
	}
	if (program) {
		conn->program = program;
		conn->is_control = hello.flags & HELLO_CONTROL;
		conn->sends_only = hello.flags & HELLO_SENDS_ONLY;
		*(conn->is_control ? &program->control : &program->data) = conn;
		if (conn->is_control && hello.flags & HELLO_SPLIT)
			program->split = true;
	}
	hello_clear(&hello);
	if (answer)
		conn_send(conn, answer);
	if (!program)
		conn_close(conn, refusal.code, refusal.text);
}

/* ---- frames ---- */

static void stdin_feed(struct program *program, uint8_t flags, const uint8_t *bytes, size_t length)
{
	if (length)
		guest_stdin_push(program->guest, bytes, length);
	if (flags & STDIN_MARK)
		guest_stdin_mark(program->guest);
	if (flags & STDIN_EOF)
		guest_stdin_close(program->guest);
}

static void stdin_take(struct program *program, uint8_t flags, const uint8_t *bytes, size_t length)
{
	struct message *held;

	program->stdin_pushed += length;
	watch_stdin(program, bytes, length);
	if (!program->busy) {
		stdin_feed(program, flags, bytes, length);
		dispatch_retry(program, RETRY_STDIN);
		return;
	}
	held = message_new(1 + length);
	if (!held)
		return program_protocol_error(program, "no memory for stdin");
	held->bytes[0] = flags;
	memcpy(held->bytes + 1, bytes, length);
	held->length = 1 + length;
	*program->stdin_held_tail = held;
	program->stdin_held_tail = &held->next;
	program->retry = true;
}

void program_stdin_flush(struct program *program)
{
	while (program->stdin_held) {
		struct message *held = program->stdin_held;

		program->stdin_held = held->next;
		stdin_feed(program, held->bytes[0], held->bytes + 1, held->length - 1);
		message_free(held);
	}
	program->stdin_held_tail = &program->stdin_held;
}

void program_stdin(struct program *program, uint8_t flags, const uint8_t *bytes, size_t length)
{
	if (program->inherits_stdin || program->stdin_pushed + length - program->stdin_told > STDIN_UNTAKEN_MAX)
		return;
	program->stdin_injected += length; /* the page counts its own alone */
	stdin_take(program, flags, bytes, length);
}

static void frame_stdin(struct program *program, const struct frame *frame)
{
	if (program->inherits_stdin)
		return program_protocol_error(program, "stdin is the gateway's own");
	if (program->stdin_pushed + frame->length - program->stdin_told > STDIN_UNTAKEN_MAX + program->stdin_injected)
		return program_protocol_error(program, "more stdin than the program has room for");
	stdin_take(program, frame->flags, frame->body, frame->length);
}

static void frame_end(struct program *program, const struct frame *frame)
{
	char message[4096];
	uint32_t length;

	if (frame->length < 12)
		return program_protocol_error(program, "an end that doesn't fit its fields");
	length = codec_u32(frame->body + 8);
	if (length > frame->length - 12)
		length = frame->length - 12;
	if (length > sizeof message - 1)
		length = sizeof message - 1;
	memcpy(message, frame->body + 12, length);
	message[length] = 0;
	program_end_after(program, codec_u32(frame->body + 4), codec_u32(frame->body) == END_TRAP ? GUEST_END_TRAP : GUEST_END_KILLED,
	                  length ? message : NULL);
}

/* It can't be paused, since an END may follow: who sends there minds what was acknowledged. */
static bool control_batch_fits(struct program *program, const struct frame *frame)
{
	if (frame->flags & BATCH_WAIT)
		program_protocol_error(program, "a call that is waited for on the control connection");
	else if (program->queue_bytes + frame->length > CONTROL_BYTES_MAX)
		program_end(program, GUEST_END_LOST, NULL, "too many bytes on the control connection", CLOSE_BOUND, "too many bytes on the control connection");
	return !program->ending;
}

void program_frame(struct program *program, struct conn *conn, const struct frame *frame)
{
	switch (frame->type) {
	case FRAME_BATCH:
		if (conn->is_control && !control_batch_fits(program, frame))
			return;
		if (frame->length >= 4 && codec_u32(frame->body) <= conn->last_sequence)
			return program_protocol_error(program, "a sequence number that doesn't grow");
		if (frame->length >= 4)
			conn->last_sequence = codec_u32(frame->body);
		return dispatch_batch(program, frame, conn->is_control ? BY_CONTROL : BY_DATA);
	case FRAME_STDIN:
		return frame_stdin(program, frame);
	case FRAME_REPORT:
		if (!watch_report(program, frame))
			program_protocol_error(program, "a report that doesn't fit its fields");
		return;
	case FRAME_CONSOLE:
		if (!watch_console(program, frame))
			program_protocol_error(program, "a console's text that doesn't fit its fields");
		return;
	case FRAME_END:
		return frame_end(program, frame);
	default:
		return program_protocol_error(program, "an unknown frame");
	}
}

/* ---- POST /_wvwasi/call ---- */

static void post_unlink(struct call_post *post)
{
	if (!post->link)
		return;
	*post->link = post->next;
	if (post->next)
		post->next->link = post->link;
	post->link = NULL;
}

static void post_free(struct call_post *post)
{
	post_unlink(post);
	free(post);
}

static void post_done(struct call_post *post, const struct message *message)
{
	post->done(post->context, 200, message->bytes, message->length, NULL);
	post_free(post);
}

static void post_fail(struct call_post *post, int status, const char *why)
{
	post->done(post->context, status, NULL, 0, why);
	post_free(post);
}

static void post_again(struct call_post *post)
{
	uint8_t frame[FRAME_HEAD + 4];

	codec_put_frame(frame, FRAME_AGAIN, 0, 0, sizeof frame);
	codec_put_u32(frame + FRAME_HEAD, post->sequence);
	post->done(post->context, 200, frame, sizeof frame, NULL);
	post_free(post);
}

static void post_wait(struct call_post *post, struct program *program)
{
	post->program = program;
	post->next = posts;
	post->link = &posts;
	if (posts)
		posts->link = &post->next;
	posts = post;
}

void program_post_answer(struct program *program, struct batch *batch, struct message *answer)
{
	struct call_post *post = posts;

	if (program->carry) { /* what earlier quiet calls had to say comes first */
		struct message *carry = program->carry;

		program->carry = NULL;
		if (message_reserve(&carry, answer->length)) {
			memcpy(carry->bytes + carry->length, answer->bytes, answer->length);
			carry->length += answer->length;
			message_free(answer);
			answer = carry;
		} else {
			message_free(carry);
		}
	}
	program->counters.bytes_sent += answer->length;
	if (batch->sequence == program->post_sequence) {
		message_free(program->post_answer);
		program->post_answer = answer;
	}
	while (post && (post->program != program || post->sequence != batch->sequence))
		post = post->next;
	if (post)
		post_done(post, answer);
	if (program->post_answer != answer)
		message_free(answer);
}

/* The number of the last POST again, or a REPOLL: the same answer, now or when it is there. */
static void post_repeat(struct program *program, struct call_post *post, uint32_t sequence)
{
	if (sequence < program->post_sequence)
		return post_fail(post, 409, "that batch was answered and forgotten");
	for (struct call_post *older = posts; older; older = older->next)
		if (older->program == program && older->sequence == sequence) {
			post_fail(older, 409, "asked again by another request");
			break;
		}
	if (program->post_answer)
		return post_done(post, program->post_answer);
	post_wait(post, program);
}

static void post_batch(struct program *program, struct call_post *post, const struct frame *frame)
{
	uint32_t sequence, seen;
	const uint8_t *at, *end;

	if (!codec_batch(frame, &sequence, &seen, &at, &end))
		return post_fail(post, 400, "a batch without its head");
	post->sequence = sequence;
	if (frame->flags & BATCH_REPOLL || sequence <= program->post_sequence) {
		if (sequence > program->post_sequence)
			return post_fail(post, 409, "no such batch");
		return post_repeat(program, post, sequence);
	}
	program->post_sequence = sequence;
	message_free(program->post_answer);
	program->post_answer = NULL;
	post_wait(post, program); /* before it runs: it may be done, or the program ended, when that returns */
	dispatch_batch(program, frame, BY_POST);
}

static void post_hello(struct gateway *gateway, struct session *session, struct call_post *post, const struct frame *frame)
{
	struct refusal refusal;
	struct hello hello;
	struct program *program = hello_take(gateway, session, frame, true, &hello, &refusal);
	struct message *answer = program ? welcome_new(program, wants_hints(&hello)) : refused_new(refusal.code, refusal.error, refusal.text);

	hello_clear(&hello);
	if (!answer)
		return post_fail(post, 503, "no memory");
	post->done(post->context, program ? 200 : 409, answer->bytes, answer->length, NULL);
	message_free(answer);
	post_free(post);
}

struct call_post *call_post_start(struct gateway *gateway, struct session *session, const char *key, const char *address, const uint8_t *body,
                                  size_t length, call_post_done *done, void *context)
{
	const uint8_t *at = body, *end = body + length;
	struct call_post *post = calloc(1, sizeof *post);
	struct frame frame, report = { 0 };
	struct program *program;

	if (!post) {
		done(context, 503, NULL, 0, "no memory");
		return NULL;
	}
	post->gateway = gateway;
	post->done = done;
	post->context = context;
	post->arrived_ns = codec_clock_ns(CLOCK_MONOTONIC);
	if (codec_frame_next(&at, end, &frame) && frame.type == FRAME_REPORT && at != end) {
		report = frame;
		codec_frame_next(&at, end, &frame);
	}
	if (at != end || at == body) {
		post_fail(post, 400, "the body isn't one frame, or a report and one");
		return NULL;
	}
	if (session) {
		if (frame.type == FRAME_HELLO)
			post_hello(gateway, session, post, &frame);
		else
			post_fail(post, 400, "a ticket brings a hello");
		return NULL;
	}
	program = program_find(NULL, 0, key);
	if (!program || program->session->revoked) {
		post_fail(post, 410, "no such program: it may have ended");
		return NULL;
	}
	if (frame.type != FRAME_BATCH) {
		post_fail(post, 400, "only batches come by POST");
		return NULL;
	}
	program->counters.bytes_received += length;
	if (report.body && !watch_report(program, &report)) {
		post_fail(post, 400, "a report that doesn't fit its fields");
		return NULL;
	}
	post_batch(program, post, &frame);
	for (struct call_post *waiting = posts; waiting; waiting = waiting->next)
		if (waiting == post)
			return post;
	return NULL;
}

void call_post_cancel(struct call_post *post)
{
	post_free(post); /* the batch goes on; its answer is kept for who asks again */
}

/* ---- sessions, shutdown, the terminal ---- */

static void end_all(struct gateway *gateway, const struct session *session, uint32_t ended, enum close_code code, const char *why)
{
	uint8_t body[128];
	size_t length = (size_t)(put_text(codec_put_u32(body, ended), why) - body);

	for (struct program *program = programs, *next; program; program = next) {
		next = program->next;
		if (program->ending || (session && program->session != session))
			continue;
		if (program->control || program->data)
			conn_send_frame(program->control ? program->control : program->data, FRAME_ENDED, body, length);
		program_end(program, GUEST_END_KILLED, NULL, why, code, why);
	}
	conn_close_all(gateway, session, code, why);
}

void guests_end_session(struct gateway *gateway, struct session *session)
{
	end_all(gateway, session, END_REVOKED, CLOSE_SESSION, "the session was revoked");
}

/* A program whose control connection is there can be told; without one nobody listens while it computes. */
static bool can_finish(const struct program *program, const struct session *session)
{
	return program->session == session && program->control && !program->ending;
}

void guests_finish(const struct session *session)
{
	for (struct program *program = programs, *next; program; program = next) {
		next = program->next;
		if (can_finish(program, session))
			conn_send_frame(program->control, FRAME_FINISH, NULL, 0);
	}
}

size_t guests_finishing(const struct session *session)
{
	size_t count = 0;

	for (const struct program *program = programs; program; program = program->next)
		count += can_finish(program, session);
	return count;
}

void guests_end_all(struct gateway *gateway)
{
	end_all(gateway, NULL, END_GATEWAY, CLOSE_GATEWAY_ENDS, "the gateway has ended");
}

size_t guests_count(const struct gateway *gateway, const struct session *session)
{
	size_t count = 0;

	for (struct program *program = programs; program; program = program->next)
		count += !session || program->session == session;
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

size_t guests_stdin_room(const struct gateway *gateway)
{
	const struct program *heir = stdin_heir();
	uint64_t waiting;

	if (!heir || heir->busy || heir->stdin_ended) /* while a worker has the guest its queue isn't looked at */
		return 0;
	waiting = heir->stdin_pushed - guest_stdin_consumed(heir->guest);
	return waiting < STDIN_UNTAKEN_MAX ? STDIN_UNTAKEN_MAX - (size_t)waiting : 0;
}

void guests_stdin(struct gateway *gateway, const uint8_t *bytes, size_t length)
{
	struct program *oldest = stdin_heir();

	if (oldest)
		oldest->stdin_ended |= length == 0;
	if (oldest)
		stdin_take(oldest, length ? 0 : STDIN_EOF, bytes, length);
}

void guests_sinks_ready(struct gateway *gateway)
{
	for (struct program *program = programs, *next; program; program = next) {
		next = program->next;
		if (!program->ending)
			dispatch_retry(program, RETRY_SINK);
	}
}

/* One whose calls run is told with their answer, or when they are done. */
bool guests_nudge(void)
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
