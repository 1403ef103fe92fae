#include "keeping.h"

#include <stdlib.h>
#include <string.h>

#include "server/auth/sessions.h"
#include "server/base/clock.h"
#include "server/base/config.h"
#include "server/base/gateway.h"
#include "server/wire/hello.h"
#include "wasi/guest.h"
#include "kept_batches.h"
#include "kept_blocks.h"
#include "program.h"
#include "recording.h"

/* SENT_AHEAD: of what the page hasn't read. AWAY_MAX: of one session. */
enum { SENT_AHEAD = 1 << 20, AWAY_MAX = 8, TAKE_HEAD = 16, SECOND_NS = 1000000000 };
enum kept_kind { KEPT_PART = 0, KEPT_LAST = 1 };

struct keeping {
	struct blocks blocks;
	struct kept_batches batches; /* that came after what is recorded */
	uint8_t *state;          /* the page's own, of the moment at which the recording ends */
	size_t state_length, bytes; /* bytes: of all these */
	uint32_t base;           /* every batch up to this one is in the recording */
	uint32_t newest;         /* the last batch that came */
	bool has_begun;          /* else it ends with its page, and its batches aren't kept */
	bool is_over;            /* it can't be kept any more */
	bool is_away;
	bool goes_back;          /* what it did last was given up: it stands nowhere before its page has cut the recording */
	uint64_t away_ns;
	char key[KEY_TEXT + 1];  /* with which it is resumed: the program's own is another one for each page */
	const struct block *sending; /* the next one for the page */
	bool is_sending;
};

static uint64_t held; /* bytes, of all programs together */

static bool has_room(const struct program *program, size_t bytes)
{
	return held + bytes <= program->gateway->config->limits.keep;
}

/* ---- what is kept ---- */

/* more, less: bytes */
static void count_bytes(struct keeping *keeping, size_t more, size_t less)
{
	keeping->bytes += more - less;
	held += more - less;
}

static void drop(struct keeping *keeping, uint32_t up_to)
{
	size_t before = keeping->batches.memory;

	batches_drop(&keeping->batches, up_to);
	count_bytes(keeping, keeping->batches.memory, before);
}

static void forget(struct keeping *keeping)
{
	batches_drop(&keeping->batches, UINT32_MAX);
	blocks_cut(&keeping->blocks, 0);
	free(keeping->state);
	held -= keeping->bytes;
	keeping->bytes = keeping->state_length = 0;
	keeping->state = NULL;
	keeping->is_sending = false;
}

/* There is no room for more: the program goes on, and ends with its page; keeping_sweep() ends one that has none. */
static void give_up(struct program *program)
{
	struct keeping *keeping = program->keeping;
	struct message *message = message_new(FRAME_HEAD + 12);

	keeping->is_over = true;
	forget(keeping);
	if (!message)
		return;
	codec_put_frame(message->bytes, FRAME_RECORDED, RECORD_KEPT, 0, FRAME_HEAD + 12);
	codec_put_u32(codec_put_u64(message->bytes + FRAME_HEAD, 0), 1);
	message->length = FRAME_HEAD + 12;
	program_send(program, message);
}

static bool state_set(struct keeping *keeping, const uint8_t *bytes, size_t length)
{
	uint8_t *state = realloc(keeping->state, length ? length : 1);

	if (!state)
		return false;
	count_bytes(keeping, length, keeping->state_length);
	memcpy(state, bytes, length);
	keeping->state = state;
	keeping->state_length = length;
	return true;
}

void keeping_begin(struct program *program, const struct hello *hello)
{
	if (!(hello->flags & HELLO_KEEP) || !program->gateway->config->limits.keep ||
	    program->gateway->config->once || hello->flags & (HELLO_INHERIT_STDIN | HELLO_INHERIT_STDOUT | HELLO_INHERIT_STDERR))
		return;
	program->keeping = calloc(1, sizeof *program->keeping); /* without memory it isn't kept */
	if (!program->keeping)
		return;
	memcpy(program->keeping->key, program->key, sizeof program->key);
	program->keeping->has_begun = !(hello->flags & HELLO_KEEP_LATER);
}

void keeping_end(struct program *program)
{
	if (!program->keeping)
		return;
	forget(program->keeping);
	free(program->keeping);
	program->keeping = NULL;
}

/* bytes: the state, and the next ones of the recording behind it. False: no memory. */
static bool take_part(struct keeping *keeping, const uint8_t *bytes, size_t state, size_t length)
{
	size_t before = keeping->blocks.memory;
	bool is_whole = state_set(keeping, bytes, state) && blocks_add(&keeping->blocks, bytes + state, length - state);

	count_bytes(keeping, keeping->blocks.memory, before);
	return is_whole;
}

