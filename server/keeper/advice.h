/* What a user who has just begun is told about the start: the mistakes that can be seen before anybody opens the link. */
#ifndef SERVER_KEEPER_ADVICE_H
#define SERVER_KEEPER_ADVICE_H

#include "internal.h"

/* False: --root names a file; it is said. (What isn't there at all is said by who opens it.) */
bool advise_root(const struct config *config);

/* False: sudo started this for a user whose browser would be refused, since a browser of another user isn't root's; it is
 * said. */
bool advise_sudo(const struct config *config);

/* Warns where the link leads to no page. Not with --json. */
void advise_index(const struct config *config);

/* Over ssh: how the browser of the other machine reaches the link. */
void advise_ssh(struct keeper *keeper);

/* No browser was started, for this errno. */
void advise_browser(int error);

#endif
