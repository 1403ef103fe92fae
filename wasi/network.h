/* What a guest's sockets ask of whoever has the network: questions that are answered later. wasi/ makes no socket and connects
 * none; it is given descriptors. Leaves to others: who may reach whom, and doing it (server/dialer). */
#ifndef WASI_NETWORK_H
#define WASI_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Endpoints are bytes here, as on the wire: a kind (4, 6, 'n'), u16 port (little endian); then 4 bytes, or 16 and u32 scope, or a
 * name. */
enum { NETWORK_ENDPOINT_MAX = 3 + 254 };

enum network_question {
	NETWORK_CONNECT,  /* an endpoint; fd: a bound socket, or none. Gives the connected one */
	NETWORK_BIND,     /* an endpoint. Gives a bound TCP socket */
	NETWORK_LISTEN,   /* u32 backlog; fd: the bound socket, which listens then */
	NETWORK_DATAGRAM, /* an endpoint to bind, or nothing. Gives a relay (sys_datagram.c) and its endpoint */
	NETWORK_PEER,     /* an endpoint that a datagram is for. Gives its address */
	NETWORK_RESOLVE,  /* family, then an endpoint with a name. Gives endpoints, each behind its length */
	/* u16 length and name of the server, options; fd: the connected socket. Gives one for the plaintext, and what was
	 * negotiated */
	NETWORK_TLS,
	NETWORK_HTTP,     /* a request. Gives a stream */
};

struct network_answer {
	int error;        /* an errno; 0: it is done */
	int fd;           /* -1, or yours: set it to -1 when you take it */
	size_t length;
	uint8_t bytes[];
};

struct network_request;

/* Lent to the guest; it outlives it. */
struct wasi_network {
	/* Asks. Only where a call that parks is run again: on the loop's thread. fd is lent for the call; -1: none. NULL: *error says
	 * why. */
	struct network_request *(*ask)(const struct wasi_network *network, enum network_question question, const void *bytes,
		size_t length, int fd, int *error);
	/* NULL: there's none yet. Then whoever runs the guest runs its parked calls that wait for the network again. Any thread. */
	struct network_answer *(*answer)(struct network_request *request);
	/* It isn't wanted any more, answered or not; an answer's descriptor is closed. Any thread. */
	void (*drop)(struct network_request *request);
	/* One more open socket. False: as many as may be. Any thread. */
	bool (*opens)(const struct wasi_network *network);
	void (*closes)(const struct wasi_network *network);
};

#endif