static void cut(struct keeping *keeping, uint64_t recorded)
{
	size_t before = keeping->blocks.memory;

	blocks_cut(&keeping->blocks, recorded);
	count_bytes(keeping, keeping->blocks.memory, before);
}

void keeping_take(struct program *program, const struct frame *frame)
{
	struct keeping *keeping = program->keeping;
	const uint8_t *bytes = frame->body;
	size_t length = frame->length;
	uint32_t base, state;
	uint64_t at;

	if (!keeping)
		return program_protocol_error(program, "a recording that nobody keeps");
	base = length < TAKE_HEAD ? 0 : codec_u32(bytes);
	state = length < TAKE_HEAD ? UINT32_MAX : codec_u32(bytes + 4);
	at = length < TAKE_HEAD ? UINT64_MAX : codec_u64(bytes + 8);
	if (length < TAKE_HEAD || state > length - TAKE_HEAD || (!keeping->is_over && at > keeping->blocks.recorded))
		return program_protocol_error(program, "a kept recording that doesn't fit its fields");
	if (frame->flags & RECORD_CUT && !keeping->is_over && base >= keeping->base) {
		if (keeping->is_sending) /* what is still to be sent would go */
			return program_protocol_error(program, "a recording that is cut before its page has read it");
		cut(keeping, at);
	}
	keeping->goes_back &= !(frame->flags & RECORD_CUT);
	if (keeping->is_over || at < keeping->blocks.recorded) /* a POST that the browser sent twice */
		return;
	bytes += TAKE_HEAD;
	length -= TAKE_HEAD;
	if (!has_room(program, length + sizeof(struct block)) || !take_part(keeping, bytes, state, length))
		return give_up(program);
	keeping->newest = keeping->has_begun ? keeping->newest : base;
	keeping->has_begun = true;
	keeping->base = base;
	drop(keeping, base);
}

/* ---- batches that aren't in the recording ---- */

/* The answer as it was, but for the clocks. */
static struct message *answer_again(struct program *program, const struct kept_batch *batch)
{
	struct message *answer = batch->answer ? message_new(batch->answer_length) : NULL;

	if (!answer)
		return NULL;
	memcpy(answer->bytes, batch->answer, batch->answer_length);
	answer->length = batch->answer_length;
	codec_put_answer(answer->bytes, batch->sequence, program->executed, batch->results, answer->length);
	return answer;
}

bool keeping_repeats(struct program *program, const struct frame *frame, struct message **answer)
{
	struct keeping *keeping = program->keeping;
	const uint8_t *at, *end;
	uint32_t sequence, seen;
	struct kept_batch *batch;
	size_t length, before;

	*answer = NULL;
	if (!keeping_holds(program) || !codec_batch(frame, &sequence, &seen, &at, &end))
		return false;
	length = (size_t)(end - at);
	batch = batches_find(&keeping->batches, sequence);
	if (batch) {
		if (batch->length == length && !memcmp(batch->calls, at, length))
			*answer = answer_again(program, batch);
		else
			program_protocol_error(program, "the program that came back did otherwise than before");
		return true;
	}
	before = keeping->batches.memory;
	if (!has_room(program, sizeof *batch + length) || !batches_add(&keeping->batches, sequence, at, length)) {
		give_up(program);
		return false;
	}
	keeping->newest = sequence;
	count_bytes(keeping, keeping->batches.memory, before);
	return false;
}

void keeping_answered(struct program *program, uint32_t sequence, const struct message *answer, uint16_t results)
{
	struct keeping *keeping = program->keeping;
	struct kept_batch *batch = keeping_holds(program) ? batches_find(&keeping->batches, sequence) : NULL;

	if (!batch || batch->answer)
		return;
	if (!has_room(program, answer->length) || !batches_answer(&keeping->batches, batch, answer->bytes, answer->length, results))
		return give_up(program);
	count_bytes(keeping, answer->length, 0);
}

bool keeping_holds(const struct program *program)
{
	return program->keeping && program->keeping->has_begun && !program->keeping->is_over;
}

/* Of this session, the one that has waited longest; and how many wait. */
static struct program *longest_away(const struct session *session, size_t *count)
{
	struct program *found = NULL;

	*count = 0;
	for (struct program *program = programs_first(); program; program = program->next) {
		if (program->session != session || program->ending || !keeping_is_away(program))
			continue;
		++*count;
		if (!found || program->keeping->away_ns < found->keeping->away_ns)
			found = program;
	}
	return found;
}

bool keeping_gives_way(const struct session *session)
{
	struct program *oldest = longest_away(session, &(size_t){ 0 });

	if (oldest)
		program_end(oldest, PROGRAM_END_GONE, NULL, NULL, CLOSE_DONE, "its page has gone");
	return oldest;
}

