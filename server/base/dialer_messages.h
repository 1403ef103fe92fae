/* The messages between gateway and dialer, and between dialer and keeper (channel.h carries them). The gateway numbers its
 * requests; the dialer answers each once, in any order. Endpoints are encoded as on the wire (net_address.h). */
#ifndef SERVER_BASE_DIALER_MESSAGES_H
#define SERVER_BASE_DIALER_MESSAGES_H

/* a: the request's number, b: the program, unless said otherwise. */
enum to_dialer {
	DIAL_OWN = 1,    /* sent first and once. bytes: the gateway's ports (u16, little endian), which no program may reach */
	/* a: a program, b: its session; bytes: its name, its page's URL, then its page's rules, each ended by a NUL */
	DIAL_PROGRAM,
	DIAL_PROGRAM_GONE, /* a: the program. Its requests were cancelled before */
	DIAL_CANCEL,     /* a: a request, which needs no answer any more */
	DIAL_REQUESTS,   /* from here on: requests, which DIALED answers */
	DIAL_CONNECT = DIAL_REQUESTS, /* bytes: endpoint; fd: a bound socket to connect, or none. Gives the connected socket */
	DIAL_BIND,       /* bytes: endpoint. Gives the bound TCP socket */
	DIAL_LISTEN,     /* bytes: u32 backlog; fd: the bound socket, which listens then */
	/* bytes: the endpoint to bind, or none. Gives a SOCK_SEQPACKET socket of datagrams, each behind its endpoint (datagram.c);
	 * bytes: the endpoint that it is bound to */
	DIAL_DATAGRAM,
	DIAL_PEER,       /* bytes: the endpoint for which a datagram is. Judges it, and gives its address */
	DIAL_RESOLVE,    /* bytes: u8 family (4, 6, 0 both), an endpoint with a name. Gives endpoints, before each its length (u8) */
	/* fd: a connected socket; bytes: u16 length and the server's name, then ALPN's list (dialer/tls.h). Gives a plaintext socket;
	 * bytes: version, cipher and protocol */
	DIAL_TLS,
	DIAL_HTTP,       /* bytes: a request's head (dialer/http_head.h). Gives a stream of frames (dialer/http.h) */
	DIAL_END,
};

enum from_dialer {
	DIALED = 1,      /* a: the request, b: 0 or an errno; its bytes and its descriptor, if it gives any */
	DIALER_SAYS,     /* a: a program, or 0; bytes: a line for the terminal */
	DIALER_GRANTED,  /* a: a program; bytes: the rule that the user has said yes to, until it ends */
};

enum { DIALER_READY = 1 /* to the keeper. a: 0 if it ends for want of a lock; bytes: what the kernel lacks, a line each */,
	DIALER_WARNS /* to the keeper, before DIALER_READY. bytes: what won't work, a line */,
	DIALER_ASKS /* to the keeper. a: number of the question; bytes: its text, or none to withdraw it */,
	DIALER_ANSWER /* from the keeper. a: number of the question; b: as DO_ANSWER's */ };

#endif
