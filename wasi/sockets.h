/* Sockets that a program opened: what they are until they are connected, and what is remembered of them then. Leaves to others:
 * bytes (sys_sock.c, sys_read.c, sys_write.c), who may reach whom (network.h). */
#ifndef WASI_SOCKETS_H
#define WASI_SOCKETS_H

#include "fd_table.h"
#include "network.h"
#include "park.h"

enum { SOCKET_STREAM = 1, SOCKET_DATAGRAM = 2 };

struct endpoint_bytes {
	uint16_t length; /* 0: there is none */
	uint8_t bytes[NETWORK_ENDPOINT_MAX];
};

struct opened_socket {
	const struct wasi_network *network;
	struct network_request *asked; /* a question about it that isn't answered; NULL: none */
	uint8_t question;              /* enum network_question */
	uint8_t family, type;          /* 4, 6, 0; SOCKET_* */
	bool counted;                  /* it opens() */
	wasi_errno_t error;            /* of the last question, until somebody is told */
	struct endpoint_bytes peer;    /* that it was connected to, by name perhaps */
};

/* Takes the answer, if there is one: the object may be an OBJECT_SOCKET or OBJECT_LISTENER then. */
void socket_settle(struct object *object);
/* Asks about it; no question is open. OK, or why it couldn't. */
wasi_errno_t socket_ask(struct object *object, enum network_question question, const void *bytes, size_t length, int fd);
/* The call waits until the question is answered. */
wasi_errno_t socket_wait(struct call *call, struct object *object);
/* For calls that need a connection: OK; or it is being connected, and they wait (AGAIN where the descriptor doesn't); NOTCONN,
 * NOTSOCK. */
wasi_errno_t socket_connected(struct call *call, struct object *object, enum park_side side);
/* The object is being closed. */
void socket_closes(struct object *object);

#endif
