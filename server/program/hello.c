/* How a program begins: a HELLO makes it or attaches to it, and is answered by WELCOME or REFUSED. */
#include "hello.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/base/clock.h"
#include "server/base/config.h"
#include "server/auth/sessions.h"
#include "server/base/gateway.h"
#include "server/network/network.h"
#include "environment.h"
#include "foresight.h"
#include "hooks.h"
#include "identity.h"
#include "injected.h"
#include "keeping.h"
#include "profiles.h"
#include "program.h"
#include "reach.h"
#include "recording.h"

static const uint64_t SECOND_NS = 1000000000u;

enum welcome_flags { WELCOME_RECORDED = 1, WELCOME_KEPT = 2, WELCOME_ASKABLE = 4, WELCOME_TRACED = 8 };

static size_t program_sink(void *context, int stream, const uint8_t *bytes, size_t length)
{
	struct program *program = context;

	/* On the worker it says "not now": the call is run again on the loop, whose channel to the keeper this is. */
	if (program->busy)
		return 0;
	return events_output(program->gateway, program->id, stream, bytes, length);
}

static wasi_errno_t guest_of_hello(struct program *program, struct session *session, const struct hello *hello,
                                   const char **failed)
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
		.memory = &session->memory,
	};
	const char **env = calloc(grants->env_count + hello->env_count + 1, sizeof *env);
	wasi_errno_t error;

	*failed = "memory";
	if (!env)
		return WASI_ENOMEM;
	config.env = env;
	config.env_count = environment_merge(grants->env, grants->env_count, hello->env, hello->env_count, env);
	if (config.env_count == SIZE_MAX) {
		free(env);
		return WASI_ENOMEM;
	}
	snprintf(program->name, sizeof program->name, "%s", config.args_count ? config.args[0] : "");
	if (!reach_of_hello(program, session, hello, failed)) {
		free(env);
		return WASI_EINVAL;
	}
	config.network = network_of(program->network);
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

/* Arguments and environment are read from the guest by the program's own calls, so that both agree. There NULs divide them; here
 * they are a list of strings. */
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

/* hints: the page wants them (u32 1: they are kept; then the text). */
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
	if (!program_put_words(&message, program) || !message_reserve(&message, need + 64)) {
		message_free(message);
		return NULL;
	}
	at = codec_put_u32(message->bytes + message->length, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		at = codec_put_u32(at, preopens[i].handle);
		at = codec_put_u32(at, (preopens[i].is_socket ? 1 : 0) | (preopens[i].read_only ? 2 : 0) | (preopens[i].scratch ? 4 : 0));
		at = put_text(at, preopens[i].name);
		memcpy(at, &preopens[i].fdstat, 24);
		memcpy(at + 24, &preopens[i].filestat, 64);
		at += 24 + 64;
	}
	at = codec_put_u64(codec_put_u64(at, clock_ns(CLOCK_REALTIME)), now_ns());
	at = codec_put_u64(codec_put_u64(at, resolution_ns(CLOCK_REALTIME)), resolution_ns(CLOCK_MONOTONIC));
	for (const uint32_t *bound = (uint32_t[]){ PROGRAM_MESSAGE_MAX, BATCH_CALLS_MAX, limits->handles, limits->data,
	    limits->subscriptions, limits->path, STDIN_UNTAKEN_MAX, 0 }; *bound; bound++)
		at = codec_put_u32(at, *bound);
	at = codec_put_u32(codec_put_u32(at, debugger_hooks->mode(program)), program->foreseen);
	at = codec_put_u32(at, (program->recording ? WELCOME_RECORDED : 0) | (program->keeping ? WELCOME_KEPT : 0) |
		(program->gateway->config->ask ? WELCOME_ASKABLE : 0) | (program->gateway->config->trace ? WELCOME_TRACED : 0));
	message->length = (size_t)(at - message->bytes);
	if (!injected_put(&message, program) || !message_reserve(&message, 8 + told_length)) {
		message_free(message);
		return NULL;
	}
	at = message->bytes + message->length;
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
	size_t length = strlen(text);
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

static struct program *refuse(struct refusal *refusal, enum close_code code, uint32_t error, const char *text,
	const char *subject)
{
	refusal->code = code;
	refusal->error = error;
	snprintf(refusal->text, sizeof refusal->text, subject ? "%s '%s'" : "%s", text, subject);
	return NULL;
}

/* The sandbox lets us open no other folder than those that were there when we started. */
static void warn_of_gone(struct program *program)
{
	const struct guest_preopen *preopens;

	for (size_t i = 0, count = guest_preopens(program->guest, &preopens); i < count; i++)
		if (preopens[i].is_gone)
			events_warn(program->gateway,
				"the folder that programs see as '%s' was removed, and stays empty for them: start wvwasi-gw again "
			            "to let them use the one that has its path now", preopens[i].name);
}

/* What a program costs beside what it was given: its guest, a worker's thread. */
enum { PROGRAM_BYTES = 16 << 10 };

/* Its guest, its network and what goes wrong with its calls. False: said in `refusal`. */
static bool gets_its_wishes(struct program *program, struct session *session, const struct hello *hello, struct refusal *refusal)
{
	const char *failed = NULL, *wrong = injected_read(program, hello, &failed);
	wasi_errno_t error;

	if (wrong) {
		refuse(refusal, CLOSE_WISHES, WASI_EINVAL, wrong, failed);
		return false;
	}
	error = guest_of_hello(program, session, hello, &failed);
	if (error) {
		network_user_free(program->network);
		refuse(refusal, CLOSE_WISHES, error, error == WASI_ENOTCAPABLE ? "not granted:" : "cannot give the program",
			failed ? failed : "what it asks for");
	}
	return !error;
}

