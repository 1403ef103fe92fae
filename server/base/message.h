/* A message on its way out: bytes with the headroom that lws writes its frame header into. Made by the dispatcher, which fills it
 * while calls run, then taken by a connection's outbox or by an HTTP answer. */
#ifndef SERVER_BASE_MESSAGE_H
#define SERVER_BASE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wasi/account.h"

enum { MESSAGE_HEADROOM = 32 }; /* >= LWS_PRE, asserted in ws.c */

struct message {
	struct message *next; /* in an outbox */
	struct account *account; /* that its memory is taken from; NULL: nobody's */
	size_t length, capacity, sent;
	uint8_t room[MESSAGE_HEADROOM];
	uint8_t bytes[];
};

/* NULL: no memory. A few small ones are kept for the next (loop and workers alike: it is locked). */
struct message *message_new(size_t capacity);
/* Makes room for `extra` bytes after length; may move *message. False: no memory, and *message is unchanged. */
bool message_reserve(struct message **message, size_t extra);
/* Charges its memory to the account from now on, also what message_reserve() adds; message_free() gives it back. False: the
 * account has no more, and the message is unchanged. */
bool message_charge(struct message *message, struct account *account);
/* Puts the other's bytes behind *message, which may move, and frees the other. False: *message is NULL, has begun to leave, or
 * would have more than `most` bytes, and both are unchanged. */
bool message_join(struct message **message, struct message *other, size_t most);
/* The message will wait for a while: frees its unused memory, if that is much. May move *message. */
void message_fit(struct message **message);
void message_free(struct message *message); /* takes NULL */

#endif
