/* Fuzzes programs that outlive their page (server/program/keeping.h), recorded for a file or not: pages come, go on with the
 * program, send what they record and the batches that it doesn't have yet, go at any moment, while what was kept is still being
 * sent to them too, and go back. Whatever they do, each call is done once, and the next page gets what was recorded. Time and
 * threads are turns.c's. */
#include <fcntl.h>
#include <libwebsockets.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "server/auth/sessions.h"
#include "server/base/config.h"
#include "server/base/gateway.h"
#include "server/program/keeping.h"
#include "server/program/leases.h"
#include "server/program/program.h"
#include "server/program/programs.h"
#include "server/program/recording.h"
#include "server/wire/hello.h"
#include "input.h"
#include "tree.h"
#include "turns.h"

enum { BATCHES = 128, STEPS_MAX = 160, RECORDED_MAX = 700000, MESSAGE_MAX = 50000, LOG = 8, FROM_BYTES = 8 };
enum { CLOSE = 4, SECOND = 1000000000 };

struct wire {
	struct conn *conn;
	bool wants_turn, blocked, partial, close_came;
	uint8_t *out; /* what came and isn't a frame yet */
	size_t out_length;
};

/* The program as its pages know it. */
static struct {
	bool lives, is_over, goes_back, knows; /* knows: all that was kept has come */
	uint32_t id, next, newest;             /* sequence numbers */
	char key[KEY_TEXT + 1], own_key[KEY_TEXT + 1]; /* with which it is resumed; this page's */
	uint8_t kinds[BATCHES];                /* of the calls of each batch that was sent */
	uint8_t recorded[RECORDED_MAX], came[RECORDED_MAX];
	size_t recorded_length, came_length;
	uint64_t file_length;
} its;

static struct wire control, data;
static struct tree tree;
static struct gateway gateway;
static struct config config;
static struct session session;
static struct wasi_grant grant;
static int file;

/* ---- what the server asks of others ---- */

struct session *session_hold(struct session *one)
{
	one->holds++;
	return one;
}

void session_drop(struct session *one)
{
	if (one->holds-- == 0)
		broken("a session is dropped that nobody holds");
}

void events_program_start(struct gateway *here, uint32_t guest, uint32_t from, const char *name) {}
void events_verbose(struct gateway *here, const char *format, ...) {}
void events_warn(struct gateway *here, const char *format, ...) {}
void events_once_done(struct gateway *here, const uint32_t *exit_code) {}
size_t events_output(struct gateway *here, uint32_t guest, int stream, const uint8_t *bytes, size_t length) { return length; }

void events_program_end(struct gateway *here, uint32_t guest, const char *name, enum program_end_reason reason,
	const uint32_t *exit_code, const struct program_counters *counters, const char *message)
{
	its.lives = false;
}

/* ---- what a page reads ---- */

static void kept(const uint8_t *body, size_t length)
{
	uint32_t base;

	if (codec_u32(body) == 0) {
		if (its.came_length + length - 4 > RECORDED_MAX)
			broken("more than was recorded came");
		memcpy(its.came + its.came_length, body + 4, length - 4);
		its.came_length += length - 4;
		return;
	}
	base = codec_u32(body + 4);
	its.newest = codec_u32(body + 24);
	its.file_length = codec_u64(body + 28);
	if (its.newest >= BATCHES || base > its.newest)
		broken("the last batch is %u, and up to %u all are recorded", its.newest, base);
	if (!its.is_over && (its.came_length != its.recorded_length || memcmp(its.came, its.recorded, its.came_length)))
		broken("%zu bytes of %zu that were recorded came, or others", its.came_length, its.recorded_length);
	its.next = (its.goes_back ? its.newest : base) + 1;
	its.knows = true;
}

static void took(const struct frame *frame)
{
	if (frame->type == FRAME_WELCOME && codec_u32(frame->body + 4) == KEY_TEXT) {
		if (!its.id)
			memcpy(its.key, frame->body + 8, KEY_TEXT);
		its.id = codec_u32(frame->body);
		its.lives = true;
		memcpy(its.own_key, frame->body + 8, KEY_TEXT);
	} else if (frame->type == FRAME_KEPT) {
		kept(frame->body, frame->length);
	} else if (frame->type == FRAME_RECORDED) {
		its.is_over |= codec_u32(frame->body + 8) != 0;
	}
}

/* ---- its sockets ---- */

static struct wire *wire_of(struct lws *wsi) { return (struct wire *)wsi; }

