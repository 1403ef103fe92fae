/* server/debugger/wire.c against tests/vectors/watch.json, which tests/static/debugger-codec.test.js reads too. */
#include "../check.h"

#include <cjson/cJSON.h>

#include "server/debugger/wire.h"

static cJSON *vectors_read(void)
{
	FILE *file = fopen("tests/vectors/watch.json", "rb");
	char *text = calloc(1, 1 << 20);
	cJSON *vectors;

	REQUIRE(file && text, "tests/vectors/watch.json");
	REQUIRE(fread(text, 1, (1 << 20) - 1, file) > 0, "tests/vectors/watch.json");
	fclose(file);
	vectors = cJSON_Parse(text);
	free(text);
	REQUIRE(vectors, "tests/vectors/watch.json");
	return vectors;
}

/* Exactly as long as the hex says, on the heap: a byte read past it is a report. */
static uint8_t *hex_read(const char *hex, size_t *length)
{
	uint8_t *bytes = malloc(strlen(hex) / 2 + 1);

	*length = 0;
	for (; hex[0] && hex[1]; hex += 2)
		sscanf(hex, "%2hhx", &bytes[(*length)++]);
	return realloc(bytes, *length ? *length : 1);
}

static const char *field(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsString(item) ? item->valuestring : "";
}

static uint64_t number(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsString(item) ? strtoull(item->valuestring, NULL, 10) : item ? (uint64_t)item->valuedouble : 0;
}

static void check_order(const struct frame *frame, const cJSON *decoded, const char *label)
{
	static struct debug_order order;
	const cJSON *list = cJSON_GetObjectItem(decoded, "breakpoints"), *item;
	uint32_t i = 0;
	size_t length;
	uint8_t *bytes;

	memset(&order, 0, sizeof order);
	REQUIRE(debug_order_read(frame, &order) == NULL, label);
	CHECK_EQ(order.type, number(decoded, "type"), label);
	CHECK_EQ(order.version, number(decoded, "version"), label);
	CHECK_EQ(order.hash, number(decoded, "hash"), label);
	CHECK_EQ(order.program, number(decoded, "program"), label);
	CHECK_EQ(order.what, number(decoded, "what"), label);
	CHECK_EQ(order.flags, number(decoded, "flags"), label);
	CHECK_EQ((int)order.breakpoints_count, cJSON_GetArraySize(list), label);
	cJSON_ArrayForEach(item, list) {
		const struct breakpoint *breakpoint = &order.breakpoints[i++];

		CHECK_EQ(breakpoint->id, number(item, "id"), label);
		CHECK_EQ(breakpoint->program, number(item, "program"), label);
		CHECK_EQ(breakpoint->handle, number(item, "handle"), label);
		CHECK_EQ(breakpoint->error, number(item, "errno"), label);
		CHECK_EQ(breakpoint->count, number(item, "count"), label);
		CHECK_STR(breakpoint->call, field(item, "call"), label);
		CHECK_STR(breakpoint->path, field(item, "path"), label);
	}
	CHECK_EQ(order.request, number(decoded, "request"), label);
	CHECK_EQ(order.address, number(decoded, "address"), label);
	CHECK_EQ(order.length, number(decoded, "length"), label);
	list = cJSON_GetObjectItem(decoded, "rules");
	CHECK_EQ((int)order.rules_count, cJSON_GetArraySize(list), label);
	i = 0;
	cJSON_ArrayForEach(item, list) {
		const struct bytes *rule = &order.rules[i++];

		CHECK(rule->length == strlen(item->valuestring) && !memcmp(rule->at, item->valuestring, rule->length), label);
	}
	bytes = hex_read(field(decoded, "bytes"), &length);
	CHECK(order.bytes.length == length && (!length || !memcmp(order.bytes.at, bytes, length)), label);
	free(bytes);
}

static struct bytes text(const cJSON *object, const char *name)
{
	const char *value = field(object, name);

	return (struct bytes){ (const uint8_t *)value, (uint32_t)strlen(value) };
}

static uint8_t *owned[64];
static size_t owned_count;

static struct bytes hex_bytes(const cJSON *object, const char *name)
{
	size_t length;
	uint8_t *bytes = owned[owned_count++] = hex_read(field(object, name), &length);

	return (struct bytes){ bytes, (uint32_t)length };
}

static uint8_t *put_calls(uint8_t *at, const cJSON *list)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list) {
		struct debug_call call = {
			.program = (uint32_t)number(item, "program"), .ordinal = number(item, "number"), .time_ns = number(item, "time"),
			.number = (uint16_t)number(item, "call"), .error = (uint16_t)number(item, "errno"),
			.flags = (uint16_t)number(item, "flags"),
			.index = (uint16_t)number(item, "index"), .batch = (uint32_t)number(item, "batch"),
			.handle = (uint32_t)number(item, "handle"),
			.handle2 = (uint32_t)number(item, "handle2"), .bytes_in = (uint32_t)number(item, "bytesIn"),
			.bytes_out = (uint32_t)number(item, "bytesOut"), .queue_ns = number(item, "queue"),
			.duration_ns = number(item, "duration"),
			.hash = number(item, "hash"), .offset = number(item, "offset"), .value = number(item, "value"),
			.text = text(item, "text"),
			.result = text(item, "result"), .path = hex_bytes(item, "path"), .path2 = hex_bytes(item, "path2"),
			.data = hex_bytes(item, "data"),
		};

		at = debug_call_put(at, &call);
	}
	return at;
}

