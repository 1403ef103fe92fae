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
struct tls_conn;
struct gateway;
struct session;

enum { HTTP_CONNS_STRANGE_MAX = 64, HTTP_CONNS_REMOTE_MAX = 64, HTTP_CONNS_REMOTE_EACH_MAX = 16 }; /* connections that have shown neither ticket nor secret */

enum http_conn_state { HTTP_CONN_READS_HEAD, HTTP_CONN_READS_BODY, HTTP_CONN_WAITS, HTTP_CONN_SENDS, HTTP_CONN_DRAINS, HTTP_CONN_GONE };

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

struct http_conn {
	struct gateway *gateway;
	uv_poll_t poll;
	int fd;
	enum http_conn_state state;
	char address[64];
	uint64_t since_ms;        /* of the state, or of its last progress */
	struct tls_conn *tls;      /* held: from another machine, by TLS; NULL: from this one */
	const char *host, *origin; /* where the browser sees us: other machines see several */
	bool is_ours;             /* the kernel says that the other end is a process of our user */
	bool for_debugger;             /* came by the debugger's door: another origin, with files and secrets of its own */
	bool admitted;            /* has shown a ticket, a secret or a guest's key */
	bool fresh;               /* nothing of a request has come yet */
	bool keep_alive, is_head;
	bool owes_body;           /* the request has one, and it wasn't read */
	struct post post;
	uint8_t *body;
	size_t body_length, body_have, body_room;
	struct call_post *call;   /* while HTTP_CONN_WAITS for a program */
	bool requests;              /* while HTTP_CONN_WAITS for the person's yes */
	bool wants_program;       /* while HTTP_CONN_WAITS for the keeper */
	struct asked asked;       /* for an answer that comes later */
	char *out;                /* what is still to be sent of head and body; owned */
	size_t out_length, out_sent;
	const uint8_t *rest;      /* then these; static */
	size_t rest_length;
	int file;                 /* and these; -1: none */
	uint64_t file_at, file_left;
	struct http_conn *next, **link;
};

/* Is there room for one more stranger? An idle one may have to go for it. If not, listener_has_room() is told when there is. */
bool http_conns_have_room(void);
/* Takes fd. */
void http_conn_new(struct gateway *gateway, int fd, const char *address, bool is_ours, bool for_debugger);
/* Takes fd, the plain end of a TLS connection. */
void http_conn_new_remote(struct gateway *gateway, int fd, const char *address, struct tls_conn *tls, bool for_debugger);
void http_conns_close(struct gateway *gateway);
/* Every second: deadlines. */
void http_conns_sweep(uint64_t now_ms);
unsigned http_conns_count(void);

/* ---- for who answers ---- */
/* Exactly one answer for each request. It may be the visit's end: don't touch it after. */
void http_conn_reply(struct http_conn *conn, struct reply *reply);
/* An answer of one sentence: JSON {"error"} for our API, else plain text. closes: the body hasn't been read. */
void http_conn_refuse(struct http_conn *conn, int status, const char *sentence, bool as_json, bool closes);
/* Takes the head out of the socket: everything but an upgrade begins so. */
void http_conn_take_head(struct http_conn *conn, const struct head *head);
/* Reads the body (at most `most` bytes are announced; else refused with 413), then calls route_body(). */
void http_conn_read_body(struct http_conn *conn, const struct head *head, uint64_t most);
/* The answer comes later, by http_conn_reply(); the visit may go before: then `call` is cancelled. */
void http_conn_wait(struct http_conn *conn);
/* It was let in: it doesn't count as a stranger any more, but against --max-connections. False: that many are in. */
bool http_conn_admit(struct http_conn *conn);
/* Is there room for one more of those who are in? An idle one may have to go for it. If not, the terminal is told. */
bool admitted_have_room(struct gateway *gateway);
/* Gives the socket away: the visit is over. */
int http_conn_give_socket(struct http_conn *conn);
/* Visits that wait for PROGRAM, oldest first; NULL: none. */
struct http_conn *http_conn_waiting_for_program(void);

#endif
