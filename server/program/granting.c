#include "granting.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/auth/sessions.h"
#include "server/base/config.h"
#include "server/base/gateway.h"
#include "server/base/keeper_messages.h"
#include "server/base/refusals.h"

enum { WAITING_MAX = 64, AGAIN_MS = 500, FIRST_QUESTION = 1 << 29 };

/* Open questions, the one that the user is asked first; a session has one at a time. */
struct asking {
	uint32_t program, session, number; /* number: the page's own */
	enum wanted wanted;
	struct asking *next;
};
static struct asking *first, **last = &first;
static size_t waiting;
static uint32_t question;                       /* about `first`; 0: the user isn't asked now */
static uint32_t last_question = FIRST_QUESTION; /* debuggers' questions have lower numbers, the dialer's higher ones */
static struct refusals refusals;
static struct gateway *asked_by;
static uv_timer_t again;
static uint32_t changes; /* of what is granted */
static size_t given;

static struct program *program_of(uint32_t id)
{
	struct program *program = programs_first();

	while (program && (program->id != id || program->ending))
		program = program->next;
	return program;
}

/* ---- what pages are told ---- */

static struct conn *conn_of(const struct program *program)
{
	return !program || program->ending ? NULL : program->control ? program->control : program->data;
}

static void tell(const struct program *program, uint32_t number, enum asked asked, bool read_only, const char *name)
{
	struct message *message = conn_of(program) ? message_new(FRAME_HEAD + 16 + strlen(name)) : NULL;
	uint8_t *at;

	if (!message)
		return;
	at = codec_put_u32(message->bytes + FRAME_HEAD, number);
	at = codec_put_u32(codec_put_u32(at, asked), read_only);
	at = codec_put_string(at, name, strlen(name));
	message->length = (size_t)(at - message->bytes);
	codec_put_frame(message->bytes, FRAME_ASKED, 0, 0, message->length);
	conn_send(conn_of(program), message);
}

static void tell_changes(const struct program *program)
{
	uint8_t body[4];

	codec_put_u32(body, changes);
	if (conn_of(program))
		conn_send_frame(conn_of(program), FRAME_GRANTS, body, sizeof body);
}

static void changed(void)
{
	changes++;
	for (const struct program *program = programs_first(); program; program = program->next)
		tell_changes(program);
}

/* ---- questions ---- */

static void ask_next(void)
{
	const struct program *program;
	static const char *const wishes[] = {
		[WANT_TO_READ_IN] = "for a folder, to read in it", [WANT_TO_WRITE_IN] = "for a folder, to read and write in it",
		[WANT_TO_READ] = "for a file, to read it", [WANT_TO_WRITE] = "for a file, to read and write it",
		[WANT_TO_SAVE] = "where to save a file",
	};
	const struct session *session;
	char text[400];

	if (!first || question)
		return;
	program = program_of(first->program);
	session = program ? program->session : NULL;
	question = ++last_question;
	snprintf(text, sizeof text, "A page in %s at %s (session %u) asks %s.",
	         session && *session->browser ? session->browser : "a browser", session ? session->address : "?", first->session,
	         wishes[first->wanted]);
	channel_send(&asked_by->channel, ASK_FOLDER, question, first->wanted, text, strlen(text), -1);
}

static void on_again(uv_timer_t *timer) { ask_next(); }

static void drop(struct asking **link)
{
	struct asking *asking = *link;

	*link = asking->next;
	if (!asking->next)
		last = link;
	waiting--;
	free(asking);
}

static bool is_asking(uint32_t session)
{
	for (const struct asking *asking = first; asking; asking = asking->next)
		if (asking->session == session)
			return true;
	return false;
}

static void withdraw(struct asking **link)
{
	bool is_asked = link == &first && question;

	if (is_asked) {
		channel_send(&asked_by->channel, ASK_FOLDER, question, 0, NULL, 0, -1);
		refusals_note(&refusals, first->session, false);
		question = 0;
	}
	drop(link);
}

void granting_forget(const struct program *program, const uint32_t *number)
{
	for (struct asking **link = &first; *link;)
		if ((*link)->program == program->id && (!number || (*link)->number == *number))
			withdraw(link);
		else
			link = &(*link)->next;
	ask_next();
}