static uint8_t *put_handles(uint8_t *at, const cJSON *decoded)
{
	const cJSON *item;

	at = codec_put_u32(at, (uint32_t)number(decoded, "program"));
	cJSON_ArrayForEach(item, cJSON_GetObjectItem(decoded, "handles")) {
		struct debug_handle handle = {
			.handle = (uint32_t)number(item, "handle"), .flags = (uint32_t)number(item, "flags"),
			.filetype = (uint16_t)number(item, "filetype"),
			.fdflags = (uint16_t)number(item, "fdflags"), .rights = number(item, "rights"),
			.inheriting = number(item, "inheriting"),
			.offset = number(item, "offset"), .opened = number(item, "opened"), .path = hex_bytes(item, "path"),
		};

		at = debug_handle_put(at, &handle);
	}
	return at;
}

static uint8_t *put_sockets(uint8_t *at, const cJSON *decoded)
{
	const cJSON *item;

	at = codec_put_u32(at, (uint32_t)number(decoded, "program"));
	cJSON_ArrayForEach(item, cJSON_GetObjectItem(decoded, "sockets")) {
		struct debug_socket socket = {
			.handle = (uint32_t)number(item, "handle"), .kind = (uint16_t)number(item, "kind"),
			.state = (uint16_t)number(item, "state"), .flags = (uint32_t)number(item, "flags"),
			.received = number(item, "received"), .sent = number(item, "sent"),
			.own = text(item, "own"), .peer = text(item, "peer"), .name = text(item, "name"),
		};

		at = debug_socket_put(at, &socket);
	}
	return at;
}

static uint8_t *put_times(uint8_t *at, const cJSON *list)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list)
		at = debug_times_put(at, (uint32_t)number(item, "program"), (uint32_t)number(item, "batch"),
			(uint16_t)number(item, "call"), (uint32_t)number(item, "within"), number(item, "page"), number(item, "trip"));
	return at;
}

/* Those whose layout wire.c knows; the others are a few fields each, written where they are sent, and read by the gateway's
 * tests. */
static void check_put(const struct frame *frame, const cJSON *decoded, const char *label)
{
	uint8_t bytes[4096], *end = bytes;

	if (frame->type == DEBUG_CALLS)
		end = put_calls(bytes, cJSON_GetObjectItem(decoded, "calls"));
	else if (frame->type == DEBUG_HANDLES)
		end = put_handles(bytes, decoded);
	else if (frame->type == DEBUG_SOCKETS)
		end = put_sockets(bytes, decoded);
	else if (frame->type == DEBUG_TIMES)
		end = put_times(bytes, cJSON_GetObjectItem(decoded, "times"));
	else
		return;
	CHECK_EQ((size_t)(end - bytes), (size_t)frame->length, label);
	CHECK(memcmp(bytes, frame->body, frame->length) == 0, label);
	while (owned_count)
		free(owned[--owned_count]);
}

TEST(both_sides_speak_the_same_bytes)
{
	cJSON *vectors = vectors_read();
	const cJSON *vector;

	cJSON_ArrayForEach(vector, vectors) {
		size_t length;
		uint8_t *bytes = hex_read(field(vector, "hex"), &length);
		const uint8_t *at = bytes;
		struct frame frame;

		REQUIRE(codec_frame_next(&at, bytes + length, &frame) && at == bytes + length, field(vector, "name"));
		if (!strcmp(field(vector, "direction"), "debugger"))
			check_order(&frame, cJSON_GetObjectItem(vector, "decoded"), field(vector, "name"));
		else
			check_put(&frame, cJSON_GetObjectItem(vector, "decoded"), field(vector, "name"));
		free(bytes);
	}
	cJSON_Delete(vectors);
}

/* Each frame of a debugger's, cut anywhere, is refused and read no further than it goes. */
TEST(a_frame_that_was_cut_is_refused)
{
	static struct debug_order order;
	cJSON *vectors = vectors_read();
	const cJSON *vector;

	cJSON_ArrayForEach(vector, vectors) {
		size_t length;
		uint8_t *bytes = hex_read(field(vector, "hex"), &length);

		for (size_t cut = FRAME_HEAD; cut < length && !strcmp(field(vector, "direction"), "debugger"); cut++) {
			uint8_t *part = malloc(cut - FRAME_HEAD + 1);
			struct frame frame = { .type = bytes[4], .body = part, .length = (uint32_t)(cut - FRAME_HEAD) };

			part = memcpy(realloc(part, cut - FRAME_HEAD ? cut - FRAME_HEAD : 1), bytes + FRAME_HEAD, cut - FRAME_HEAD);
			frame.body = part;
			CHECK(debug_order_read(&frame, &order) != NULL, field(vector, "name"));
			free(part);
		}
		free(bytes);
	}
	cJSON_Delete(vectors);
}
