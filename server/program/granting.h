/* --ask, the gateway's side: a page's question for a folder on its way to the user, and grants that come and go while it runs.
 * Programs that start afterwards see a new grant; of one that was withdrawn every program loses what it has. Leaves to others:
 * which folder (the user, at server/keeper/folders.h), what was granted at the start (grants.h). */
#ifndef SERVER_PROGRAM_GRANTING_H
#define SERVER_PROGRAM_GRANTING_H

#include "program.h"

struct channel_message;

/* What a page is told (ASKED). */
enum asked { ASKED_GRANTED, ASKED_NO, ASKED_NOBODY, ASKED_TOO_OFTEN, ASKED_NEVER };

/* An ASK frame; it has at least 8 bytes. */
void granting_ask(struct program *program, const struct frame *frame);
/* The program is ending, or its page doesn't wait for the answer to that question any more: withdraws it. number NULL: all. */
void granting_forget(const struct program *program, const uint32_t *number);

/* The keeper's DO_GRANT (takes its descriptor), DO_REFUSE or DO_UNGRANT. */
void granting_receive(struct gateway *gateway, struct channel_message *message);
/* Has the user granted something while it runs? */
bool granting_any(void);

void granting_start(struct gateway *gateway);
void granting_stop(void);

#endif
