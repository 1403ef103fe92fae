/* Shared by the dialer's files: programs, their requests, and the one function that answers these. dialer.c is the process,
 * judge.c decides what may be reached, ask.c asks the user, resolve.c looks names up, connect.c connects, bind.c binds and
 * listens, datagram.c relays UDP, secure.c starts TLS and HTTP. */
#ifndef SERVER_DIALER_INTERNAL_H
#define SERVER_DIALER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "server/base/channel.h"
#include "server/base/net_rules.h"

struct config;

enum {
	REQUESTS_MAX = 4096, REQUESTS_OF_SESSION = 512, /* running at once */
	LOOKUPS_MAX = 1024, LOOKUPS_OF_SESSION = 64, /* running, or waiting for a thread */
	OWN_PORTS_MAX = 16,
	FOUND_MAX = 256,    /* looked-up addresses remembered for each program; the oldest is dropped */
	TOLD_MAX = 64,      /* refusals printed for each program */
};

/* An address that a name resolved to. A program may then connect to the address where a rule allows the name. */
struct found {
	struct net_address address;
	char name[NET_NAME_MAX + 1];
};

/* A running program, as the gateway described it. */
struct program_of {
	uint32_t id, session;
	char name[96], page[160];    /* for messages: printable characters only */
	struct net_rules kept;       /* its page's rules: it is allowed nothing else */
	bool keeps;                  /* its page has given rules */
	struct net_rules granted;    /* the user answered yes */
	struct net_rules once;       /* the user answered yes, for one connection: judge_spend() */
	struct net_rules refused;    /* the user answered no */
	uint64_t taken_back_ms;      /* when a question was taken back that counted as a no; 0: never */
	struct found *found;
	size_t found_count, found_at;
	uint32_t told[TOLD_MAX];     /* hashes of the messages that were printed */
	size_t told_count;
	struct program_of *next;
};

struct request {
	uint32_t number, type;       /* enum to_dialer */
	struct program_of *program;
	uint8_t *bytes;              /* a copy of it: it may start again, after a look-up or the user's answer */
	size_t length;
	int fd;                      /* the descriptor that came with it, ours to close; -1: none */
	/* Set by the function that works on it: the program has gone, end the work. Doesn't free the request. NULL: nothing to
	 * end. */
	void (*cancelled)(struct request *request);
	void *work;
	struct request *next, **link;
};

struct dialer {
	uv_loop_t loop;
	const struct config *config;
	struct net_rules rules;
	struct channel gateway, keeper;
	uint16_t own_ports[OWN_PORTS_MAX];
	size_t own_ports_count;
	bool own_known;
	struct program_of *programs;
	struct request *requests;
	size_t requests_count, lookups;
};
extern struct dialer dialer;

/* Answers a request and frees it. With EACCES and --net ask it may ask the user instead (ask_instead). error: 0 or an errno. fd:
 * a descriptor to pass, which stays the caller's, or -1. */
