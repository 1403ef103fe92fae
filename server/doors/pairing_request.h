/* Pairing requests: a browser of another machine has shown a link or code, and waits while the user is asked. Also what the
 * terminal, --json and the control socket do about pairing. Leaves to others: codes (auth/pairing.h), QR codes (qr.h), the
 * answer's HTTP (api_answer.h). */
#ifndef SERVER_DOORS_PAIRING_REQUEST_H
#define SERVER_DOORS_PAIRING_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

struct gateway;
struct http_conn;

enum { PAIRING_REQUEST_TIMEOUT_S = 30 };

/* Opens pairing and tells the requester link, code and fingerprint. flags: PAIR_… of keeper_messages.h. */
void answer_pair(struct gateway *gateway, uint32_t requester, uint32_t flags);
/* The user's yes or no to a pairing request, by its number. */
void answer_admit(struct gateway *gateway, uint32_t requester, uint32_t number, bool yes);

/* A claim from another machine: token or code, the other NULL, and the words that its page shows. It is refused now, or the
 * connection waits; admitted() or a refusal follows, and admitted() answers. */
void pairing_request_claim(struct http_conn *conn, const char *token, const char *code, const char *words,
                           void admitted(struct http_conn *conn));
/* Called when a connection has gone while it waited. */
void pairing_request_gone(struct http_conn *conn);
/* Refuses a request that wasn't answered in time; called every second. */
void pairing_request_sweep(struct gateway *gateway);

#endif
