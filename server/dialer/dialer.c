#include "dialer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "server/base/config.h"
#include "server/base/dialer_messages.h"
#include "server/base/escape.h"
#include "server/base/lockin.h"
#include "server/base/process.h"
#include "internal.h"
#include "tls.h"

enum { QUEUED_MAX = 8 << 20 /* bytes of unread answers, above which no request is read */ };

struct dialer dialer;
static uv_poll_t gateway_poll, keeper_poll;

/* ---- answers ---- */

static void request_free(struct request *request)
{
	*request->link = request->next;
	if (request->next)
		request->next->link = request->link;
	dialer.requests_count--;
	ask_forget(request);
	if (request->fd >= 0)
		close(request->fd);
	free(request->bytes);
	free(request);
}

void request_answer(struct request *request, int error, const void *bytes, size_t length, int fd)
{
	if (error == EACCES && request->program && request->bytes && ask_instead(request))
		return;
	judge_wish.scheme = -1;
	/* If the descriptor can't be passed, the gateway still gets an answer. */
	if (!channel_send(&dialer.gateway, DIALED, request->number, (uint32_t)error, bytes, length, fd) && fd >= 0)
		channel_send(&dialer.gateway, DIALED, request->number, ENOBUFS, NULL, 0, -1);
	request_free(request);
}

void dialer_say(const struct program_of *program, const char *format, ...)
{
	char line[NET_ENDPOINT_TEXT + 400];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	channel_send(&dialer.gateway, DIALER_SAYS, program ? program->id : 0, 0, line, strlen(line), -1);
}

/* ---- the gateway's messages ---- */

static struct program_of *program_find(uint32_t id)
{
	struct program_of *program = dialer.programs;

	while (program && program->id != id)
		program = program->next;
	return program;
}

static const char *text_next(const uint8_t **at, const uint8_t *end)
{
	const char *text = (const char *)*at;
	const uint8_t *nul = *at < end ? memchr(*at, 0, (size_t)(end - *at)) : NULL;

	*at = nul ? nul + 1 : end;
	return nul ? text : NULL;
}

/* Makes a text of a page printable: one line, no control characters, no quotation mark, since questions quote it. */
static void text_set(char *to, size_t size, const char *text)
{
	struct escape escape = { 0 };
	char escaped[ESCAPE_GROWTH * 200 + ESCAPE_GROWTH];
	size_t length = escape_text(&escape, (const uint8_t *)text, strnlen(text, 200), escaped), at = 0;

	length += escape_end(&escape, escaped + length);
	for (size_t i = 0; i < length && at + 1 < size; i++)
		to[at++] = escaped[i] == '\n' || escaped[i] == '\t' ? ' ' : escaped[i] == '\'' ? '`' : escaped[i];
	while (at && at < length && ((uint8_t)escaped[at] & 0xc0) == 0x80)
		at--; /* not within a UTF-8 character */
	to[at] = 0;
}

static void on_program(const struct channel_message *message)
{
	const uint8_t *at = message->bytes, *end = at + message->length;
	const char *name = text_next(&at, end), *page = text_next(&at, end), *rule;
	struct program_of *program = program_find(message->a) ? NULL : calloc(1, sizeof *program);
	char problem[400];

	if (!program)
		return; /* its requests are answered with ENOMEM */
	program->id = message->a;
	program->session = message->b;
	text_set(program->name, sizeof program->name, name ? name : "");
	text_set(program->page, sizeof program->page, page ? page : "");
	while ((rule = text_next(&at, end))) {
		program->keeps = true;
		/* The gateway has checked the rules. One that is malformed all the same allows nothing. */
		net_rules_add(&program->kept, rule, problem, sizeof problem);
	}
	program->next = dialer.programs;
	dialer.programs = program;
}

static void request_cancel(struct request *request)
{
	if (request->cancelled)
		request->cancelled(request);
	request_free(request);
}

static void on_program_gone(uint32_t id)
{
	struct program_of **at = &dialer.programs, *program;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	program = *at;
	if (!program)
		return;
	for (struct request *request = dialer.requests, *next; request; request = next) {
		next = request->next;
		if (request->program == program)
			request_cancel(request);
	}
	*at = program->next;
	datagram_program_gone(program);
	judge_program_clear(program);
	free(program);
}

