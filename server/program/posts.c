/* Calls by POST: one batch for each request. Keeps the answer, in case the same request comes again. */
#include "posts.h"

#include <stdlib.h>
#include <string.h>

#include "server/auth/sessions.h"
#include "server/base/clock.h"
#include "hello.h"
#include "hooks.h"
#include "keeping.h"
#include "program.h"

enum { AGAIN_S = 20 };
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

static struct call_post *posts; /* those that wait */

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

	if (program->carry) { /* answers to earlier quiet calls come first */
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

/* What came for the page while no request of its waited doesn't wait for the answer: the page takes it, and asks again. */
static void post_carried(struct program *program, struct call_post *post)
{
	struct message *carry = program->carry;
	uint8_t again[FRAME_HEAD + 4];

	program->carry = NULL;
	codec_put_frame(again, FRAME_AGAIN, 0, 0, sizeof again);
	codec_put_u32(again + FRAME_HEAD, post->sequence);
	if (message_reserve(&carry, sizeof again)) {
		memcpy(carry->bytes + carry->length, again, sizeof again);
		carry->length += sizeof again;
		post_done(post, carry);
	} else {
		post_fail(post, 503, "no memory");
	}
	message_free(carry);
}

/* A POST with the last number again, or a REPOLL: gets the same answer, now or when it is ready. */
static void post_repeat(struct program *program, struct call_post *post, uint32_t sequence)
{
	if (sequence < program->post_sequence || program->post_forgotten)
		return post_fail(post, 409, "that batch was answered and forgotten");
	for (struct call_post *older = posts; older; older = older->next)
		if (older->program == program && older->sequence == sequence) {
			post_fail(older, 409, "asked again by another request");
			break;
		}
	if (program->post_answer)
		return post_done(post, program->post_answer);
	if (program->carry)
		return post_carried(program, post);
	post_wait(post, program);
}

static void post_batch(struct program *program, struct call_post *post, const struct frame *frame)
{
	uint32_t sequence, seen;
	const uint8_t *at, *end;
	struct message *kept;

	if (!codec_batch(frame, &sequence, &seen, &at, &end))
		return post_fail(post, 400, "a batch without its head");
	post->sequence = sequence;
	if (!(frame->flags & BATCH_REPOLL) && keeping_repeats(program, frame, &kept)) {
		if (kept)
			post_done(post, kept);
		else if (program->ending)
			post_fail(post, 410, "the program has ended");
		else
			post_wait(post, program);
		if (!program->ending && sequence > program->post_sequence)
			program->post_sequence = sequence;
		message_free(kept);
		return;
	}
	if (frame->flags & BATCH_REPOLL || sequence <= program->post_sequence) {
		if (sequence > program->post_sequence)
			return post_fail(post, 409, "no such batch");
		return post_repeat(program, post, sequence);
	}
	program->post_sequence = sequence;
	message_free(program->post_answer);
	program->post_answer = NULL;
	program->post_forgotten = false;
	post_wait(post, program); /* before it runs: it may be done, or the program ended, when that returns */
	dispatch_batch(program, frame, BY_POST);
}

static void post_hello(struct gateway *gateway, struct session *session, struct call_post *post, const struct frame *frame)
{
	struct refusal refusal;
	struct hello hello;
	struct program *program = hello_take(gateway, session, frame, true, &hello, &refusal);
	struct message *answer = hello_answer(program, &hello, &refusal);

	hello_clear(&hello);
	if (!answer)
		return post_fail(post, 503, "no memory");
	post->done(post->context, program ? 200 : 409, answer->bytes, answer->length, NULL);
	message_free(answer);
	post_free(post);
}

struct call_post *call_post_start(struct gateway *gateway, struct session *session, const char *key, const char *address,
	const uint8_t *body, size_t length, call_post_done *done, void *context)
{
	const uint8_t *at = body, *end = body + length;
	struct call_post *post = calloc(1, sizeof *post);
	struct frame frame = { 0 }, report = { 0 }, record = { 0 };
	struct program *program;

	if (!post) {
		done(context, 503, NULL, 0, "no memory");
		return NULL;
	}
	program = session ? NULL : program_find(NULL, 0, key);
	post->gateway = gateway;
	post->done = done;
	post->context = context;
	post->arrived_ns = now_ns();
	if (!session && (!program || !program->posts || program->session->revoked)) {
		post_fail(post, 410, "no such program whose calls come by POST: it may have ended");
		return NULL;
	}
	if (codec_frame_next(&at, end, &frame) && frame.type == FRAME_REPORT && at != end) {
		report = frame;
		codec_frame_next(&at, end, &frame);
	}
	if (frame.type == FRAME_RECORD && frame.flags & RECORD_KEPT && program && at != end && at != body) {
		record = frame;
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
			post_fail(post, 400, "a request with Wvwasi-Ticket must carry a HELLO frame");
		return NULL;
	}
	if (frame.type != FRAME_BATCH) {
		post_fail(post, 400, "only batches come by POST");
		return NULL;
	}
	program->counters.bytes_received += length;
	if (report.body && !debugger_hooks->report(program, &report)) {
		post_fail(post, 400, "a report that doesn't fit its fields");
		return NULL;
	}
	if (record.body)
		keeping_take(program, &record);
	if (program->ending) {
		post_fail(post, 410, "the program has ended");
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
	post_free(post); /* the batch goes on; its answer is kept in case it is asked for again */
}

void posts_sweep(uint64_t now_ns)
{
	for (struct call_post *post = posts, *next; post; post = next) {
		next = post->next;
		if (now_ns - post->arrived_ns > AGAIN_S * SECOND_NS)
			post_again(post);
	}
}

void posts_forget(struct program *program)
{
	program->post_forgotten |= program->post_answer != NULL;
	message_free(program->post_answer);
	program->post_answer = NULL;
}

bool posts_wait(const struct program *program)
{
	const struct call_post *post = posts;

	while (post && post->program != program)
		post = post->next;
	return post != NULL;
}

void posts_tell(struct program *program, const uint8_t *frame, size_t length)
{
	for (struct call_post *post = posts, *next; post; post = next) {
		next = post->next;
		if (post->program != program)
			continue;
		post->done(post->context, 200, frame, length, NULL);
		post_free(post);
	}
}

void posts_end(struct program *program, const char *why)
{
	for (struct call_post *post = posts, *next; post; post = next) {
		next = post->next;
		if (post->program == program)
			post_fail(post, 410, why);
	}
}
