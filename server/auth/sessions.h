/* Sessions: admitted browsers and what they may do. Their secrets are in secrets.c, as digests. */
#ifndef SERVER_AUTH_SESSIONS_H
#define SERVER_AUTH_SESSIONS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/text.h"
#include "server/base/turn.h"
#include "wasi/account.h"

struct gateway;
struct remembered_list;

enum session_scope { SCOPE_RUN, SCOPE_WATCH, SCOPE_CONTROL };

struct session {
	uint32_t id;       /* shown to people: 1, 2, … */
	enum session_scope scope;
	bool revoked;
	bool remembered;   /* with --remember: kept when the gateway ends */
	bool remote;       /* of another machine, and valid at that origin alone */
	bool sees_data;    /* a debugger's: the user lets it see files' contents */
	uint32_t requester; /* the client of the control socket whose link let it in: a window; 0: none */
	unsigned holds;
	unsigned connections; /* open WebSockets, kept by program/ */
	unsigned standing;    /* of these without a HELLO yet, while program/ counts them */
	unsigned programs;    /* that run in it, kept by program/ */
	uint64_t bytes;       /* both ways, for the list */
	uint64_t opened_ns;
	char address[64];
	char browser[64];
	atomic_uint sockets;       /* that its programs have open to the network, kept by network/ */
	struct { uint64_t opened, received, sent; } network; /* of programs that have ended, kept by program/ */
	struct account memory;     /* held for its pages, kept by program/ and http/ */
	bool waits_for_room;       /* calls of its programs wait until some of it is free */
	struct later_line put_off; /* work for it that waits for its turn; kept by program/ */
	struct session *next;
};

/* Counted: connections and programs hold their session; the table drops it when it is revoked. */
struct session *session_hold(struct session *session);
void session_drop(struct session *session);

/* Called whenever a session is closed, while it is still whole: whoever runs programs for it ends them. */
void sessions_on_close(void closed(const struct session *session));

/* Makes one and tells the terminal; lent until it is revoked. NULL: no memory. */
struct session *session_open(struct gateway *gateway, enum session_scope scope, const char *address, struct text user_agent,
                             uint64_t now_ns);
/* With --remember: keeps a paired session for the next start, and restores those that were kept. */
void session_remember(struct gateway *gateway, const struct session *session);
void sessions_restore(struct gateway *gateway, const struct remembered_list *list);
/* Its secret and tickets are forgotten, its programs ended. False: no such session. */
bool session_revoke(struct gateway *gateway, uint32_t id);
/* The gateway ends; programs have been ended. */
void sessions_close(struct gateway *gateway);
/* Is a connection or a program still holding one? */
bool sessions_are_held(void);
/* All that are in, by `next`, oldest first. */
const struct session *sessions_first(void);
/* "run", "watch", "control". */
const char *scope_name(enum session_scope scope);

/* "Firefox on Linux", from what a browser says of itself; never longer, and only letters. */
void browser_name(struct text user_agent, char *name, size_t size);

#endif
