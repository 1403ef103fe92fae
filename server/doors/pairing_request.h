/* A browser of another machine, once it has shown link or code, waits while the person is asked. And what is asked of pairing at the terminal,
 * by --json or by the control socket. Leaves to others: codes (pairing.h), QR codes (qr.h), the answer's HTTP (http/api.h). */
#ifndef SERVER_DOORS_PAIRING_REQUEST_H
#define SERVER_DOORS_PAIRING_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

struct gateway;
struct http_conn;

enum { PAIRING_REQUEST_TIMEOUT_S = 30 };

/* Opens pairing, of a browser for the app or for the debugger, and says link, code and fingerprint to who asked. */
void answer_pair(struct gateway *gateway, uint32_t requester, bool for_debugger, bool reopens);
/* The person's yes or no to knock number. */
void answer_admit(struct gateway *gateway, uint32_t requester, uint32_t number, bool yes);

/* A claim from another machine: token or code, the other NULL, and the words that its page shows. It is refused now, or the connection waits;
 * admitted() or a refusal follows, and admitted() answers. */
void pairing_request_claim(struct http_conn *conn, const char *token, const char *code, const char *words,
                           void admitted(struct http_conn *conn));
/* The connection has gone while it waited. */
void pairing_request_gone(struct http_conn *conn);
/* Every second: who wasn't answered in time is refused. */
void pairing_request_sweep(struct gateway *gateway);

#endif
