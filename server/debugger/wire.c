#include "wire.h"

#include <string.h>

#include "server/wire/reader.h"

/* ---- reading ---- */

static struct bytes read_bytes(struct reader *reader)
{
	struct bytes bytes;

	bytes.at = reader_bytes(reader, &bytes.length);
	return bytes;
}

/* False: too long, or with a NUL in it. */
static bool read_pattern(struct reader *reader, char pattern[PATTERN_MAX + 1])
{
	struct bytes bytes = read_bytes(reader);

	if (bytes.length > PATTERN_MAX || memchr(bytes.at, 0, bytes.length))
		return false;
	memcpy(pattern, bytes.at, bytes.length);
	pattern[bytes.length] = 0;
	return true;
}

static const char *read_breakpoints(struct reader *reader, struct debug_order *order)
{
	order->flags = reader_u32(reader);
	order->breakpoints_count = reader_u32(reader);
	if (order->breakpoints_count > BREAKPOINTS_MAX)
		return "too many breakpoints";
	for (uint32_t i = 0; i < order->breakpoints_count && reader->ok; i++) {
		struct breakpoint *breakpoint = &order->breakpoints[i];

		breakpoint->id = reader_u32(reader);
		breakpoint->program = reader_u32(reader);
		if (!read_pattern(reader, breakpoint->call) || !read_pattern(reader, breakpoint->path))
			return "a breakpoint's pattern is too long";
		breakpoint->handle = reader_u32(reader);
		breakpoint->error = reader_u32(reader);
		breakpoint->count = reader_u32(reader);
		breakpoint->hits = 0;
	}
	return NULL;
}

static const char *read_rules(struct reader *reader, struct debug_order *order)
{
	order->program = reader_u32(reader);
	order->rules_count = reader_u32(reader);
	if (order->rules_count > RULES_MAX)
		return "too many rules";
	for (uint32_t i = 0; i < order->rules_count && reader->ok; i++) {
		order->rules[i] = read_bytes(reader);
		if (order->rules[i].length > RULE_TEXT_MAX || memchr(order->rules[i].at, 0, order->rules[i].length))
			return "a rule is too long";
	}
	return NULL;
}

const char *debug_order_read(const struct frame *frame, struct debug_order *order)
{
	struct reader reader = { .at = frame->body, .end = frame->body + frame->length, .ok = true };
	const char *wrong = NULL;

	order->type = (enum debug_frame)frame->type;
	switch (frame->type) {
	case DEBUG_HELLO:
		order->version = reader_u32(&reader);
		order->hash = reader_u64(&reader);
		break;
	case DEBUG_ASK:
		order->what = reader_u32(&reader);
		if (order->what < ASK_CONTROL || order->what > ASK_DATA)
			wrong = "nobody knows what is asked for";
		break;
	case DEBUG_ATTACH:
	case DEBUG_GO:
		order->program = reader_u32(&reader);
		order->what = reader_u32(&reader);
		if (frame->type == DEBUG_ATTACH ? order->what > 1 : order->what < GO_STOP || order->what > GO_STEP)
			wrong = "an order that isn't one";
		break;
	case DEBUG_BREAK:
		wrong = read_breakpoints(&reader, order);
		break;
	case DEBUG_STDIN:
		order->program = reader_u32(&reader);
		order->flags = reader_u32(&reader);
		order->bytes = read_bytes(&reader);
		if (order->flags & ~(uint32_t)(STDIN_EOF | STDIN_MARK))
			wrong = "stdin with unknown flags";
		break;
	case DEBUG_MEMORY:
		order->program = reader_u32(&reader);
		order->request = reader_u32(&reader);
		order->what = reader_u32(&reader);
		order->address = reader_u64(&reader);
		order->length = reader_u32(&reader);
		order->bytes = read_bytes(&reader);
		if (order->what > LOOK_FIND || order->length > LOOK_MAX || order->bytes.length > LOOK_PATTERN_MAX)
			wrong = "more memory than may be asked for at once";
		break;
	case DEBUG_RECORD:
		order->what = reader_u32(&reader);
		if (order->what > 1)
			wrong = "neither on nor off";
		break;
	case DEBUG_INJECT:
		wrong = read_rules(&reader, order);
		break;
	default:
		return "an unknown frame";
	}
	if (!wrong && (!reader.ok || reader.at != reader.end))
		wrong = "a frame that doesn't fit its fields";
	return wrong;
}

/* ---- writing ---- */

static uint8_t *put(uint8_t *at, struct bytes bytes)
{
	return codec_put_string(at, bytes.at ? bytes.at : (const uint8_t *)"", bytes.length);
}

size_t debug_call_size(const struct debug_call *call)
{
	return DEBUG_CALL_HEAD + 5 * 4 + (size_t)call->text.length + call->result.length + call->path.length + call->path2.length +
		call->data.length;
}

