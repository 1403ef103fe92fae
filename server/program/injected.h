/* What goes wrong with a program's calls, by the gateway's --inject and by its page's own wish. The page sees to it; the gateway
 * reads the rules. */
#ifndef SERVER_PROGRAM_INJECTED_H
#define SERVER_PROGRAM_INJECTED_H

#include "server/base/injections.h"
#include "server/base/message.h"
#include "server/wire/hello.h"
#include "program.h"

enum { INJECTED_BY_PAGE_MAX = 16 };

/* How much memory the rules of a hello take. */
size_t injected_bytes(const struct gateway *gateway, const struct hello *hello);

/* Reads the rules of both into program->injections. NULL, or what is wrong: a sentence, static; *failed: the rule, or NULL. */
const char *injected_read(struct program *program, const struct hello *hello, const char **failed);

/* Appends rules, as a WELCOME has them: docs/PROTOCOL.md. False: no memory. */
bool injections_put(struct message **message, const struct injection *rules, size_t count);
/* Appends them to a WELCOME: docs/PROTOCOL.md. False: no memory. */
bool injected_put(struct message **message, const struct program *program);

#endif
