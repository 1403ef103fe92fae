/* A running program as this room and the debugger see it: its guest, its connections, its batches in order, and what the room's
 * files do for one another: hello.c (how it begins), programs.c (all of them), end.c, outlet.c (where answers go), frames.c and
 * posts.c (what comes), dispatch.c (its calls). All of it belongs to the loop's thread, but while `busy` the guest and the batch
 * on top belong to the worker. */
#ifndef SERVER_PROGRAM_PROGRAM_H
#define SERVER_PROGRAM_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/events.h"
#include "server/base/message.h"
#include "server/base/turn.h"
#include "server/wire/codec.h"
#include "conn.h"

struct profiled;
struct waiter;
struct worker;

/* How a batch came. By POST: its answer goes by POST, too. By the control connection: the page's thread sent it for a program
 * that computes or has ended, and is told when it is done. */
enum batch_way { BY_DATA, BY_CONTROL, BY_POST };

/* How far a batch's calls have run. */
enum ran {
	RAN_ALL,
	RAN_NEEDS_WORKER, /* its next call may block */
	RAN_NEEDS_LOOP,   /* its next call waits, or a debugger looks at it */
	RAN_STOPPED,      /* before its next call, by a debugger */
	RAN_ENDED,        /* another batch ended the program */
	RAN_CHANGE_LOST,  /* a foreseen call failed: batch->lost */
	RAN_BAD,
};

/* A foreseen call that failed. */
struct change_lost {
	uint32_t sequence;       /* of its batch */
	uint16_t index, number;  /* in it; the call's */
	wasi_handle_t handle;
	wasi_errno_t error;
};

struct batch {
	struct program *program;
	uint32_t sequence;
	bool waits;              /* the program blocks on the answer */
	bool skipping;           /* in a chain whose call failed */
	bool checked;            /* the call at index has met the parked ones already */
	bool executed;           /* every call was started */
	bool passed;             /* a debugger let the call at index run */
	bool released;           /* and its answer leave */
	uint32_t stops_after;    /* a breakpoint's id + 1, which one of its calls has hit; 0: none */
	uint16_t count, index;   /* calls; the next one */
	uint16_t last, number;   /* index and number of the call that was looked at last, for the reason of a protocol error */
	uint16_t results, parked;/* written; not done yet */
	const uint8_t *at, *end; /* calls left, lent by the message or owned */
	uint8_t *owned;
	size_t owned_length, bytes; /* bytes: of the frame */
	size_t charged;             /* to the session, beside the answer */
	struct message *answer;
	enum batch_way way;
	enum ran ran;            /* on the worker, for the loop */
	struct change_lost lost;
	uint64_t arrived_ns;
	struct batch *next;      /* in a queue */
};

struct parked {
	struct call call;
	struct batch *batch;
	uint16_t index;
	uint64_t since_ns;       /* when it was parked, if somebody watches; else 0 */
	bool behind;             /* another parked call on its handle comes first */
	bool due;                /* what it waits for came while the worker had the guest */
	bool on_stdin, on_sink, on_network; /* counted by its program */
	size_t bytes, charged;   /* of the call; to the session */
	uint64_t slots;          /* codec_call_slots() */
	struct waiter *waiter;   /* waits.h; NULL while it isn't waiting */
	struct parked *next, **link;
};

struct program {
	struct gateway *gateway;
	struct session *session; /* held */
	struct guest *guest;
	uint32_t id;
	char key[KEY_TEXT + 1];
	char name[96];
	bool xhr, posts, split, inherits_stdin, stdin_ended, ending;
	struct conn *data, *control;
	uint64_t born_ns, came_ns; /* came: when a page began it, or resumed it */

