/* Fuzzes the order of events: pages connect, send batches by WebSocket and POST in any order, feed stdin, read slowly, leave and
 * end, while FIFOs, sockets, workers, timers and clocks do anything. The server's own program/ and waits.c run real guests. The
 * input is a run of steps. batches.c is what pages send, page.c checks what they receive, rest.c what must be true at rest;
 * outside.c, onlooker.c and turns.c are the world, a debugger, time and threads. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/base/config.h"
#include "server/auth/sessions.h"
#include "server/base/gateway.h"
#include "server/base/turn.h"
#include "server/wire/hello.h"
#include "server/program/posts.h"
#include "server/program/program.h"
#include "server/program/leases.h"
#include "server/program/hooks.h"
#include "server/program/programs.h"
#include "wasi/guest.h"
#include "batches.h"
#include "onlooker.h"
#include "outside.h"
#include "page.h"
#include "rest.h"
#include "tree.h"
#include "turns.h"

enum { MEMORY = 16 << 20 }; /* of a session */
enum { STEPS_MAX = 160, POSTS = 4, SECOND = 1000000000 };

struct posted {
	struct call_post *post;
	struct page *page;
	uint32_t id, sequence;
	bool waits, is_hello;
};

static struct tree tree;
static struct gateway gateway;
static struct config config;
static struct session sessions[2];
static struct wasi_grant grants[2];
static struct wasi_listener listener;
static struct posted posts[POSTS];
static size_t output_room;

/* ---- what the server asks of others ---- */

struct session *session_hold(struct session *session)
{
	session->holds++;
	return session;
}

void session_drop(struct session *session)
{
	if (session->holds-- == 0)
		broken("a session is dropped that nobody holds");
}

void events_program_start(struct gateway *here, uint32_t guest, uint32_t session, const char *name) {}
void events_verbose(struct gateway *here, const char *format, ...) {}
void events_warn(struct gateway *here, const char *format, ...) {}
void events_once_done(struct gateway *here, const uint32_t *exit_code) {}

void events_program_end(struct gateway *here, uint32_t guest, const char *name, enum program_end_reason reason,
	const uint32_t *exit_code, const struct program_counters *counters, const char *message)
{
	page_ended(guest);
}

size_t events_output(struct gateway *here, uint32_t guest, int stream, const uint8_t *bytes, size_t length)
{
	size_t taken = length < output_room ? length : output_room;

	output_room -= taken;
	return taken;
}

/* ---- what a page does ---- */

static bool is_worn(const struct page *page) { return page->next > BATCHES - 120; }

static size_t write_hello(uint8_t *frame, uint32_t flags, const struct page *attach, uint8_t how)
{
	uint8_t *at = codec_put_u32(frame + FRAME_HEAD, WIRE_VERSION);

	at = codec_put_u64(at, syscalls_hash());
	at = codec_put_u32(at, flags);
	if (!(flags & HELLO_NEW)) {
		at = codec_put_u32(at, attach ? attach->id : 99);
		at = codec_put_string(at, attach ? attach->key : "", attach ? KEY_TEXT : 0);
	} else {
		for (int i = 0; i < 5; i++) /* coherence, columns, rows, no args, no env */
			at = codec_put_u32(at, 0);
		at = codec_put_u32(at, 0); /* nor preopens */
		at = codec_put_string(at, "first", how & 1 ? 5 : 0);
	}
	codec_put_frame(frame, FRAME_HELLO, 0, 0, (size_t)(at - frame));
	return (size_t)(at - frame);
}

static uint32_t hello_flags(uint8_t how)
{
	static const uint32_t kinds[] = {
		HELLO_NEW, HELLO_NEW | HELLO_CONTROL, HELLO_NEW | HELLO_CONTROL | HELLO_SPLIT, HELLO_NEW | HELLO_CONTROL | HELLO_XHR,
		0, HELLO_CONTROL, HELLO_SENDS_ONLY, HELLO_CONTROL | HELLO_SPLIT,
	};
	static const uint32_t more[] = { 0, HELLO_INHERIT_STDOUT | HELLO_INHERIT_STDERR, HELLO_INHERIT_STDIN, HELLO_STDIN_EOF };

	return kinds[how >> 1 & 7] | (how & 8 ? 0 : more[how >> 4 & 3]);
}

static struct page *some_page(uint8_t which)
{
	for (unsigned i = 0; i < PAGES; i++)
		if (pages[(which + i) % PAGES].lives)
			return &pages[(which + i) % PAGES];
	return NULL;
}

static void wire_begins(struct wire *wire, struct input *input)
{
	uint8_t how = take(input), frame[256];
	uint32_t flags = hello_flags(how);

	wire->conn = conn_new(&gateway, &sessions[how >> 7 & (take(input) == 255)], "here");
	conn_open(wire->conn, (struct lws *)wire);
	wire->hello_flags = flags;
	wire->first_stdin = how & 1 ? 5 : 0;
	wire_say(wire, frame, write_hello(frame, flags, some_page(how >> 6), how), false);
}

