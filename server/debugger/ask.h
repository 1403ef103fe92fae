/* Questions to the user at the terminal: may this debugger stop programs, may it see contents? One at a time. The debugger must
 * not be able to answer itself, so the keeper asks. Leaves to others: what follows from a yes. */
#ifndef SERVER_DEBUGGER_ASK_H
#define SERVER_DEBUGGER_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

struct gateway;
struct session;
struct debugger;

enum ask_said { SAID_NO, SAID_YES, SAID_NOBODY, SAID_BUSY, SAID_NOTHING /* within a minute */ };

/* False: another question waits for its answer. */
bool ask_begin(struct gateway *gateway, struct debugger *debugger, const struct session *session, enum debug_ask what);
/* Ends the question: whose it was, and what it asked for. NULL: it isn't asked any more. */
struct debugger *ask_end(uint32_t question, enum debug_ask *what);
/* The debugger that asked has disconnected. */
void ask_withdraw(struct gateway *gateway, const struct debugger *debugger);
/* The number of a question that was not answered within a minute, which is over; 0: none. */
uint32_t ask_overdue(struct gateway *gateway, uint64_t now_ms);

#endif
