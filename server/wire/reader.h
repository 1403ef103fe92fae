/* Reads the fields of a frame's body, in order, and never past its end. */
#ifndef SERVER_WIRE_READER_H
#define SERVER_WIRE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is left to read. ok turns false for good at the first short read, which gives 0 or nothing: read all fields, then judge
 * once. */
struct reader {
	const uint8_t *at, *end;
	bool ok;
	char *text; /* room for copies of strings with their NULs; for reader_string() */
};

uint32_t reader_u32(struct reader *reader);
uint64_t reader_u64(struct reader *reader);
/* A u32 length and that many bytes, lent by the frame. Short: *length is 0. */
const uint8_t *reader_bytes(struct reader *reader, uint32_t *length);
/* A copy in reader->text. A NUL inside is refused: the program would see less than the page sent. */
const char *reader_string(struct reader *reader);
/* A count of items that each take at least `least` bytes. Refused if so many don't fit into what is left. */
uint32_t reader_count(struct reader *reader, size_t least);

#endif
