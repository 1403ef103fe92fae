#include "page.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

#include "server/wire/hello.h"
#include "tree.h"

enum { CUT = 256 << 10, CLOSE = 4 };

struct wire wires[WIRES];
struct page pages[PAGES];

static struct wire *wire_of(struct lws *wsi) { return (struct wire *)wsi; }

/* ---- what a page reads ---- */

static uint64_t digest(const uint8_t *bytes, size_t length)
{
	uint64_t sum = 14695981039346656037u;

	for (size_t i = 0; i < length; i++)
		sum = (sum ^ bytes[i]) * 1099511628211u;
	return sum;
}

struct page *page_find(uint32_t id)
{
	for (int i = 0; i < PAGES; i++)
		if (pages[i].lives && pages[i].id == id)
			return &pages[i];
	return NULL;
}

void page_ended(uint32_t id)
{
	struct page *page = page_find(id);

	if (!page)
		return;
	page->lives = false;
	for (int i = 0; i < WIRES; i++) /* what is on its way still arrives; somebody else may have the page's place by then */
		if (wires[i].page == page) {
			wires[i].page = NULL;
			wires[i].over = true;
		}
}

static struct page *welcomed(const struct frame *frame)
{
	uint32_t id = codec_u32(frame->body);
	struct page *page = page_find(id);

	if (codec_u32(frame->body + 4) != KEY_TEXT)
		broken("a key of %u letters", codec_u32(frame->body + 4));
	for (int i = 0; i < PAGES && !page; i++)
		if (!pages[i].lives)
			page = &pages[i];
	if (!page || page->lives)
		return page;
	*page = (struct page){ .lives = true, .id = id, .next = 1 };
	memcpy(page->key, frame->body + 8, KEY_TEXT);
	return page;
}

void page_begins(struct page *page, uint32_t hello_flags, unsigned first_stdin)
{
	if (!page || page->next != 1 || page->open[0])
		return;
	page->xhr = hello_flags & HELLO_XHR;
	page->split = hello_flags & HELLO_SPLIT;
	page->stdin_sent = first_stdin;
	for (int slot = 0; slot < FIRST_FREE; slot++)
		page->open[slot] = true;
}

/* They only grow, on each way; one way may be slower than another. */
static void acknowledged(struct page *page, struct wire *wire, uint32_t sequence)
{
	if (sequence > page->highest || (wire && sequence < wire->acknowledged))
		broken("acknowledged %u after %u, of %u sent", sequence, wire ? wire->acknowledged : 0, page->highest);
	if (wire)
		wire->acknowledged = sequence;
	if (sequence > page->acknowledged)
		page->acknowledged = sequence;
}

static void answered(struct page *page, struct wire *wire, const struct frame *frame)
{
	const uint8_t *at = frame->body + ANSWER_HEAD - FRAME_HEAD, *end = frame->body + frame->length;
	uint32_t sequence = codec_u32(frame->body);
	struct sent *sent = &page->sent[sequence % BATCHES];
	uint16_t seen = 0;

	if (sequence == 0 || sequence >= BATCHES || sent->state == NOT_SENT)
		broken("an answer to %u, which nobody sent", sequence);
	if (sent->state == ANSWERED)
		broken("a second answer to %u", sequence);
	if (!sent->whole && !sent->twice)
		broken("an answer to %u, which doesn't fit the table", sequence);
	sent->state = ANSWERED;
	acknowledged(page, wire, codec_u32(frame->body + 4));
	for (uint16_t i = 0; i < frame->count; i++) {
		uint16_t index, error;
		uint32_t length;

		if (end - at < RESULT_HEAD)
			broken("%u results in an answer that ends after %u", frame->count, i);
		index = (uint16_t)(at[0] | at[1] << 8);
		error = (uint16_t)(at[2] | at[3] << 8);
		length = codec_u32(at + 4);
		at += RESULT_HEAD;
		if (index >= PAGE_CALLS_MAX || (index >= sent->count && !sent->twice) || seen >> index & 1)
			broken("a result for call %u of %u, or a second one", index, sent->count);
		seen |= (uint16_t)(1 << index);
		if (error > WASI_ENOTCAPABLE && error != RESULT_SKIPPED)
			broken("errno %u, which there isn't", error);
		if (length > (size_t)(end - at))
			broken("a result longer than its answer");
		if (error && length && !(sent->quiet >> index & 1) && !sent->twice)
			broken("call %u failed and gave bytes", index);
		at += length;
	}
	if (at != end)
		broken("an answer with %zu bytes left over", (size_t)(end - at));
	for (uint16_t i = 0; i < sent->count && !sent->twice; i++)
		if (!(seen >> i & 1) && !(sent->quiet >> i & 1))
			broken("call %u of batch %u has no result", i, sequence);
}

static const uint8_t frame_types[] = {
#define FRAME(type, ...) type,
#include "server/wire/frames.def"
};

