/* Link tokens, codes, session secrets, cookies and tickets: made here, told once, kept as digests, and found by them. Knows no
 * network. Times are CLOCK_MONOTONIC nanoseconds, handed in. */
#ifndef SERVER_AUTH_SECRETS_H
#define SERVER_AUTH_SECRETS_H

#include "server/base/digest.h"
#include "server/base/text.h"

struct session;

enum { TOKEN_TEXT = 22, SESSION_SECRET_TEXT = 43, TICKET_TEXT = 22, COOKIE_TEXT = 22 };
enum { TOKEN_LIFE_S = 600, TOKEN_LIFE_ARGV_S = 60, TICKET_LIFE_S = 15 };
enum { TOKENS_MAX = 32, CODES_MAX = 4, SECRETS_MAX = 256, TICKETS_MAX = 1024 };
enum { CODE_TEXT = 9 /* "K7QM-2D9X" */, CODE_TRIES = 5 };

/* NULL: no memory. */
struct secrets *secrets_new(void);
void secrets_free(struct secrets *secrets);

/* A token for a link, good for one claim; the oldest is forgotten when there are too many. requester: the client of the control
 * socket that the session is for; 0: none. */
void secrets_token_new_for(struct secrets *secrets, uint64_t now_ns, unsigned life_s, uint32_t requester,
                           char text[SECRET_TEXT_MAX + 1]);
/* The same for a debugger: it admits nothing else. */
void secrets_debugger_token_new(struct secrets *secrets, uint64_t now_ns, unsigned life_s, char text[SECRET_TEXT_MAX + 1]);
/* The client that the token was made for, used or not; 0: none. */
uint32_t secrets_token_requester(const struct secrets *secrets, struct text token);
enum claim { CLAIM_GOOD, CLAIM_UNKNOWN, CLAIM_EXPIRED, CLAIM_USED };
enum claim secrets_token_claim(struct secrets *secrets, struct text token, uint64_t now_ns);
enum claim secrets_debugger_token_claim(struct secrets *secrets, struct text token, uint64_t now_ns);

/* Eight random letters from the kernel, none of which is easily taken for another. */
void code_make(char text[CODE_TEXT + 1]);
/* What was typed, as code_make() writes it: any case, spaces and dashes anywhere, o for 0, i and l for 1. False: it can't be
 * one. */
bool code_read(struct text typed, char text[CODE_TEXT + 1]);

/* A code for users who type the address by hand: 40 bits, so five wrong ones, whoever sends them, end all codes. Good once and
 * for as long as a link; the oldest makes room. */
void secrets_code_new(struct secrets *secrets, uint64_t now_ns, char text[CODE_TEXT + 1]);
/* As people type it: any case, spaces and dashes anywhere, o for 0, i and l for 1. CLAIM_UNKNOWN: wrong; *tries_left says how
 * many tries are left, and after the last all codes end and a new one is due. CLAIM_EXPIRED: there is no code now. */
enum claim secrets_code_claim(struct secrets *secrets, struct text code, uint64_t now_ns, unsigned *tries_left);

/* A secret for a session, which is lent until secrets_session_forget(). False: too many. */
bool secrets_session_new(struct secrets *secrets, struct session *session, char text[SECRET_TEXT_MAX + 1]);
struct session *secrets_session_find(const struct secrets *secrets, struct text secret);
/* Its cookie, for browsers whose user the kernel doesn't tell: opens files, never calls. */
void secrets_cookie_new(struct secrets *secrets, const struct session *session, char text[SECRET_TEXT_MAX + 1]);
struct session *secrets_cookie_find(const struct secrets *secrets, struct text cookie);
/* For a session that is kept when the gateway ends. False: it has no secret, or no cookie; too many. */
bool secrets_session_digests(const struct secrets *secrets, const struct session *session, struct digest *secret,
                             struct digest *cookie);
bool secrets_session_restore(struct secrets *secrets, struct session *session, const struct digest *digest,
                             const struct digest *cookie);
/* Its secret, its cookie and its tickets. */
void secrets_session_forget(struct secrets *secrets, const struct session *session);

/* False: too many that haven't been used or expired. */
bool secrets_ticket_new(struct secrets *secrets, struct session *session, uint64_t now_ns, char text[SECRET_TEXT_MAX + 1]);
/* NULL: unknown, used or expired. It is used now. */
struct session *secrets_ticket_take(struct secrets *secrets, struct text ticket, uint64_t now_ns);

#endif
