/* How many noes in a row the user has given to each session's questions: after NOES_MAX nobody is asked for that session any
 * more. A question that was taken back while the user looked at it counts as a no: a page that asks and doesn't wait for the
 * answer would otherwise ask for ever. Leaves to others: what is asked, and how (program/granting.c, dialer/ask.c). */
#ifndef SERVER_BASE_REFUSALS_H
#define SERVER_BASE_REFUSALS_H

#include <stdbool.h>
#include <stdint.h>

enum { NOES_MAX = 10, REFUSALS_SESSIONS = 64 };

/* Zeroed at first. It has room for REFUSALS_SESSIONS of them; one more takes the place of the one that it has known longest. */
struct refusals {
	struct refusals_of {
		uint32_t session; /* 0: free; sessions are numbered from 1 */
		unsigned noes;
	} sessions[REFUSALS_SESSIONS];
	unsigned next; /* to be overwritten */
};

/* The user has answered. A yes begins the count anew. */
void refusals_note(struct refusals *refusals, uint32_t session, bool yes);
/* Has the user said no NOES_MAX times in a row? */
bool refusals_enough(const struct refusals *refusals, uint32_t session);

#endif