bool keeping_waits(struct program *program)
{
	struct keeping *keeping = program->keeping;
	size_t count;

	if (!keeping_holds(program) || program->ending || keeping->goes_back)
		return false;
	keeping->is_away = true;
	keeping->away_ns = now_ns();
	keeping->is_sending = false;
	longest_away(program->session, &count);
	if (count > AWAY_MAX)
		keeping_gives_way(program->session);
	return true;
}

bool keeping_is_away(const struct program *program)
{
	return program->keeping && program->keeping->is_away;
}

const char *keeping_refuses(const struct program *program, bool goes_back)
{
	if (!keeping_holds(program))
		return "the program isn't kept";
	if (!program->keeping->is_away)
		return "another page has the program";
	return goes_back && (program->busy || program->stopped || program->held) ? "a call of the program is under way" : NULL;
}

/* Its handles: of each slot that was used the last one, and whether it is open. False: no memory. */
static bool put_handles(struct message **message, struct program *program)
{
	struct guest_slot slot;
	uint32_t count = 0, at = 0;
	uint8_t *end;

	while (guest_slot_next(program->guest, &at, &slot))
		count++;
	if (!message_reserve(message, 4 + 8 * (size_t)count))
		return false;
	end = codec_put_u32((*message)->bytes + (*message)->length, count);
	for (at = 0; guest_slot_next(program->guest, &at, &slot);)
		end = codec_put_u32(codec_put_u32(end, slot.handle), slot.is_open);
	(*message)->length = (size_t)(end - (*message)->bytes);
	return true;
}

static void last_send(struct program *program)
{
	struct keeping *keeping = program->keeping;
	struct message *message = message_new(FRAME_HEAD + 36);
	uint64_t own = program->stdin_pushed - program->stdin_injected;
	uint8_t *at;

	keeping->is_sending = false;
	if (!message)
		goto no_memory;
	program->stdin_told = guest_stdin_consumed(program->guest);
	at = codec_put_u32(message->bytes + FRAME_HEAD, KEPT_LAST);
	at = codec_put_u32(at, keeping->base < keeping->newest ? keeping->base : keeping->newest);
	at = codec_put_u32(codec_put_u64(codec_put_u64(at, own), program->stdin_told), keeping->newest);
	message->length = (size_t)(codec_put_u64(at, recording_taken(program)) - message->bytes);
	if (!put_handles(&message, program) || !message_reserve(&message, keeping->state_length))
		goto no_memory;
	if (keeping->state_length)
		memcpy(message->bytes + message->length, keeping->state, keeping->state_length);
	message->length += keeping->state_length;
	codec_put_frame(message->bytes, FRAME_KEPT, 0, 0, message->length);
	return conn_send(program->control, message);
no_memory:
	message_free(message);
	conn_close(program->control, CLOSE_BOUND, "no memory");
}

void keeping_go_on(struct program *program)
{
	struct keeping *keeping = program->keeping;
	uint8_t body[4 + BLOCK_BYTES];

	while (keeping && keeping->is_sending && program->control && !program->busy && program->control->unsent < SENT_AHEAD) {
		const struct block *block = keeping->sending;

		if (!block)
			return last_send(program);
		keeping->sending = block->next;
		memcpy(codec_put_u32(body, KEPT_PART), block->bytes, block->length);
		conn_send_frame(program->control, FRAME_KEPT, body, 4 + block->length);
	}
}

struct program *keeping_find(const struct session *session, uint32_t id, const char *key)
{
	for (struct program *program = programs_first(); program; program = program->next)
		if (program->id == id && program->session == session && !program->ending && program->keeping &&
		    keys_are_equal(program->keeping->key, key))
			return program;
	return NULL;
}

void keeping_comes_back(struct program *program, const struct hello *hello)
{
	struct keeping *keeping = program->keeping;

	program->split = hello->flags & HELLO_SPLIT;
	program->xhr = hello->flags & HELLO_XHR;
	program->posts = hello->flags & (HELLO_XHR | HELLO_POSTS);
	program_new_key(program); /* requests of the page before may still be under way */
	recording_comes_back(program);
	if (hello->flags & HELLO_BACK) { /* what its page drops isn't worth waiting for, and must not change its handles any more */
		dispatch_cancel(program);
		program->executed = program->acknowledged = keeping->newest;
		keeping->goes_back = true;
	}
	keeping->is_away = false;
	program->came_ns = now_ns();
	keeping->sending = keeping->blocks.first;
	keeping->is_sending = true;
}

void keeping_sweep(struct program *program, uint64_t now_ns)
{
	const struct keeping *keeping = program->keeping;

	if (keeping_is_away(program) &&
	    (keeping->is_over || now_ns - keeping->away_ns > (uint64_t)program->gateway->config->limits.keep_s * SECOND_NS))
		program_end(program, PROGRAM_END_GONE, NULL, NULL, CLOSE_DONE, "its page hasn't come back");
	else
		keeping_go_on(program);
}
