#include "reader.h"

#include <string.h>

#include "codec.h"

static bool reader_has(struct reader *reader, size_t length)
{
	if (reader->ok && (size_t)(reader->end - reader->at) < length)
		reader->ok = false;
	return reader->ok;
}

uint32_t reader_u32(struct reader *reader)
{
	uint32_t value;

	if (!reader_has(reader, 4))
		return 0;
	value = codec_u32(reader->at);
	reader->at += 4;
	return value;
}

uint64_t reader_u64(struct reader *reader)
{
	uint64_t low = reader_u32(reader);

	return low | (uint64_t)reader_u32(reader) << 32;
}

const uint8_t *reader_bytes(struct reader *reader, uint32_t *length)
{
	const uint8_t *bytes;

	*length = reader_u32(reader);
	bytes = reader->at;
	if (!reader_has(reader, *length))
		*length = 0;
	reader->at += *length;
	return bytes;
}

const char *reader_string(struct reader *reader)
{
	uint32_t length;
	const uint8_t *bytes = reader_bytes(reader, &length);
	char *copy = reader->text;

	if (!reader->ok || memchr(bytes, 0, length)) {
		reader->ok = false;
		return "";
	}
	memcpy(copy, bytes, length);
	copy[length] = 0;
	reader->text += length + 1;
	return copy;
}

uint32_t reader_count(struct reader *reader, size_t least)
{
	uint32_t count = reader_u32(reader);

	if (!reader->ok || count > (size_t)(reader->end - reader->at) / least) {
		reader->ok = false;
		return 0;
	}
	return count;
}
