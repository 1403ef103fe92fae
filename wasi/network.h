/* The network as a guest's sockets use it: requests that are answered later, with descriptors. wasi/ itself opens and connects no
 * socket. Leaves to others: what may be reached, and connecting (server/dialer). */
#ifndef WASI_NETWORK_H
#define WASI_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Endpoints are encoded as on the wire: a kind (4, 6, 'n'), u16 port (little endian), then 4 bytes, or 16 and a u32 scope, or a
 * name. */
enum { NETWORK_ENDPOINT_MAX = 3 + 254 };

enum network_question {
	NETWORK_CONNECT,  /* an endpoint; fd: a bound socket to connect, or none. Gives the connected socket */
	NETWORK_BIND,     /* an endpoint. Gives a bound TCP socket */
	NETWORK_LISTEN,   /* u32 backlog; fd: the bound socket, which listens then */
	NETWORK_DATAGRAM, /* an endpoint to bind, or nothing. Gives a socket of datagrams (sys_datagram.c), and its endpoint */
	NETWORK_PEER,     /* the endpoint for which a datagram is. Gives its address */
	NETWORK_RESOLVE,  /* u8 family (4, 6, 0 both), an endpoint with a name. Gives endpoints, before each its length (u8) */
	/* u16 length and the server's name, then ALPN's list; fd: the connected socket. Gives a plaintext socket, and version, cipher
	 * and protocol */
	NETWORK_TLS,
	NETWORK_HTTP,     /* a request's head (docs/PROTOCOL.md, "Requests"). Gives a stream */
};

struct network_answer {
	int error;        /* 0 or an errno */
	int fd;           /* -1: none. Set it to -1 when you take it; else drop() closes it */
	size_t length;
	uint8_t bytes[];
};

struct network_request;

/* Lent to the guest, which it outlives. */
struct wasi_network {
	/* Sends a request. Only on the loop's thread, from a call that may park. fd stays the caller's; -1: none. NULL: *error is an
	 * errno. */
	struct network_request *(*ask)(const struct wasi_network *network, enum network_question question, const void *bytes,
		size_t length, int fd, int *error);
	/* The answer; NULL: not yet, and the calls that wait for the network are run again when one comes. Any thread. */
	struct network_answer *(*answer)(struct network_request *request);
	/* Frees a request, answered or not, and closes its answer's descriptor. Any thread. */
	void (*drop)(struct network_request *request);
	/* Counts one more open socket. False: the session or the gateway has as many as it may have. Any thread. */
	bool (*opens)(const struct wasi_network *network);
	/* Counts one less. Any thread. */
	void (*closes)(const struct wasi_network *network);
};

#endif
