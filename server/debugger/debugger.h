/* Debuggers: they connect on an origin of their own (docs/PROTOCOL.md, Debuggers), see every call, and with the user's yes stop
 * programs. All on the loop's thread. Programs reach this room by the hooks that it registers (program/hooks.h). Leaves to
 * others: who may come in (auth/, doors/). */
#ifndef SERVER_DEBUGGER_DEBUGGER_H
#define SERVER_DEBUGGER_DEBUGGER_H

#include <stdint.h>

struct gateway;

void debugger_start(struct gateway *gateway);
/* Disconnects all debuggers. */
void debugger_stop(void);

/* The user's answer to a question: 0 no, 1 yes, 2 there is no terminal, 3 another question waits. */
void debugger_answer(uint32_t question, uint32_t said);

#endif
