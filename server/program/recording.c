#include "recording.h"

#include <errno.h>
#include <libdeflate.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/auth/sessions.h"
#include "server/base/config.h"
#include "server/base/events.h"
#include "server/base/gateway.h"
#include "server/base/worker.h"
#include "server/wire/hello.h"
#include "hooks.h"
#include "program.h"

enum block_kind { BLOCK_HEAD = 1, BLOCK_DATA = 2, BLOCK_CLOSED = 3, BLOCK_CUT = 4 };
enum closed { CLOSED_FULL = 1, CLOSED_UNWRITTEN = 2 };
/* UNWRITTEN: of one program, bytes that its page may have sent ahead. */
enum { BLOCK_HEAD_BYTES = 12, CUT_BYTES = BLOCK_HEAD_BYTES + 8, UNWRITTEN_MAX = 8 << 20, FASTEST = 1 };

static const char magic[] = "wvwasi recording 1\n";

struct recording {
	struct program *program;  /* NULL: it has ended */
	uint32_t id;              /* the program's */
	bool watched, told_first; /* a debugger wants it; and has its beginning */
	struct session *session;  /* held */
	uint32_t run;
	bool headed;              /* the thread's: its HEAD was made */
	uint64_t taken, written;  /* bytes of its stream: where it stands, and what is written of it */
	uint32_t page;            /* one more for each that resumed the program */
	size_t unwritten;         /* bytes of this page */
	bool awaited;             /* its page is to say where it goes on */
	bool unknown;             /* one went before it did: its program may have done otherwise than what is taken */
	uint64_t stored;          /* bytes of the file that are its */
	size_t chunks;            /* that aren't written */
};

/* What is to be written next, and what the thread made of it. */
struct chunk {
	struct recording *recording;
	struct chunk *next;
	uint32_t page;            /* the recording's */
	uint64_t from;            /* where its bytes stand in the stream */
	bool cuts;                /* what came before and stands behind there is no part of it any more */
	uint8_t *blocks;          /* NULL: not needed, or no memory */
	size_t blocks_length;
	bool stored;              /* in the file */
	size_t length;
	uint8_t bytes[];
};

static struct gateway *gateway;
static struct worker *worker;
static int file = -1;
static uint32_t runs;
static char program_path[PATH_MAX]; /* the command line's, "" without one */
static bool busy;
static struct chunk *queue, **queue_tail = &queue;

/* The thread's alone while it is busy. */
static struct libdeflate_compressor *deflater;
static struct {
	struct chunk *chunks;
	uint64_t size;            /* of the file */
	enum closed closed;       /* nothing more is written */
	int error;
} writing;
static bool told_closed;
static uint64_t file_size; /* when the thread was last done */

/* ---- on the thread ---- */

static bool write_all(const uint8_t *bytes, size_t length)
{
	while (length) {
		ssize_t wrote = write(file, bytes, length);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0) {
			writing.error = errno;
			writing.closed = CLOSED_UNWRITTEN;
			return false;
		}
		writing.size += (size_t)wrote;
		bytes += wrote;
		length -= (size_t)wrote;
	}
	return true;
}

static uint8_t *put_block_head(uint8_t *at, enum block_kind kind, uint32_t run, size_t length)
{
	return codec_put_u32(codec_put_u32(codec_put_u32(at, kind), run), (uint32_t)length);
}

/* Each is a stream of DEFLATE by itself: so what is written can be read, whatever happens next. */
static bool blocks_make(struct chunk *chunk)
{
	struct recording *recording = chunk->recording;
	size_t path = recording->headed ? 0 : strlen(program_path);
	size_t length, room = libdeflate_deflate_compress_bound(deflater, chunk->length);
	uint8_t *at = chunk->blocks = malloc(2 * BLOCK_HEAD_BYTES + CUT_BYTES + path + room);

	if (!at)
		return false;
	if (!recording->headed) {
		memcpy(put_block_head(at, BLOCK_HEAD, recording->run, path), program_path, path);
		at += BLOCK_HEAD_BYTES + path;
		recording->headed = true;
	}
	if (chunk->cuts) {
		codec_put_u64(put_block_head(at, BLOCK_CUT, recording->run, 8), chunk->from);
		at += CUT_BYTES;
	}
	length = libdeflate_deflate_compress(deflater, chunk->bytes, chunk->length, at + BLOCK_HEAD_BYTES, room);
	at = put_block_head(at, BLOCK_DATA, recording->run, length);
	chunk->blocks_length = (size_t)(at + length - chunk->blocks);
	return true;
}

