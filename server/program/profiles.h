/* Start profiles, as the gateway has them: what the last start of a program asked for, given to its next one in the WELCOME.
 * Whose a profile is: the program as its page names it, its argv[0], what the page asked to be granted, and all that this gateway
 * may grant, by real paths; so a page that was given less learns nothing. Hints alone: the page asks for what they name as for
 * anything else, and is refused as then. The gateway reads its own before it is locked in; the keeper writes. Leaves to others:
 * the text (profile_text.h), the files (profile_folder.h). */
#ifndef SERVER_PROGRAM_PROFILES_H
#define SERVER_PROGRAM_PROFILES_H

#include <stdbool.h>
#include <stddef.h>

#include "profile_folder.h"

struct gateway;
struct hello;
struct program;

/* Reads what there is for these grants. Before the lock-in, after the grants were opened. folder: lent for the call; its fd -1:
 * off. */
void profiles_start(struct gateway *gateway, const struct profile_folder *folder);
/* A program whose identity is known begins, and its page wants hints: remembers whose they are. */
void profiles_begin(struct program *program, const struct hello *hello);
/* Its hints, lent until the loop goes on; NULL: none are kept. *length 0: none yet. */
const char *profiles_hints(const struct program *program, size_t *length);
/* It ends: what its page left for the next start is kept, if it is well-formed and new. Not while busy. */
void profiles_end(struct program *program);

#endif