void request_answer(struct request *request, int error, const void *bytes, size_t length, int fd);
/* Prints a line at the terminal. program: whom it is about, or NULL. */
void dialer_say(const struct program_of *program, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Asks the user about a request that failed only because no rule names its target, and starts it again after the answer. False:
 * the user isn't asked. */
bool ask_instead(struct request *request);
/* The keeper's answer to a question. answer: 0 no, 1 yes, 2 nobody can be asked, 3 another question is open. */
void ask_answered(uint32_t question, uint32_t answer);
/* The request is being freed: withdraws its question. */
void ask_forget(const struct request *request);
/* Starts a request again, after the answer to its question. */
void request_begin(struct request *request);

/* ---- judge.c ---- */

/* The last target that was refused only because no rule names it: what the user can be asked about. scheme -1: none. */
extern struct judge_wish {
	int scheme;
	const struct program_of *program; /* that wanted it */
	bool is_private;
	struct net_endpoint endpoint;
	char why[120];
} judge_wish;

/* May the program look this name up, for that scheme and port? port 0: for any port that a rule allows. Returns 0 or EACCES, and
 * prints a refusal. */
int judge_name(struct program_of *program, enum net_scheme scheme, const char *name, uint16_t port);
/* May it reach the address? name: what resolved to it, or NULL if the program gave the address. Always refused: addresses that no
 * host has, the gateway's own ports. says: print a refusal. Returns 0 or EACCES. */
int judge_address(struct program_of *program, enum net_scheme scheme, const char *name, const struct net_endpoint *endpoint,
	bool says);
/* A connection is made: removes the rules that the user allowed once, if it needed them. */
void judge_spend(struct program_of *program, enum net_scheme scheme, const char *name, const struct net_endpoint *endpoint);
/* May it listen at every port of that address? Prints nothing. */
bool judge_may_listen(const struct program_of *program, const struct net_endpoint *endpoint);
/* May it listen at that address and port? Returns 0 or EACCES, and prints a refusal. */
int judge_listen(struct program_of *program, const struct net_endpoint *endpoint);
/* Prints a text once for each program, and at most TOLD_MAX texts. */
void judge_says_once(struct program_of *program, const char *text);
/* Prints that the target was refused, and why, once for each target. */
void judge_refuses(struct program_of *program, enum net_scheme scheme, const struct net_endpoint *endpoint, const char *why);
/* Remembers that the name resolved to this address: the program may now connect to it by the address. */
void judge_found(struct program_of *program, const char *name, const struct net_address *address);
/* Frees the program's rules and found addresses. */
void judge_program_clear(struct program_of *program);

/* ---- resolve.c ---- */

struct resolving;
/* Looks a name up, which the caller has judged, in a thread; for an address or localhost no thread is needed. family: 4, 6 or 0
 * (both). Calls done once, from the loop, unless cancelled: error is 0 or ENOENT, ETIMEDOUT, ENOMEM, EIO; found has the
 * endpoint's port and is in the order to try. NULL: too many look-ups, or no memory. */
struct resolving *resolve_begin(const struct program_of *program, const struct net_endpoint *endpoint, int family,
                                void done(void *context, int error, const struct net_endpoint *found, size_t count),
                                void *context);
void resolve_cancel(struct resolving *resolving);
/* The same for a request that waits for nothing else: answers it if no look-up can start, and cancels the look-up with it. done:
 * as above; asked: the endpoint. */
typedef void resolved(struct request *request, const struct net_endpoint *asked, int error, const struct net_endpoint *found,
	size_t count);
void request_resolve(struct request *request, const struct net_endpoint *asked, int family, resolved *done);
/* Loads the libraries that look-ups need: call it before the process is locked in. */
void resolve_prepare(void);

/* ---- requests: each reads the bytes (server/base/dialer_messages.h) and answers the request in the end ---- */

void connect_begin(struct request *request, const uint8_t *bytes, size_t length);
void resolve_request_begin(struct request *request, const uint8_t *bytes, size_t length);
/* A TCP socket, or -1. It sends what it gets at once, as what it accepts does: the page has gathered already, and who writes
 * twice before an answer would wait for the peer's delayed acknowledgement (40 ms). */
int stream_socket(int family);
void bind_begin(struct request *request, const uint8_t *bytes, size_t length);
void listen_begin(struct request *request, const uint8_t *bytes, size_t length);

/* ---- secure.c ---- */

/* Loads the CA store, and libcurl if a rule allows HTTP: call it before the process is locked in. If that fails, requests that
 * need it fail, and the reason is printed then. */
void secure_prepare(void);
/* After it: why no request will be made though a rule wants some; "" if it will. */
const char *secure_lacks(void);
void tls_begin(struct request *request, const uint8_t *bytes, size_t length);
void http_begin(struct request *request, const uint8_t *bytes, size_t length);
void datagram_begin(struct request *request, const uint8_t *bytes, size_t length);
void peer_begin(struct request *request, const uint8_t *bytes, size_t length);
/* The program has ended: ends its UDP relays. */
void datagram_program_gone(const struct program_of *program);

#endif