static void file_take(struct chunk *chunk)
{
	uint8_t full[BLOCK_HEAD_BYTES + 1];

	if (writing.size + chunk->blocks_length <= gateway->config->limits.record) {
		chunk->stored = write_all(chunk->blocks, chunk->blocks_length);
		return;
	}
	*put_block_head(full, BLOCK_CLOSED, chunk->recording->run, 1) = CLOSED_FULL;
	write_all(full, sizeof full);
	writing.closed = CLOSED_FULL;
}

static void write_chunks(void *nothing)
{
	for (struct chunk *chunk = writing.chunks; chunk; chunk = chunk->next) {
		bool to_file = file >= 0 && !writing.closed;

		if (!to_file && !chunk->recording->watched)
			continue;
		if (!blocks_make(chunk)) {
			writing.closed = CLOSED_UNWRITTEN;
			writing.error = ENOMEM;
		} else if (to_file) {
			file_take(chunk);
		}
	}
}

/* ---- on the loop ---- */

static void recording_tell(const struct recording *recording)
{
	uint8_t body[12];

	codec_put_u32(codec_put_u64(body, recording->written), (file < 0 || writing.closed) && !recording->watched);
	if (recording->program && recording->program->control)
		conn_send_frame(recording->program->control, FRAME_RECORDED, body, sizeof body);
}

static void recording_free_if_done(struct recording *recording)
{
	if (recording->program || recording->chunks)
		return;
	if (recording->watched)
		debugger_hooks->recorded(recording->id, RECORDED_END, NULL, 0);
	if (recording->stored)
		events_warn(gateway, "program %u is recorded: %llu bytes in '%s', which has %llu", recording->id,
		            (unsigned long long)recording->stored, gateway->config->record, (unsigned long long)file_size);
	account_give(&recording->session->memory, sizeof *recording);
	session_drop(recording->session);
	free(recording);
}

static void closed_say(void)
{
	const char *path = gateway->config->record;

	if (!writing.closed || told_closed || file < 0)
		return;
	told_closed = true;
	if (writing.closed == CLOSED_FULL)
		events_warn(gateway, "the recording '%s' has %llu bytes, as many as --limit record allows: what happens from now on isn't in it",
		            path, (unsigned long long)writing.size);
	else
		events_warn(gateway, "%s: cannot write the recording '%s': what happens from now on isn't in it", strerror(writing.error), path);
}

/* To those debuggers that want it. Without all of it they have no use for the rest. */
static void debuggers_take(struct recording *recording, const struct chunk *chunk)
{
	enum recorded_part part = !chunk->blocks ? RECORDED_CUT : recording->told_first ? RECORDED_MORE : RECORDED_FIRST;

	if (!recording->watched)
		return;
	recording->told_first = true;
	if (!debugger_hooks->recorded(recording->id, part, chunk->blocks, chunk->blocks_length) || !chunk->blocks)
		recording->watched = false;
}

static void write_next(void);

static void on_written(void *nothing)
{
	struct chunk *chunk = writing.chunks;

	writing.chunks = NULL;
	busy = false;
	file_size = writing.size;
	closed_say();
	while (chunk) {
		struct recording *recording = chunk->recording;
		struct chunk *next = chunk->next;

		if (chunk->page == recording->page) { /* the page before had another measure of what is under way */
			recording->written = chunk->from + chunk->length;
			recording->unwritten -= chunk->length;
			recording_tell(recording);
		}
		recording->stored += chunk->stored ? chunk->blocks_length : 0;
		recording->chunks--;
		debuggers_take(recording, chunk);
		account_give(&recording->session->memory, sizeof *chunk + chunk->length);
		recording_free_if_done(recording);
		free(chunk->blocks);
		free(chunk);
		chunk = next;
	}
	write_next();
}

static void write_next(void)
{
	if (busy || !queue)
		return;
	busy = true;
	writing.chunks = queue;
	queue = NULL;
	queue_tail = &queue;
	if (!worker_run(worker, write_chunks, on_written, NULL)) {
		writing.closed = CLOSED_UNWRITTEN;
		writing.error = EAGAIN;
		on_written(NULL);
	}
}

