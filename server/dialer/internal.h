/* What the dialer's files share: programs, their requests, and the one place where these are answered. dialer.c is the process,
 * judge.c says who may be reached, resolve.c looks names up, connect.c connects, bind.c binds and listens. */
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
	REQUESTS_MAX = 4096, REQUESTS_OF_SESSION = 512, /* under way */
	LOOKUPS_MAX = 256, LOOKUPS_OF_SESSION = 64,
	OWN_PORTS_MAX = 16,
	FOUND_MAX = 256,    /* addresses that a program's look-ups have given it: the oldest goes */
	TOLD_MAX = 64,      /* refusals that are told for each program */
};

/* An address that a name led to: the program may name it by the address. */
struct found {
	struct net_address address;
	char name[NET_NAME_MAX + 1];
};

/* A running program, as the gateway says. */
struct program_of {
	uint32_t id, session;
	char name[96], page[160];    /* to print: of printable letters alone */
	struct net_rules kept;       /* what its page asked for: it has no more */
	bool keeps;
	struct net_rules granted;    /* the user said yes about these */
	struct net_rules refused;    /* and no about these */
	struct found *found;
	size_t found_count, found_at;
	uint32_t told[TOLD_MAX];     /* hashes of refusals that were said */
	size_t told_count;
	struct program_of *next;
};

struct request {
	uint32_t number, type;       /* enum to_dialer */
	struct program_of *program;
	uint8_t *bytes;              /* it, while it may begin again: with --net ask */
	size_t length;
	int fd;                      /* what came with it, ours; -1: nothing */
	/* Of what works on it: the asker has gone; ends what is under way. Doesn't free the request. */
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

/* Answers it and frees it. error: an errno, or 0. fd: -1, or lent. */
void request_answer(struct request *request, int error, const void *bytes, size_t length, int fd);
/* A line for the terminal. */
void dialer_say(const struct program_of *program, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Its work was refused, and only for want of a rule: asks the user, and begins it again. False: nobody is asked (ask.c). */
bool ask_instead(struct request *request);
/* An answer of the keeper's. */
void ask_answered(uint32_t question, uint32_t answer);
/* The request goes: nobody needs its answer. */
void ask_forget(const struct request *request);
/* Begins the work of one that was asked about. */
void request_begin(struct request *request);

/* ---- judge.c ---- */

/* What was refused last for want of a rule, that a yes would give. scheme -1: nothing. */
extern struct judge_wish {
	int scheme;
	const struct program_of *program; /* whose */
	bool is_private;
	struct net_endpoint endpoint;
	char why[120];
} judge_wish;

/* May the program look this name up, for that scheme and port? port 0: for whatever a rule allows. 0, or an errno: said. */
int judge_name(struct program_of *program, enum net_scheme scheme, const char *name, uint16_t port);
/* May it reach the address, to which `name` led (NULL: it was given itself)? Never: addresses that nobody has, the gateway's own
 * ports. says: a refusal is told. 0, or an errno. */
int judge_address(struct program_of *program, enum net_scheme scheme, const char *name, const struct net_endpoint *endpoint,
	bool says);
/* May it listen at any free port of that address? Nothing is said. */
bool judge_may_listen(const struct program_of *program, const struct net_endpoint *endpoint);
/* May it listen there? */
int judge_listen(struct program_of *program, const struct net_endpoint *endpoint);
/* Says it at the terminal, once for each text, and of each program only so many. */
void judge_says_once(struct program_of *program, const char *text);
/* Tells that it was refused, once for each target. */
void judge_refuses(struct program_of *program, enum net_scheme scheme, const struct net_endpoint *endpoint, const char *why);
/* A name led to this address: the program may now name it by that. */
void judge_found(struct program_of *program, const char *name, const struct net_address *address);
void judge_program_clear(struct program_of *program);

/* ---- resolve.c ---- */

struct resolving;
/* Looks a name up that was judged, in a thread; an address or localhost needs none, but is told by the loop too. family: 4, 6 or
 * 0. done(context, errno or 0, endpoints with the port given, in the order to try): once, unless cancelled. NULL: too many at
 * once (AGAIN). */
struct resolving *resolve_begin(const struct program_of *program, const struct net_endpoint *endpoint, int family,
                                void done(void *context, int error, const struct net_endpoint *found, size_t count),
                                void *context);
void resolve_cancel(struct resolving *resolving);
/* Loads what look-ups need, before the lock. */
void resolve_prepare(void);

/* ---- requests ---- */
void connect_begin(struct request *request, const uint8_t *bytes, size_t length);
void resolve_request_begin(struct request *request, const uint8_t *bytes, size_t length);
void bind_begin(struct request *request, const uint8_t *bytes, size_t length);
void listen_begin(struct request *request, const uint8_t *bytes, size_t length);

/* ---- secure.c ---- */

/* Loads the CA store, and libcurl where a rule lets anybody make requests: before the lock. What it lacks is told when somebody
 * needs it. */
void secure_prepare(void);
void tls_begin(struct request *request, const uint8_t *bytes, size_t length);
void http_begin(struct request *request, const uint8_t *bytes, size_t length);
void datagram_begin(struct request *request, const uint8_t *bytes, size_t length);
void peer_begin(struct request *request, const uint8_t *bytes, size_t length);
/* The program has ended: so do its relays. */
void datagram_program_gone(const struct program_of *program);

#endif
