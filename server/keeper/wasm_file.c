#include "wasm_file.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { SECTIONS_MOST = 64, SECTION_MEMORY = 5, MEMORY_64 = 4 /* of a memory's flags */ };

static const struct {
	const char *begins;
	uint8_t length;
	const char *reason;
} kinds[] = {
	{ "\0asm\1\0\0\0", 8, NULL },
	{ "\0asm\x0d\0\1\0", 8, NULL },
	{ "\0asm", 4, "it is neither a core WebAssembly module (version 1) nor a component of WASI 0.2 (version 13), so it can't be run" },
	{ "\x1f\x8b", 2, "it is compressed: gunzip it first" },
	{ "\x28\xb5\x2f\xfd", 4, "it is compressed: unzstd it first" },
	{ "PK\3\4", 4, "it is an archive: unzip it first" },
	{ "\x7f" "ELF", 4, "it is a program for Linux: build it for wasm32-wasip1" },
	{ "(module", 7, "it is WebAssembly's text format: make a program of it with wat2wasm" },
};

/* LEB128, as the binary format writes numbers. Moves *at behind it. */
static bool number_read(int fd, off_t *at, uint32_t *number)
{
	uint8_t bytes[5];
	ssize_t got = pread(fd, bytes, sizeof bytes, *at);

	*number = 0;
	for (ssize_t i = 0; i < got; i++) {
		*number |= (uint32_t)(bytes[i] & 0x7f) << (7 * i);
		if (bytes[i] < 0x80) {
			*at += i + 1;
			return true;
		}
	}
	return false;
}

/* Its own first memory has 64-bit addresses. */
static bool is_wasm64(int fd)
{
	off_t at = 8;

	for (int i = 0; i < SECTIONS_MOST; i++) {
		uint32_t size, count, flags;
		uint8_t kind;

		if (pread(fd, &kind, 1, at++) != 1 || !number_read(fd, &at, &size))
			return false;
		if (kind == SECTION_MEMORY)
			return number_read(fd, &at, &count) && count > 0 && number_read(fd, &at, &flags) && flags & MEMORY_64;
		at += size;
	}
	return false;
}

const char *wasm_file_wrong(int fd)
{
	uint8_t head[8] = { 0 };
	struct stat stat;
	ssize_t got;

	if (fstat(fd, &stat) == 0 && S_ISDIR(stat.st_mode))
		return "it is a folder (an app's folder is served by --root)";
	got = pread(fd, head, sizeof head, 0);
	if (got == 0)
		return "it is empty";
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (got < kinds[i].length || memcmp(head, kinds[i].begins, kinds[i].length))
			continue;
		if (kinds[i].reason)
			return kinds[i].reason;
		return head[4] == 1 && is_wasm64(fd) ? "its memory has 64-bit addresses (wasm64): build it for wasm32-wasip1" : NULL;
	}
	return "it isn't WebAssembly";
}