int lws_write(struct lws *wsi, unsigned char *bytes, size_t length, enum lws_write_protocol mode)
{
	struct wire *wire = wire_of(wsi);
	const uint8_t *at, *end;
	struct frame frame;

	if (wire->close_came || wire->partial)
		broken(wire->partial ? "written while lws has a part" : "written after the close");
	wire->partial = wire->blocked;
	if ((mode & 31) == CLOSE) {
		wire->close_came = true;
		return (int)length;
	}
	wire->out = realloc(wire->out, wire->out_length + length + 1);
	memcpy(wire->out + wire->out_length, bytes, length);
	wire->out_length += length;
	for (at = wire->out, end = at + wire->out_length; codec_frame_next(&at, end, &frame);)
		took(&frame);
	wire->out_length = (size_t)(end - at);
	memmove(wire->out, at, wire->out_length);
	return (int)length;
}

int lws_callback_on_writable(struct lws *wsi) { return wire_of(wsi)->wants_turn = true; }
int lws_partial_buffered(struct lws *wsi) { return wire_of(wsi)->partial; }
int lws_send_pipe_choked(struct lws *wsi) { return wire_of(wsi)->blocked; }
int lws_rx_flow_control(struct lws *wsi, int enable) { return 0; }
void lws_set_timeout(struct lws *wsi, enum pending_timeout reason, int seconds) {}
void lws_cancel_service(struct lws_context *context) {}

static void wire_lost(struct wire *wire)
{
	if (!wire->conn)
		return;
	conn_free(wire->conn);
	free(wire->out);
	*wire = (struct wire){ 0 };
}

static void wire_turn(struct wire *wire)
{
	if (!wire->conn || !wire->wants_turn || wire->blocked)
		return;
	wire->wants_turn = wire->partial = false;
	if (!conn_send_next(wire->conn) || wire->close_came)
		wire_lost(wire);
}

/* Does the server read from it? */
static bool is_read(const struct wire *wire) { return wire->conn && !wire->conn->closing && !wire->conn->paused; }

static void say(struct wire *wire, const uint8_t *bytes, size_t length)
{
	uint8_t *message = memcpy(malloc(length), bytes, length); /* exactly as long as it is */
	bool keeps = conn_receive(wire->conn, message, length, true, true, 0);

	free(message);
	if (!keeps)
		wire_lost(wire);
	for (int i = 0; i < 10 && wire->conn && wire->conn->in.is_whole; i++) /* its frames are for later turns */
		turns_loop(gateway.loop);
	its.is_over |= wire->conn && wire->conn->in.is_whole; /* so what the server has of it is not to be known */
}

/* ---- what a page says ---- */

static uint8_t *put_frame(uint8_t *frame, enum frame_type type, uint8_t flags, uint16_t count, const uint8_t *end)
{
	codec_put_frame(frame, type, flags, count, (size_t)(end - frame));
	return frame + (end - frame);
}

static void greet(struct wire *wire, uint32_t flags, const char *key)
{
	uint8_t frame[256], *at = codec_put_u32(frame + FRAME_HEAD, WIRE_VERSION);

	wire_lost(wire);
	wire->conn = conn_new(&gateway, &session, "here");
	conn_open(wire->conn, (struct lws *)wire);
	at = codec_put_u32(codec_put_u64(at, syscalls_hash()), flags);
	if (flags & HELLO_NEW) {
		for (int i = 0; i < 7; i++) /* coherence, columns, rows, no args, env, preopens, stdin */
			at = codec_put_u32(at, 0);
	} else {
		at = codec_put_string(codec_put_u32(at, its.id), (const uint8_t *)key, KEY_TEXT);
	}
	say(wire, frame, (size_t)(put_frame(frame, FRAME_HELLO, 0, 0, at) - frame));
}

static void page_comes(uint8_t how)
{
	uint32_t split = how & 8 ? HELLO_SPLIT : 0;

	wire_lost(&control);
	wire_lost(&data);
	if (!its.id) {
		its.next = 1;
		greet(&control, HELLO_NEW | HELLO_CONTROL | HELLO_KEEP | split | (how & 1 ? HELLO_KEEP_LATER : 0) |
			(how & 2 ? HELLO_RECORDABLE : 0), NULL);
		its.knows = true;
	} else {
		its.came_length = 0;
		its.knows = false;
		its.goes_back = how & 1;
		control.blocked = how & 2;
		greet(&control, HELLO_RESUME | HELLO_CONTROL | split | (how & 1 ? HELLO_BACK : 0),
			how & 4 && how & 64 ? its.own_key : its.key);
	}
	if (control.conn && its.lives)
		greet(&data, 0, its.own_key);
}