uint8_t *debug_call_put(uint8_t *at, const struct debug_call *call)
{
	at = codec_put_u32(at, (uint32_t)debug_call_size(call));
	at = codec_put_u32(at, call->program);
	at = codec_put_u64(at, call->ordinal);
	at = codec_put_u64(at, call->time_ns);
	at = codec_put_u16(at, call->number);
	at = codec_put_u16(at, call->error);
	at = codec_put_u16(at, call->flags);
	at = codec_put_u16(at, call->index);
	at = codec_put_u32(at, call->batch);
	at = codec_put_u32(at, call->handle);
	at = codec_put_u32(at, call->handle2);
	at = codec_put_u32(at, call->bytes_in);
	at = codec_put_u32(at, call->bytes_out);
	at = codec_put_u32(at, call->within);
	at = codec_put_u64(at, call->queue_ns);
	at = codec_put_u64(at, call->duration_ns);
	at = codec_put_u64(at, call->hash);
	at = codec_put_u64(at, call->offset);
	at = codec_put_u64(at, call->value);
	at = codec_put_u64(at, 0);
	at = put(at, call->text);
	at = put(at, call->result);
	at = put(at, call->path);
	at = put(at, call->path2);
	return put(at, call->data);
}

size_t debug_handle_size(const struct debug_handle *handle)
{
	return 48 + (size_t)handle->path.length;
}

uint8_t *debug_handle_put(uint8_t *at, const struct debug_handle *handle)
{
	at = codec_put_u32(at, handle->handle);
	at = codec_put_u32(at, handle->flags);
	at = codec_put_u16(at, handle->filetype);
	at = codec_put_u16(at, handle->fdflags);
	at = codec_put_u64(at, handle->rights);
	at = codec_put_u64(at, handle->inheriting);
	at = codec_put_u64(at, handle->offset);
	at = codec_put_u64(at, handle->opened);
	return put(at, handle->path);
}

size_t debug_socket_size(const struct debug_socket *socket)
{
	return 28 + 3 * 4 + (size_t)socket->own.length + socket->peer.length + socket->name.length;
}

uint8_t *debug_socket_put(uint8_t *at, const struct debug_socket *socket)
{
	at = codec_put_u32(at, socket->handle);
	at = codec_put_u16(at, socket->kind);
	at = codec_put_u16(at, socket->state);
	at = codec_put_u32(at, socket->flags);
	at = codec_put_u64(at, socket->received);
	at = codec_put_u64(at, socket->sent);
	at = put(at, socket->own);
	at = put(at, socket->peer);
	return put(at, socket->name);
}

uint8_t *debug_times_put(uint8_t *at, uint32_t program, uint32_t batch, uint16_t number, uint32_t within, uint64_t page_ns,
                         uint64_t trip_ns)
{
	at = codec_put_u32(at, program);
	at = codec_put_u32(at, batch);
	at = codec_put_u16(at, number);
	at = codec_put_u16(at, 0);
	at = codec_put_u32(at, within);
	at = codec_put_u64(at, page_ns);
	return codec_put_u64(at, trip_ns);
}

/* ---- reports ---- */

bool report_head(const struct frame *frame, uint32_t *left_out, const uint8_t **at, const uint8_t **end)
{
	if (frame->length < 4)
		return false;
	*left_out = codec_u32(frame->body);
	*at = frame->body + 4;
	*end = frame->body + frame->length;
	return true;
}

bool report_next(const uint8_t **at, const uint8_t *end, struct report *report)
{
	struct reader reader = { .at = *at, .end = end, .ok = true };
	uint32_t numbers = reader_u32(&reader);

	report->number = (uint16_t)numbers;
	report->error = (uint16_t)(numbers >> 16);
	report->flags = reader_u32(&reader);
	report->began_ns = reader_u64(&reader);
	report->took_ns = reader_u64(&reader);
	report->value = reader_u64(&reader);
	report->offset = reader_u64(&reader);
	report->args = read_bytes(&reader);
	report->data = read_bytes(&reader);
	*at = reader.at;
	return reader.ok;
}

bool report_call(const struct report *report, struct call *call)
{
	struct reader reader = { .at = report->args.at, .end = report->args.at + report->args.length, .ok = true };
	unsigned i = 0;

	memset(call, 0, sizeof *call);
	call->row = syscall_find(report->number);
	if (!call->row)
		return false;
	for (const char *letter = call->row->takes; *letter; letter++, i++) {
		union call_arg *arg = &call->args[i];

		if (*letter == 'q') {
			arg->n = reader_u64(&reader);
		} else if (*letter == 'p' || (*letter == 'b' && call->row->number == SYSCALL_poll_oneoff)) {
			struct bytes bytes = read_bytes(&reader);

			arg->bytes.at = bytes.at;
			arg->bytes.length = bytes.length;
		} else if (*letter == 'b') {
			arg->bytes.length = reader_u32(&reader); /* its bytes, if they are wanted, are the report's data */
		} else {
			arg->n = reader_u32(&reader);
		}
	}
	call->error = report->error;
	return reader.ok && reader.at == reader.end;
}
