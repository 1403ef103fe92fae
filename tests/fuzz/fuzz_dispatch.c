/* The order of things: pages that say hello, send batches by WebSocket and POST in any order, feed stdin, read slowly, go away
 * and end, while FIFOs, sockets, workers, timers and clocks do as they please. The server's own program/ and waits.c run real
 * guests; page.c is what they talk to, turns.c their time and threads. The input is a run of steps. */
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
#include "page.h"
#include "tree.h"
#include "turns.h"

enum { MEMORY = 16 << 20 }; /* of a session */
enum { STEPS_MAX = 160, POSTS = 4, PEERS = 3, SECOND = 1000000000 };
enum { ROOT = 3, FROZEN = 4, LISTENER = 5 };

struct input {
	const uint8_t *at, *end;
};

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
static int peers[PEERS], fifo_reads, fifo_writes;
static size_t output_room;
static bool stop_before, stop_after; /* a debugger wants the next call, or the next answer */

static uint8_t take(struct input *input) { return input->at < input->end ? *input->at++ : 0; }

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

/* ---- a debugger, who looks on everywhere ---- */

enum { STANDS = 2 };

static uint32_t debugger_mode(const struct program *program) { return 0; }
static bool debugger_report(struct program *program, const struct frame *frame) { return true; }
static bool debugger_console(struct program *program, const struct frame *frame) { return true; }
static void debugger_stdin(struct program *program, const uint8_t *bytes, size_t length) {}
static void debugger_program_began(struct program *program) { program->debuggee = (struct debuggee *)program; }
static void debugger_program_ended(struct program *program) { program->debuggee = NULL; }

static bool debugger_stops_before(struct batch *batch, const struct call *call)
{
	if (!stop_before || call->flags & CALL_QUIET)
		return false;
	stop_before = false;
	batch->program->stands = STANDS;
	return true;
}

static bool debugger_stops_after(struct batch *batch)
{
	if (batch->program->stands == STANDS)
		return true;
	if (!stop_after || !batch->waits)
		return false;
	stop_after = false;
	batch->program->stands = STANDS;
	return true;
}

static const struct debugger_hooks looks_on = {
	debugger_program_began, debugger_program_ended, debugger_report, debugger_console, debugger_mode, debugger_stops_before,
	debugger_stops_after, debugger_stdin,
};

/* One that says nothing that its room would understand. */
static void debugger_frame(struct conn *conn, const struct frame *frame)
{
	conn_close(conn, CLOSE_PROTOCOL, "no debugger's frame");
}
static void debugger_conn_gone(struct conn *conn) {}
static const struct conn_handler debuggers = { 64 << 10, debugger_frame, NULL, debugger_conn_gone };

static void resume(void)
{
	for (int i = 0; i < WIRES; i++) {
		struct program *program = wires[i].conn ? wires[i].conn->program : NULL;

		if (!program || program->stands != STANDS)
			continue;
		program->stands = 0;
		dispatch_resume(program);
	}
}

/* ---- the world outside ---- */