static void on_cancel(uint32_t number)
{
	for (struct request *request = dialer.requests; request; request = request->next)
		if (request->number == number) {
			request_cancel(request);
			return;
		}
}

static size_t requests_of(uint32_t session)
{
	size_t count = 0;

	for (struct request *request = dialer.requests; request; request = request->next)
		count += request->program && request->program->session == session;
	return count;
}

static void (*const begins[DIAL_END])(struct request *, const uint8_t *, size_t) = {
	[DIAL_CONNECT] = connect_begin,
	[DIAL_BIND] = bind_begin,
	[DIAL_LISTEN] = listen_begin,
	[DIAL_DATAGRAM] = datagram_begin,
	[DIAL_PEER] = peer_begin,
	[DIAL_RESOLVE] = resolve_request_begin,
	[DIAL_TLS] = tls_begin,
	[DIAL_HTTP] = http_begin,
};

void request_begin(struct request *request) { begins[request->type](request, request->bytes, request->length); }

/* Copies the request's bytes, from which it may start again. False: no memory. */
static bool bytes_keep(struct request *request, const struct channel_message *message)
{
	request->bytes = malloc(message->length + 1);
	if (!request->bytes)
		return false;
	memcpy(request->bytes, message->bytes, message->length);
	request->length = message->length;
	return true;
}

static void on_request(struct channel_message *message)
{
	struct request *request = calloc(1, sizeof *request);
	int error = 0;

	if (!request) {
		channel_send(&dialer.gateway, DIALED, message->a, ENOMEM, NULL, 0, -1);
		return;
	}
	request->number = message->a;
	request->type = message->type;
	request->program = program_find(message->b);
	request->fd = message->fd;
	message->fd = -1;
	if (!request->program)
		error = ENOMEM;
	else if (dialer.requests_count >= REQUESTS_MAX || requests_of(request->program->session) >= REQUESTS_OF_SESSION)
		error = EMFILE;
	else if (!dialer.own_known || !begins[message->type])
		error = EOPNOTSUPP;
	request->next = dialer.requests;
	request->link = &dialer.requests;
	if (dialer.requests)
		dialer.requests->link = &request->next;
	dialer.requests = request;
	dialer.requests_count++;
	if (!error && !bytes_keep(request, message))
		error = ENOMEM;
	if (error)
		request_answer(request, error, NULL, 0, -1);
	else
		request_begin(request);
}

/* The gateway's own ports, which nobody may reach. Only the first such message counts, which the gateway sends before it serves
 * anybody: somebody who breaks into the gateway later can't change them. */
static void on_own(const struct channel_message *message)
{
	for (size_t i = 0; i + 1 < message->length && dialer.own_ports_count < OWN_PORTS_MAX && !dialer.own_known; i += 2)
		dialer.own_ports[dialer.own_ports_count++] = (uint16_t)(message->bytes[i] | message->bytes[i + 1] << 8);
	dialer.own_known = true;
}

static void on_message(const struct channel *from, struct channel_message *message)
{
	if (from == &dialer.keeper)
		ask_answered(message->a, message->b);
	else if (message->type == DIAL_OWN)
		on_own(message);
	else if (message->type == DIAL_PROGRAM)
		on_program(message);
	else if (message->type == DIAL_PROGRAM_GONE)
		on_program_gone(message->a);
	else if (message->type == DIAL_CANCEL)
		on_cancel(message->a);
	else if (message->type >= DIAL_REQUESTS && message->type < DIAL_END)
		on_request(message);
	if (message->fd >= 0)
		close(message->fd);
}

/* ---- the loop ---- */

static void on_channel(uv_poll_t *poll, int status, int events);

static void channel_watch(void *context)
{
	uv_poll_t *poll = context;
	struct channel *channel = poll->data;

	/* While too many answers are unread, no request is read. */
	uv_poll_start(poll, (channel->queued < QUEUED_MAX ? UV_READABLE : 0) | (channel_wants_to_write(channel) ? UV_WRITABLE : 0),
		on_channel);
}

