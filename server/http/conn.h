/* One connection while it speaks HTTP: reads a head without taking it out of the socket (so that a WebSocket upgrade can be
 * handed on untouched), then perhaps a body, sends the answer, keeps alive. Bounded in number, bytes and time. On the loop's
 * thread. Leaves to others: who may ask and what is answered, which a handler decides (struct http_handler). */
#ifndef SERVER_HTTP_CONN_H
#define SERVER_HTTP_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "head.h"
#include "wasi/account.h"
#include "reply.h"

struct gateway;
struct http_conn;
struct tls_conn;

/* Connections that have shown neither ticket nor secret are unauthenticated. */
enum { HTTP_UNAUTHENTICATED_MAX = 64, HTTP_REMOTE_MAX = 64, HTTP_REMOTE_EACH_MAX = 16 };

/* Answers requests. For each: head(), then body() if head() asked for one, then answered(). */
struct http_handler {
	void (*head)(struct http_conn *conn, const struct head *head); /* lent for the call, and still in the socket */
	void (*body)(struct http_conn *conn);     /* conn->body has body_length bytes */
	void (*answered)(struct http_conn *conn); /* the answer is made, perhaps not yet sent: clears the request's state */
	void (*gone)(struct http_conn *conn);     /* the connection has ended, answered or not: frees conn->owner */
	/* Header lines for every answer. Returns how many bytes were written. */
	size_t (*policy)(const struct http_conn *conn, const struct reply *reply, char *to, size_t size);
};

enum http_conn_state { HTTP_CONN_READS_HEAD, HTTP_CONN_READS_BODY, HTTP_CONN_WAITS, HTTP_CONN_SENDS,
	HTTP_CONN_STREAMS /* its answer goes on when more has come from a source */, HTTP_CONN_DRAINS, HTTP_CONN_GONE };

/* The conditional and Range fields of a request. A field that is longer than these can't match a file of ours. */
struct conditions {
	char if_none_match[256], range[64], if_range[80];
};

struct http_conn {
	struct gateway *gateway;
	const struct http_handler *handler;
	void *owner;              /* the handler's; gone() frees it */
	uv_poll_t poll;
	int fd;
	enum http_conn_state state;
	char address[64];
	uint64_t since_ms;        /* of the state, or of its last progress */
	struct tls_conn *tls;     /* held: from another machine, by TLS; NULL: from this one */
	bool admitted;            /* has shown a ticket, a secret or a guest's key */
	bool fresh;               /* no byte of a request has come yet */
	bool keep_alive, is_head;
	bool owes_body;           /* the request has one, and it wasn't read */
	struct long_head *long_head; /* of which a part was taken from the socket; NULL: the head is still there */
	bool head_taken;          /* all of it was */
	bool had_long_head;       /* its next heads are read the same way */
	uint8_t *body;
	size_t body_length, body_have, body_room;
	struct account *memory;   /* that body and answer are taken from, once it is known whose they are; lent until gone() */
	size_t charged;
	struct conditions conditions; /* for an answer that comes later */
	char *out;                /* what is still to be sent of head and body; owned */
	size_t out_length, out_sent;
	const uint8_t *rest;      /* then these; static */
	size_t rest_length;
	int file;                 /* and these; -1: none */
	uint64_t file_at, file_left;
	struct http_stream *stream; /* and what comes from this; NULL: nothing */
	struct http_conn *next, **link;
};

/* Takes fd; tls (held): the connection whose plaintext fd is. Lends handler and address. False: no memory or no room; owner stays
 * the caller's. */
bool http_conn_new(struct gateway *gateway, const struct http_handler *handler, int fd, const char *address, struct tls_conn *tls,
                   void *owner);
/* Is there room for one more unauthenticated connection from this machine? It may close an idle one for it. */
bool http_conns_have_room(void);
/* Called when there is room again. */
void http_conns_on_room(void has_room(struct gateway *gateway));
/* Closes connections that aren't sending an answer. */
void http_conns_close(void);
/* Checks deadlines; called every second. */
void http_conns_sweep(uint64_t now_ms);
unsigned http_conns_count(void);

/* From now on it counts as authenticated. */
void http_conn_admit(struct http_conn *conn);
unsigned http_conns_admitted(void);
/* Closes the authenticated connection that has been idle longest. False: none is idle. */
bool http_conns_close_idlest(void);

/* ---- for the handler ---- */
/* Sends the request's one answer. It may end the connection: don't touch it afterwards. */
void http_conn_reply(struct http_conn *conn, struct reply *reply);
/* An answer of one sentence: JSON {"error"} for a script, else plain text. closes: the body hasn't been read. */
void http_conn_refuse(struct http_conn *conn, int status, const char *sentence, bool as_json, bool closes);
/* Takes the head out of the socket; needed before any answer but an upgrade. */
void http_conn_take_head(struct http_conn *conn, const struct head *head);
/* Reads the body (if its announced length is at most `most`; else refused with 413), then calls the handler's body(). */
void http_conn_read_body(struct http_conn *conn, const struct head *head, uint64_t most);
/* Body or answer were freed: their memory is given back. */
void http_conn_give_memory(struct http_conn *conn);
/* Says that the answer comes later, by http_conn_reply(); the connection may end before. */
void http_conn_wait(struct http_conn *conn);
/* Gives the socket to the caller: this connection ends. */
int http_conn_give_socket(struct http_conn *conn);

/* For this room alone: changes the state, and so the events that are waited for. */
void http_conn_turn(struct http_conn *conn, enum http_conn_state state);

#endif