	uint32_t executed, acknowledged; /* sequence numbers */
	struct batch *queue, *queue_last;/* by number; their turn hasn't come */
	size_t queue_length, queue_bytes;
	struct batch *running;           /* whose turn it is, on the loop or on the worker: the program ends only after it */
	struct batch *stopped;           /* before its next call, by a debugger */
	struct batch *held;              /* done, their answers held back by a debugger */
	struct later go_on;              /* with the queue, whose turn has come, but the loop's was over */
	bool busy, ack_due;
	unsigned retry;                  /* bits of enum dispatch_retry: what came while busy */
	uint32_t unacknowledged_bytes;
	uint64_t off_loop_until_ns;      /* inline calls took too long: stay on the worker until then */
	bool was_slow;                   /* the last batch did */
	struct parked *parked, **parked_tail; /* in the order in which they came */
	struct parked *parked_at;        /* the next one of those that are gone through */
	size_t parked_count, parked_bytes;
	unsigned parked_on_stdin, parked_on_sink, parked_on_network;
	struct network_user *network;    /* network/network.h; NULL: it has none */
	struct injection *injections;    /* injected.h */
	size_t injections_count;
	struct worker *worker;
	struct recording *recording;     /* recording.h; NULL: none is wanted */
	struct keeping *keeping;         /* keeping.h; NULL: it ends with its page */

	uint32_t post_sequence;          /* of the last POST, and its answer in case it is asked for again */
	struct message *post_answer;
	bool post_forgotten;             /* it was sent, and its memory needed */
	struct message *carry;           /* frames for the next POST's answer */

	bool no_room;                    /* its session has no more memory: it ends */
	size_t charged, stdin_charged;   /* to its session, until it is gone */
	uint64_t stdin_pushed, stdin_told, stdin_injected;
	struct message *stdin_held, **stdin_held_tail; /* came while busy: flags in the first byte */
	struct program_counters counters;
	uint32_t stands;                 /* for its debugger: 0 it runs, 1 it stops at its next call, 2 it has stopped */
	uint8_t identity[16];            /* identity.h; then whether it may be told of changes before they are done */
	bool foreseen;
	struct profiled *profiled;       /* profiles.c; NULL: its page wants no hints, or none are kept */
	struct debuggee *debuggee;         /* debugger/internal.h; NULL: no debugger is attached */
	struct before *before;           /* debugger/before.h: its last calls */
	bool end_wanted;                 /* it ends, with end_reason, when end_after was executed, or can't be any more */
	uint32_t end_after;
	uint64_t end_wanted_ns;
	enum program_end_reason end_reason;
	bool end_has_code;
	uint32_t end_code;
	char *end_message;
	struct program *next, **link;
	struct program *next_dead;
};

/* ---- hello.c ---- */
/* The first frame of a connection. */
void program_hello(struct conn *conn, const struct frame *frame);
/* Appends its arguments and environment, each a list of strings. Not while busy. False: no memory. */
bool program_put_words(struct message **message, const struct program *program);

/* Of a RECORD frame, and KEPT of a RECORDED, too. KEPT: it goes before a batch, and is kept for the page that comes next. CUT:
 * that one is cut first. FROM: one for the file goes on from where it says. */
enum record_flags { RECORD_KEPT = 1, RECORD_CUT = 2, RECORD_FROM = 4 };

/* ---- frames.c ---- */
/* Any frame of a page: a hello first, and then those of its program. */
void program_frame(struct conn *conn, const struct frame *frame);
/* Bytes for its stdin, or its end, from any source: kept until the worker has finished with the guest. */
void program_stdin_take(struct program *program, uint8_t flags, const uint8_t *bytes, size_t length);
/* Feeds what came for stdin while the worker used the guest. */
void program_stdin_flush(struct program *program);
/* A debugger's bytes for stdin. Left out where there's no room, or stdin is the gateway's own. */
void program_stdin(struct program *program, uint8_t flags, const uint8_t *bytes, size_t length);

/* ---- posts.c ---- */
/* Completes a POST's batch: answers the request that waits, and keeps the answer in case it is asked for again. Takes answer. */
void program_post_answer(struct program *program, struct batch *batch, struct message *answer);
/* Every second: a request that has waited for long is told to ask again. */
void posts_sweep(uint64_t now_ns);
/* Its session has no memory: an answer that was sent isn't kept in case it is asked for again. */
void posts_forget(struct program *program);
/* Is there one that waits for an answer? */
bool posts_wait(const struct program *program);
/* Answers the POST that waits with this frame, in place of its answer. */
void posts_tell(struct program *program, const uint8_t *frame, size_t length);
/* The program has ended: requests that wait for its answers are told why. */
void posts_end(struct program *program, const char *why);

