/* Much data: 24 MiB written and read back in pieces of every size; the test compares the file's digest from outside. */
#include "calls.h"
#include "check.h"
#include <stdlib.h>

enum { TOTAL = 24 << 20, BLOCK = 5 << 20 };

static uint32_t state = 12345;
static uint8_t next_byte(void)
{
	state = state * 1664525 + 1013904223;
	return (uint8_t)(state >> 24);
}

static uint64_t fnv(uint64_t hash, const uint8_t *bytes, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	return hash;
}

int main(void)
{
	static const uint32_t pieces[] = { 1, 7, 100, 4096, 65536, 100000, 1 << 20, BLOCK };
	uint8_t *block = malloc(BLOCK);
	uint64_t written = 0xcbf29ce484222325, read = written, at;
	int fd = open_at(ROOT, "bulk", __WASI_OFLAGS_CREAT, READ | WRITE, 0);
	uint32_t done = 0, turn = 0;
	bool whole = true;
	while (done < TOTAL) {
		uint32_t length = pieces[turn++ % 8];
		if (length > TOTAL - done)
			length = TOTAL - done;
		for (uint32_t i = 0; i < length; i++)
			block[i] = next_byte();
		for (uint32_t sent = 0; sent < length;) {
			int count = write_all(fd, block + sent, length - sent);
			if (count <= 0) {
				whole = CHECK_EQ(count, 1, "every write goes on");
				break;
			}
			sent += (uint32_t)count;
		}
		if (!whole)
			break;
		written = fnv(written, block, length);
		done += length;
	}
	CHECK_EQ(fd_seek(fd, 0, __WASI_WHENCE_CUR, &at) ? 0 : at, TOTAL, "everything is written");
	fd_seek(fd, 0, __WASI_WHENCE_SET, &at);
	for (turn = 3, done = 0;; turn++) {
		int count = read_some(fd, block, pieces[turn % 8]);
		if (count <= 0)
			break;
		read = fnv(read, block, (uint32_t)count);
		done += (uint32_t)count;
	}
	CHECK_EQ(done, TOTAL, "everything is read");
	CHECK(written == read, "byte for byte");

	enum { PIECES = 1000 };
	static in_t in[PIECES];
	static uint8_t scattered[PIECES * 3];
	for (int i = 0; i < PIECES; i++)
		in[i] = (in_t){ scattered + 3 * (PIECES - 1 - i), 3 };
	uint32_t got = 0;
	CHECK_EQ(fd_pread(fd, in, PIECES, 1000, &got), 0, "a thousand buffers");
	static uint8_t straight[PIECES * 3];
	in_t one = { straight, sizeof straight };
	uint32_t straight_got = 0;
	fd_pread(fd, &one, 1, 1000, &straight_got);
	bool same = got == straight_got && got % 3 == 0;
	for (uint32_t i = 0; same && i < got / 3; i++)
		same = !memcmp(straight + 3 * i, scattered + 3 * (PIECES - 1 - i), 3);
	CHECK(same, "are filled in order");

	/* memory grows between two calls, and what is read lies in the new part */
	uint8_t *grown = malloc(40 << 20);
	uint8_t *far = grown + (39 << 20);
	in_t late = { far, 4096 };
	CHECK_EQ(fd_pread(fd, &late, 1, 0, &got), 0, "a read into memory that was just made");
	fd_pread(fd, &one, 1, 0, &straight_got);
	CHECK(!memcmp(far, straight, straight_got), "arrives there");
	fd_close(fd);
	return check_end();
}