/* Gives the page that it is for. */
static struct page *took(struct page *page, struct wire *wire, const struct frame *frame)
{
	if (frame->type == FRAME_REFUSED)
		return page;
	if (frame->type == FRAME_WELCOME) {
		if (page)
			broken("welcomed twice");
		page = welcomed(frame);
		if (wire) /* it may come long after the HELLO */
			page_begins(page, wire->hello_flags, wire->first_stdin);
		return page;
	}
	if (!page)
		broken("frame %02x before the welcome", frame->type);
	switch (frame->type) {
	case FRAME_ANSWER:
		answered(page, wire, frame);
		break;
	case FRAME_ACK:
		acknowledged(page, wire, codec_u32(frame->body));
		break;
	case FRAME_TAKEN:
		if (codec_u64(frame->body) < page->stdin_taken || codec_u64(frame->body) > page->stdin_sent)
			broken("took %llu of %llu bytes", (unsigned long long)codec_u64(frame->body), (unsigned long long)page->stdin_sent);
		page->stdin_taken = codec_u64(frame->body);
		break;
	default:
		if (!memchr(frame_types, frame->type, sizeof frame_types))
			broken("frame %02x, which there isn't", frame->type);
	}
	return page;
}

struct page *page_take_body(struct page *page, uint32_t sequence, const uint8_t *bytes, size_t length)
{
	const uint8_t *at = bytes, *end = bytes + length;
	struct sent *sent = page && sequence ? &page->sent[sequence % BATCHES] : NULL;
	struct frame frame;

	if (sent && sent->answer) { /* asked again: the very same */
		if (codec_frame_next(&at, end, &frame) && frame.type == FRAME_AGAIN)
			return page;
		if (sent->answer != digest(bytes, length))
			broken("another answer to the same POST");
		return page;
	}
	while (codec_frame_next(&at, end, &frame))
		page = took(page, NULL, &frame);
	if (at != end)
		broken("a body that isn't whole frames");
	if (sent && sent->state == ANSWERED)
		sent->answer = digest(bytes, length);
	return page;
}

/* ---- WebSockets ---- */

static void wire_read(struct wire *wire)
{
	const uint8_t *at = wire->out, *end = wire->out + wire->out_length;
	struct frame frame;

	while (codec_frame_next(&at, end, &frame))
		if (!wire->over)
			wire->page = took(wire->page, wire, &frame);
	/* Only what is longer than a message may be is cut. */
	if (at != end && (end - at < FRAME_HEAD || codec_u32(at) <= CUT))
		broken("a message that isn't whole frames");
	wire->cut = at != end;
	wire->out_length = (size_t)(end - at);
	memmove(wire->out, at, wire->out_length);
}

int lws_write(struct lws *wsi, unsigned char *bytes, size_t length, enum lws_write_protocol mode)
{
	struct wire *wire = wire_of(wsi);

	if (wire->close_came || wire->partial)
		broken(wire->partial ? "written while lws has a part" : "written after the close");
	if (wire->fails)
		return -1;
	wire->partial = wire->blocked;
	if ((mode & 31) == CLOSE) {
		wire->close_came = true;
		return (int)length;
	}
	wire->out = realloc(wire->out, wire->out_length + length + 1);
	memcpy(wire->out + wire->out_length, bytes, length);
	wire->out_length += length;
	if (!(mode & LWS_WRITE_NO_FIN))
		wire_read(wire);
	return (int)length;
}

int lws_callback_on_writable(struct lws *wsi) { return wire_of(wsi)->wants_turn = true; }
int lws_partial_buffered(struct lws *wsi) { return wire_of(wsi)->partial; }
int lws_send_pipe_choked(struct lws *wsi) { return wire_of(wsi)->blocked; }
void lws_set_timeout(struct lws *wsi, enum pending_timeout reason, int seconds) {}
void lws_cancel_service(struct lws_context *context) {}

int lws_rx_flow_control(struct lws *wsi, int enable)
{
	wire_of(wsi)->paused = !enable;
	return 0;
}

void wire_lost(struct wire *wire)
{
	struct conn *conn = wire->conn;

	if (!conn)
		return;
	wire->conn = NULL;
	conn_free(conn);
	free(wire->out);
	*wire = (struct wire){ 0 };
}

void wire_turn(struct wire *wire)
{
	if (!wire->conn || !wire->wants_turn || wire->blocked)
		return;
	wire->wants_turn = wire->partial = false;
	if (!conn_send_next(wire->conn))
		wire_lost(wire);
	else if (wire->close_came)
		wire_lost(wire); /* its own close comes back, and the socket goes */
}

void wire_say(struct wire *wire, const uint8_t *bytes, size_t length, bool in_pieces)
{
	/* Exactly as long as it is: the sanitizer sees what reads past it. */
	size_t all = wire->held_length + length, half = all / 2;
	uint8_t *message = malloc(all + 1), *first, *second;
	bool keep = true;

	memcpy(message, wire->held, wire->held_length);
	memcpy(message + wire->held_length, bytes, length);
	wire->held_length = 0;
	first = memcpy(malloc(half + !half), message, half);
	second = memcpy(malloc(all - half + !all), message + half, all - half);
	if (!in_pieces || !half) {
		keep = conn_receive(wire->conn, message, all, true, true, 0);
	} else {
		keep = conn_receive(wire->conn, first, half, true, all & 1, all & 1 ? all - half : 0);
		keep = keep && conn_receive(wire->conn, second, all - half, all & 1, true, 0);
	}
	free(message);
	free(first);
	free(second);
	if (!keep)
		wire_lost(wire);
}

void pages_forget(void)
{
	memset(pages, 0, sizeof pages);
}