static uint8_t *put_call(uint8_t *at, uint16_t number, const uint8_t *end)
{
	codec_put_u16(at, number);
	codec_put_u16(at + 2, 0);
	codec_put_u32(at + 4, (uint32_t)(end - at - CALL_HEAD));
	return at + (end - at);
}

/* One call: the same bytes for the same number and kind. */
static uint8_t *put_batch(uint8_t *frame, uint32_t sequence, uint8_t kind)
{
	uint8_t *call = frame + FRAME_HEAD + 8, *at = call + CALL_HEAD, text[4];

	codec_put_u32(codec_put_u32(frame + FRAME_HEAD, sequence), sequence - 1);
	codec_put_u32(text, sequence);
	if (sequence == 1) { /* the file that it appends to */
		at = codec_put_string(codec_put_u32(codec_put_u32(at, TREE_ROOT), 0), (const uint8_t *)"log", 3);
		at = codec_put_u64(codec_put_u32(at, WASI_OFLAG_CREAT), WASI_RIGHT_FD_WRITE);
		at = codec_put_u32(codec_put_u32(codec_put_u64(at, 0), WASI_FDFLAG_APPEND), WASI_HANDLE(LOG, 0));
		at = put_call(call, SYSCALL_path_open, at);
	} else if (kind % 8 == 7) { /* waits for its stdin */
		at = put_call(call, SYSCALL_fd_read, codec_put_u32(codec_put_u64(codec_put_u32(at, WASI_STDIN), 0), 10));
	} else if (kind % 8 == 6) { /* for the worker */
		at = put_call(call, SYSCALL_fd_sync, codec_put_u32(at, WASI_HANDLE(LOG, 0)));
	} else {
		at = codec_put_string(codec_put_u64(codec_put_u32(at, WASI_HANDLE(LOG, 0)), 0), text, 4);
		at = put_call(call, SYSCALL_fd_write, at);
	}
	return put_frame(frame, FRAME_BATCH, BATCH_WAIT, 1, at);
}

/* Everything before the next batch is recorded in so many bytes; wrong: more or less than that. */
static uint8_t *put_record(uint8_t *frame, struct input *input, uint8_t how)
{
	static const uint32_t lengths[] = { 0, 1, 100, 40000 };
	uint32_t length = lengths[how & 3], state = how >> 2 & 1, base = its.next - 1;
	bool cuts = its.goes_back || (how & 0xf8) == 0xf8;
	uint64_t from = cuts ? its.recorded_length * (take(input) % 4) / 4 : its.recorded_length;
	uint8_t *at;

	if (from + length > RECORDED_MAX)
		length = 0;
	base += how >> 4 & 1; /* the next batch is of no call, and in the recording, too */
	if ((how & 0xf8) == 0xf0) { /* wrong, perhaps */
		base += take(input) & 3;
		from += take(input) - 8;
		its.is_over = true; /* what the server has from now on is not to be known */
		its.goes_back = false;
	} else {
		its.recorded_length = from + length;
		memset(its.recorded + from, how + (int)its.next, length);
		its.goes_back = false;
	}
	at = codec_put_u64(codec_put_u32(codec_put_u32(frame + FRAME_HEAD, base), state), from);
	memset(at, 's', state);
	memset(at + state, how + (int)its.next, length);
	return put_frame(frame, FRAME_RECORD, cuts ? RECORD_KEPT | RECORD_CUT : RECORD_KEPT, 0, at + state + length);
}

/* The next batch of the program, with what was recorded before it in front; or one of both. */
static void page_goes_on(struct input *input)
{
	static uint8_t message[MESSAGE_MAX];
	uint8_t how = take(input), kind = take(input), *at = message;
	bool differs = kind == 255;

	if (!is_read(&data) || !its.knows || its.next >= BATCHES || !its.lives)
		return;
	if (its.goes_back || how & 64 || how >= 0xf0)
		at = put_record(at, input, how);
	if (at != message && how & 32 && how < 0xf0) {
		say(&data, message, (size_t)(at - message));
		at = message;
	}
	if (its.lives && is_read(&data)) {
		if (its.kinds[its.next])
			kind = differs ? its.kinds[its.next] ^ 1 : its.kinds[its.next];
		its.kinds[its.next] = kind | 128;
		at = put_batch(at, its.next, kind | 128);
		its.next++;
		say(&data, message, (size_t)(at - message));
	}
}