static void wire_acts(struct wire *wire, struct input *input)
{
	static uint8_t frame[700000];
	uint8_t how = take(input);
	struct page *page = wire->page;
	uint32_t sequence;
	size_t length;

	if (!wire->conn) {
		wire_begins(wire, input);
		return;
	}
	if (wire->paused || wire->conn->closing || !page || is_worn(page))
		return;
	if (how % 8 == 7) {
		uint8_t what = take(input), flags = what & (STDIN_EOF | STDIN_MARK);

		length = what >> 2;
		page->stdin_sent += length;
		memset(frame, 'i', FRAME_HEAD + length);
		codec_put_frame(frame, FRAME_STDIN, flags, 0, FRAME_HEAD + length);
		length += FRAME_HEAD;
	} else if (how == 6) {
		codec_put_frame(frame, FRAME_END, 0, 0, FRAME_HEAD + 12);
		codec_put_u64(codec_put_u32(frame + FRAME_HEAD, take(input) & 3), 0);
		length = FRAME_HEAD + 12;
	} else if (wire->conn->is_control) {
		return;
	} else {
		length = write_batch(page, input, how, false, frame, &sequence);
	}
	if (how & 2 && wire->held_length + length < sizeof wire->held) { /* with the next one */
		memcpy(wire->held + wire->held_length, frame, length);
		wire->held_length += length;
		return;
	}
	wire_say(wire, frame, length, how & 4);
}

static void post_done(void *context, int status, const uint8_t *bytes, size_t length, const char *error)
{
	struct posted *posted = context;

	if (!posted->waits)
		broken("a POST is answered twice, or after it was cancelled");
	posted->waits = false;
	if (!bytes && !error)
		broken("status %d without a word", status);
	if (status != 200)
		return;
	if (posted->is_hello)
		posted->page = page_take_body(NULL, 0, bytes, length);
	else if (posted->page->lives && posted->page->id == posted->id)
		page_take_body(posted->page, posted->sequence, bytes, length);
}

static void post(struct posted *posted, const uint8_t *bytes, size_t length, struct session *session, const char *key)
{
	uint8_t *body = memcpy(malloc(length), bytes, length);

	posted->waits = true;
	posted->post = call_post_start(&gateway, session, key, "here", body, length, post_done, posted);
	if (!posted->post == posted->waits)
		broken(posted->waits ? "a POST that nobody will answer" : "an answered POST is given back");
	free(body);
}

static void posts_act(struct posted *posted, struct input *input)
{
	static uint8_t frame[700000];
	uint8_t how = take(input);
	struct page *page = some_page(how);
	size_t length;

	if (posted->waits) {
		if (how & 128) {
			posted->waits = false;
			call_post_cancel(posted->post);
		}
		return;
	}
	posted->is_hello = how % 16 == 15 || !page;
	if (posted->is_hello) {
		posted->page = NULL;
		post(posted, frame, write_hello(frame, HELLO_NEW | HELLO_XHR, NULL, how), &sessions[0], NULL);
		page_begins(posted->page, HELLO_XHR, how & 1 ? 5 : 0);
		return;
	}
	if (is_worn(page))
		return;
	posted->page = page;
	posted->id = page->id;
	if (how % 16 == 14) { /* again, or asked for */
		posted->sequence = page->next - 1 - (how >> 4 & 1);
		length = FRAME_HEAD + 8;
		codec_put_frame(frame, FRAME_BATCH, how & 32 ? BATCH_REPOLL : BATCH_WAIT, 0, length);
		codec_put_u32(frame + FRAME_HEAD, posted->sequence);
		codec_put_u32(frame + FRAME_HEAD + 4, 0);
		remember(page, posted->sequence, &(struct sent){ .state = SENT, .by_post = true, .whole = true });
	} else {
		length = write_batch(page, input, take(input), true, frame, &posted->sequence);
	}
	post(posted, frame, length, NULL, page->key);
}

static void settle(void)
{
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < WIRES; i++)
			wire_turn(&wires[i]);
		programs_sinks_ready();
		turns_jump(1000000);
		turns_ring(gateway.loop);
		turns_loop(gateway.loop);
		turns_loop(gateway.loop);
	}
	for (int i = 0; i < WIRES; i++) {
		const struct conn *conn = wires[i].conn;

		if (!conn || !conn->program)
			continue;
		program_must_rest(conn->program, output_room > 0);
		if (wires[i].page)
			page_must_be_answered(wires[i].page, conn->program);
	}
}

/* ---- an input ---- */

