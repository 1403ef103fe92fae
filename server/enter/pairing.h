/* Pairing: for two minutes a link (in a QR code) and a code of eight letters let one browser of another machine knock. Who guesses codes is
 * stopped: five wrong ones end the code, twenty within an hour close pairing until the person opens it again. Knows no network.
 * Leaves to others: asking the person (knock.h), sessions. Times are CLOCK_MONOTONIC nanoseconds, handed in. */
#ifndef SERVER_ENTER_PAIRING_H
#define SERVER_ENTER_PAIRING_H

#include <stdbool.h>
#include <stdint.h>

#include "secrets.h"

enum { PAIRING_LIFE_S = 120, PAIRING_WRONG_MAX = 20, PAIRING_WRONG_S = 3600 };

struct pairing {
	struct digest token, code;
	uint64_t expires_ns;  /* 0: there's none */
	bool used;
	unsigned tries_left;
	bool closed;
	uint64_t wrong_ns[PAIRING_WRONG_MAX]; /* when wrong codes came, the latest of them */
	unsigned wrong_count, wrong_next;
};

/* A new token and code in place of the last. reopens: the person says so after too many wrong ones. False: closed. */
bool pairing_open(struct pairing *pairing, uint64_t now_ns, bool reopens, char token[SECRET_TEXT_MAX + 1], char code[CODE_TEXT + 1]);

/* Either uses up both. CLAIM_UNKNOWN: for codes, tries_left say how often more. CLAIM_EXPIRED: there's none at the moment. */
enum claim pairing_claim_token(struct pairing *pairing, struct text token, uint64_t now_ns);
enum claim pairing_claim_code(struct pairing *pairing, struct text code, uint64_t now_ns, unsigned *tries_left);

#endif