static void on_channel(uv_poll_t *poll, int status, int events)
{
	static struct channel_message message;
	struct channel *channel = poll->data;
	enum channel_got got = CHANNEL_MESSAGE;

	channel_flush(channel);
	for (int i = 0; i < 64 && got == CHANNEL_MESSAGE && channel->queued < QUEUED_MAX; i++)
		if ((got = channel_receive(channel, &message)) == CHANNEL_MESSAGE)
			on_message(channel, &message);
	if (got == CHANNEL_CLOSED)
		_exit(0); /* the gateway or the keeper has ended; the kernel closes everything */
	channel_watch(poll);
}

static void channel_open(struct channel *channel, int fd, uv_poll_t *poll)
{
	uv_poll_init(&dialer.loop, poll, fd);
	poll->data = channel;
	channel->on_queued = channel_watch;
	channel->context = poll;
	channel_watch(poll);
}

/* ---- the start ---- */

/* Replaces the terminal's streams by /dev/null. */
static void streams_close(void)
{
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null_fd, STDIN_FILENO);
	dup2(null_fd, STDOUT_FILENO);
	if (dialer.config->sandbox != SANDBOX_OFF) /* tests with sanitizers run unlocked, and report on stderr */
		dup2(null_fd, STDERR_FILENO);
	close(null_fd);
}

/* The only files that the locked-in dialer can read: what look-ups and certificates need. Changes are seen in folders, and in a
 * file that is changed in place; not in one that is replaced. */
static const char *const readable[] = {
	"/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services", "/etc/localtime",
	"/run/systemd/resolve/stub-resolv.conf", "/run/systemd/resolve/resolv.conf", "/run/resolvconf/resolv.conf",
	"/run/NetworkManager/resolv.conf", "/etc/ssl/certs", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
};

/* Locks the process in. text: "", or what the kernel lacks, a line each. False: --sandbox=require, and something is missing. */
static bool lock(char *text, size_t size)
{
	struct lockin_folder files[sizeof readable / sizeof *readable + 1];
	struct lockin_result result;
	size_t count = 0, at = 0;

	*text = 0;
	if (dialer.config->sandbox == SANDBOX_OFF)
		return true;
	for (size_t i = 0; i < sizeof readable / sizeof *readable; i++) {
		int fd = open(readable[i], O_PATH | O_CLOEXEC);

		if (fd >= 0)
			files[count++] = (struct lockin_folder){ fd, false };
	}
	files[count].fd = open(trust_file(), O_PATH | O_CLOEXEC);
	if (files[count].fd >= 0)
		files[count++].writable = false;
	prctl(PR_SET_DUMPABLE, 0);
	lockin_network(files, count, &result);
	for (size_t i = 0; i < count; i++)
		close(files[i].fd);
	for (size_t i = 0; i < result.missing_count && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s%s", i ? "\n" : "", result.missing[i]);
	return dialer.config->sandbox != SANDBOX_REQUIRE || (result.landlock && result.seccomp);
}

int dialer_run(const struct config *config, int gateway_fd, int keeper_fd)
{
	char problem[400];
	bool locked;

	dialer.config = config;
	for (size_t i = 0; i < config->net.count; i++)
		net_rules_add(&dialer.rules, config->net.items[i], problem, sizeof problem); /* config_read() has checked them */
	channel_init(&dialer.gateway, gateway_fd);
	channel_init(&dialer.keeper, keeper_fd);
	resolve_prepare();
	process_prepare();
	streams_close();
	if (config->sandbox != SANDBOX_OFF)
		lockin_prepare();
	if (uv_loop_init(&dialer.loop) != 0)
		return 1;
	secure_prepare();
	if (*secure_lacks())
		channel_send(&dialer.keeper, DIALER_WARNS, 0, 0, secure_lacks(), strlen(secure_lacks()), -1);
	locked = lock(problem, sizeof problem);
	channel_send(&dialer.keeper, DIALER_READY, locked, 0, problem, strlen(problem), -1);
	if (!locked)
		return 1;
	channel_open(&dialer.gateway, gateway_fd, &gateway_poll);
	channel_open(&dialer.keeper, keeper_fd, &keeper_poll);
	uv_run(&dialer.loop, UV_RUN_DEFAULT);
	return 0;
}