/* from: where they stand in the stream. False: no memory. */
static bool chunk_add(struct recording *recording, uint64_t from, const uint8_t *bytes, size_t length)
{
	struct chunk *chunk = malloc(sizeof *chunk + length);

	if (!chunk)
		return false;
	if (!account_take(&recording->session->memory, sizeof *chunk + length)) {
		free(chunk);
		return false;
	}
	*chunk = (struct chunk){
		.recording = recording, .page = recording->page, .from = from, .cuts = from < recording->taken, .length = length,
	};
	memcpy(chunk->bytes, bytes, length);
	recording->taken = from + length;
	recording->unwritten += length;
	recording->chunks++;
	*queue_tail = chunk;
	queue_tail = &chunk->next;
	write_next();
	return true;
}

bool recordings_start(struct gateway *its, int fd)
{
	gateway = its;
	file = fd;
	if (fd < 0)
		return true;
	worker = worker_new();
	if (!worker)
		return false;
	if (gateway->config->program && !realpath(gateway->config->program[0], program_path))
		program_path[0] = 0;
	events_warn(gateway, "records programs in '%s': all that they read, their arguments and variables are in it, secrets too",
	            gateway->config->record);
	if (!write_all((const uint8_t *)magic, sizeof magic - 1))
		closed_say();
	return true;
}

bool recordings_are_busy(void)
{
	return busy || queue;
}

void recordings_stop(void)
{
	worker_free(worker);
	worker = NULL;
	if (busy) /* the thread still writes, and the process ends */
		return;
	libdeflate_free_compressor(deflater);
	deflater = NULL;
	if (file >= 0)
		close(file);
	file = -1;
}

static bool unrecorded_say(const struct program *program, const char *why)
{
	events_warn(program->gateway, "program %u '%s' isn't recorded: %s", program->id, program->name, why);
	debugger_hooks->recorded(program->id, RECORDED_NOT, why, strlen(why));
	return false;
}

bool recording_begin(struct program *program, const struct hello *hello)
{
	struct recording *recording;
	bool watched = debugger_hooks->wants_recording();

	if (file < 0 && !watched)
		return false;
	if (!(hello->flags & HELLO_RECORDABLE))
		return unrecorded_say(program, "it is a component, or its page takes part in what it does (imports of its own, WASI.connect, connect)");
	recording = calloc(1, sizeof *recording);
	worker = worker ? worker : worker_new();
	deflater = deflater ? deflater : libdeflate_alloc_compressor(FASTEST);
	if (!recording || !worker || !deflater || !account_take(&program->session->memory, sizeof *recording)) {
		free(recording);
		return unrecorded_say(program, "there is no memory for it");
	}
	recording->program = program;
	recording->id = program->id;
	recording->watched = watched;
	recording->session = session_hold(program->session);
	recording->run = runs++;
	program->recording = recording;
	return true;
}

uint64_t recording_taken(const struct program *program)
{
	return program->recording && !program->recording->unknown ? program->recording->taken : 0;
}

void recording_comes_back(struct program *program)
{
	if (!program->recording)
		return;
	program->recording->page++;
	program->recording->unknown |= program->recording->awaited;
	program->recording->awaited = true;
	program->recording->unwritten = 0;
}

void recording_take(struct program *program, const struct frame *frame)
{
	struct recording *recording = program->recording;
	const uint8_t *bytes = frame->body;
	size_t length = frame->length;
	uint64_t from;

	if (!recording)
		return program_protocol_error(program, "a recording that nobody wants");
	from = recording->taken;
	if (frame->flags & RECORD_FROM) {
		from = length < 8 ? UINT64_MAX : codec_u64(bytes);
		if (from > recording->taken)
			return program_protocol_error(program, "a recording that goes on behind its end");
		recording->awaited = recording->unknown = false;
		bytes += 8;
		length -= 8;
	}
	if (recording->unwritten + length > UNWRITTEN_MAX)
		return program_protocol_error(program, "more of a recording than there is room for");
	if (!chunk_add(recording, from, bytes, length)) {
		program->no_room = true;
		program_protocol_error(program, CONN_NO_ROOM);
	}
}

void recording_end(struct program *program)
{
	struct recording *recording = program->recording;

	if (!recording)
		return;
	program->recording = NULL;
	recording->program = NULL;
	recording_free_if_done(recording);
}
