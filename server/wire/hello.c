#include "hello.h"

#include <stdlib.h>
#include <string.h>

#include "reader.h"

/* Strings need no more room than the frame had (their length fields become NULs), and each list item at least 4 bytes
 * of frame, so the frame's length bounds what a hello can make us allocate. */
static bool hello_room(struct hello *hello, struct reader *reader, size_t frame_length)
{
	size_t text = frame_length + 16, items = frame_length / 4 + 1;

	hello->memory = malloc(text + items * (sizeof(char *) + sizeof(struct wasi_preopen)) + 64);
	if (!hello->memory)
		return false;
	hello->args = hello->memory;
	hello->preopens = (struct wasi_preopen *)(hello->args + items);
	reader->text = (char *)(hello->preopens + items);
	return true;
}

static void read_strings(struct reader *reader, const char **strings, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		strings[i] = reader_string(reader);
}

/* What a new program is to be. NULL, or why it can't be; that its fields don't fit is in the reader. */
static const char *read_new(struct reader *reader, struct hello *hello)
{
	hello->coherence = reader_u32(reader);
	hello->columns = reader_u32(reader);
	hello->rows = reader_u32(reader);
	hello->args_count = reader_count(reader, 4);
	read_strings(reader, hello->args, hello->args_count);
	hello->env = hello->args + hello->args_count;
	hello->env_count = reader_count(reader, 4);
	read_strings(reader, hello->env, hello->env_count);
	for (uint32_t i = 0; i < hello->env_count; i++)
		if (!strchr(hello->env[i], '='))
			return "environment variable without '='";
	hello->preopens_count = reader_count(reader, 12);
	for (uint32_t i = 0; i < hello->preopens_count; i++) {
		hello->preopens[i].name = reader_string(reader);
		hello->preopens[i].grant = reader_string(reader);
		hello->preopens[i].read_only = reader_u32(reader) != 0;
	}
	hello->first_stdin = reader_bytes(reader, &hello->first_stdin_length);
	if (hello->flags & HELLO_HINTS)
		hello->program = reader_string(reader);
	if (hello->flags & HELLO_NET) {
		hello->net = hello->env + hello->env_count;
		hello->net_count = reader_count(reader, 4);
		read_strings(reader, hello->net, hello->net_count);
	}
	if (hello->flags & HELLO_INJECT) {
		hello->injections = hello->env + hello->env_count + hello->net_count;
		hello->injections_count = reader_count(reader, 4);
		read_strings(reader, hello->injections, hello->injections_count);
	}
	return NULL;
}

/* A further connection of a program that runs. */
static void read_known(struct reader *reader, struct hello *hello)
{
	uint32_t length;
	const uint8_t *key;

	hello->program_id = reader_u32(reader);
	key = reader_bytes(reader, &length);
	if (reader->ok && length == KEY_TEXT)
		memcpy(hello->key, key, KEY_TEXT);
	else
		reader->ok = false;
}

const char *codec_hello(const struct frame *frame, struct hello *hello)
{
	struct reader reader = { .at = frame->body, .end = frame->body + frame->length, .ok = true };
	const char *failed = NULL;

	memset(hello, 0, sizeof *hello);
	hello->version = reader_u32(&reader);
	hello->hash = reader_u64(&reader);
	hello->flags = reader_u32(&reader);
	if (!reader.ok)
		return "hello too short";
	if (hello->version != WIRE_VERSION || hello->hash != syscalls_hash())
		return NULL; /* another version's hello has another shape; the caller refuses it by version and hash */
	if (!hello_room(hello, &reader, frame->length))
		return "no memory for the hello";

	if (hello->flags & HELLO_NEW)
		failed = read_new(&reader, hello);
	else
		read_known(&reader, hello);
	if (failed)
		return failed;
	if (!reader.ok)
		return "hello doesn't fit its fields";
	return reader.at == reader.end ? NULL : "hello has bytes left over";
}

void hello_clear(struct hello *hello)
{
	free(hello->memory);
	memset(hello, 0, sizeof *hello);
}
