/* The channel between keeper and gateway: whole messages over a SOCK_SEQPACKET socketpair, never blocking, with a queue for what
 * doesn't fit. Leaves to others: what the messages mean (keeper.h). Used by both processes, each from one thread. A process with
 * an event loop sets on_queued. */
#ifndef SERVER_BASE_CHANNEL_H
#define SERVER_BASE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHANNEL_BYTES_MAX = 60 << 10 }; /* of a message, beside its head */

struct packet;

struct channel {
	int fd;
	struct packet *first, **last;
	size_t queued; /* bytes */
	/* called when channel_send() has queued something, so that the loop's owner calls channel_flush(); NULL: nothing is called */
	void (*on_queued)(void *context);
	void *context;
};

struct channel_message {
	uint32_t type, a, b;
	size_t length;
	int fd; /* -1, or yours now */
	uint8_t bytes[CHANNEL_BYTES_MAX + 1]; /* with a NUL behind them */
};

void channel_init(struct channel *channel, int fd);
void channel_clear(struct channel *channel); /* closes */

/* Sends or queues; bytes are copied and cut at CHANNEL_BYTES_MAX. pass_fd: -1, or a descriptor that is lent for the call, and
 * given to the other side. False: no memory, no more descriptors to be had, or the other side has gone (its end is told by
 * channel_receive). */
bool channel_send(struct channel *channel, uint32_t type, uint32_t a, uint32_t b, const void *bytes, size_t length, int pass_fd);
/* Sends what is queued, as far as it goes. */
void channel_flush(struct channel *channel);
bool channel_wants_to_write(const struct channel *channel);

enum channel_got { CHANNEL_NOTHING, CHANNEL_MESSAGE, CHANNEL_CLOSED };
enum channel_got channel_receive(struct channel *channel, struct channel_message *message);

#endif
