/* What the user asks of a running gateway, at its terminal, on its stdin (--json) or by the control socket: a link, the list of
 * sessions, to revoke one. This is the gateway's side: the keeper passes the question on and the answer back. Leaves to others:
 * secrets, sessions. */
#ifndef SERVER_DOORS_REQUESTS_H
#define SERVER_DOORS_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "server/auth/secrets.h"

struct cJSON;
struct gateway;

/* Who asks: 0 the terminal or stdin, else a client of the control socket, by the keeper's number. */
enum { REQUESTER_TERMINAL = 0 };

/* True for the terminal without --json, which gets sentences; all others get events. */
bool requester_reads_sentences(const struct gateway *gateway, uint32_t requester);
/* Sends an event to the requester. Takes it, and overwrites its text, which may hold a secret. */
void requester_tell(struct gateway *gateway, uint32_t requester, struct cJSON *event);

struct link {
	char url[256], code[CODE_TEXT + 1]; /* code: empty for a browser's command line */
};

/* A new one-use link, with a code to type. The caller overwrites it afterwards (secret_forget). */
void link_new(struct gateway *gateway, struct link *link);
/* A link for a browser's command line, which other users can read: short-lived, and without a code. */
void link_new_for_browser(struct gateway *gateway, uint32_t requester, struct link *link);

void answer_link(struct gateway *gateway, uint32_t requester, bool for_browser);
/* A link to the debugger, which has an origin of its own. */
void answer_debug(struct gateway *gateway, uint32_t requester);
void answer_sessions(struct gateway *gateway, uint32_t requester);
void answer_revoke(struct gateway *gateway, uint32_t requester, uint32_t session);

/* Five wrong codes have invalidated the code: prints a new one at the terminal, at most every ten seconds. */
void code_is_due(struct gateway *gateway);

#endif
