/* What gateway and dialer say to each other (channel.h carries it), and dialer and keeper. The gateway numbers its requests; the
 * dialer answers each once, in any order. Endpoints are as on the wire (net_address.h). */
#ifndef SERVER_BASE_DIALER_MESSAGES_H
#define SERVER_BASE_DIALER_MESSAGES_H

/* a: the request's number, b: the program, unless said otherwise. */
enum to_dialer {
	/* the first message: u16 ports (little endian) that nobody may reach, the gateway's. a: gone through: no more come */
	DIAL_OWN = 1,
	/* a: a program, b: its session; bytes: its name, its page (both with a NUL), then the rules that it keeps to, each with a
	 * NUL */
	DIAL_PROGRAM,
	DIAL_PROGRAM_GONE, /* a: it. Its requests were cancelled */
	DIAL_CANCEL,     /* a: the request; it isn't answered any more */
	DIAL_REQUESTS,   /* those from here on are answered by DIALED */
	DIAL_CONNECT = DIAL_REQUESTS, /* endpoint; with a descriptor: by this bound socket. Gives the connected socket */
	DIAL_BIND,       /* endpoint. Gives the bound TCP socket */
	DIAL_LISTEN,     /* bytes: u32 backlog; with the bound socket, which listens then */
	DIAL_DATAGRAM,
	/* bytes: the endpoint to bind, or none. Gives a relay: a SOCK_SEQPACKET of datagrams, each with its endpoint before it;
	 * bytes: the endpoint that it is bound to */
	DIAL_PEER,       /* an endpoint that a datagram is for: judged. Gives its address */
	DIAL_RESOLVE,    /* u8 family (4, 6, 0 any), then an endpoint with a name. Gives endpoints, each behind its length (u8) */
	/* the connected socket; u16 length and server name, then options (dialer/tls.h). Gives one for the plaintext; bytes: what was
	 * negotiated */
	DIAL_TLS,
	DIAL_HTTP,       /* dialer/http.h. Gives a stream */
	DIAL_END,
};

enum from_dialer {
	DIALED = 1,      /* a: the request, b: errno, or 0; its bytes, its descriptor */
	DIALER_SAYS,     /* a: a program, or 0; bytes: a line for the terminal */
};

enum { DIALER_READY = 1 /* to the keeper. a: 0: it can't serve, as is said; bytes: what the lock lacks, a line each */,
	DIALER_ASKS /* to the keeper. a: number of the question; bytes: it; none: it isn't asked any more */,
	DIALER_ANSWER /* from the keeper. a: number of the question; b: as DO_ANSWER's */ };

#endif
