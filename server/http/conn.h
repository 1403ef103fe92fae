/* One connection while it speaks HTTP: reads a head without taking it out of the socket (so that a WebSocket upgrade can be handed on
 * untouched), then perhaps a body, sends the answer, keeps alive. Bounded in number, bytes and time.
 * Leaves to others: what is answered (route.h). On the loop's thread. */
#ifndef SERVER_HTTP_CONN_H
#define SERVER_HTTP_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "head.h"
#include "reply.h"

struct call_post;
struct front;
struct gateway;
struct session;

enum { VISITS_STRANGE_MAX = 64, VISITS_REMOTE_MAX = 64, VISITS_REMOTE_EACH_MAX = 16 }; /* connections that have shown neither ticket nor secret */

enum visit_state { VISIT_READS_HEAD, VISIT_READS_BODY, VISIT_WAITS, VISIT_SENDS, VISIT_DRAINS, VISIT_GONE };

/* What a POST is for, found out from its head; the body comes later. */
enum post_kind { POST_NONE, POST_CLAIM, POST_TICKET, POST_CALL };
struct post {
	enum post_kind kind;
	struct session *session;  /* held while the body is read; NULL: none shown */
	char key[32];             /* Wvwasi-Guest */
	char user_agent[256];
	char cookie[44];          /* to be set by the answer; empty: none */
};

/* Conditions under which a file is wanted: the fields of a head that are longer than these are never ours. */
struct asked {
	char if_none_match[256], range[64], if_range[80];
};

struct visit {
	struct gateway *gateway;
	uv_poll_t poll;
	int fd;
	enum visit_state state;
	char address[64];
	uint64_t since_ms;        /* of the state, or of its last progress */
	struct front *front;      /* held: from another machine, by TLS; NULL: from this one */
	const char *host, *origin; /* where the browser sees us: other machines see several */
	bool is_ours;             /* the kernel says that the other end is a process of our user */
	bool watches;             /* came by the debugger's door: another origin, with files and secrets of its own */
	bool admitted;            /* has shown a ticket, a secret or a guest's key */
	bool fresh;               /* nothing of a request has come yet */
	bool keep_alive, is_head;
	bool owes_body;           /* the request has one, and it wasn't read */
	struct post post;
	uint8_t *body;
	size_t body_length, body_have, body_room;
	struct call_post *call;   /* while VISIT_WAITS for a program */
	bool knocks;              /* while VISIT_WAITS for the person's yes */
	bool wants_program;       /* while VISIT_WAITS for the keeper */
	struct asked asked;       /* for an answer that comes later */
	char *out;                /* what is still to be sent of head and body; owned */
	size_t out_length, out_sent;
	const uint8_t *rest;      /* then these; static */
	size_t rest_length;
	int file;                 /* and these; -1: none */
	uint64_t file_at, file_left;
	struct visit *next, **link;
};

/* Is there room for one more stranger? An idle one may have to go for it. If not, listener_has_room() is told when there is. */
bool visits_have_room(void);
/* Takes fd. */
void visit_new(struct gateway *gateway, int fd, const char *address, bool is_ours, bool watches);
/* Takes fd, the plain end of a TLS connection. */
void visit_new_remote(struct gateway *gateway, int fd, const char *address, struct front *front, bool watches);
void visits_close(struct gateway *gateway);
/* Every second: deadlines. */
void visits_sweep(uint64_t now_ms);
unsigned visits_count(void);

/* ---- for who answers ---- */
/* Exactly one answer for each request. It may be the visit's end: don't touch it after. */
void visit_reply(struct visit *visit, struct reply *reply);
/* An answer of one sentence: JSON {"error"} for our API, else plain text. closes: the body hasn't been read. */
void visit_refuse(struct visit *visit, int status, const char *sentence, bool as_json, bool closes);
/* Takes the head out of the socket: everything but an upgrade begins so. */
void visit_take_head(struct visit *visit, const struct head *head);
/* Reads the body (at most `most` bytes are announced; else refused with 413), then calls route_body(). */
void visit_read_body(struct visit *visit, const struct head *head, uint64_t most);
/* The answer comes later, by visit_reply(); the visit may go before: then `call` is cancelled. */
void visit_wait(struct visit *visit);
/* It was let in: it doesn't count as a stranger any more, but against --max-connections. False: that many are in. */
bool visit_admit(struct visit *visit);
/* Is there room for one more of those who are in? An idle one may have to go for it. If not, the terminal is told. */
bool admitted_have_room(struct gateway *gateway);
/* Gives the socket away: the visit is over. */
int visit_give_socket(struct visit *visit);
/* Visits that wait for PROGRAM, oldest first; NULL: none. */
struct visit *visit_waiting_for_program(void);

#endif
