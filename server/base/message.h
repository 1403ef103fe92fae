/* A message on its way out: bytes with the headroom that lws writes its frame header into. Made by the dispatcher, which fills it
 * while calls run, then taken by a connection's outbox or by an HTTP answer. */
#ifndef SERVER_BASE_MESSAGE_H
#define SERVER_BASE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MESSAGE_HEADROOM = 32 }; /* >= LWS_PRE, asserted in ws.c */

struct message {
	struct message *next; /* in an outbox */
	size_t length, capacity, sent;
	uint8_t room[MESSAGE_HEADROOM];
	uint8_t bytes[];
};

/* NULL: no memory. A few small ones are kept for the next (loop and workers alike: it is locked). */
struct message *message_new(size_t capacity);
/* Makes sure of `extra` bytes after length; moves *message. False: no memory, *message is as it was. */
bool message_reserve(struct message **message, size_t extra);
void message_free(struct message *message); /* takes NULL */

#endif