static void step(struct input *input)
{
	uint8_t what = take(input);
	struct wire *wire = &wires[(what >> 4) % WIRES];

	switch (what & 15) {
	case 0: case 1: case 2: case 3:
		wire_acts(wire, input);
		break;
	case 4: case 5:
		posts_act(&posts[what >> 4 & (POSTS - 1)], input);
		break;
	case 6:
		outside_acts(input);
		break;
	case 7: case 8:
		turns_worker(what >> 4);
		break;
	case 9:
		turns_loop(gateway.loop);
		break;
	case 10:
		if (what & 128)
			wire->blocked = true;
		else
			wire->blocked = false, wire_turn(wire);
		break;
	case 11:
		for (int i = 0; i < PAGES; i++)
			pages[i].stdin_sent += 3;
		if (what & 128)
			output_room = what & 64 ? 100000 : 10, programs_sinks_ready();
		else if (programs_stdin_room()) /* whoever inherits it: counted for all */
			programs_stdin((const uint8_t *)"out", what & 64 ? 0 : 3);
		break;
	case 12:
		turns_jump((uint64_t)(what >> 4) * SECOND);
		turns_ring(gateway.loop);
		turns_loop(gateway.loop);
		break;
	case 13: /* the loop was slow: its next batches are the worker's */
		for (int i = 0; i < WIRES; i++)
			if (wires[i].conn && wires[i].conn->program)
				wires[i].conn->program->off_loop_until_ns = what & 128 ? 0 : UINT64_MAX;
		break;
	case 14:
		settle();
		break;
	default:
		switch (what >> 4) {
		case 0: programs_finish(&sessions[0]); break;
		case 1: turns_no_thread(); break;
		case 2: wire->fails = true; break;
		case 3: programs_end_session(&sessions[0]); break;
		case 4: case 5: onlooker_stops_before(); break;
		case 6: case 7: onlooker_stops_after(); break;
		case 8: case 9: onlooker_resumes(); break;
		default: wire_lost(&wires[(what >> 4) % WIRES]);
		}
	}
}

static unsigned descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void end_everything(uint8_t how)
{
	for (int i = 0; i < WIRES; i++)
		wires[i].blocked = false;
	if (how & 1)
		programs_end_all();
	if (how & 2)
		for (int i = 0; i < WIRES; i++)
			wire_lost(&wires[i]);
	for (int round = 0; round < 50 && (programs_count() || conn_count()); round++) {
		for (int i = 0; i < WIRES; i++) {
			wires[i].held_length = 0;
			wire_turn(&wires[i]);
			if (round > 5)
				wire_lost(&wires[i]);
		}
		while (turns_worker(0))
			;
		turns_jump(5 * (uint64_t)SECOND);
		turns_ring(gateway.loop);
		turns_loop(gateway.loop);
	}
	while (turns_worker(0))
		;
	for (int i = 0; i < 4; i++)
		turns_loop(gateway.loop);
	if (programs_count() || conn_count())
		broken("%zu programs and %u connections stay", programs_count(), conn_count());
	for (int i = 0; i < POSTS; i++)
		if (posts[i].waits)
			broken("a POST was never answered");
	for (int i = 0; i < 2; i++)
		if (sessions[i].holds || sessions[i].connections)
			broken("a session is held %u times, with %u connections", sessions[i].holds, sessions[i].connections);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	tree_make(&tree);
	grants[0] = (struct wasi_grant){ .name = "/", .host_path = "root", .dir_fd = tree.root };
	grants[1] = (struct wasi_grant){ .name = "/ro", .host_path = "frozen", .dir_fd = tree.frozen, .read_only = true };
	listener = (struct wasi_listener){ "here", outside_open(tree.root) };
	config.limits.programs = PAGES;
	gateway = (struct gateway){
		.loop = uv_default_loop(), .config = &config,
		.grants = { .dirs = grants, .dirs_count = 2, .listeners = &listener, .listeners_count = 1, .scratch_parent_fd = -1 },
	};
	wasi_limits_default(&gateway.grants.limits);
	gateway.grants.limits.data = 512 << 10;
	gateway.grants.limits.subscriptions = 4;
	for (uint32_t i = 0; i < 2; i++)
		sessions[i] = (struct session){ .id = i + 1, .scope = i ? SCOPE_WATCH : SCOPE_RUN, .memory.budget = MEMORY };
	leases_open();
	onlooker_start();
	turns_start(gateway.loop, false);
	if (!programs_start(&gateway))
		broken("cannot start");
	leases_start(&gateway);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct input input = { bytes, bytes + length };
	unsigned handles = turns_handles(gateway.loop), fds = 0;
	uint8_t how = take(&input);

	pages_forget();
	output_room = 20;
	onlooker_forget();
	close(openat(tree.root, "f", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	mkfifoat(tree.root, "p", 0644);
	turns_loop(gateway.loop); /* what libuv opens for itself is open then */
	fds = descriptors();
	for (int i = 0; i < STEPS_MAX && input.at < input.end; i++)
		step(&input);
	settle();
	end_everything(how);
	outside_close();
	if (turns_handles(gateway.loop) != handles)
		broken("%u handles of the loop, %u before", turns_handles(gateway.loop), handles);
	if (descriptors() != fds)
		broken("%u descriptors, %u before", descriptors(), fds);
	tree_check(&tree);
	tree_wipe(&tree);
	return 0;
}
