/* server/wire/codec.c against tests/vectors/frames.json, which tests/tables/codec.test.js reads too: both sides speak the same
 * bytes. */
#include "../check.h"

#include <cjson/cJSON.h>

#include "server/wire/codec.h"
#include "server/wire/hello.h"

static uint8_t *file_read(const char *path, size_t *length)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(1 << 20);

	REQUIRE(file && bytes, path);
	*length = fread(bytes, 1, 1 << 20, file);
	bytes[*length] = 0;
	fclose(file);
	return bytes;
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

static uint64_t number(const cJSON *item)
{
	if (cJSON_IsString(item))
		return item->valuestring[0] == '-' ? (uint64_t)strtoll(item->valuestring, NULL, 10) :
			strtoull(item->valuestring, NULL, 10);
	return item ? (uint64_t)item->valuedouble : 0;
}

static uint64_t field_number(const cJSON *object, const char *name)
{
	return number(cJSON_GetObjectItemCaseSensitive(object, name));
}

static void check_bytes(const uint8_t *got, size_t length, const char *hex, const char *label)
{
	size_t wanted_length;
	uint8_t *wanted = hex_read(hex, &wanted_length);

	CHECK_EQ(length, wanted_length, label);
	CHECK(length == wanted_length && memcmp(got, wanted, length) == 0, label);
	free(wanted);
}

static void check_hello(const struct frame *frame, const cJSON *decoded, const char *label)
{
	const cJSON *list, *item;
	struct hello hello;
	uint32_t i = 0;

	REQUIRE(codec_hello(frame, &hello) == NULL, label);
	CHECK_EQ(hello.flags, field_number(decoded, "flags"), label);
	if (!(hello.flags & HELLO_NEW)) {
		CHECK_EQ(hello.program_id, field_number(decoded, "guest"), label);
		CHECK_STR(hello.key, field(decoded, "key"), label);
		hello_clear(&hello);
		return;
	}
	CHECK_EQ(hello.coherence, field_number(decoded, "coherence"), label);
	CHECK_EQ(hello.columns, field_number(decoded, "columns"), label);
	CHECK_EQ(hello.rows, field_number(decoded, "rows"), label);
	list = cJSON_GetObjectItem(decoded, "args");
	CHECK_EQ((int)hello.args_count, cJSON_GetArraySize(list), label);
	cJSON_ArrayForEach(item, list)
		CHECK_STR(hello.args[i++], item->valuestring, label);
	list = cJSON_GetObjectItem(decoded, "env");
	CHECK_EQ((int)hello.env_count, cJSON_GetArraySize(list), label);
	i = 0;
	cJSON_ArrayForEach(item, list)
		CHECK_STR(hello.env[i++], item->valuestring, label);
	list = cJSON_GetObjectItem(decoded, "preopens");
	CHECK_EQ((int)hello.preopens_count, cJSON_GetArraySize(list), label);
	i = 0;
	cJSON_ArrayForEach(item, list) {
		CHECK_STR(hello.preopens[i].name, field(item, "name"), label);
		CHECK_STR(hello.preopens[i].grant, field(item, "grant"), label);
		CHECK_EQ(hello.preopens[i++].read_only, cJSON_IsTrue(cJSON_GetObjectItem(item, "readOnly")), label);
	}
	check_bytes(hello.first_stdin, hello.first_stdin_length, field(decoded, "stdin"), label);
	if (hello.flags & HELLO_HINTS)
		CHECK_STR(hello.program, field(decoded, "program"), label);
	list = cJSON_GetObjectItem(decoded, "injections");
	CHECK_EQ((int)hello.injections_count, list ? cJSON_GetArraySize(list) : 0, label);
	i = 0;
	cJSON_ArrayForEach(item, list)
		CHECK_STR(hello.injections[i++], item->valuestring, label);
	hello_clear(&hello);
}

static void check_args(const struct call *call, const cJSON *args, const char *label)
{
	size_t i = 0;
	const cJSON *item;

	CHECK_EQ((int)strlen(call->row->takes), cJSON_GetArraySize(args), label);
	cJSON_ArrayForEach(item, args) {
		if (call->row->takes[i] == 'p' || call->row->takes[i] == 'b')
			check_bytes(call->args[i].bytes.at, call->args[i].bytes.length, item->valuestring, label);
		else
			CHECK_EQ(call->args[i].n, number(item), label);
		i++;
	}
}

static void check_batch(const struct frame *frame, const cJSON *decoded, const char *label)
{
	const cJSON *calls = cJSON_GetObjectItem(decoded, "calls"), *item;
	const uint8_t *at, *end;
	uint32_t sequence, seen;
	struct call call;
	uint16_t flags;

	REQUIRE(codec_batch(frame, &sequence, &seen, &at, &end), label);
	CHECK_EQ(frame->flags, field_number(decoded, "flags"), label);
	CHECK_EQ(sequence, field_number(decoded, "sequence"), label);
	CHECK_EQ(seen, field_number(decoded, "seen"), label);
	CHECK_EQ((int)frame->count, cJSON_GetArraySize(calls), label);
	cJSON_ArrayForEach(item, calls) {
		REQUIRE(codec_call_next(&at, end, &call, &flags) == CODEC_CALL_OK, label);
		CHECK_STR(call.row->name, field(item, "name"), label);
		CHECK_EQ(call.row->number, field_number(item, "number"), label);
		CHECK_EQ(flags, field_number(item, "flags"), label);
		CHECK_EQ(call.within, cJSON_HasObjectItem(item, "within") ? field_number(item, "within") : 0, label);
		check_args(&call, cJSON_GetObjectItem(item, "args"), label);
	}
	CHECK(at == end, label);
}

