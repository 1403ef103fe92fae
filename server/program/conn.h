/* One WebSocket connection after its upgrade: messages in, frames to the handler of its kind, messages out. Bounded both ways.
 * lws is known to ws.c, conn.c and conn_sweep.c alone. Leaves to others: what frames mean. */
#ifndef SERVER_PROGRAM_CONN_H
#define SERVER_PROGRAM_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/message.h"
#include "server/base/turn.h"
#include "server/wire/codec.h"

struct conn;
struct gateway;
struct program;
struct program_counters;
struct session;

/* The close reason for a page that needs more than twice its session's budget. */
#define CONN_NO_ROOM "the gateway holds all the memory that it may for this session (--limit memory=N)"

/* Its session's scope decides: one that runs programs, or a debugger's. */
enum conn_kind { CONN_PROGRAM, CONN_DEBUGGER, CONN_KINDS };

/* Handles the connections of one kind; lent for ever. */
struct conn_handler {
	size_t message_max; /* bytes of a message that comes */
	void (*frame)(struct conn *conn, const struct frame *frame);
	void (*drained)(struct conn *conn); /* a message has left; NULL: of no interest */
	void (*gone)(struct conn *conn);    /* its socket is closed; the connection is freed after this */
};
/* Before the first connection of the kind. */
void conn_handle(enum conn_kind kind, const struct conn_handler *handler);

struct conn {
	struct gateway *gateway;
	struct session *session; /* held */
	struct lws *wsi;         /* NULL before the upgrade is done and after the socket is closed */
	const struct conn_handler *handler;
	struct program *program;   /* NULL before the HELLO; belongs to the handler, as the next does */
	struct debugger *debugger;
	struct program_counters *counters; /* that its bytes are added to; NULL: to none */
	bool is_control, sends_only, closing, close_sent, paused, throttled, in_turn;
	uint32_t last_sequence;
	uint64_t opened_ns;
	char address[64];
	/* A message that came in pieces; a whole one, from `at` on, whose frames are for later turns. */
	struct { uint8_t *bytes; size_t length, capacity, at; unsigned fragments; bool is_whole; uint64_t since_ns; } in;
	struct later go_on;
	struct message *out, *out_last;
	size_t unsent;
	uint16_t close_code;
	char close_reason[124];
	struct conn *next, **link; /* in the gateway's list */
};

/* The socket's life, called by ws.c on the loop. */
struct conn *conn_new(struct gateway *gateway, struct session *session, const char *address); /* holds the session */
void conn_open(struct conn *conn, struct lws *wsi);
/* false: hang up */
bool conn_receive(struct conn *conn, const uint8_t *bytes, size_t length, bool first, bool final, size_t left_in_fragment);
bool conn_send_next(struct conn *conn);                                                             /* false: hang up */
void conn_free(struct conn *conn); /* tells its handler that it is closed */

/* Takes message, or sends and frees it. What is longer than 256 KiB is cut over several messages. */
void conn_send(struct conn *conn, struct message *message);
/* A small frame with a body of at most 256 bytes. A frame that tells how far something is replaces an unsent one of its type. */
void conn_send_frame(struct conn *conn, enum frame_type type, const void *body, size_t length);
/* Closes after what is queued was sent (within 5 s); reason is cut at 123 bytes. */
void conn_close(struct conn *conn, enum close_code code, const char *reason);
/* The program can't take more now, or can again. */
void conn_pause(struct conn *conn, bool paused);

/* All there are; by `next`, the youngest first. */
unsigned conn_count(void);
struct conn *conns_first(void);
/* Those of a session that haven't said HELLO yet: its pages hold some ready for the programs that they run next. */
unsigned conns_standing(const struct session *session);

/* Deadlines, every second: closes connections that have said nothing for ten seconds (16 of a session that runs programs may
 * stand ready for ten minutes), or have begun a message and haven't sent any more of it for thirty seconds. */
void conn_sweep(uint64_t now_ns);
void conn_close_all(const struct session *session /* NULL: all */, enum close_code code, const char *reason);

#endif
