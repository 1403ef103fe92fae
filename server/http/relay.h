/* One request, passed on to another web server, and its answer passed back: two sockets, a buffer of fixed size each way, no
 * waiting. A WebSocket becomes a tunnel. On the loop's thread. Leaves to others: who may ask, connecting, what the request's head
 * says (doors/upstream_request.h). */
#ifndef SERVER_HTTP_RELAY_H
#define SERVER_HTTP_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gateway;

enum { RELAYS_MAX = 256 };

struct relay_request {
	char *head;                  /* to be sent; owned */
	size_t head_length;
	uint64_t body_length;        /* bytes that follow in the client's socket */
	bool is_head, upgrades, keep_alive;
	char *more;                  /* header lines for the answer; owned */
	const char *const *origins;  /* whose addresses become ours (answer_head.h); lent for good */
};
void relay_request_clear(struct relay_request *request);

/* It is over. client_fd: the client's socket, for its next request, taken; -1: it was closed. */
typedef void relay_done(void *context, int client_fd);

bool relays_have_room(void);
/* Takes both sockets and what request owns. upstream_fd may still be connecting. done is called once, and not before this
 * returns. False: no memory; the sockets are closed, and done isn't called. */
bool relay_start(struct gateway *gateway, int client_fd, int upstream_fd, struct relay_request *request, relay_done *done,
                 void *context);
/* Every second: deadlines. */
void relays_sweep(uint64_t now_ms);
void relays_close(void);

#endif