/* ---- programs.c ---- */
/* One more: its id and key, and it is found from now on. */
void program_join(struct program *program);
/* Another key: whoever has the one before can't use it any more. */
void program_new_key(struct program *program);
/* Takes as long for any key. */
bool keys_are_equal(const char *own, const char *key);
/* It isn't any more. */
void program_leave(struct program *program);
/* Takes it and frees it when this turn of the loop is over, since a caller may still use it. */
void program_reap(struct program *program);
/* The running program with that key: in this session and with that id, or with session NULL in any. */
struct program *program_find(const struct session *session, uint32_t id, const char *key);
/* All there are, newest first, by `next`; and how many. */
struct program *programs_first(void);
size_t programs_count(void);
/* Its calls wait for memory of its session: they go on when there is some. */
void program_waits_for_room(const struct program *program);
/* Its acknowledgement is due in 5 ms. */
void program_acknowledge_soon(struct program *program);

/* ---- end.c ---- */
/* Ends it: cancels, closes, tells the terminal, frees when the worker is done. message may be NULL. The first reason counts. */
void program_end(struct program *program, enum program_end_reason reason, const uint32_t *code, const char *message,
	enum close_code close, const char *why);
/* The same, when every batch up to `after` was executed. */
void program_end_after(struct program *program, uint32_t after, enum program_end_reason reason, const char *message);
/* Ends it if program_end_after() asked for that and it is time: after batches ran, a connection closed, or a second passed. */
void program_end_if_due(struct program *program, uint64_t now_ns);
void program_protocol_error(struct program *program, const char *what);
/* Ends it because a foreseen call failed; tells its page and the terminal which. */
void program_change_lost(struct program *program, const struct change_lost *lost);
/* The worker has finished and nothing uses the guest any more: program_end() goes on here. */
void program_end_now(struct program *program);
/* A connection of a page is closed. */
void program_conn_gone(struct conn *conn);

/* Takes memory from its session. False: there's no more, and program_protocol_error() will say so. */
bool program_charge(struct program *program, size_t bytes);

/* ---- outlet.c ---- */
/* Sends to where the program's answers go; by POST they wait in carry. Takes message. */
void program_send(struct program *program, struct message *message);
/* The program's page may send more, or not, by what is queued and unsent. */
void program_throttle(struct program *program);
/* The network has answered a question, for which several calls may have waited: their answers leave as one message, since each
 * message wakes the browser. */
void program_network_answered(void *program);
/* It has so many answers unsent that its calls wait. */
bool program_is_full(const struct program *program);
/* A page's connection has sent queued bytes. */
void program_conn_drained(struct conn *conn);

/* ---- dispatch.c, and what it has in internal.h ---- */
/* A batch frame that has its head, its bytes lent until this returns. */
void dispatch_batch(struct program *program, const struct frame *frame, enum batch_way way);
/* Goes on with what is queued: the page has read its answers. */
void dispatch_pump(struct program *program);
/* Its queue's turn has come: a struct later's run(). */
void dispatch_go_on(void *program);
/* Runs parked calls again that something has come for: on stdin as long as it has something, on the sink as long as it takes
 * something, on the network when it has answered something, and those that were due while the worker had the guest. While it has,
 * it is put off. */
enum dispatch_retry { RETRY_STDIN, RETRY_SINK, RETRY_NETWORK, RETRY_DUE };
void dispatch_retry(struct program *program, enum dispatch_retry which);
/* Forgets everything that is queued and parked. Not while busy. */
void dispatch_cancel(struct program *program);
/* Goes on where a debugger had stopped it. */
void dispatch_resume(struct program *program);
/* Could another batch run without further input? */
bool dispatch_goes_on(const struct program *program);
/* Every second: batches whose turn never came. */
void dispatch_sweep(struct program *program, uint64_t now_ns);
/* Sends the acknowledgements that are due. */
void dispatch_acknowledge(struct program *program);

#endif
