/* Who is in: claimed logins and their scopes. The secrets themselves live in secrets.c, as digests. */
#ifndef SERVER_ENTER_SESSIONS_H
#define SERVER_ENTER_SESSIONS_H

#include <stdbool.h>
#include <stdint.h>

enum session_scope { SCOPE_RUN, SCOPE_WATCH, SCOPE_CONTROL };

struct session {
	uint32_t id;       /* shown to people: 1, 2, … */
	enum session_scope scope;
	bool revoked;
	unsigned holds;
	unsigned connections; /* open WebSockets, kept by ws.c and guests.c */
	uint64_t bytes;       /* both ways, for the list */
	uint64_t opened_ns;
	char address[64];
	char browser[64];
	struct session *next;
};

/* Counted: connections and guests hold their session; the table drops it when it is revoked. */
struct session *session_hold(struct session *session);
void session_drop(struct session *session);

#endif
