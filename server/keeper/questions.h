/* What only a user of this machine may answer. */
#ifndef SERVER_KEEPER_QUESTIONS_H
#define SERVER_KEEPER_QUESTIONS_H

#include "internal.h"

bool keeper_has_people(const struct keeper *keeper);

/* The question that waits, or the knock, to who runs `wvwasi-gw answer`; or that nothing waits (any more). */
void question_tell_answerer(struct keeper *keeper);

/* Only who is at our terminal, at another one of the same user, or the program on our stdin, is asked: a page can't answer, and no key pressed
 * before the question counts. */
void question_ask(struct keeper *keeper, const struct channel_message *message);

/* A browser of another machine knocks; number 0: it doesn't wait any more. */
void question_pairing_request(struct keeper *keeper, const struct channel_message *message);

/* False: that wasn't asked. */
bool question_answer(struct keeper *keeper, uint32_t question, bool yes);

/* What is typed from now on is a program's, so the keys that were printed don't work: said once, and once for a question that waits. */
void question_keys_lent(struct keeper *keeper);

/* Whoever ran `wvwasi-gw answer` has gone. */
void question_requester_gone(struct keeper *keeper, uint32_t requester);

#endif
