/* What debuggers order and pages report: bytes from elsewhere that nobody may read past, and whose strings lie within them. */
#include <stdlib.h>
#include <string.h>

#include "server/debugger/record.h"
#include "server/debugger/wire.h"
#include "repair.h"
#include "tree.h"

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t length, size_t room, unsigned seed)
{
	length = LLVMFuzzerMutate(bytes, length, room);
	if (seed % 8)
		repair_frames(bytes, length, seed);
	return length;
}

static void must_lie_in(const struct frame *frame, struct bytes bytes, const char *what)
{
	if (bytes.length && (bytes.at < frame->body || bytes.at + bytes.length > frame->body + frame->length))
		broken("%s lies outside of its frame", what);
}

static void order(const struct frame *frame)
{
	static struct debug_order read;

	memset(&read, 0, sizeof read);
	if (debug_order_read(frame, &read) != NULL)
		return;
	must_lie_in(frame, read.bytes, "stdin");
	if (read.breakpoints_count > BREAKPOINTS_MAX)
		broken("%u breakpoints", read.breakpoints_count);
	for (uint32_t i = 0; i < read.breakpoints_count; i++)
		if (strlen(read.breakpoints[i].call) > PATTERN_MAX || strlen(read.breakpoints[i].path) > PATTERN_MAX)
			broken("breakpoint %u has a pattern without an end", i);
}

static void report(const struct frame *frame)
{
	const uint8_t *at, *end;
	uint32_t left_out;
	struct report one;

	if (!report_head(frame, &left_out, &at, &end))
		return;
	for (unsigned i = 0; i < frame->count && report_next(&at, end, &one); i++) {
		struct record record;
		struct call call;
		uint8_t *put;
		size_t size;

		must_lie_in(frame, one.args, "what a call takes");
		must_lie_in(frame, one.data, "data");
		if (!report_call(&one, &call))
			continue;
		record_of_report(&record, &one, &call, 0, 1);
		size = debug_call_size(&record.call);
		put = malloc(size); /* exactly: a byte too much is found */
		if (put && debug_call_put(put, &record.call) != put + size)
			broken("a row isn't as long as it says: %s", call.row->name);
		free(put);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const uint8_t *at = bytes;
	struct frame frame;

	while (codec_frame_next(&at, bytes + length, &frame)) {
		order(&frame);
		report(&frame);
	}
	return 0;
}