/* A part of the recording for the file, which the program may have or not. */
static void page_records(uint8_t how)
{
	uint8_t frame[FRAME_HEAD + FROM_BYTES + 200], *at = frame + FRAME_HEAD;

	if (!is_read(&control) || !its.id)
		return;
	if (how & 1)
		at = codec_put_u64(at, its.file_length * (how >> 1 & 3) / 3);
	memset(at, how, 1 + how % 128);
	say(&control, frame, (size_t)(put_frame(frame, FRAME_RECORD, how & 1 ? RECORD_FROM : 0, 0, at + 1 + how % 128) - frame));
}

static void page_types(void)
{
	uint8_t frame[FRAME_HEAD + 2] = { 0 };

	memcpy(frame + FRAME_HEAD, "a\n", 2);
	if (is_read(&control) && its.lives)
		say(&control, frame, (size_t)(put_frame(frame, FRAME_STDIN, 0, 0, frame + sizeof frame) - frame));
}

static void step(struct input *input)
{
	uint8_t what = take(input);

	switch (what & 15) {
	case 0: case 1: case 2: case 3: case 4:
		page_goes_on(input);
		break;
	case 5: case 6:
		page_comes(what >> 4 | (what >> 4 == 15 ? 64 : 0));
		break;
	case 7:
		wire_lost(what & 16 ? &control : &data);
		break;
	case 8:
		page_records(take(input));
		break;
	case 9:
		page_types();
		break;
	case 10: case 11:
		turns_worker(what >> 4);
		break;
	case 12:
		turns_loop(gateway.loop);
		break;
	case 13:
		control.blocked = what & 16;
		wire_turn(&control);
		break;
	case 14:
		data.blocked = what & 16;
		wire_turn(&data);
		break;
	default:
		turns_jump((uint64_t)(what >> 4) * SECOND);
		turns_ring(gateway.loop);
		turns_loop(gateway.loop);
	}
}

/* ---- an input ---- */

/* Each was appended once, in order. */
static void log_check(void)
{
	uint8_t number[4];
	uint32_t last = 0;
	int fd = openat(tree.root, "log", O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && read(fd, number, sizeof number) == sizeof number) {
		if (codec_u32(number) <= last)
			broken("call %u was done after call %u", codec_u32(number), last);
		last = codec_u32(number);
	}
	close(fd);
}

static void end_everything(void)
{
	programs_end_all();
	for (int round = 0; round < 20 && (programs_count() || conn_count() || recordings_are_busy()); round++) {
		control.blocked = data.blocked = false;
		wire_turn(&control);
		wire_turn(&data);
		if (round > 5) {
			wire_lost(&control);
			wire_lost(&data);
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
	if (session.holds || session.memory.held)
		broken("a session is held %u times, and has %zu bytes", session.holds, (size_t)session.memory.held);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	tree_make(&tree);
	grant = (struct wasi_grant){ .name = "/", .host_path = "root", .dir_fd = tree.root };
	config.limits.programs = 4;
	config.limits.keep_s = 20;
	config.limits.record = UINT64_MAX;
	config.record = "";
	gateway = (struct gateway){
		.loop = uv_default_loop(), .config = &config, .grants = { .dirs = &grant, .dirs_count = 1, .scratch_parent_fd = -1 },
	};
	wasi_limits_default(&gateway.grants.limits);
	gateway.grants.limits.data = 512 << 10;
	session = (struct session){ .id = 1, .scope = SCOPE_RUN, .memory.budget = 16 << 20 };
	file = memfd_create("recording", MFD_CLOEXEC);
	leases_open();
	turns_start(gateway.loop, false);
	if (!programs_start(&gateway) || !recordings_start(&gateway, file))
		broken("cannot start");
	leases_start(&gateway);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct input input = { bytes, bytes + length };

	memset(&its, 0, offsetof(typeof(its), recorded));
	its.recorded_length = its.came_length = its.file_length = 0;
	config.limits.keep = take(&input) & 1 ? 300 << 10 : 8 << 20;
	if (ftruncate(file, 0) != 0 || lseek(file, 0, SEEK_SET) != 0)
		return 0;
	page_comes(take(&input));
	for (int i = 0; i < STEPS_MAX && input.at < input.end; i++)
		step(&input);
	end_everything();
	log_check();
	tree_wipe(&tree);
	return 0;
}
