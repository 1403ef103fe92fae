/* Pairing: for two minutes a link (in a QR code) and a code of eight letters let one browser of another machine ask for
 * admission, to the app or to the debugger. Guessing is limited: five wrong codes end the code, twenty within an hour close
 * pairing until the user opens it again. The requesting page shows two words, by which the user recognises its browser. Knows no
 * network. Leaves to others: asking the user (doors/pairing_request.h), sessions. Times are CLOCK_MONOTONIC nanoseconds, passed
 * in. */
#ifndef SERVER_AUTH_PAIRING_H
#define SERVER_AUTH_PAIRING_H

#include <stdbool.h>
#include <stdint.h>

#include "secrets.h"

enum { PAIRING_LIFE_S = 120, PAIRING_WRONG_MAX = 20, PAIRING_WRONG_S = 3600, WORDS_TEXT = 11 /* "lusab-torik" */ };

struct pairing {
	struct digest token, code;
	bool for_debugger;         /* it is for a debugger */
	uint64_t expires_ns;  /* 0: there's none */
	bool used;
	unsigned tries_left;
	bool closed;
	uint64_t wrong_ns[PAIRING_WRONG_MAX]; /* when wrong codes came, the latest of them */
	unsigned wrong_count, wrong_next;
};

/* A new token and code in place of the last. reopens: the user opens pairing again after too many wrong codes. False: pairing is
 * closed. */
bool pairing_open(struct pairing *pairing, uint64_t now_ns, bool for_debugger, bool reopens, char token[SECRET_TEXT_MAX + 1],
                  char code[CODE_TEXT + 1]);

/* At the debugger's origin, or at the app's. A claim of the token or the code uses up both. CLAIM_UNKNOWN: of a code, tries_left
 * says how many tries are left. CLAIM_EXPIRED: there is no pairing now, or it is for the other origin; then a code counts as no
 * try. */
enum claim pairing_claim_token(struct pairing *pairing, bool for_debugger, struct text token, uint64_t now_ns);
enum claim pairing_claim_code(struct pairing *pairing, bool for_debugger, struct text code, uint64_t now_ns,
                              unsigned *tries_left);

/* Are these two words of consonants and vowels in turn, so that they can be read aloud? A page makes them, and the terminal
 * prints no other text of a page. */
bool words_are_ours(const char *text);

#endif
