/* Sockets that a program opened: what they are until they are connected, and what is remembered of them then. Leaves to others:
 * bytes (sys_sock.c, sys_read.c, sys_write.c), who may reach whom (network.h). */
#ifndef WASI_SOCKETS_H
#define WASI_SOCKETS_H

#include "fd_table.h"
#include "network.h"
#include "park.h"
#include "socket_use.h"

struct guest;

enum { SOCKET_STREAM = 1, SOCKET_DATAGRAM = 2, JUDGED_MAX = 16, SOCKET_OPTIONS_MAX = 300,
	SOCKET_OPTIONS = 7, SOCKET_SEND_ALL = 1 << 16, /* sock_send's flag, outside preview1's 16 bits: wait until all is sent */
	SOCKET_RECV_WAITS = 1 << 16 /* sock_recv's: wait although the handle has NONBLOCK */ };

struct endpoint_bytes {
	uint16_t length; /* 0: there is none */
	uint8_t bytes[NETWORK_ENDPOINT_MAX];
};

/* A peer that datagrams may go to. */
struct judged {
	struct endpoint_bytes named, is; /* as the program names it; its address */
};

struct opened_socket {
	const struct wasi_network *network;
	struct network_request *asked; /* a question about it that isn't answered; NULL: none */
	uint8_t question;              /* enum network_question */
	uint8_t family, type;          /* 4, 6, 0; SOCKET_* */
	bool counted;                  /* it opens() */
	wasi_errno_t error;            /* of the last question, until a call returns it */
	bool bound;                    /* where a rule lets it listen: of datagrams */
	bool relayed;                  /* its descriptor isn't of the internet: `own` and `other` are its addresses */
	struct endpoint_bytes peer;    /* that it was connected to, by name perhaps */
	struct endpoint_bytes own, other;
	struct endpoint_bytes asking;  /* NETWORK_PEER's */
	struct endpoint_bytes told;    /* what TLS negotiated */
	struct judged *judged;         /* of datagrams: the last ones; NULL: none yet */
	size_t judged_count, judged_at;
	int options[SOCKET_OPTIONS];   /* set while it had no descriptor, by their place in sys_socket_options.c */
	unsigned options_set;          /* bits: which of them */
};

/* One that is counted. NULL: no memory, or as many as may be. */
struct opened_socket *socket_opened_new(const struct wasi_network *network, uint8_t family, uint8_t type);
/* Is it 4 or 6, of that family (0: either), and whole? */
bool endpoint_is_address(const uint8_t *at, size_t length, uint8_t family);
/* Datagrams may go to this address. */
void socket_judged_add(struct opened_socket *opened, const uint8_t *address, size_t length);
/* Its descriptor will be another one: its addresses are remembered. */
void socket_addresses_keep(struct object *object);
/* Takes the answer, if there is one: the object may be an OBJECT_SOCKET or OBJECT_LISTENER then. */
void socket_settle(struct object *object);
/* Asks about it; no question is open. OK, or why it couldn't. */
wasi_errno_t socket_ask(struct object *object, enum network_question question, const void *bytes, size_t length, int fd);
/* The call waits until the question is answered. */
wasi_errno_t socket_wait(struct call *call, struct object *object);
/* For calls that need a connection: OK; or it is being connected, and they wait (AGAIN where the descriptor doesn't); NOTCONN,
 * NOTSOCK. */
wasi_errno_t socket_connected(struct call *call, struct object *object, enum park_side side);

/* ---- sys_datagram.c, for the calls that streams have too ---- */
wasi_errno_t datagram_send(struct guest *guest, struct call *call, struct object *object, const union call_arg *bytes);
wasi_errno_t datagram_connect(struct call *call, struct object *object, const union call_arg *endpoint);
wasi_errno_t datagram_receive(struct call *call, struct object *object, uint32_t room, bool peek,
                              uint8_t endpoint[NETWORK_ENDPOINT_MAX], uint32_t *endpoint_length, uint8_t *into, size_t *done);
static inline bool object_is_datagram(const struct object *object)
{
	return object->opened && object->opened->type == SOCKET_DATAGRAM;
}

/* It has a descriptor now: sets the options that were kept for it (sys_socket_options.c). */
void socket_options_apply(struct object *object);
/* The object is being closed. */
void socket_closes(struct object *object);

#endif