static int listen_somewhere(void)
{
	struct sockaddr_un nowhere = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	/* With only its family the kernel picks a name that no file has. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&nowhere, sizeof nowhere.sun_family) || listen(fd, PEERS))
		broken("cannot listen: %s", strerror(errno));
	return fd;
}

static void peer_connects(int *peer)
{
	struct sockaddr_un where;
	socklen_t length = sizeof where;

	if (*peer >= 0)
		close(*peer);
	*peer = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	getsockname(listener.fd, (struct sockaddr *)&where, &length);
	if (connect(*peer, (struct sockaddr *)&where, length) != 0) {
		close(*peer);
		*peer = -1;
	}
}

static void close_it(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Who connected and was never accepted would be the next input's. */
static void forget_peers(void)
{
	int fd;

	for (int i = 0; i < PEERS; i++)
		close_it(&peers[i]);
	while ((fd = accept(listener.fd, NULL, NULL)) >= 0)
		close(fd);
}

static void outside(struct input *input)
{
	static uint8_t bytes[70000];
	uint8_t what = take(input);
	int *peer = &peers[(what >> 4) % PEERS];

	switch (what & 15) {
	case 0: case 1:
		peer_connects(peer);
		break;
	case 2: case 3:
		if (*peer >= 0)
			send(*peer, bytes, what & 128 ? sizeof bytes : 3, MSG_NOSIGNAL);
		break;
	case 4:
		if (*peer >= 0)
			recv(*peer, bytes, sizeof bytes, 0);
		break;
	case 5:
		if (*peer >= 0)
			shutdown(*peer, what & 128 ? SHUT_WR : SHUT_RDWR);
		break;
	case 6:
		close_it(peer);
		break;
	case 7:
		close_it(&fifo_reads);
		fifo_reads = openat(tree.root, "p", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		break;
	case 8: case 9:
		close_it(&fifo_writes);
		fifo_writes = openat(tree.root, "p", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
		break;
	case 10: case 11:
		if (fifo_writes >= 0 && write(fifo_writes, bytes, what & 128 ? 66000 : 2) < 0)
			break;
		break;
	case 12:
		if (what & 128) /* what a lease would promise not to happen unheard */
			unlinkat(tree.root, "g", 0);
		else if (what & 64)
			close(openat(tree.root, "g", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
		if (fifo_reads >= 0 && read(fifo_reads, bytes, sizeof bytes) < 0)
			break;
		break;
	case 13:
		close_it(&fifo_reads);
		break;
	default:
		close_it(&fifo_writes);
	}
}

/* ---- calls ---- */

static uint32_t open_handle(const struct page *page, uint8_t wish)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		unsigned slot = (wish + i) % SLOTS;

		if (page->open[slot])
			return WASI_HANDLE(slot, page->generations[slot]);
	}
	return WASI_HANDLE(wish % SLOTS, 0);
}

static uint32_t new_handle(struct page *page, uint8_t wish)
{
	for (unsigned i = 0; i < SLOTS - FIRST_FREE; i++) {
		unsigned slot = FIRST_FREE + (wish + i) % (SLOTS - FIRST_FREE);

		if (page->open[slot])
			continue;
		page->open[slot] = true;
		return WASI_HANDLE(slot, ++page->generations[slot]);
	}
	return WASI_HANDLE(wish % SLOTS, 0); /* doubled */
}

static void ended(struct page *page, uint32_t handle)
{
	unsigned slot = WASI_HANDLE_SLOT(handle);

	if (slot < SLOTS && slot > 2)
		page->open[slot] = false;
}

static uint32_t subscriptions(struct page *page, struct input *input, wasi_subscription_t subs[static 3])
{
	static const uint64_t timeouts[] = { 0, 1, 500000, 20 * (uint64_t)SECOND, UINT64_MAX };
	uint8_t what = take(input);
	uint32_t count = 1 + (what & 3) % 3;

	memset(subs, 0, 3 * sizeof *subs);
	for (uint32_t i = 0; i < count; i++) {
		uint8_t one = take(input);

		subs[i].userdata = i;
		subs[i].tag = (one & 7) % 3;
		if (subs[i].tag == WASI_EVENTTYPE_CLOCK) {
			subs[i].clock.id = 1;
			subs[i].clock.timeout = timeouts[(one >> 3) % 5];
		} else {
			subs[i].fd.fd = open_handle(page, one >> 3);
		}
	}
	return count * (uint32_t)sizeof *subs;
}

/* Letters from the input's own bytes. */
static void wild_args(struct page *page, struct input *input, struct call *call)
{
	static uint8_t some[4];

	for (size_t i = 0; call->row->takes[i]; i++) {
		char letter = call->row->takes[i];

		if (letter == 'p' || letter == 'b') {
			call->args[i].bytes.at = memset(some, take(input), sizeof some);
			call->args[i].bytes.length = take(input) % 5;
		} else {
			call->args[i].n = letter == 'f' ? open_handle(page, take(input)) : letter == 'h' ? new_handle(page, take(input)) :
				take(input);
		}
	}
}

static struct call call_of(uint16_t number, const uint64_t *args)
{
	struct call call = { .row = syscall_find(number) };

	for (size_t i = 0; call.row->takes[i]; i++) {
		if (call.row->takes[i] == 'p' || call.row->takes[i] == 'b') {
			call.args[i].bytes.at = (const uint8_t *)(uintptr_t)*args++;
			call.args[i].bytes.length = (uint32_t)*args++;
		} else {
			call.args[i].n = *args++;
		}
	}
	return call;
}

#define CALL(name, ...) call_of(SYSCALL_##name, (uint64_t[]){ __VA_ARGS__ })
#define BYTES(bytes, length) (uintptr_t)(bytes), (length)
#define OPEN(path, oflags, rights, fdflags) CALL(path_open, ROOT, 1, BYTES(path, strlen(path)), oflags, rights, 0, fdflags, new_handle(page, how))

static struct call lease_call(struct page *page, struct input *input, uint32_t handle, uint8_t how)
{
	static const uint8_t names[] = { 1, 0, 'f', 1, 0, 'g', 4, 0, 'n', 'o', 'n', 'e' };
	static const char hints[] = "d 3 100 .\nf 3 4000 f\n";
	uint8_t what = take(input);

	if (what >= 240)
		return CALL(start_hints, BYTES(hints, what & 1 ? sizeof hints - 1 : what % 8));
	if (what >= 208)
		return CALL(lease_keep, ROOT, BYTES(what & 1 ? "." : "f", 1));
	switch (what % 4) {
	case 0: return CALL(lease_file, handle);
	case 1: return CALL(lease_files, ROOT, BYTES(".", 1), 1000, BYTES(names, what & 4 ? sizeof names : 0), 4000);
	case 2: return CALL(lease_open, ROOT, BYTES("f", 1), what >> 2, new_handle(page, how));
	default: return CALL(lease_drop, what >> 2);
	}
}

/* Locks of a few ranges that meet; one that isn't there waits until another handle gives its own back, or goes. */
static struct call lock_call(struct input *input, uint32_t handle)
{
	static const uint64_t starts[] = { 0, 5, 10, UINT64_MAX - 3 }, lengths[] = { 0, 5, 10, UINT64_MAX };
	uint8_t what = take(input), where = take(input);

	return CALL(fd_lock, handle, what & 3, what >> 2 & 3, starts[where & 3], lengths[where >> 2 & 3]);
}

/* What was added after inputs were kept, behind a bit of `how` that meant nothing, so that those still say what they said. */
static struct call later_call(struct page *page, struct input *input, uint32_t handle, uint8_t how)
{
	uint8_t what = take(input);

	switch (what % 8) {
	case 0: return OPEN("g", what & 16 ? WASI_OFLAG_CREAT : 0, WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE, 0);
	case 1: return CALL(fd_readdir, ROOT, what >> 4, 4000);
	case 2: return CALL(lease_name, ROOT, BYTES(what & 16 ? "f" : "none", what & 16 ? 1 : 4));
	case 3: return CALL(path_filestat_get, ROOT, 0, BYTES(what & 16 ? "f" : "p", 1));
	default: return lock_call(input, handle);
	}
}

static struct call pick_call(struct page *page, struct input *input, uint8_t what, uint8_t how)
{
	static uint8_t data[80000];
	static wasi_subscription_t subs[3];
	const uint64_t read = WASI_RIGHT_FD_READ, write = WASI_RIGHT_FD_WRITE;
	const uint32_t handle = open_handle(page, how & 15), length = how & 16 ? (how & 32 ? sizeof data : 4000) : 3;
	uint32_t other;
	struct call call;

	switch (what % 28) {
	case 0: return OPEN("f", 0, read | write, 0);
	case 1: return OPEN("f", 0, read, 0);
	case 2: case 3: return OPEN("p", 0, read, 0);
	case 4: case 5: return OPEN("p", 0, write, how & 32 ? WASI_FDFLAG_NONBLOCK : 0);
	case 6: return OPEN("missing", 0, read, 0);
	case 7: case 8: return CALL(fd_read, handle, 0, length);
	case 9: case 10: return CALL(fd_write, handle, 0, BYTES(data, length));
	case 11:
		ended(page, handle);
		return CALL(fd_close, handle);
	case 12:
		other = open_handle(page, take(input));
		if (other != handle)
			ended(page, other);
		return CALL(fd_renumber, handle, other);
	case 13: case 14: return CALL(poll_oneoff, BYTES(subs, subscriptions(page, input, subs)));
	case 15: case 16: return CALL(sock_accept, LISTENER, how & 32 ? WASI_FDFLAG_NONBLOCK : 0, new_handle(page, how));
	case 17: return CALL(sock_recv, handle, how >> 4 & 3, length);
	case 18: return CALL(sock_send, handle, 0, BYTES(data, length));
	case 19: return how & 16 ? CALL(lease_folder, ROOT, BYTES(".", 1), 4000) : how & 32 ? lease_call(page, input, handle, how) :
		CALL(fd_sync, handle);
	case 20: return CALL(path_rename, ROOT, BYTES("f", 1), ROOT, BYTES(how & 16 ? "g" : "f", 1));
	case 21: return CALL(stdin_skip, how);
	case 22: return how & 16 ? CALL(fd_read, WASI_STDIN, 0, length) : CALL(fd_write, 1 + (how & 1), 0, BYTES(data, length));
	case 23: return CALL(fd_advise, handle, 0, 0, WASI_ADVICE_WILLNEED);
	case 24: return CALL(fd_fdstat_set_flags, handle, how & 16 ? WASI_FDFLAG_NONBLOCK : 0);
	case 25: return how & 32 ? CALL(random_get, 500000) : CALL(sock_shutdown, handle, 1 + how % 3);
	case 26: return how == 255 ? CALL(proc_exit, 3) : CALL(fd_pwrite, handle, 0, BYTES(data, length));
	default:
		if (how & 32)
			return later_call(page, input, handle, how);
		call = (struct call){ .row = &syscalls[take(input) % syscalls_count] };
		wild_args(page, input, &call);
		return call;
	}
}

/* Gives where the next call goes. */
static uint8_t *write_call(uint8_t *at, const struct call *call, uint16_t flags)
{
	uint8_t *head = at;

	at += CALL_HEAD;
	for (size_t i = 0; call->row->takes[i]; i++) {
		switch (call->row->takes[i]) {
		case 'q': at = codec_put_u64(at, call->args[i].n); break;
		case 'p': case 'b': at = codec_put_string(at, call->args[i].bytes.at, call->args[i].bytes.length); break;
		default: at = codec_put_u32(at, (uint32_t)call->args[i].n);
		}
	}
	codec_put_u16(head, call->row->number);
	codec_put_u16(head + 2, flags);
	codec_put_u32(head + 4, (uint32_t)(at - head - CALL_HEAD));
	return at;
}

static uint32_t sequence_of(struct page *page, unsigned how, uint8_t by)
{
	if (how == 5 && !page->hole) {
		page->hole = page->next++;
	} else if (how == 6 && page->hole) {
		uint32_t hole = page->hole;

		page->hole = 0;
		return hole;
	} else if (how == 7) {
		uint32_t wild = page->next + by % 100 - 5;

		page->next += wild == page->next;
		return wild;
	}
	return page->next++;
}

/* Two of one number: which of them ran is the server's to say, if both came at once. */
static void remember(struct page *page, uint32_t sequence, const struct sent *sent)
{
	if (sequence == 0 || sequence >= BATCHES)
		return;
	if (sequence > page->highest)
		page->highest = sequence;
	if (page->sent[sequence].state == NOT_SENT)
		page->sent[sequence] = *sent;
	else
		page->sent[sequence].twice = true;
}

/* A batch in `frame`; gives its length. */
static size_t write_batch(struct page *page, struct input *input, uint8_t how, bool by_post, uint8_t *frame, uint32_t *sequence)
{
	unsigned count = 1 + (how >> 3 & 3);
	uint8_t *at = frame + FRAME_HEAD + 8;
	struct sent sent = { .state = SENT, .waits = how & BATCH_WAIT, .by_post = by_post, .whole = true, .count = (uint8_t)count };

	*sequence = sequence_of(page, how >> 5, how >> 5 == 7 ? take(input) : 0);
	for (unsigned i = 0; i < count; i++) {
		uint8_t what = take(input), with = take(input);
		uint16_t flags = with & 128 ? CALL_LINK : 0;
		struct call call;

		if (what == 255) { /* a number that there isn't; one that doesn't fit */
			codec_put_u16(at, with & 1 ? 0x7000 : SYSCALL_fd_sync);
			codec_put_u16(at + 2, flags);
			codec_put_u32(at + 4, with & 6);
			sent.whole &= (with & 1) || (with & 6) == 4;
			at = memset(at + CALL_HEAD, 0, with & 6), at += with & 6;
			continue;
		}
		call = pick_call(page, input, what, with);
		if (with & 64 && call.row->flags & SYSCALL_QUIET) {
			flags |= CALL_QUIET;
			sent.quiet |= (uint16_t)(1 << i);
		}
		at = write_call(at, &call, flags);
	}
	codec_put_frame(frame, FRAME_BATCH, how & BATCH_WAIT, (uint16_t)count, (size_t)(at - frame));
	codec_put_u32(frame + FRAME_HEAD, *sequence);
	codec_put_u32(frame + FRAME_HEAD + 4, page->acknowledged);
	remember(page, *sequence, &sent);
	return (size_t)(at - frame);
}

static bool is_worn(const struct page *page) { return page->next > BATCHES - 120; }

/* ---- what a page does ---- */

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

/* ---- at rest: what can go on has gone on ---- */

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

static void parked_must_wait(const struct program *program, const struct parked *parked)
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
	if (wait->deadline_ns <= codec_clock_ns(CLOCK_MONOTONIC))
		broken("%s waits past its time", name);
	if (wait->on_stdin && parked->call.row->number == SYSCALL_poll_oneoff &&
	    stdin_is_ready(&program->guest->input, &bytes, &over))
		broken("%s waits for what stdin has", name);
	if (wait->on_sink && output_room)
		broken("%s waits for a sink with room", name);
	if (wait->fds_count)
		memcpy(fds, wait->fds, wait->fds_count * sizeof *fds);
	if (wait->fds_count && poll(fds, wait->fds_count, 0) > 0 && comes_before(program, parked) == NULL && wait->fds_count == 1)
		broken("%s waits for what is there (%x)", name, fds[0].revents);
	if (!parked->waiter && (wait->fds_count || wait->deadline_ns != UINT64_MAX))
		broken("%s waits, and nobody watches", name);
}

static void program_must_rest(const struct program *program)
{
	size_t parked_count = 0, queued = 0;

	if (program->busy || program->ending || program->stopped || program->held)
		return;
	for (const struct parked *parked = program->parked; parked; parked = parked->next, parked_count++)
		parked_must_wait(program, parked);
	if (parked_count != program->parked_count)
		broken("%zu parked, %zu counted", parked_count, program->parked_count);
	for (const struct batch *batch = program->queue; batch; batch = batch->next)
		queued++;
	if (queued != program->queue_length)
		broken("%zu queued, %zu counted", queued, program->queue_length);
	if (program->queue && program->queue->sequence == program->executed + 1 && !program_is_full(program))
		broken("batch %u could run", program->queue->sequence);
}

static void page_must_be_answered(const struct page *page, const struct program *program)
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
		program_must_rest(conn->program);
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
		outside(input);
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
		case 4: case 5: stop_before = true; break;
		case 6: case 7: stop_after = true; break;
		case 8: case 9: resume(); break;
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
	fifo_reads = fifo_writes = -1;
	for (int i = 0; i < PEERS; i++)
		peers[i] = -1;
	grants[0] = (struct wasi_grant){ .name = "/", .host_path = "root", .dir_fd = tree.root };
	grants[1] = (struct wasi_grant){ .name = "/ro", .host_path = "frozen", .dir_fd = tree.frozen, .read_only = true };
	listener = (struct wasi_listener){ "here", listen_somewhere() };
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
	hooks_debugger(&looks_on);
	conn_handle(CONN_DEBUGGER, &debuggers);
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
	stop_before = stop_after = false;
	close(openat(tree.root, "f", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	mkfifoat(tree.root, "p", 0644);
	turns_loop(gateway.loop); /* what libuv opens for itself is open then */
	fds = descriptors();
	for (int i = 0; i < STEPS_MAX && input.at < input.end; i++)
		step(&input);
	settle();
	end_everything(how);
	forget_peers();
	close_it(&fifo_reads);
	close_it(&fifo_writes);
	if (turns_handles(gateway.loop) != handles)
		broken("%u handles of the loop, %u before", turns_handles(gateway.loop), handles);
	if (descriptors() != fds)
		broken("%u descriptors, %u before", descriptors(), fds);
	tree_check(&tree);
	tree_wipe(&tree);
	return 0;
}
