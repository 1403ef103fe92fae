/* wvwasi-gw answer: puts the waiting or next question of a running gateway to the user of this terminal, because at its own one
 * a program may read the keys. Leaves to others: what is asked (questions.h). */
#ifndef SERVER_KEEPER_ANSWER_H
#define SERVER_KEEPER_ANSWER_H

#include <stdbool.h>

/* fd: the control socket. Returns the exit code. */
int answer(int fd, bool json);

#endif
