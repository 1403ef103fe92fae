/* Questions that only the user of this machine may answer. */
#ifndef SERVER_KEEPER_QUESTIONS_H
#define SERVER_KEEPER_QUESTIONS_H

#include "folders.h"

/* Is a user at our terminal? */
bool keeper_is_interactive(const struct keeper *keeper);

/* Tells `wvwasi-gw answer` which question or pairing request waits, or that none does; windows of questions for folders. */
void question_tell(struct keeper *keeper);

/* The same for one window. */
void question_tell_window(struct keeper *keeper, uint32_t requester);

/* Asks the user at our terminal, at another one by `answer`, or the program on our stdin. A page can't answer, and keys pressed
 * before the question don't count. */
void question_ask(struct keeper *keeper, const struct channel_message *message);

/* The same for the dialer (--net ask), whose question gives way to the gateway's, and is asked again. */
void question_ask_for_dialer(struct keeper *keeper, const struct channel_message *message);

/* The same for a page that asks for a folder (--ask): the user types its path, or picks it in a dialog of our window or, where
 * there is a display, of one that is started for it. */
void question_ask_for_folder(struct keeper *keeper, const struct channel_message *message);

/* Opens pairing for a browser of another machine, or for a debugger there. again: after too many wrong codes. */
void question_open_pairing(struct keeper *keeper, uint32_t requester, bool for_debugger, bool again);

/* A browser of another machine asks to be admitted; number 0: it doesn't wait any more. */
void question_pairing_request(struct keeper *keeper, const struct channel_message *message);

/* Prints what waits for an answer once more, if a user is at our terminal. */
void question_repeat(struct keeper *keeper);

/* The same if that was half a minute ago; and until when the loop may wait, ms: not longer than `timeout` (-1: for ever). */
void question_look(struct keeper *keeper);
int question_wait(const struct keeper *keeper, int timeout);

/* once: for this connection alone. False: no such question is open, or none that can be answered once. */
bool question_answer(struct keeper *keeper, uint32_t question, bool yes, bool once);

/* The user names the folder that is asked for; tell then (question_tell). picked: a path as it is, read_only; else it is
 * DIR[::GUEST][:ro]. NULL, and why: nothing was granted, and the question stands if it did. */
const struct granted *question_answer_folder(struct keeper *keeper, uint32_t question, const char *named, bool picked,
                                             bool read_only, char why[GRANTABLE_WHY]);
/* Lists what is granted, and asks the user for one more folder, at our terminal. */
void question_offer_folder(struct keeper *keeper);
/* The user has typed something at the prompt. */
void question_prompted(struct keeper *keeper);

/* From now on a program reads what is typed, so the printed keys don't work: says so once, and once for a waiting question. */
void question_keys_lent(struct keeper *keeper);

/* Called when a client that ran `wvwasi-gw answer`, or a window, has gone. */
void question_requester_gone(struct keeper *keeper, uint32_t requester);

#endif
