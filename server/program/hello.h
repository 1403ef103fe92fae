/* Hellos, by WebSocket (program_hello in program.h) and by POST. */
#ifndef SERVER_PROGRAM_HELLO_H
#define SERVER_PROGRAM_HELLO_H

#include <stdbool.h>
#include <stdint.h>

#include "server/wire/hello.h"

struct gateway;
struct message;
struct program;
struct session;

struct refusal {
	enum close_code code;
	uint32_t error; /* errno, or 0 */
	char text[200];
};

/* Finds or makes the program of a HELLO. NULL: refused. Call hello_clear() either way. */
struct program *hello_take(struct gateway *gateway, struct session *session, const struct frame *frame, bool by_post,
                           struct hello *hello, struct refusal *refusal);
/* The frame that answers it: WELCOME, or REFUSED where program is NULL. NULL: no memory. */
struct message *hello_answer(struct program *program, const struct hello *hello, const struct refusal *refusal);

#endif
