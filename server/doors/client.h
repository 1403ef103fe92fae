/* What the doors know of an HTTP connection (http_conn's owner): where it came in, and what its request is for.
 * Leaves to others: the bytes (http/conn.h). */
#ifndef SERVER_DOORS_CLIENT_H
#define SERVER_DOORS_CLIENT_H

#include <stdbool.h>

#include "server/http/conn.h"

struct call_post;
struct relay_request;
struct session;
struct waiting;

/* What a POST is for, known from its head; the body comes later. */
enum post_kind { POST_NONE, POST_CLAIM, POST_TICKET, POST_CALL };

/* The state of one request; empty between two. */
struct request {
	enum post_kind kind;
	struct session *session;  /* held while the body is read; NULL: none shown */
	char key[32];             /* Wvwasi-Guest */
	char user_agent[256];
	char cookie[44];          /* the answer sets it; empty: none */
	struct call_post *call;   /* it waits for a program */
	bool asks_to_pair;        /* it waits for the user's yes */
	struct relay_request *passed_on; /* it waits for a connection to the server behind --root */
};

struct client {
	const char *host, *origin; /* our origin as the browser sees it: other machines see several */
	bool is_ours;              /* the kernel says that the other end is a process of our user */
	bool for_debugger;         /* accepted by the debugger's listener: another origin, with files and secrets of its own */
	struct session *payer;     /* held: whose memory the connection uses; NULL: nobody's yet */
	struct request request;
	struct waiting *waits_in;  /* waiting.h, as the next two; NULL: it doesn't wait */
	struct http_conn *conn;
	struct client *next_waiting;
};

static inline struct client *client_of(const struct http_conn *conn) { return conn->owner; }

/* Takes fd, with what the listener knows of it. tls: its plain end, for another machine; else NULL. */
typedef void client_accept(struct gateway *gateway, int fd, const char *address, struct tls_conn *tls, bool is_ours,
                           bool for_debugger);

#endif