void granting_ask(struct program *program, const struct frame *frame)
{
	enum { WITHDRAW = 2 }; /* ASK's, beside enum wanted */
	uint32_t number = codec_u32(frame->body), mode = codec_u32(frame->body + 4), session = program->session->id;
	struct asking *asking;

	if (!program->gateway->config->ask)
		return tell(program, number, ASKED_NEVER, false, "");
	if (mode == WITHDRAW)
		return granting_forget(program, &number);
	if (mode > WANT_TO_SAVE || is_asking(session) || waiting >= WAITING_MAX || refusals_enough(&refusals, session) ||
	    !(asking = malloc(sizeof *asking)))
		return tell(program, number, ASKED_TOO_OFTEN, false, "");
	*asking = (struct asking){ program->id, session, number, (enum wanted)mode, NULL };
	*last = asking;
	last = &asking->next;
	waiting++;
	ask_next();
}

/* The user has decided about the first question. */
static void settle(uint32_t number, enum asked asked, bool read_only, const char *name)
{
	if (!number || number != question || !first)
		return;
	question = 0;
	if (asked != ASKED_NOBODY)
		refusals_note(&refusals, first->session, asked != ASKED_NO);
	tell(program_of(first->program), first->number, asked, read_only, name);
	drop(&first);
	ask_next();
}

static void refuse(uint32_t number, uint32_t why)
{
	enum { NOBODY = 2, LATER }; /* DO_REFUSE's */

	if (why != LATER)
		return settle(number, why == NOBODY ? ASKED_NOBODY : ASKED_NO, false, "");
	if (number != question)
		return;
	question = 0;
	uv_timer_start(&again, on_again, AGAIN_MS, 0);
}

/* ---- grants ---- */

static void grant_free(const struct wasi_grant *grant)
{
	free((char *)grant->name);
	free((char *)grant->host_path);
	free((char *)grant->only);
}

/* only: a file in it, or NULL. False: no memory. Takes fd. */
static bool grant_add(struct grants *grants, uint32_t number, const char *name, const char *path, const char *only, int fd,
                      bool read_only)
{
	struct wasi_grant *dirs = realloc(grants->dirs, (grants->dirs_count + 1) * sizeof *dirs);
	struct wasi_grant grant = { .name = strdup(name), .host_path = strdup(path), .dir_fd = fd, .read_only = read_only,
		.number = number, .only = only ? strdup(only) : NULL };

	if (dirs)
		grants->dirs = dirs;
	if (!dirs || !grant.name || !grant.host_path || (only && !grant.only)) {
		grant_free(&grant);
		close(fd);
		return false;
	}
	dirs[grants->dirs_count++] = grant;
	return true;
}

static void give(struct gateway *gateway, struct channel_message *message)
{
	const char *name = (const char *)message->bytes + 1, *path = name + strlen(name) + 1;
	const char *only = path + strlen(path) + 1 < (const char *)message->bytes + message->length ? path + strlen(path) + 1 : NULL;
	bool read_only = *message->bytes == 'r', added;
	char granted[PATH_MAX + NAME_MAX + 2];

	if (message->fd < 0 || message->length < 2)
		return;
	snprintf(granted, sizeof granted, "%s%s%s", name, only ? "/" : "", only ? only : "");
	added = grant_add(&gateway->grants, message->a, name, path, only, message->fd, read_only);
	message->fd = -1;
	if (!added)
		return settle(message->b, ASKED_NOBODY, false, "");
	given++;
	changed();
	settle(message->b, ASKED_GRANTED, read_only, granted);
}

static void take_back(struct gateway *gateway, uint32_t number)
{
	struct grants *grants = &gateway->grants;

	for (size_t i = 0; i < grants->dirs_count; i++) {
		struct wasi_grant grant = grants->dirs[i];

		if (!number || grant.number != number)
			continue;
		memmove(&grants->dirs[i], &grants->dirs[i + 1], (--grants->dirs_count - i) * sizeof grant);
		for (struct program *program = programs_first(); program; program = program->next)
			if (!program->ending)
				guest_withdraw(program->guest, number);
		close(grant.dir_fd);
		grant_free(&grant);
		given--;
		return changed();
	}
}

void granting_receive(struct gateway *gateway, struct channel_message *message)
{
	if (message->type == DO_GRANT)
		give(gateway, message);
	else if (message->type == DO_UNGRANT)
		take_back(gateway, message->a);
	else
		refuse(message->a, message->b);
}

bool granting_any(void) { return given; }

void granting_start(struct gateway *gateway)
{
	asked_by = gateway;
	uv_timer_init(gateway->loop, &again);
	uv_unref((uv_handle_t *)&again);
}

void granting_stop(void)
{
	uv_close((uv_handle_t *)&again, NULL);
}