/* hello_bytes: of its frame, which become its arguments, environment and stdin. */
static struct program *program_new(struct gateway *gateway, struct session *session, const struct hello *hello,
	size_t hello_bytes, struct refusal *refusal)
{
	struct program *program = calloc(1, sizeof *program);
	size_t bytes = PROGRAM_BYTES + hello_bytes + injected_bytes(gateway, hello);

	if (!program)
		return refuse(refusal, CLOSE_BOUND, WASI_ENOMEM, "no memory for a program", NULL);
	if (programs_count() >= gateway->config->limits.programs && !keeping_gives_way(session)) {
		free(program);
		return refuse(refusal, CLOSE_BOUND, WASI_EAGAIN, "as many programs run as this gateway allows (--limit programs=N)",
			NULL);
	}
	if (account_is_full(&session->memory) || !account_take(&session->memory, bytes)) {
		free(program);
		return refuse(refusal, CLOSE_BOUND, WASI_ENOMEM, CONN_NO_ROOM, NULL);
	}
	program->gateway = gateway;
	program->charged = bytes - hello->first_stdin_length;
	program->stdin_charged = hello->first_stdin_length;
	program->xhr = hello->flags & HELLO_XHR;
	program->posts = hello->flags & (HELLO_XHR | HELLO_POSTS);
	program->split = hello->flags & HELLO_SPLIT;
	program->inherits_stdin = hello->flags & HELLO_INHERIT_STDIN;
	if (!gets_its_wishes(program, session, hello, refusal)) {
		account_give(&session->memory, bytes);
		free(program->injections);
		free(program);
		return NULL;
	}
	program->session = session_hold(session);
	program->go_on = (struct later){ .run = dispatch_go_on, .context = program };
	program->born_ns = program->came_ns = now_ns();
	program->stdin_held_tail = &program->stdin_held;
	program_join(program);
	if (identity_of(hello, identity_name(program, hello), program->identity, sizeof program->identity)) {
		profiles_begin(program, hello);
		foresight_begin(program);
	}
	events_program_start(gateway, program->id, session->id, program->name);
	warn_of_gone(program);
	recording_begin(program, hello);
	keeping_begin(program, hello);
	debugger_hooks->program_began(program);
	return program;
}

struct program *hello_take(struct gateway *gateway, struct session *session, const struct frame *frame, bool by_post,
	struct hello *hello, struct refusal *refusal)
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
		return program_new(gateway, session, hello, frame->length, refusal);
	program = (hello->flags & HELLO_RESUME ? keeping_find : program_find)(session, hello->program_id, hello->key);
	if (!program)
		return refuse(refusal, CLOSE_NO_PROGRAM, 0, "no such program in this session: it may have ended", NULL);
	if (hello->flags & HELLO_RESUME && (by_post || !(hello->flags & HELLO_CONTROL)))
		return refuse(refusal, CLOSE_PROTOCOL, 0, "only a control connection resumes a program", NULL);
	if (hello->flags & HELLO_RESUME && keeping_refuses(program, hello->flags & HELLO_BACK))
		return refuse(refusal, CLOSE_WISHES, 0, keeping_refuses(program, hello->flags & HELLO_BACK), NULL);
	if (!(hello->flags & HELLO_RESUME) && keeping_is_away(program))
		return refuse(refusal, CLOSE_NO_PROGRAM, 0, "the program waits for a page that resumes it", NULL);
	if (hello->flags & HELLO_SENDS_ONLY && !program->xhr) /* there would be no connection for answers */
		return refuse(refusal, CLOSE_PROTOCOL, 0, sends_only, NULL);
	if (!by_post && (hello->flags & HELLO_CONTROL ? program->control : program->data))
		return refuse(refusal, CLOSE_WISHES, 0, "the program has that connection already", NULL);
	if (hello->flags & HELLO_RESUME)
		keeping_comes_back(program, hello);
	return program;
}

struct message *hello_answer(struct program *program, const struct hello *hello, const struct refusal *refusal)
{
	return program ? welcome_new(program, wants_hints(hello)) : refused_new(refusal->code, refusal->error, refusal->text);
}

void program_hello(struct conn *conn, const struct frame *frame)
{
	struct refusal refusal;
	struct hello hello;
	struct program *program = hello_take(conn->gateway, conn->session, frame, false, &hello, &refusal);
	struct message *answer = hello_answer(program, &hello, &refusal);

	if (program && !answer) {
		program_end(program, PROGRAM_END_LOST, NULL, "no memory", CLOSE_BOUND, "no memory");
		refuse(&refusal, CLOSE_BOUND, WASI_ENOMEM, "no memory", NULL);
		program = NULL;
	}
	if (program) {
		conn->program = program;
		conn->counters = &program->counters;
		conn->is_control = hello.flags & HELLO_CONTROL;
		conn->sends_only = hello.flags & HELLO_SENDS_ONLY;
		*(conn->is_control ? &program->control : &program->data) = conn;
		if (conn->is_control && hello.flags & HELLO_SPLIT)
			program->split = true;
	}
	hello_clear(&hello);
	if (answer)
		conn_send(conn, answer);
	if (program)
		keeping_go_on(program);
	else
		conn_close(conn, refusal.code, refusal.text);
}
