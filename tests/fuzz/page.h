/* The other end of a gateway's connections and POSTs, for fuzz_dispatch.c: stands where libwebsockets is, takes what the server
 * sends, and holds it to docs/PROTOCOL.md: every batch that waits is answered once, each of its calls has one result,
 * acknowledgements only grow, nothing comes after the end. Leaves to others: what is sent, and when. */
#ifndef FUZZ_PAGE_H
#define FUZZ_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "server/program/conn.h"

enum { WIRES = 8, PAGES = 3, BATCHES = 256, PAGE_CALLS_MAX = 16, SLOTS = 14, FIRST_FREE = 6 };

enum sent_state { NOT_SENT, SENT, ANSWERED };

struct sent {
	enum sent_state state;
	bool waits, by_post, whole;  /* whole: its calls fit the table */
	bool twice;                  /* another with this number was sent as well */
	uint8_t count;
	uint16_t quiet;              /* bits */
	uint64_t answer;             /* a digest: by POST the same may come again */
};

/* A program as its page knows it. */
struct page {
	bool lives;                  /* was welcomed, and hasn't ended */
	uint32_t id;
	char key[KEY_TEXT + 1];
	bool xhr, split;
	uint32_t next, highest;      /* sequence numbers: the next, and the highest ever sent */
	uint32_t hole;               /* one that was left out, or 0 */
	uint32_t acknowledged;
	uint64_t stdin_sent, stdin_taken;
	struct sent sent[BATCHES];
	uint16_t generations[SLOTS];
	bool open[SLOTS];
};

/* A WebSocket. */
struct wire {
	struct conn *conn;           /* NULL: none */
	struct page *page;           /* NULL: not welcomed yet */
	bool wants_turn, paused, blocked, partial, fails, cut, close_came;
	bool over;                   /* its program has ended */
	uint32_t hello_flags;        /* what its HELLO said */
	unsigned first_stdin;        /* bytes of stdin in it */
	uint32_t acknowledged;
	uint8_t *out;                /* what the server sent and no frame was made of yet */
	size_t out_length;
	uint8_t held[2048];          /* what the page sends with its next message */
	size_t held_length;
};

extern struct wire wires[WIRES];
extern struct page pages[PAGES];

/* Forgets all pages; wires must have been freed. */
void pages_forget(void);
/* A page that was just welcomed: what its HELLO said. One that has begun stays as it is. */
void page_begins(struct page *page, uint32_t hello_flags, unsigned first_stdin);
/* The socket of a wire has gone: the conn is told, and freed. */
void wire_lost(struct wire *wire);
/* What is held and these bytes become a message, whole or in two pieces. */
void wire_say(struct wire *wire, const uint8_t *bytes, size_t length, bool in_pieces);
/* A turn to write, if one is wanted and the socket takes anything. */
void wire_turn(struct wire *wire);

/* Frames in the answer of a POST with this number (0: a hello's). Gives the page that it welcomed, or NULL. */
struct page *page_take_body(struct page *page, uint32_t sequence, const uint8_t *bytes, size_t length);
/* The server says that the program has ended. */
void page_ended(uint32_t id);
struct page *page_find(uint32_t id);

#endif