static const struct frame_row {
	enum frame_type type;
	const char *name;
	bool to_client;
	const char *fields; /* NULL: any */
} frame_rows[] = {
#define SERVER false
#define CLIENT true
#define ANY NULL
#define FRAME(type, name, receiver, fields, names, says) { type, #name, receiver, fields },
#include "server/wire/frames.def"
};

static uint32_t fields_bytes(const char *fields)
{
	uint32_t bytes = 0;

	for (; *fields; fields++)
		bytes += *fields == 'q' ? 8 : 4;
	return bytes;
}

/* NULL: there is no such frame. */
static const struct frame_row *frame_named(uint8_t type)
{
	for (size_t i = 0; i < sizeof frame_rows / sizeof *frame_rows; i++)
		if (frame_rows[i].type == type)
			return &frame_rows[i];
	return NULL;
}

/* A vector without a meaning must fall in one of our checks: the frame, the batch's head, a call, or bytes left over. */
static bool is_refused(const uint8_t *bytes, size_t length)
{
	const uint8_t *at = bytes, *end = bytes + length;
	struct frame frame;
	uint32_t sequence, seen;
	struct hello hello;
	struct call call;
	uint16_t flags;

	if (!codec_frame_next(&at, end, &frame))
		return true;
	if (frame.type == FRAME_HELLO) {
		bool refused = codec_hello(&frame, &hello) != NULL;

		hello_clear(&hello);
		return refused;
	}
	if (frame.type != FRAME_BATCH)
		return !frame_named(frame.type);
	if (!codec_batch(&frame, &sequence, &seen, &at, &end))
		return true;
	for (unsigned i = 0; i < frame.count; i++)
		if (codec_call_next(&at, end, &call, &flags) == CODEC_CALL_BAD)
			return true;
	return at != end;
}

TEST(every_vector_means_the_same_in_C)
{
	size_t length;
	uint8_t *text = file_read("tests/vectors/frames.json", &length);
	cJSON *vectors = cJSON_Parse((char *)text), *vector;
	unsigned met = 0;

	REQUIRE(vectors, "frames.json");
	cJSON_ArrayForEach(vector, vectors) {
		const char *label = field(vector, "name");
		const cJSON *decoded = cJSON_GetObjectItem(vector, "decoded");
		uint8_t *bytes = hex_read(field(vector, "hex"), &length);
		const uint8_t *at = bytes;
		struct frame frame;

		bool to_client = !strcmp(field(vector, "direction"), "server");
		const struct frame_row *row;

		met++;
		/* The vectors' hash is nobody's; a hello of another table is refused unread. */
		if (!to_client && length >= 20 && bytes[4] == FRAME_HELLO)
			codec_put_u64(bytes + 12, syscalls_hash());
		if (!cJSON_IsObject(decoded)) {
			CHECK(is_refused(bytes, length), label);
			goto next;
		}
		REQUIRE(codec_frame_next(&at, bytes + length, &frame) && at == bytes + length, label);
		row = frame_named(frame.type);
		REQUIRE(row, label);
		CHECK_STR(row->name, field(decoded, "type"), label);
		CHECK_EQ(row->to_client, to_client, label);
		CHECK(!row->fields || fields_bytes(row->fields) == frame.length, label);
		if (frame.type == FRAME_HELLO)
			check_hello(&frame, decoded, label);
		else if (frame.type == FRAME_BATCH)
			check_batch(&frame, decoded, label);
	next:
		free(bytes);
	}
	CHECK(met > 40, "the vectors");
	cJSON_Delete(vectors);
	free(text);
}

TEST(an_answer_is_written_as_the_vector_has_it)
{
	/* "a failure and what it skipped", without its clocks */
	static const uint8_t wanted[] = {
		56, 0, 0, 0, 0x82, 0, 3, 0, 2, 0, 0, 0, 2, 0, 0, 0,
	};
	uint8_t bytes[56], *result = bytes + ANSWER_HEAD;

	codec_put_answer(bytes, 2, 2, 3, sizeof bytes);
	for (uint16_t i = 0; i < 3; i++, result += RESULT_HEAD)
		codec_put_result(result, i, i ? RESULT_SKIPPED : WASI_ENOENT, 0);
	CHECK(memcmp(bytes, wanted, sizeof wanted) == 0);
	CHECK(memcmp(bytes + 32, "\0\0\x2c\0\0\0\0\0\1\0\xff\xff\0\0\0\0\2\0\xff\xff\0\0\0\0", 24) == 0);
}

TEST(a_call_knows_the_handles_it_names)
{
	uint8_t subscriptions[96] = { 0 };
	struct call call = { .row = syscall_find(38) };
	wasi_handle_t handle;

	call.args[0].bytes.at = subscriptions;
	call.args[0].bytes.length = sizeof subscriptions;
	subscriptions[8] = 0; /* a clock, whose id is no handle */
	codec_put_u32(subscriptions + 16, 7);
	subscriptions[48 + 8] = 1;
	codec_put_u32(subscriptions + 48 + 16, 9);
	CHECK(!codec_call_names(&call, 7));
	CHECK(codec_call_names(&call, 9));
	CHECK(!codec_call_handle(&call, false, &handle));

	call = (struct call){ .row = syscall_find(23) }; /* fd_renumber(from, to) */
	call.args[0].n = 4;
	call.args[1].n = 5;
	REQUIRE(codec_call_handle(&call, false, &handle));
	CHECK_EQ(handle, 4u);
	REQUIRE(codec_call_handle(&call, true, &handle));
	CHECK_EQ(handle, 5u);
}
