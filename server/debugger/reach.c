/* What a debugger with control reaches into a program's page for: its memory while it is stopped, with the yes for contents, too;
 * and what is to go wrong with its calls. The page does both: the guest's memory is there, and so are its calls. */
#include <string.h>

#include "server/auth/sessions.h"
#include "server/base/injections.h"
#include "server/program/injected.h"
#include "server/program/posts.h"
#include "internal.h"

enum { LOOK_OK, LOOK_RUNS, LOOK_UNASKED };

/* To the page's program: behind its answers, or where it waits for one by POST, in place of that, and it asks again. */
static void tell(struct program *program, struct message *message)
{
	uint8_t again[FRAME_HEAD + 4];

	if (!message)
		return;
	if (!program->xhr || !posts_wait(program)) {
		program_send(program, message);
		return;
	}
	codec_put_u32(again + FRAME_HEAD, program->post_sequence);
	codec_put_frame(again, FRAME_AGAIN, 0, 0, sizeof again);
	if (message_reserve(&message, sizeof again)) {
		memcpy(message->bytes + message->length, again, sizeof again);
		message->length += sizeof again;
		posts_tell(program, message->bytes, message->length);
	}
	message_free(message);
}

/* ---- memory ---- */

static void refuse(struct debugger *debugger, const struct debug_order *order, uint32_t why)
{
	struct message *message = debugger_message(DEBUG_MEMORY_IS, 0, 0, 12 + 16 + 4);
	uint8_t *at;

	if (message) {
		at = codec_put_u32(message->bytes + FRAME_HEAD, order->program);
		at = codec_put_u32(at, order->request);
		at = codec_put_u32(at, why);
		at = codec_put_u64(at, 0);
		at = codec_put_u64(at, DEBUG_NONE64);
		codec_put_string(at, "", 0);
	}
	outlet_send(debugger, message);
}

void reach_memory(struct debugger *debugger, struct debuggee *debuggee, const struct debug_order *order)
{
	struct message *message;
	uint8_t *at;

	if (!debugger->conn->session->sees_data)
		return refuse(debugger, order, LOOK_UNASKED);
	if (!debuggee || debuggee->controller != debugger || debuggee->stop.state < STOP_BEFORE)
		return refuse(debugger, order, LOOK_RUNS);
	message = debugger_message((enum debug_frame)FRAME_LOOK, 0, 0, 20 + 4 + order->bytes.length);
	if (!message)
		return;
	at = codec_put_u32(message->bytes + FRAME_HEAD, order->request);
	at = codec_put_u32(at, order->what);
	at = codec_put_u64(at, order->address);
	at = codec_put_u32(at, order->length);
	codec_put_string(at, order->bytes.at, order->bytes.length);
	tell(debuggee->program, message);
}

/* The page's fields are passed on behind ours as they are: request, size, address, bytes. */
bool reach_answer(struct program *program, const struct frame *frame)
{
	struct debuggee *debuggee = program->debuggee;
	struct message *message;
	uint8_t *at;

	if (frame->length < 24 || codec_u32(frame->body + 20) != frame->length - 24 || frame->length - 24 > LOOK_MAX)
		return false;
	if (!debuggee || !debuggee->controller || !debuggee->controller->conn->session->sees_data)
		return true;
	message = debugger_message(DEBUG_MEMORY_IS, 0, 0, 8 + frame->length);
	if (message) {
		at = codec_put_u32(message->bytes + FRAME_HEAD, program->id);
		at = codec_put_u32(at, codec_u32(frame->body));
		at = codec_put_u32(at, LOOK_OK);
		memcpy(at, frame->body + 4, frame->length - 4);
	}
	outlet_send(debuggee->controller, message);
	return true;
}

/* ---- what goes wrong with its calls ---- */

static void tell_rules(struct debugger *debugger, const struct debug_order *order, const char *wrong)
{
	size_t length = 8 + 4 + strlen(wrong);
	struct message *message;
	uint8_t *at;

	for (uint32_t i = 0; i < order->rules_count; i++)
		length += 4 + order->rules[i].length;
	message = debugger_message(DEBUG_INJECTED, 0, 0, length);
	if (message) {
		at = codec_put_u32(message->bytes + FRAME_HEAD, order->program);
		at = codec_put_u32(at, order->rules_count);
		for (uint32_t i = 0; i < order->rules_count; i++)
			at = codec_put_string(at, order->rules[i].at, order->rules[i].length);
		codec_put_string(at, wrong, strlen(wrong));
	}
	outlet_send(debugger, message);
}

static void tell_page(struct program *program, const struct injection *rules, size_t count)
{
	struct message *message = debugger_message((enum debug_frame)FRAME_INJECT, 0, 0, 0);

	if (message && injections_put(&message, rules, count)) {
		codec_put_frame(message->bytes, FRAME_INJECT, 0, 0, message->length);
		tell(program, message);
	} else {
		message_free(message);
	}
}

void reach_inject(struct debugger *debugger, struct debuggee *debuggee, const struct debug_order *order)
{
	static struct injection rules[RULES_MAX]; /* on the loop's thread, and large */
	const char *wrong = NULL;

	if (!debuggee || debuggee->controller != debugger)
		wrong = "it needs control of the program";
	for (uint32_t i = 0; i < order->rules_count && !wrong; i++) {
		char text[RULE_TEXT_MAX + 1];

		memcpy(text, order->rules[i].at, order->rules[i].length);
		text[order->rules[i].length] = 0;
		wrong = injection_read(&rules[i], text);
	}
	if (!wrong) {
		debuggee->injects = order->rules_count > 0;
		tell_page(debuggee->program, rules, order->rules_count);
	}
	tell_rules(debugger, order, wrong ? wrong : "");
}

void reach_release(struct debuggee *debuggee)
{
	if (debuggee->injects)
		tell_page(debuggee->program, NULL, 0);
	debuggee->injects = false;
}
