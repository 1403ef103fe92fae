/* server/keeper/wasm_file.c: what a user gave that can't be a program, in words. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../check.h"

#include "server/keeper/wasm_file.h"

#define HEAD "\0asm\1\0\0\0"
#define BYTES(text) text, sizeof text - 1

static const struct {
	const char *name, *bytes;
	size_t length;
	const char *says; /* NULL: it can be one */
} files[] = {
	{ "a module without sections", BYTES(HEAD), NULL },
	{ "a memory of 32 bits, behind another section", BYTES(HEAD "\1\4\1\x60\0\0" "\5\3\1\0\1"), NULL },
	{ "a memory with a maximum", BYTES(HEAD "\5\4\1\1\1\2"), NULL },
	{ "a shared memory", BYTES(HEAD "\5\4\1\3\1\2"), NULL },
	{ "a memory of 64 bits", BYTES(HEAD "\5\3\1\4\1"), "wasm64" },
	{ "a memory of 64 bits, its section's size in two bytes", BYTES(HEAD "\1\x84\0\1\x60\0\0" "\5\x83\0\1\5\1\2"), "wasm64" },
	{ "a memory section without a memory", BYTES(HEAD "\5\1\0\4"), NULL },
	{ "a section that isn't whole", BYTES(HEAD "\1"), NULL },
	{ "a size without an end", BYTES(HEAD "\5\xff\xff\xff\xff\xff"), NULL },
	{ "sections that go beyond the end", BYTES(HEAD "\1\xff\xff\xff\xff\x7f\5\3\1\4\1"), NULL },
	{ "a component", BYTES("\0asm\x0d\0\1\0"), NULL },
	{ "a component of an older draft", BYTES("\0asm\x0c\0\1\0"), "component" },
	{ "gzip", BYTES("\x1f\x8b\x08\0\0\0\0\0\0\0"), "gunzip it" },
	{ "a Linux program", BYTES("\x7f" "ELF\2\1\1\0"), "for Linux" },
	{ "text format", BYTES("(module (memory 1))"), "wat2wasm" },
	{ "a page", BYTES("<!doctype html>"), "isn't WebAssembly" },
	{ "two bytes", BYTES("\0a"), "isn't WebAssembly" },
	{ "nothing", BYTES(""), "empty" },
};

TEST(what_cannot_be_a_program_is_named)
{
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		int fd = memfd_create("file", MFD_CLOEXEC);
		const char *wrong;

		CHECK(write(fd, files[i].bytes, files[i].length) == (ssize_t)files[i].length);
		wrong = wasm_file_wrong(fd);
		CHECK_EQ(wrong != NULL, files[i].says != NULL, files[i].name);
		if (wrong && files[i].says)
			CHECK_EQ(strstr(wrong, files[i].says) != NULL, true, wrong);
		close(fd);
	}
}

TEST(a_folder_is_named)
{
	int fd = open("/", O_RDONLY | O_CLOEXEC);

	CHECK_EQ(strstr(wasm_file_wrong(fd), "a folder") != NULL, true, "folder");
	close(fd);
}
