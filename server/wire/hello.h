/* The HELLO of a page: its first frame on each connection, read into fields. Leaves to others: what is granted
 * (program/hello.h). */
#ifndef SERVER_WIRE_HELLO_H
#define SERVER_WIRE_HELLO_H

#include "codec.h"

enum hello_flags {
	HELLO_NEW = 1, HELLO_CONTROL = 2, HELLO_SPLIT = 4, HELLO_TTY = 8, HELLO_PREOPENS = 16, HELLO_STDIN_EOF = 32,
	HELLO_INHERIT_STDIN = 64, HELLO_INHERIT_STDOUT = 128, HELLO_INHERIT_STDERR = 256, HELLO_XHR = 512, HELLO_SENDS_ONLY = 1024,
	HELLO_HINTS = 2048, HELLO_POSTS = 4096, HELLO_NET = 8192, HELLO_INJECT = 16384, HELLO_RECORDABLE = 32768,
	HELLO_KEEP = 65536, HELLO_RESUME = 131072, HELLO_KEEP_LATER = 262144,
	HELLO_BACK = 524288,
};

struct hello {
	uint32_t version, flags, coherence, columns, rows;
	uint64_t hash;
	const char **args, **env, **net;      /* NUL-terminated. net: with HELLO_NET: rules that the program is kept to */
	const char **injections;              /* with HELLO_INJECT: rules, as --inject has them */
	struct wasi_preopen *preopens;
	uint32_t args_count, env_count, preopens_count, net_count, injections_count;
	const uint8_t *first_stdin;           /* lent by the frame */
	uint32_t first_stdin_length;
	const char *program;                  /* with HELLO_HINTS: which it is, as its page names it */
	uint32_t program_id;                    /* attach */
	char key[KEY_TEXT + 1];
	void *memory;                         /* everything the pointers above point into */
};
/* NULL, or what is wrong in words. hello_clear() after either. Version and hash are filled in even if the rest can't be read. */
const char *codec_hello(const struct frame *frame, struct hello *hello);
void hello_clear(struct hello *hello);

#endif
